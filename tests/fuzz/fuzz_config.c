/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a configuration file.  It is refused with a place and a reason, or it is read; what was
 * read can be printed, read again, and printed the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "core/config/config.h"
#include "tests/fuzz/fuzz.h"

static struct config *read_bytes(const void *data, size_t size, struct config_error *err)
{
	int fd = memfd_create("config", MFD_CLOEXEC);
	char path[64];
	struct config *c;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	c = config_read_as(path, "id", err, NULL, NULL);
	close(fd);
	return c;
}

static char *print(struct config *c, size_t *len)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, len);

	if (!f || !config_write(config_store(c), f, true) || fclose(f) != 0)
		abort();
	return text;
}

static void must_print_the_same(struct config *c)
{
	struct config_error err;
	size_t len, len2;
	char *text = print(c, &len), *text2;
	struct config *again = read_bytes(text, len, &err);

	if (!again) {
		fprintf(stderr, "%s\n%s", err.text, text);
		abort();
	}
	text2 = print(again, &len2);
	if (len != len2 || memcmp(text, text2, len) != 0) {
		fprintf(stderr, "%s\n--- printed again:\n%s", text, text2);
		abort();
	}
	config_free(again);
	free(text);
	free(text2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_error err;
	struct config *c = read_bytes(data, size, &err);

	if (c)
		must_print_the_same(c);
	else if (!strchr(err.text, ':'))
		abort();
	config_free(c);
	return 0;
}

/* The files of the corpus are the valid inputs. */
size_t fuzz_seed(unsigned n, uint8_t *buf, size_t size)
{
	(void)n;
	(void)buf;
	(void)size;
	return 0;
}
