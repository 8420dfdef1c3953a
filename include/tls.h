/* SPDX-License-Identifier: Apache-2.0 */
/* tls.h - the client's side of TLS 1.2 and 1.3 under struct conn (conn_tls()). With hash.c the only
 * door to mbedTLS. */
#pragma once
#include "base.h"

struct tls;
/* Whom we speak to. Without sessions and port, none is resumed. */
struct tls_peer {
	const char *host, *port;    /* host: a name or an address */
	struct tls_cache *sessions; /* tls_cache.h; outlives the connection */
};
/* Shake hands on a connected non-blocking descriptor, which stays the caller's. The server must
 * show a certificate for host that a CA of the bundle has signed; a name is also sent to it (SNI),
 * an address must be among the certificate's addresses. The bundle is the first of $AWS_CA_BUNDLE,
 * $SSL_CERT_FILE, /etc/ssl/certs/ca-certificates.crt (Debian, Alpine) and
 * /etc/pki/tls/certs/ca-bundle.crt (Amazon Linux); it is read anew for each handshake, and half a
 * megabyte is free again afterwards. A session is resumed only with the host, port and bundle (the
 * file itself, unchanged) that it came from, and never later than an hour after the certificates
 * were checked or when one of them expires. EACCES: the certificate is not trusted, and the message
 * says why (unknown CA, expired, wrong name ...); EPROTO: no common protocol or cipher, or a broken
 * handshake; ETIMEDOUT; ENOENT: no bundle. */
MUST int tls_open(struct tls **out, int fd, const struct tls_peer *peer, int64_t deadline,
		  struct err *e);
/* As conn_write() and conn_read(). */
MUST int tls_write(struct tls *t, const void *data, size_t n, int64_t deadline, struct err *e);
MUST int tls_read(struct tls *t, void *data, size_t room, size_t *got, int64_t deadline,
		  struct err *e);
/* After a read that came to the deadline: nothing else has come, not even half a record. */
bool tls_resting(struct tls *t);
void tls_free(struct tls **t); /* says close_notify without waiting for an answer */
