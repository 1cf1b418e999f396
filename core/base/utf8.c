/* SPDX-License-Identifier: BSD-2-Clause */
/* See utf8.h. */
#include "core/base/utf8.h"

/* No longer form than is needed, no surrogates, nothing above U+10FFFF: the second octet tells. */
static bool second_fits(unsigned char first, unsigned char second)
{
	switch (first) {
	case 0xe0:
		return second >= 0xa0;
	case 0xed:
		return second < 0xa0;
	case 0xf0:
		return second >= 0x90;
	case 0xf4:
		return second < 0x90;
	}
	return true;
}

size_t utf8_length(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t n = *p < 0x80   ? 1
		   : *p < 0xc2 ? 0
		   : *p < 0xe0 ? 2
		   : *p < 0xf0 ? 3
		   : *p < 0xf5 ? 4
			       : 0;

	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n < 3 || second_fits(p[0], p[1]) ? n : 0;
}

bool utf8_valid(const char *text)
{
	for (size_t n; *text; text += n) {
		n = utf8_length(text);
		if (!n)
			return false;
	}
	return true;
}
