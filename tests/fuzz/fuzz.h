/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz harnesses.  Each is one file, fuzz_X.c, that gives bytes of a stranger to a parser and checks what
 * must hold of whatever it accepts.
 *
 * `make check` links it with replay.c, which runs it over corpus/X/ (inputs that once failed, and odd
 * ones), over its seeds, and over a fixed number of mutations of both.  To fuzz in earnest, compile
 * fuzz_X.c and the sources of the libraries that it names in Makefile.inc, but not replay.c, with
 * clang -fsanitize=fuzzer,address,undefined, and give the program the folder of its corpus.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
/* Writes the n-th valid input into buf and returns its length; 0 behind the last. */
size_t fuzz_seed(unsigned n, uint8_t *buf, size_t size);

#endif
