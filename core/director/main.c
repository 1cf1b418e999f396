/* SPDX-License-Identifier: BSD-2-Clause */
/* directord: the command line. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "config.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/config/config.h"
#include "core/director/hub.h"

enum mode { MODE_RUN, MODE_TEST, MODE_PRINT };

static const char usage_text[] =
    "usage: directord [-n] [-f FILE] [-i ID] [--state-dir DIR] [-v]   run (-n: in the foreground)\n"
    "       directord [-i ID] -t [FILE]                       check a configuration file\n"
    "       directord [-i ID] -p [FILE]                       print what was understood\n"
    "  -f, --file FILE        the configuration (" SYSCONFDIR "/directord/directord.conf)\n"
    "  -i, --config-id ID     reads the file's lines for @ID (the host's name)\n"
    "  -n, --foreground       do not detach; log to standard error\n"
    "      --state-dir DIR    datastore, sockets and pid (" LOCALSTATEDIR ")\n"
    "  -v, --verbose          also log what only developers need\n"
    "  -t, --test             exit status 0 if the file is good, 1 if not\n"
    "  -p, --print            print the configuration in its canonical form\n"
    "  -V, --version          -h, --help\n";

static const struct option long_options[] = {{"file", required_argument, NULL, 'f'},
    {"config-id", required_argument, NULL, 'i'}, {"foreground", no_argument, NULL, 'n'},
    {"state-dir", required_argument, NULL, 's'}, {"verbose", no_argument, NULL, 'v'},
    {"test", no_argument, NULL, 't'}, {"print", no_argument, NULL, 'p'},
    {"version", no_argument, NULL, 'V'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};

struct arguments {
	struct hub_options hub;
	enum mode mode;
	bool foreground;
};

static void say(const char *text, void *arg)
{
	(void)arg;
	fprintf(stderr, "%s\n", text);
}

static int usage(int status)
{
	fputs(usage_text, status ? stderr : stdout);
	return status;
}

/* -1: go on; else the exit status. */
static int parse(int argc, char **argv, struct arguments *a)
{
	int c;

	while ((c = getopt_long(argc, argv, "f:i:ntpvVh", long_options, NULL)) != -1) {
		switch (c) {
		case 'f':
			a->hub.file = optarg;
			break;
		case 'i':
			a->hub.config_id = optarg;
			break;
		case 'n':
			a->foreground = true;
			break;
		case 's':
			a->hub.state_dir = optarg;
			break;
		case 'v':
			a->hub.level = LOG_LEVEL_DEBUG;
			break;
		case 't':
			a->mode = MODE_TEST;
			break;
		case 'p':
			a->mode = MODE_PRINT;
			break;
		case 'V':
			puts(PACKAGE_STRING);
			return 0;
		case 'h':
			return usage(0);
		default:
			return usage(2);
		}
	}
	if (optind < argc && a->mode != MODE_RUN)
		a->hub.file = argv[optind++];
	return optind < argc ? usage(2) : -1;
}

static int check_file(const struct arguments *a)
{
	struct config_error error;
	struct config *c = config_read_as(a->hub.file, a->hub.config_id, &error, say, NULL);
	int status = 0;

	if (!c) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	if (a->mode == MODE_PRINT &&
	    (!config_write(config_store(c), stdout, true) || fflush(stdout))) {
		fprintf(stderr, "cannot write: %s\n", strerror(errno));
		status = 1;
	}
	config_free(c);
	return status;
}

/*
 * Where the other programs are: beside this one (a build tree, or a copied folder), or where they were
 * installed.
 */
static bool find_programs(char dir[PATH_MAX])
{
	char probe[PATH_MAX + 16], *slash;
	ssize_t n = readlink("/proc/self/exe", dir, PATH_MAX - 1);

	if (n > 0) {
		dir[n] = '\0';
		slash = strrchr(dir, '/');
		*slash = '\0';
		snprintf(probe, sizeof(probe), "%s/directord-vrrp", dir);
		if (access(probe, X_OK) == 0)
			return true;
	}
	snprintf(dir, PATH_MAX, "%s", PKGLIBEXECDIR);
	snprintf(probe, sizeof(probe), "%s/directord-vrrp", dir);
	if (access(probe, X_OK) == 0)
		return true;
	fprintf(stderr, "directord-vrrp is neither beside directord nor in %s\n", dir);
	return false;
}

/* Absolute: a process in the background has another working directory. */
static const char *absolute(const char *path, char full[PATH_MAX])
{
	return realpath(path, full) ? full : path;
}

int main(int argc, char **argv)
{
	struct arguments a = {.hub = {.file = SYSCONFDIR "/directord/directord.conf",
				  .config_id = config_host_id(),
				  .state_dir = LOCALSTATEDIR,
				  .level = LOG_LEVEL_INFO}};
	char programs[PATH_MAX], file[PATH_MAX], state_dir[PATH_MAX];
	int status = parse(argc, argv, &a);

	if (status >= 0)
		return status;
	if (a.mode != MODE_RUN)
		return check_file(&a);
	if (geteuid() != 0) {
		fprintf(stderr,
		    "directord must be started as root: it sets addresses and IPVS entries "
		    "(-t and -p need no privileges)\n");
		return 1;
	}
	umask(022);
	mkdir(a.hub.state_dir, 0755);
	if (!find_programs(programs))
		return 1;
	a.hub.program_dir = programs;
	a.hub.file = absolute(a.hub.file, file);
	a.hub.state_dir = absolute(a.hub.state_dir, state_dir);
	memory_init();
	log_init("directord", a.hub.level);
	if (!a.foreground) {
		if (daemon(0, 0) < 0) {
			fprintf(stderr, "cannot detach: %s\n", strerror(errno));
			return 1;
		}
		log_to_syslog();
	}
	return hub_run(&a.hub);
}
