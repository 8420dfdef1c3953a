/* SPDX-License-Identifier: Apache-2.0 */
/* uri.h - percent-encoding, RFC 3986 section 2.1. */
#pragma once
#include "buf.h"

/* Append n bytes, encoded all but letters, digits, "-._~" and what `keep` lists. */
void uri_encode(const char *s, size_t n, const char *keep, struct buf *out);
/* Append n bytes, decoded, NUL too. A % that begins no escape stays as it is, and then the answer
 * is false. */
bool uri_decode(const char *s, size_t n, struct buf *out);
