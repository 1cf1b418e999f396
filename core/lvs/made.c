/* SPDX-License-Identifier: BSD-2-Clause */
/* See made.h. */
#include "core/lvs/made.h"

#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/base/log.h"

#define LINE_SIZE MADE_HEAD_SIZE
/* The journal is written anew when it has this many lines more than it needs. */
#define SLACK 4096

struct made {
	void *tree; /* of struct ipvs_key, see tsearch(3) */
	size_t count;
	size_t lines; /* in the journal */
	char *path;
	char head[LINE_SIZE];
	int fd; /* -1: in memory only */
};

static int key_order(const void *a, const void *b)
{
	return ipvs_key_cmp(a, b);
}

static bool tree_add(struct made *m, const struct ipvs_key *key)
{
	struct ipvs_key *new;

	if (tfind(key, &m->tree, key_order))
		return false;
	new = malloc(sizeof(*new));
	if (!new)
		abort();
	*new = *key;
	if (!tsearch(new, &m->tree, key_order))
		abort();
	m->count++;
	return true;
}

static bool tree_remove(struct made *m, const struct ipvs_key *key)
{
	void *node = tfind(key, &m->tree, key_order);
	struct ipvs_key *old;

	if (!node)
		return false;
	old = *(struct ipvs_key **)node;
	tdelete(key, &m->tree, key_order);
	free(old);
	m->count--;
	return true;
}

void made_head(char head[MADE_HEAD_SIZE])
{
	char boot[64] = "?";
	struct stat st = {.st_ino = 0};
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (f) {
		if (fscanf(f, "%63s", boot) != 1)
			strcpy(boot, "?");
		fclose(f);
	}
	if (stat("/proc/self/ns/net", &st) < 0)
		st.st_ino = 0;
	snprintf(head, LINE_SIZE, "boot %s net %llu", boot, (unsigned long long)st.st_ino);
}

/* A line that a killed process did not finish has no newline: it was not acted on. */
static bool read_line(FILE *f, char line[LINE_SIZE])
{
	size_t len;

	if (!fgets(line, LINE_SIZE, f))
		return false;
	len = strlen(line);
	if (len == 0 || line[len - 1] != '\n')
		return false;
	line[len - 1] = '\0';
	return true;
}

static void read_journal(struct made *m)
{
	char line[LINE_SIZE];
	struct ipvs_key key;
	FILE *f = fopen(m->path, "re");

	if (!f)
		return;
	if (!read_line(f, line) || strcmp(line, m->head) != 0) {
		fclose(f);
		return;
	}
	while (read_line(f, line)) {
		if (!ipvs_key_parse(&key, line + 1))
			continue;
		if (line[0] == '+')
			tree_add(m, &key);
		else if (line[0] == '-')
			tree_remove(m, &key);
	}
	fclose(f);
}

static void give_up(struct made *m, const char *what)
{
	log_warning("%s: %s: %s; services made from now on are not removed if directord is killed "
		    "and they are configured away before it starts again",
	    m->path, what, strerror(errno));
	if (m->fd >= 0)
		close(m->fd);
	m->fd = -1;
}

static void put_line(struct made *m, char sign, const struct ipvs_key *key)
{
	char name[IPVS_KEY_STRLEN], line[LINE_SIZE];
	int n = snprintf(line, sizeof(line), "%c%s\n", sign, ipvs_key_format(key, name));

	if (m->fd < 0)
		return;
	m->lines++;
	if (write(m->fd, line, (size_t)n) != n)
		give_up(m, "cannot be written");
}

static void put_node(const void *node, VISIT visit, void *arg)
{
	if (visit == preorder || visit == leaf)
		put_line(arg, '+', *(struct ipvs_key *const *)node);
}

/* A new file takes the old one's place when it is complete. */
static void write_journal(struct made *m)
{
	char *new = NULL;
	int n;

	if (asprintf(&new, "%s.new", m->path) < 0)
		abort();
	if (m->fd >= 0)
		close(m->fd);
	m->lines = 0;
	m->fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	if (m->fd < 0) {
		give_up(m, "cannot be made");
	} else {
		n = dprintf(m->fd, "%s\n", m->head);
		twalk_r(m->tree, put_node, m);
		if (m->fd >= 0 && (n < 0 || rename(new, m->path) < 0))
			give_up(m, "cannot be replaced");
	}
	free(new);
}

struct made *made_open(const char *dir)
{
	struct made *m = calloc(1, sizeof(*m));

	if (!m || asprintf(&m->path, "%s/services", dir) < 0)
		abort();
	m->fd = -1;
	made_head(m->head);
	read_journal(m);
	write_journal(m);
	return m;
}

void made_close(struct made *m)
{
	if (!m)
		return;
	tdestroy(m->tree, free);
	if (m->fd >= 0)
		close(m->fd);
	free(m->path);
	free(m);
}

bool made_has(const struct made *m, const struct ipvs_key *key)
{
	return tfind(key, &m->tree, key_order) != NULL;
}

static void compact(struct made *m)
{
	if (m->fd >= 0 && m->lines > m->count + SLACK)
		write_journal(m);
}

void made_add(struct made *m, const struct ipvs_key *key)
{
	if (!tree_add(m, key))
		return;
	put_line(m, '+', key);
	compact(m);
}

void made_remove(struct made *m, const struct ipvs_key *key)
{
	if (!tree_remove(m, key))
		return;
	put_line(m, '-', key);
	compact(m);
}

size_t made_count(const struct made *m)
{
	return m->count;
}
