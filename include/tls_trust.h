/* SPDX-License-Identifier: Apache-2.0 */
/* tls_trust.h - inside the TLS client: the CAs that are believed, and what we show of ourselves. */
#pragma once
#include "buf.h"
#include "tls.h"

/* Needed only during the handshake, for a bundle is half a megabyte. Zero is empty. */
struct tls_trust {
	const struct tls_terms *terms; /* never NULL */
	const char *bundle;            /* a file; NULL: the terms' own CAs, or none at all */
	struct mbedtls_x509_crt *ca, *own;
	struct mbedtls_pk_context *key; /* of own; NULL: we show nothing */
};
/* terms may be NULL. */
void tls_trust_set(struct tls_trust *t, const struct tls_terms *terms);
/* What a session depends on, appended; false: it cannot be told, so none is kept. */
bool tls_trust_mark(const struct tls_trust *t, struct buf *out);
MUST int tls_trust_load(struct tls_trust *t, struct err *e);
/* "CA certificates: /etc/ssl/...", for messages. */
const char *tls_trust_source(const struct tls_trust *t);
void tls_trust_free(struct tls_trust *t);
