/* SPDX-License-Identifier: Apache-2.0 */
/* tls_cert.h - certificates of our own: a CA, what it signs, and how long they last. */
#pragma once
#include "buf.h"

/* PEM text; key is overwritten when it is freed. */
struct tls_pair {
	struct buf cert, key;
};
void tls_pair_free(struct tls_pair *p);
#define auto_pair AUTO(tls_pair_free)

/* All keys are new, on P-256; times are wall clock seconds. A CA that signs nothing but servers'
 * certificates. name: its common name. */
MUST int tls_cert_ca(struct tls_pair *out, const char *name, int64_t from, int64_t until,
		     struct err *e);
/* A server's certificate for n DNS names (16 at most), by that CA. */
MUST int tls_cert_issue(struct tls_pair *out, const struct tls_pair *ca, const char *const *names,
			size_t n, int64_t from, int64_t until, struct err *e);
/* When the first certificate of PEM text begins and ends. EBADMSG: there is none. */
MUST int tls_cert_span(const char *pem, int64_t *from, int64_t *until, struct err *e);
/* Has that certificate the name among its DNS names, and did one of the CAs (PEM) sign it? */
bool tls_cert_serves(const char *pem, const char *ca, const char *name);
