/* SPDX-License-Identifier: Apache-2.0 */
/* uri.c - percent-encoding. */
#include <ctype.h>
#include <string.h>

#include "uri.h"

void uri_encode(const char *s, size_t n, const char *keep, struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c < 128 && c && (isalnum(c) || strchr("-._~", c) || strchr(keep, c)))
			buf_add(out, &s[i], 1);
		else
			buf_fmt(out, "%%%02X", c);
	}
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool uri_decode(const char *s, size_t n, struct buf *out)
{
	bool good = true;

	for (size_t i = 0; i < n; i++) {
		char c = s[i];

		if (c == '%' && n - i > 2 && nibble(s[i + 1]) >= 0 && nibble(s[i + 2]) >= 0) {
			c = (char)(nibble(s[i + 1]) << 4 | nibble(s[i + 2]));
			i += 2;
		} else if (c == '%') {
			good = false;
		}
		buf_add(out, &c, 1);
	}
	return good;
}
