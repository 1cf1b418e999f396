/* SPDX-License-Identifier: BSD-2-Clause */
/* See fuzz.h: a harness without a fuzzing engine.  Writes TAP; a crash is a missing line. */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef MUTATIONS
#define MUTATIONS 300
#endif

static uint8_t input[1 << 20];
static unsigned count;

/* At the end of a block of its own, so that a sanitizer sees each read beyond it. */
static void run(const uint8_t *bytes, size_t len)
{
	uint8_t *exact = malloc(len ? len : 1);

	if (!exact)
		abort();
	memcpy(exact, bytes, len);
	LLVMFuzzerTestOneInput(exact, len);
	free(exact);
}

static uint32_t random_below(uint32_t n)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((state >> 33) % n);
}

static size_t mutate(uint8_t *to, const uint8_t *from, size_t len)
{
	memcpy(to, from, len);
	for (uint32_t n = 1 + random_below(4); n && len; n--) {
		size_t at = random_below((uint32_t)len);

		switch (random_below(4)) {
		case 0:
			len = at;
			break;
		case 1:
			to[at] ^= (uint8_t)(1 << random_below(8));
			break;
		case 2:
			memmove(to + at, to + at + 1, len - at - 1);
			len--;
			break;
		case 3:
			to[at] =
			    (uint8_t)(random_below(2) ? random_below(256) : 255 * random_below(2));
			break;
		}
	}
	return len;
}

static void run_all(const char *name, size_t len)
{
	static uint8_t mutant[sizeof(input)];

	run(input, len);
	for (int i = 0; i < MUTATIONS; i++)
		run(mutant, mutate(mutant, input, len));
	printf("ok %u - %s\n", ++count, name);
	fflush(stdout);
}

static void run_file(const char *dir, const char *name)
{
	char path[1024];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "rb");
	if (!f) {
		printf("not ok %u - cannot open %s\n", ++count, path);
		return;
	}
	run_all(name, fread(input, 1, sizeof(input), f));
	fclose(f);
}

static int visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static void run_corpus(const char *dir)
{
	struct dirent **names;
	int n = scandir(dir, &names, visible, alphasort);

	if (n <= 0)
		printf("not ok %u - no inputs in %s\n", ++count, dir);
	for (int i = 0; i < n; i++) {
		run_file(dir, names[i]->d_name);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

static void run_seeds(void)
{
	char name[32];
	size_t len;

	for (unsigned i = 0; (len = fuzz_seed(i, input, sizeof(input))) > 0; i++) {
		snprintf(name, sizeof(name), "seed %u", i);
		run_all(name, len);
	}
}

/* fuzz_X [FILE...]: files, or its corpus below $SRC. */
int main(int argc, char **argv)
{
	const char *base = strrchr(argv[0], '/'), *src = getenv("SRC");
	char dir[1024];

	base = base ? base + 1 : argv[0];
	snprintf(dir, sizeof(dir), "%s/tests/fuzz/corpus/%s", src ? src : ".",
	    strncmp(base, "fuzz_", 5) == 0 ? base + 5 : base);
	for (int i = 1; i < argc; i++)
		run_file(".", argv[i]);
	if (argc == 1) {
		run_corpus(dir);
		run_seeds();
	}
	printf("1..%u\n", count);
	return 0;
}
