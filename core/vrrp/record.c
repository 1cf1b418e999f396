/* SPDX-License-Identifier: BSD-2-Clause */
/* See record.h. */
#include "core/vrrp/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/base/log.h"

#define SLOTS 1024
#define MAGIC 0x56525250u /* "VRRP" */
#define LAYOUT 2
#define TRANSITIONS 1024
#define BOOT_ID_LEN 36

struct record_slot {
	struct record_key key; /* no interface: free */
	_Atomic uint64_t spoke;
};

struct entry {
	uint32_t slot;
	struct record_transition what;
};

struct layout {
	uint32_t magic;
	uint32_t layout;
	char boot_id[40];
	struct record_slot slot[SLOTS];
	_Atomic uint64_t written; /* transitions: the next one's place, modulo their number */
	struct entry entry[TRANSITIONS];
	int promoted[RECORD_PROMOTED]; /* a file of before it grows, and has zeros here */
};

struct record {
	struct layout *map;
	char path[320];
};

static void read_boot_id(char id[40])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	memset(id, 0, 40);
	if (fd < 0)
		return;
	if (read(fd, id, BOOT_ID_LEN) != BOOT_ID_LEN)
		memset(id, 0, 40);
	close(fd);
}

/* A page that the file system has no room for would be a SIGBUS when it is written. */
static bool make_room(int fd)
{
	int error;

	if (ftruncate(fd, sizeof(struct layout)) < 0)
		return false;
	error = posix_fallocate(fd, 0, sizeof(struct layout));
	errno = error;
	return error == 0;
}

/*
 * Nobody else's file, whatever lies there.  Not made and opened in one step: fs.protected_regular can
 * forbid root to open a user's file with O_CREAT.
 */
static int open_own(const char *path, uid_t owner, gid_t group)
{
	int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW, fd = open(path, flags);
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		fd = open(path, flags | O_CREAT | O_EXCL, 0600);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    (st.st_uid != geteuid() && st.st_uid != owner) || (st.st_mode & 077)) {
		close(fd);
		errno = EPERM;
		return -1;
	}
	if (!make_room(fd)) {
		close(fd);
		return -1;
	}
	if (st.st_uid != owner && fchown(fd, owner, group) < 0)
		log_debug("cannot give %s away: %s", path, strerror(errno));
	return fd;
}

static void validate(struct layout *l)
{
	char boot_id[40];

	read_boot_id(boot_id);
	if (l->magic == MAGIC && l->layout == LAYOUT &&
	    memcmp(l->boot_id, boot_id, sizeof(boot_id)) == 0)
		return;
	memset(l, 0, sizeof(*l));
	l->magic = MAGIC;
	l->layout = LAYOUT;
	memcpy(l->boot_id, boot_id, sizeof(boot_id));
}

struct record *record_open(const char *dir, uid_t owner, gid_t group)
{
	struct record *r;
	char path[320];
	void *map = MAP_FAILED;
	int fd;

	snprintf(path, sizeof(path), "%s/masters", dir);
	fd = open_own(path, owner, group);
	if (fd >= 0)
		map = mmap(NULL, sizeof(struct layout), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		log_warning("cannot keep what is master in %s: %s; after a restart of this process "
			    "its instances will begin as backup",
		    path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	close(fd);
	r = calloc(1, sizeof(*r));
	if (!r)
		abort();
	r->map = map;
	snprintf(r->path, sizeof(r->path), "%s", path);
	validate(r->map);
	return r;
}

void record_close(struct record *r)
{
	if (!r)
		return;
	munmap(r->map, sizeof(struct layout));
	free(r);
}

void record_remove(struct record *r)
{
	if (r && unlink(r->path) < 0)
		log_debug("cannot remove %s: %s", r->path, strerror(errno));
}

struct record_slot *record_find(struct record *r, const struct record_key *key, usec_t *spoke)
{
	struct record_slot *empty = NULL;

	*spoke = 0;
	if (!r)
		return NULL;
	for (int k = 0; k < SLOTS; k++) {
		struct record_slot *s = &r->map->slot[k];

		if (memcmp(&s->key, key, sizeof(*key)) == 0) {
			*spoke = s->spoke;
			return s;
		}
		if (!s->key.interface[0] && !empty)
			empty = s;
	}
	if (empty) {
		empty->spoke = 0;
		empty->key = *key;
	}
	return empty;
}

void record_set(struct record_slot *slot, usec_t spoke)
{
	if (slot)
		slot->spoke = spoke;
}

void record_transition(
    struct record *r, const struct record_slot *slot, const struct record_transition *t)
{
	struct entry *e;

	if (!r || !slot)
		return;
	e = &r->map->entry[r->map->written % TRANSITIONS];
	e->slot = (uint32_t)(slot - r->map->slot);
	e->what = *t;
	r->map->written++; /* only now it counts */
}

/* The oldest one may be half overwritten. */
unsigned record_transitions(const struct record *r, const struct record_slot *slot, usec_t after,
    struct record_transition *list, unsigned max)
{
	uint64_t last = r && slot ? r->map->written : 0;
	uint64_t first = last >= TRANSITIONS ? last - TRANSITIONS + 1 : 0;
	unsigned n = 0;

	for (uint64_t k = last; k > first && n < max; k--) {
		const struct entry *e = &r->map->entry[(k - 1) % TRANSITIONS];

		if (e->slot != (uint32_t)(slot - r->map->slot) || e->what.at <= after)
			continue;
		memmove(&list[1], &list[0], n * sizeof(*list));
		list[0] = e->what;
		list[0].reason[sizeof(list[0].reason) - 1] = '\0';
		n++;
	}
	return n;
}

int *record_promoted(struct record *r)
{
	return r ? r->map->promoted : NULL;
}

void record_forget(struct record_slot *slot)
{
	if (!slot)
		return;
	slot->spoke = 0;
	memset(&slot->key, 0, sizeof(slot->key));
}
