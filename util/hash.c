/* SPDX-License-Identifier: Apache-2.0 */
/* hash.c - digests, base64 and hex; mbedTLS does the work. */
#include <errno.h>
#include <mbedtls/base64.h>
#include <mbedtls/md.h>
#include <mbedtls/platform.h>
#include <mbedtls/sha1.h>
#include <mbedtls/sha256.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "hash.h"

static void *cells(size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size)
		die("out of memory (%zu times %zu bytes)", n, size);
	return xalloc(n * size);
}

/* Before main(), so that no two threads meet here. */
__attribute__((constructor)) static void use_our_memory(void)
{
	mbedtls_platform_set_calloc_free(cells, free);
}

/* The library can only fail where it was built without the algorithm. */
static void must(int rc, const char *what)
{
	if (rc != 0)
		die("%s: mbedTLS error -0x%04x", what, (unsigned)-rc);
}

void sha1(const void *data, size_t n, uint8_t out[SHA1_LEN])
{
	must(mbedtls_sha1(data, n, out), "SHA-1");
}

void sha256(const void *data, size_t n, uint8_t out[SHA256_LEN])
{
	must(mbedtls_sha256(data, n, out, 0), "SHA-256");
}

void hmac_sha256(const void *key, size_t keylen, const void *data, size_t n,
		 uint8_t out[SHA256_LEN])
{
	must(mbedtls_md_hmac(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), key, keylen, data, n,
			     out),
	     "HMAC-SHA-256");
}

void hex(const void *data, size_t n, char *out)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < n; i++) {
		*out++ = "0123456789abcdef"[p[i] >> 4];
		*out++ = "0123456789abcdef"[p[i] & 15];
	}
	*out = '\0';
}

void base64(const void *data, size_t n, struct buf *out)
{
	size_t room = (n + 2) / 3 * 4 + 1, used;

	must(mbedtls_base64_encode((unsigned char *)buf_room(out, room), room, &used, data, n),
	     "base64");
	out->len += used;
	out->p[out->len] = '\0';
}

/* mbedTLS passes over line ends and spaces, so they are refused here. */
bool base64_decode(const char *s, struct buf *out)
{
	size_t n = strlen(s), room = n / 4 * 3, used = 0;
	unsigned char *to = (unsigned char *)buf_room(out, room);
	bool ok = n % 4 == 0 && !strpbrk(s, " \t\r\n") &&
		  mbedtls_base64_decode(to, room, &used, (const unsigned char *)s, n) == 0;

	out->len += ok ? used : 0;
	out->p[out->len] = '\0';
	return ok;
}

void random_bytes(void *out, size_t n)
{
	for (char *p = out; n;) {
		ssize_t got = getrandom(p, n, 0);

		if (got < 0 && errno != EINTR)
			die("getrandom:");
		if (got > 0) {
			p += got;
			n -= (size_t)got;
		}
	}
}
