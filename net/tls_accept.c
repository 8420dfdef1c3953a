/* SPDX-License-Identifier: Apache-2.0 */
/* tls_accept.c - TLS server over a non-blocking socket. */
#include <errno.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/psa_util.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>
#include <psa/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tls_accept.h"

#define RNG mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE

struct tls_identity {
	size_t refs;
	mbedtls_ssl_config conf;
	mbedtls_x509_crt own, ca;
	mbedtls_pk_context key;
};
struct tls_accepted {
	struct tls_identity *id;
	int fd;      /* the caller's */
	size_t owed; /* bytes of a write that could not be finished */
	mbedtls_ssl_context ssl;
};

static const int suites[] = { MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
			      MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
			      MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
			      MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
			      MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
			      MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
			      MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
			      MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
			      MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
			      0 };

/* ---- identities */

static int read_certs(mbedtls_x509_crt *to, const char *pem, const char *what, struct err *e)
{
	if (mbedtls_x509_crt_parse(to, (const unsigned char *)pem, strlen(pem) + 1) == 0)
		return 0;
	return fail(e, EBADMSG, "%s: not PEM certificates that can be used", what);
}

static int read_key(struct tls_identity *id, const char *pem, struct err *e)
{
	int rc = mbedtls_pk_parse_key(&id->key, (const unsigned char *)pem, strlen(pem) + 1, NULL,
				      0, RNG);

	if (rc == MBEDTLS_ERR_PK_PASSWORD_REQUIRED || rc == MBEDTLS_ERR_PK_PASSWORD_MISMATCH)
		return fail(e, EBADMSG, "key: it is encrypted, which is not supported");
	if (rc != 0)
		return fail(e, EBADMSG,
			    "key: no PEM key that can be used (RSA, or EC on P-256 or P-384)");
	if (mbedtls_pk_check_pair(&id->own.pk, &id->key, RNG) != 0)
		return fail(e, EBADMSG, "key: it is not the certificate's");
	return 0;
}

static int configure(struct tls_identity *id, bool clients, struct err *e)
{
	mbedtls_ssl_config *c = &id->conf;

	if (mbedtls_ssl_config_defaults(c, MBEDTLS_SSL_IS_SERVER, MBEDTLS_SSL_TRANSPORT_STREAM,
					MBEDTLS_SSL_PRESET_DEFAULT) != 0 ||
	    mbedtls_ssl_conf_own_cert(c, &id->own, &id->key) != 0)
		return fail(e, EIO, "TLS cannot be set up");
	mbedtls_ssl_conf_rng(c, RNG);
	mbedtls_ssl_conf_min_tls_version(c, MBEDTLS_SSL_VERSION_TLS1_2);
	mbedtls_ssl_conf_ciphersuites(c, suites);
	mbedtls_ssl_conf_authmode(c,
				  clients ? MBEDTLS_SSL_VERIFY_REQUIRED : MBEDTLS_SSL_VERIFY_NONE);
	if (clients)
		mbedtls_ssl_conf_ca_chain(c, &id->ca, NULL);
	return 0;
}

int tls_identity_new(struct tls_identity **out, const char *cert, const char *key,
		     const char *client_ca, struct err *e)
{
	auto_identity struct tls_identity *id = xalloc(sizeof(*id));

	id->refs = 1;
	mbedtls_ssl_config_init(&id->conf);
	mbedtls_x509_crt_init(&id->own);
	mbedtls_x509_crt_init(&id->ca);
	mbedtls_pk_init(&id->key);
	if (psa_crypto_init() != PSA_SUCCESS)
		return fail(e, EIO, "cryptography cannot be set up");
	if (read_certs(&id->own, cert, "certificate", e) < 0 || read_key(id, key, e) < 0)
		return -1;
	if (client_ca && read_certs(&id->ca, client_ca, "CA of clients", e) < 0)
		return -1;
	if (configure(id, client_ca, e) < 0)
		return -1;
	*out = TAKE(id);
	return 0;
}

struct tls_identity *tls_identity_ref(struct tls_identity *id)
{
	if (id)
		id->refs++;
	return id;
}

void tls_identity_unref(struct tls_identity **idp)
{
	struct tls_identity *id = TAKE(*idp);

	if (!id || --id->refs)
		return;
	mbedtls_ssl_config_free(&id->conf);
	mbedtls_x509_crt_free(&id->own);
	mbedtls_x509_crt_free(&id->ca);
	mbedtls_pk_free(&id->key);
	free(id);
}

/* ---- connections */

static int on_send(void *arg, const unsigned char *p, size_t n)
{
	struct tls_accepted *t = arg;
	ssize_t did = send(t->fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (did >= 0)
		return (int)did;
	return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_WRITE
						 : MBEDTLS_ERR_NET_CONN_RESET;
}

static int on_recv(void *arg, unsigned char *p, size_t n)
{
	struct tls_accepted *t = arg;
	ssize_t did = recv(t->fd, p, n, MSG_DONTWAIT);

	if (did >= 0)
		return (int)did;
	return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_READ
						 : MBEDTLS_ERR_NET_CONN_RESET;
}

struct tls_accepted *tls_accepted_new(struct tls_identity *id, int fd)
{
	struct tls_accepted *t = xalloc(sizeof(*t));

	t->id = tls_identity_ref(id);
	t->fd = fd;
	mbedtls_ssl_init(&t->ssl);
	if (mbedtls_ssl_setup(&t->ssl, &id->conf) != 0)
		tls_accepted_free(&t);
	else
		mbedtls_ssl_set_bio(&t->ssl, t, on_send, on_recv, NULL);
	return t;
}

void tls_accepted_free(struct tls_accepted **tp)
{
	struct tls_accepted *t = TAKE(*tp);

	if (!t)
		return;
	mbedtls_ssl_free(&t->ssl);
	tls_identity_unref(&t->id);
	free(t);
}

static enum tls_did outcome(int rc)
{
	switch (rc) {
	case MBEDTLS_ERR_SSL_WANT_READ:
		return TLS_READ;
	case MBEDTLS_ERR_SSL_WANT_WRITE:
		return TLS_WRITE;
	default:
		return rc < 0 ? TLS_BROKEN : TLS_DID;
	}
}

enum tls_did tls_accepted_shake(struct tls_accepted *t)
{
	return outcome(mbedtls_ssl_handshake(&t->ssl));
}

enum tls_did tls_accepted_read(struct tls_accepted *t, void *p, size_t room, size_t *got)
{
	int rc = mbedtls_ssl_read(&t->ssl, p, room);

	*got = rc > 0 ? (size_t)rc : 0;
	return rc == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY ? TLS_DID : outcome(rc);
}

enum tls_did tls_accepted_write(struct tls_accepted *t, const void *p, size_t n, size_t *did)
{
	int rc;

	/* The record that waits was made of so many bytes, and answers for no others. */
	if (t->owed && t->owed < n)
		n = t->owed;
	rc = mbedtls_ssl_write(&t->ssl, p, n);
	*did = rc > 0 ? (size_t)rc : 0;
	t->owed = rc == MBEDTLS_ERR_SSL_WANT_WRITE ? n : 0;
	return outcome(rc);
}

void tls_accepted_farewell(struct tls_accepted *t)
{
	(void)mbedtls_ssl_close_notify(&t->ssl);
}
