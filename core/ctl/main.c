/* SPDX-License-Identifier: BSD-2-Clause */
/* directorctl: the command line. */
#include <errno.h>
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
    "  tables [TABLE]                        the tables, or the columns of one\n"
    "Changes, kept over restarts and reloads:\n"
    "  set TABLE KEY COLUMN=VALUE...         change values of a row\n"
    "  add TABLE KEY [COLUMN=VALUE]...       make a row\n"
    "  delete TABLE KEY                      destroy a row that add or SNMP made\n"
    "  edit [FILE]                           lines of set, add and delete, as one change\n"
    "  revert all|TABLE KEY                  back to what the file says\n"
    "  rollback GENERATION                   back to what was set at a generation\n"
    "     each of these with --confirm SECONDS: is undone then, unless confirmed\n"
    "  confirm                               what was changed stays\n"
    "  history [--last N] [--json] [GENERATION]\n"
    "                                        what was changed, when and by whom\n"
    "Maintenance:\n"
    "  failover INSTANCE|GROUP [SECONDS|off] hand mastership over, for an hour if not said\n"
    "The configuration file:\n"
    "  diff [--json]                         how what runs differs from the file\n"
    "  export [--secrets]                    print what runs as a file\n"
    "  reload                                read the file again\n"
    "  help\n"
    "  -s, --state-dir DIR  of directord ($DIRECTORD_STATE_DIR, " LOCALSTATEDIR ")\n"
    "Exit status: 0 done, 1 refused, 2 wrong usage, 3 no connection to directord;\n"
    "diff: 0 no difference, 1 differences, 2 the file is not valid.\n";

enum { OPTION_SECRETS = 256 };

static const struct option long_options[] = {{"state-dir", required_argument, NULL, 's'},
    {"json", no_argument, NULL, 'j'}, {"all", no_argument, NULL, 'a'},
    {"follow", no_argument, NULL, 'f'}, {"last", required_argument, NULL, 'n'},
    {"confirm", required_argument, NULL, 'c'}, {"secrets", no_argument, NULL, OPTION_SECRETS},
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

/* The most seconds that may pass before a change is confirmed. */
static uint32_t confirm_max(void)
{
	return (uint32_t)column_max(&tables[TABLE_control].columns[COL_control_confirm_timeout]);
}

static bool parse_number(const char *text, uint32_t *n, uint32_t min, uint32_t max)
{
	size_t v;

	if (!parse_count(text, &v) || v < min || v > max)
		return false;
	*n = (uint32_t)v;
	return true;
}

/* -1: go on; else the exit status. */
static int parse(int argc, char **argv, struct options *o)
{
	int c;

	while ((c = getopt_long(argc, argv, "s:jafn:c:Vh", long_options, NULL)) != -1) {
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
		case 'c':
			o->confirm = true;
			if (!parse_number(optarg, &o->confirm_seconds, 1, confirm_max()))
				return usage(CTL_USAGE);
			break;
		case OPTION_SECRETS:
			o->secrets = true;
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

static int run_diff(struct options *o, int argc, char **argv)
{
	(void)argv;
	return argc ? usage(CTL_USAGE) : run(&command_diff, o);
}

static int run_export(struct options *o, int argc, char **argv)
{
	(void)argv;
	return argc ? usage(CTL_USAGE) : run(&command_export, o);
}

static int run_history(struct options *o, int argc, char **argv)
{
	if (argc > 1 || (argc && !parse_number(argv[0], &o->generation, 1, UINT32_MAX)))
		return usage(CTL_USAGE);
	return run(&command_history, o);
}

/* -------------------------------------------------------------------------- changes */

/* The transaction that was put together, if it was. */
static int run_change(struct options *o, bool ok, int status)
{
	if (ok && o->confirm)
		command_ask_confirm(o, o->confirm_seconds);
	if (ok)
		status = run(&command_change, o);
	edits_clear(&o->edits);
	return status;
}

/* argv[-1] is the command: add, set or delete. */
static int run_edit_words(struct options *o, int argc, char **argv)
{
	int status = CTL_USAGE;
	bool ok;

	if (argc < 1)
		return usage(CTL_USAGE);
	ok = edits_add(&o->edits, 0, argv - 1, argc + 1, stderr, &status);
	return run_change(o, ok, status);
}

/* Lines of a file, or of standard input. */
static bool read_edits(struct options *o, const char *name, int *status)
{
	FILE *in = name ? fopen(name, "r") : stdin;
	bool ok;

	o->edits.file = name ? name : "standard input";
	*status = CTL_USAGE;
	if (!in) {
		fprintf(stderr, "directorctl: %s: %s\n", name, strerror(errno));
		return false;
	}
	ok = edits_read(&o->edits, in, stderr, status);
	if (ok && ferror(in)) {
		fprintf(stderr, "directorctl: %s cannot be read\n", o->edits.file);
		ok = false;
	} else if (ok && !o->edits.n) {
		fprintf(stderr, "directorctl: %s has nothing to do\n", o->edits.file);
		ok = false;
	}
	if (name)
		fclose(in);
	return ok;
}

static int run_edit(struct options *o, int argc, char **argv)
{
	int status;
	bool ok;

	if (argc > 1)
		return usage(CTL_USAGE);
	ok = read_edits(o, argc && strcmp(argv[0], "-") != 0 ? argv[0] : NULL, &status);
	return run_change(o, ok, status);
}

static int run_revert(struct options *o, int argc, char **argv)
{
	if (argc < 1)
		return usage(CTL_USAGE);
	return run_change(o, command_ask_revert(o, argv, argc, stderr), CTL_USAGE);
}

static int run_rollback(struct options *o, int argc, char **argv)
{
	uint32_t generation;

	if (argc != 1 || !parse_number(argv[0], &generation, 0, UINT32_MAX))
		return usage(CTL_USAGE);
	command_ask_rollback(o, generation);
	return run_change(o, true, CTL_OK);
}

static int run_confirm(struct options *o, int argc, char **argv)
{
	int status;

	(void)argv;
	if (argc)
		return usage(CTL_USAGE);
	command_ask_confirm(o, 0);
	status = run(&command_confirm, o);
	edits_clear(&o->edits);
	return status;
}

static uint64_t failover_max(void)
{
	return (uint64_t)column_max(
		   &tables[TABLE_vrrp_instance].columns[COL_vrrp_instance_failover]) /
	       USEC_PER_SEC;
}

static int run_failover(struct options *o, int argc, char **argv)
{
	uint32_t seconds = 3600;

	if (argc < 1 || argc > 2)
		return usage(CTL_USAGE);
	if (argc == 2 && strcmp(argv[1], "off") == 0)
		seconds = 0;
	else if (argc == 2 && !parse_number(argv[1], &seconds, 1, (uint32_t)failover_max()))
		return usage(CTL_USAGE);
	o->failover = argv[0];
	o->failover_time = seconds * USEC_PER_SEC;
	return run(&command_failover, o);
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
	    {"reload", run_reload}, {"set", run_edit_words}, {"add", run_edit_words},
	    {"delete", run_edit_words}, {"edit", run_edit}, {"revert", run_revert},
	    {"rollback", run_rollback}, {"confirm", run_confirm}, {"history", run_history},
	    {"failover", run_failover}, {"diff", run_diff}, {"export", run_export},
	    {"tables", run_tables}, {"help", run_help}};
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
