/* SPDX-License-Identifier: BSD-2-Clause */
/* directorctl: the command line. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include "config.h"
#include "core/ctl/command.h"
#include "core/ctl/status.h"

static const char usage_text[] =
    "usage: directorctl [--state-dir DIR] COMMAND\n"
    "  status [--json]                       what runs, who is master and why, what is up\n"
    "  show vrrp|lvs [--json]                VRRP instances, or virtual servers, in detail\n"
    "  show TABLE [--all] [--json] [FILTER]...\n"
    "                                        the rows of a table; FILTER is COLUMN=VALUE,\n"
    "                                        COLUMN!=VALUE, or a word of the key\n"
    "  events [--follow] [--last N] [--json] what happened\n"
    "  set TABLE KEY COLUMN=VALUE...         change values, kept over restarts and reloads\n"
    "  reload                                read the configuration file again\n"
    "  tables [TABLE]                        the tables, or the columns of one\n"
    "  help\n"
    "  -s, --state-dir DIR  of directord ($DIRECTORD_STATE_DIR, " LOCALSTATEDIR ")\n"
    "Exit status: 0 done, 1 refused, 2 wrong usage, 3 no connection to directord.\n";

static const struct option long_options[] = {{"state-dir", required_argument, NULL, 's'},
    {"json", no_argument, NULL, 'j'}, {"all", no_argument, NULL, 'a'},
    {"follow", no_argument, NULL, 'f'}, {"last", required_argument, NULL, 'n'},
    {"version", no_argument, NULL, 'V'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};

static int usage(int status)
{
	fputs(usage_text, status ? stderr : stdout);
	return status;
}

static bool parse_count(const char *text, size_t *n)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);

	*n = v;
	return *text >= '0' && *text <= '9' && !*end;
}

/* -1: go on; else the exit status. */
static int parse(int argc, char **argv, struct options *o)
{
	int c;

	while ((c = getopt_long(argc, argv, "s:jafn:Vh", long_options, NULL)) != -1) {
		switch (c) {
		case 's':
			o->state_dir = optarg;
			break;
		case 'j':
			o->json = true;
			break;
		case 'a':
			o->all = true;
			break;
		case 'f':
			o->follow = true;
			break;
		case 'n':
			if (!parse_count(optarg, &o->last))
				return usage(CTL_USAGE);
			break;
		case 'V':
			puts(PACKAGE_STRING);
			return CTL_OK;
		case 'h':
			return usage(CTL_OK);
		default:
			return usage(CTL_USAGE);
		}
	}
	return optind < argc ? -1 : usage(CTL_USAGE);
}

static int run(const struct session_ops *ops, const struct options *o)
{
	struct session s = {
	    .ops = ops, .options = o, .out = stdout, .err = stderr, .style = session_style()};
	int status, fd;

	if (o->follow)
		return command_follow(&s, o);
	fd = session_connect(o->state_dir, stderr);
	if (fd < 0)
		return CTL_NO_CONNECTION;
	status = session_run(&s, fd);
	return fflush(stdout) == 0 ? status : CTL_REFUSED;
}

static int run_report(struct options *o,
    void (*text)(FILE *, const struct style *, const struct store *),
    void (*json)(FILE *, const struct style *, const struct store *))
{
	o->text = text;
	o->json_text = json;
	return run(&command_report, o);
}

static int run_status(struct options *o, int argc, char **argv)
{
	(void)argv;
	return argc ? usage(CTL_USAGE) : run_report(o, status_text, status_json);
}

static int no_table(const char *name)
{
	fprintf(
	    stderr, "directorctl: there is no table '%s' (directorctl tables lists them)\n", name);
	return CTL_USAGE;
}

static int run_show(struct options *o, int argc, char **argv)
{
	char why[WHY_SIZE];

	if (argc == 0)
		return usage(CTL_USAGE);
	if (argc == 1 && strcmp(argv[0], "vrrp") == 0)
		return run_report(o, vrrp_text, vrrp_json);
	if (argc == 1 && strcmp(argv[0], "lvs") == 0)
		return run_report(o, lvs_text, lvs_json);
	o->selection.table = show_table_find(argv[0]);
	o->selection.all = o->all;
	if (!o->selection.table)
		return no_table(argv[0]);
	for (int i = 1; i < argc; i++) {
		if (!selection_add(&o->selection, argv[i], why)) {
			fprintf(stderr, "directorctl: %s\n", why);
			return CTL_USAGE;
		}
	}
	return run(&command_show, o);
}

static int run_events(struct options *o, int argc, char **argv)
{
	(void)argv;
	if (o->follow && o->last == ~(size_t)0)
		o->last = 10;
	return argc ? usage(CTL_USAGE) : run(&command_events, o);
}

static int run_reload(struct options *o, int argc, char **argv)
{
	(void)argv;
	return argc ? usage(CTL_USAGE) : run(&command_reload, o);
}

static int run_set(struct options *o, int argc, char **argv)
{
	int status;

	if (argc < 2)
		return usage(CTL_USAGE);
	if (command_set_parse(o, argv, argc, stderr, &status))
		status = run(&command_set, o);
	row_free(o->row);
	return status;
}

static int run_tables(struct options *o, int argc, char **argv)
{
	struct style s = session_style();
	const struct table *t = argc ? show_table_find(argv[0]) : NULL;

	(void)o;
	if (argc > 1)
		return usage(CTL_USAGE);
	if (argc && !t)
		return no_table(argv[0]);
	if (t)
		show_columns(stdout, &s, t);
	else
		show_tables(stdout, &s);
	return CTL_OK;
}

static int run_help(struct options *o, int argc, char **argv)
{
	(void)o;
	(void)argc;
	(void)argv;
	return usage(CTL_OK);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(struct options *o, int argc, char **argv);
	} commands[] = {{"status", run_status}, {"show", run_show}, {"events", run_events},
	    {"reload", run_reload}, {"set", run_set}, {"tables", run_tables}, {"help", run_help}};
	const char *env = getenv("DIRECTORD_STATE_DIR");
	struct options o = {.state_dir = env && *env ? env : LOCALSTATEDIR, .last = ~(size_t)0};
	int status = parse(argc, argv, &o);

	if (status >= 0)
		return status;
	argc -= optind;
	argv += optind;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, argv[0]) == 0)
			return commands[i].run(&o, argc - 1, argv + 1);
	fprintf(stderr, "directorctl: there is no command '%s'\n", argv[0]);
	return usage(CTL_USAGE);
}
