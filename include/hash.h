/* SPDX-License-Identifier: Apache-2.0 */
/* hash.h - digests and text encodings. With tls.c the only door to mbedTLS. */
#pragma once
#include "buf.h"

enum { SHA1_LEN = 20, SHA256_LEN = 32 };

void sha1(const void *data, size_t n, uint8_t out[SHA1_LEN]);
void sha256(const void *data, size_t n, uint8_t out[SHA256_LEN]);
void hmac_sha256(const void *key, size_t keylen, const void *data, size_t n,
		 uint8_t out[SHA256_LEN]);
/* Lower-case hex; out holds 2 n + 1 bytes. */
void hex(const void *data, size_t n, char *out);
void base64(const void *data, size_t n, struct buf *out);
/* Append what s encodes; false, and out as it was, when s is not base64 (RFC 4648 section 4;
 * padding required, no white space). */
bool base64_decode(const char *s, struct buf *out);
/* Bytes from the kernel's generator; dies when there are none. */
void random_bytes(void *out, size_t n);
