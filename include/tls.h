/* SPDX-License-Identifier: Apache-2.0 */
/* tls.h - the client's side of TLS 1.2 and 1.3 under struct conn (conn_tls()). With hash.c the only
 * door to mbedTLS. */
#pragma once
#include "base.h"

struct tls;
/* What replaces the usual: PEM text, NUL-terminated. Zero changes nothing. */
struct tls_terms {
	const char *ca;         /* the only CAs that are believed; NULL: the bundle */
	const char *cert, *key; /* shown to a server that asks (RSA, EC on P-256 or P-384) */
	const char *name;       /* that the certificate must be for, and SNI; NULL: the host */
	bool insecure;          /* take any certificate */
};
/* Whom we speak to. Without sessions and port, none is resumed. */
struct tls_peer {
	const char *host, *port;       /* host: a name or an address */
	struct tls_cache *sessions;    /* tls_cache.h; outlives the connection */
	const struct tls_terms *terms; /* NULL: as usual. Needed only during the handshake */
	int stop;                      /* as in struct conn */
};
/* Shake hands on a connected non-blocking descriptor, which stays the caller's. The server must
 * show a certificate for host that a CA of the bundle has signed; a name is also sent to it (SNI),
 * an address must be among the certificate's addresses. The bundle is the first of $AWS_CA_BUNDLE,
 * $SSL_CERT_FILE, /etc/ssl/certs/ca-certificates.crt (Debian, Alpine) and
 * /etc/pki/tls/certs/ca-bundle.crt (Amazon Linux); it is read anew for each handshake, and half a
 * megabyte is free again afterwards. A session is resumed only with the host, port and bundle (the
 * file itself, unchanged) that it came from, and never later than an hour after the certificates
 * were checked or when one of them expires; terms are part of what must be equal. EACCES: the
 * certificate is not trusted, and the message says why (unknown CA, expired, wrong name ...);
 * EPROTO: no common protocol or cipher, or a broken handshake; ETIMEDOUT; ENOENT: no bundle;
 * EBADMSG: CAs, certificate or key that cannot be read (nothing of a key is in the message). */
MUST int tls_open(struct tls **out, int fd, const struct tls_peer *peer, int64_t deadline,
		  struct err *e);
void tls_stop_at(struct tls *t, int stop); /* see conn_stop_at() */
/* As conn_write() and conn_read(). */
MUST int tls_write(struct tls *t, const void *data, size_t n, int64_t deadline, struct err *e);
MUST int tls_read(struct tls *t, void *data, size_t room, size_t *got, int64_t deadline,
		  struct err *e);
/* After a read that came to the deadline: nothing else has come, not even half a record. */
bool tls_resting(struct tls *t);
void tls_free(struct tls **t); /* says close_notify without waiting for an answer */
