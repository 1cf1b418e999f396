/*
 * Lets User Mode Linux 6.1 run on hosts whose XSAVE area is larger than the
 * fixed buffer that it hands to ptrace(): such hosts refuse a short
 * PTRACE_SETREGSET of NT_X86_XSTATE.  The full state is kept per buffer, so
 * that the upper vector registers follow the thread too.
 *
 * Build: cc -shared -fPIC -O2 -o xstate.so xstate.c ; use with LD_PRELOAD.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define AREA 16384
#define SLOTS 4096

static struct slot {
	void *key;
	size_t len;
	unsigned char *full;
} slots[SLOTS];

static struct slot *slot_of(void *key)
{
	size_t i = ((unsigned long)key >> 6) % SLOTS;

	for (size_t n = 0; n < 64; n++, i = (i + 1) % SLOTS)
		if (slots[i].key == key || !slots[i].key)
			break;
	if (slots[i].key != key) {
		slots[i].key = key;
		slots[i].len = 0;
	}
	if (!slots[i].full)
		slots[i].full = calloc(1, AREA);
	return &slots[i];
}

long ptrace(enum __ptrace_request req, ...)
{
	va_list ap;
	va_start(ap, req);
	long pid = va_arg(ap, int);
	void *addr = va_arg(ap, void *);
	void *data = va_arg(ap, void *);
	va_end(ap);

	if ((req == PTRACE_GETREGSET || req == PTRACE_SETREGSET) && (long)addr == NT_X86_XSTATE) {
		struct iovec *u = data;
		struct slot *s = slot_of(u->iov_base);
		struct iovec full = {s->full, AREA};

		if (req == PTRACE_GETREGSET) {
			long r = syscall(SYS_ptrace, req, pid, addr, &full);
			if (r == 0) {
				s->len = full.iov_len;
				if (full.iov_len < u->iov_len)
					u->iov_len = full.iov_len;
				memcpy(u->iov_base, s->full, u->iov_len);
			}
			return r;
		}
		if (s->len == 0) {
			if (syscall(SYS_ptrace, PTRACE_GETREGSET, pid, addr, &full) < 0)
				return -1;
			s->len = full.iov_len;
		}
		full.iov_len = s->len;
		memcpy(s->full, u->iov_base, u->iov_len < s->len ? u->iov_len : s->len);
		return syscall(SYS_ptrace, req, pid, addr, &full);
	}
	if (req == PTRACE_PEEKTEXT || req == PTRACE_PEEKDATA || req == PTRACE_PEEKUSER) {
		long word, r = syscall(SYS_ptrace, req, pid, addr, &word);
		return r < 0 ? r : word;
	}
	return syscall(SYS_ptrace, req, pid, addr, data);
}
