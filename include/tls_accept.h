/* SPDX-License-Identifier: Apache-2.0 */
/* tls_accept.h - the server's side of TLS 1.2 and 1.3 over a non-blocking socket, for loops:
 * nothing here ever waits. Suites: ECDHE with AES-GCM or ChaCha20-Poly1305, no others; no sessions
 * are resumed. */
#pragma once
#include "base.h"

/* What a server shows, and whom it lets in. Counted by reference, so that it can be replaced while
 * connections that began with it go on; of one thread. */
struct tls_identity;
/* PEM text: cert with its chain, key (RSA, EC on P-256 or P-384; unencrypted), client_ca: clients
 * must show a certificate that one of these has signed (NULL: they need none). EBADMSG says what
 * cannot be read, or that key and certificate are no pair; nothing of the key is in a message. */
MUST int tls_identity_new(struct tls_identity **out, const char *cert, const char *key,
			  const char *client_ca, struct err *e);
struct tls_identity *tls_identity_ref(struct tls_identity *id); /* NULL is passed on */
void tls_identity_unref(struct tls_identity **id);
#define auto_identity AUTO(tls_identity_unref)

enum tls_did {
	TLS_DID,    /* something was done */
	TLS_READ,   /* again when the socket can be read */
	TLS_WRITE,  /* again when it can be written */
	TLS_BROKEN, /* there is no more to be had from this peer */
};
struct tls_accepted;
/* On an accepted descriptor, which stays the caller's. NULL: it cannot be set up. */
struct tls_accepted *tls_accepted_new(struct tls_identity *id, int fd);
void tls_accepted_free(struct tls_accepted **t);
/* First, until TLS_DID. */
enum tls_did tls_accepted_shake(struct tls_accepted *t);
/* TLS_DID with *got 0: the peer has closed. With room for 16 KiB nothing stays behind that the
 * socket would not tell of. */
enum tls_did tls_accepted_read(struct tls_accepted *t, void *p, size_t room, size_t *got);
/* After TLS_WRITE the same bytes must come again, perhaps with more behind them. */
enum tls_did tls_accepted_write(struct tls_accepted *t, const void *p, size_t n, size_t *did);
void tls_accepted_farewell(struct tls_accepted *t); /* close_notify, if there is room for it */
