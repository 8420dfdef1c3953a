/* SPDX-License-Identifier: Apache-2.0 */
/* tls.c - TLS client over a non-blocking socket. */
#include <errno.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/psa_util.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>
#include <poll.h>
#include <psa/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "buf.h"
#include "clock.h"
#include "conn.h"
#include "file.h"
#include "tls.h"

enum { MAX_BUNDLE = 4 * 1024 * 1024 };

struct tls {
	int fd;  /* the caller's */
	int why; /* errno of the last failed send or receive */
	mbedtls_ssl_context ssl;
	mbedtls_ssl_config conf;
	mbedtls_x509_crt ca; /* only during the handshake: a bundle is half a megabyte */
	const char *bundle;
};

/* ---- the CA bundle */

static const char *bundle_path(void)
{
	static const char *const names[] = { "AWS_CA_BUNDLE", "SSL_CERT_FILE" };
	static const char *const usual[] = { "/etc/ssl/certs/ca-certificates.crt",
					     "/etc/pki/tls/certs/ca-bundle.crt" };

	for (size_t i = 0; i < COUNT(names); i++) {
		const char *path = getenv(names[i]);

		if (path && *path)
			return path;
	}
	for (size_t i = 0; i < COUNT(usual); i++)
		if (access(usual[i], R_OK) == 0)
			return usual[i];
	return NULL;
}

/* Certificates of a kind that mbedTLS was not built for are passed over, as long as others remain.
 */
static int load_bundle(struct tls *t, struct err *e)
{
	auto_buf struct buf pem = { 0 };

	t->bundle = bundle_path();
	if (!t->bundle)
		return fail(e, ENOENT,
			    "no CA certificates: install ca-certificates, or name a bundle "
			    "in SSL_CERT_FILE or AWS_CA_BUNDLE");
	if (file_read(t->bundle, MAX_BUNDLE, &pem, e) < 0)
		return wrap(e, "CA certificates");
	if (pem.len)
		mbedtls_x509_crt_parse(&t->ca, (const unsigned char *)pem.p, pem.len + 1);
	if (!t->ca.version)
		return fail(e, EBADMSG, "CA certificates: %s has none that can be used", t->bundle);
	return 0;
}

/* ---- the socket below */

static int net_error(struct tls *t, int wanted)
{
	t->why = errno;
	return t->why == EAGAIN || t->why == EINTR ? wanted : MBEDTLS_ERR_NET_CONN_RESET;
}

static int on_send(void *arg, const unsigned char *p, size_t n)
{
	struct tls *t = arg;
	ssize_t did = send(t->fd, p, n, MSG_NOSIGNAL);

	return did < 0 ? net_error(t, MBEDTLS_ERR_SSL_WANT_WRITE) : (int)did;
}

static int on_recv(void *arg, unsigned char *p, size_t n)
{
	struct tls *t = arg;
	ssize_t did = recv(t->fd, p, n, 0);

	return did < 0 ? net_error(t, MBEDTLS_ERR_SSL_WANT_READ) : (int)did;
}

/* ---- what went wrong, in words */

static int untrusted(struct tls *t, const char *host, struct err *e)
{
	static const struct {
		uint32_t flag;
		const char *text;
	} all[] = {
		{ MBEDTLS_X509_BADCERT_EXPIRED, "has expired" },
		{ MBEDTLS_X509_BADCERT_FUTURE, "is not valid yet (is the clock right?)" },
		{ MBEDTLS_X509_BADCERT_CN_MISMATCH, "is for another name" },
		{ MBEDTLS_X509_BADCERT_NOT_TRUSTED, "has no signature of a known CA" },
		{ MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK |
			  MBEDTLS_X509_BADCERT_BAD_KEY,
		  "uses a weak key or hash" },
		{ MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE |
			  MBEDTLS_X509_BADCERT_NS_CERT_TYPE,
		  "is not for servers" },
	};
	uint32_t flags = mbedtls_ssl_get_verify_result(&t->ssl);
	auto_buf struct buf why = { 0 };

	for (size_t i = 0; i < COUNT(all); i++)
		if (flags & all[i].flag)
			buf_fmt(&why, "%s%s", why.len ? ", " : "", all[i].text);
	return fail(e, EACCES, "the certificate shown for %s %s (CA certificates: %s)", host,
		    why.len ? why.p : "cannot be trusted", t->bundle);
}

/* Of a handshake, a write or a read. */
static int failed(struct tls *t, int rc, struct err *e)
{
	switch (rc) {
	case MBEDTLS_ERR_NET_CONN_RESET:
		return fail(e, t->why, "the connection broke:");
	case MBEDTLS_ERR_SSL_CONN_EOF:
		return fail(e, ECONNRESET, "closed without a TLS farewell");
	case MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION:
		return fail(e, EPROTO, "the server offers neither TLS 1.2 nor 1.3");
	case MBEDTLS_ERR_SSL_INVALID_RECORD:
		return fail(e, EPROTO, "the server does not speak TLS");
	case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
		return fail(
			e, EPROTO,
			"the server refuses (most often: no protocol version or cipher in common)");
	default:
		return fail(e, EPROTO, "TLS error -0x%04x", (unsigned)-rc);
	}
}

/* ---- the handshake */

/* After WANT_READ or WANT_WRITE: 0 to go on. */
static int wait_for(struct tls *t, int rc, int64_t deadline, struct err *e)
{
	int ready = fd_wait(t->fd, rc == MBEDTLS_ERR_SSL_WANT_READ ? POLLIN : POLLOUT, deadline);

	if (ready < 0)
		return fail(e, errno, "poll:");
	if (!ready || deadline_left(deadline) == 0)
		return fail(e, ETIMEDOUT, "no answer in time");
	return 0;
}

static bool wants(int rc)
{
	return rc == MBEDTLS_ERR_SSL_WANT_READ || rc == MBEDTLS_ERR_SSL_WANT_WRITE;
}

static int configure(struct tls *t, const char *host, struct err *e)
{
	int rc;

	if (psa_crypto_init() != PSA_SUCCESS)
		return fail(e, EIO, "cryptography cannot be set up");
	rc = mbedtls_ssl_config_defaults(&t->conf, MBEDTLS_SSL_IS_CLIENT,
					 MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
	if (rc != 0)
		return failed(t, rc, e);
	mbedtls_ssl_conf_authmode(&t->conf, MBEDTLS_SSL_VERIFY_REQUIRED);
	mbedtls_ssl_conf_min_tls_version(&t->conf, MBEDTLS_SSL_VERSION_TLS1_2);
	mbedtls_ssl_conf_rng(&t->conf, mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE);
	mbedtls_ssl_conf_ca_chain(&t->conf, &t->ca, NULL);
	rc = mbedtls_ssl_setup(&t->ssl, &t->conf);
	if (rc == 0)
		rc = mbedtls_ssl_set_hostname(&t->ssl, host);
	if (rc != 0)
		return failed(t, rc, e);
	mbedtls_ssl_set_bio(&t->ssl, t, on_send, on_recv, NULL);
	return 0;
}

static int shake_hands(struct tls *t, const char *host, int64_t deadline, struct err *e)
{
	int rc;

	while (rc = mbedtls_ssl_handshake(&t->ssl), wants(rc))
		if (wait_for(t, rc, deadline, e) < 0)
			return -1;
	if (rc == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED)
		return untrusted(t, host, e);
	return rc ? failed(t, rc, e) : 0;
}

int tls_open(struct tls **out, int fd, const char *host, int64_t deadline, struct err *e)
{
	struct tls *t = xalloc(sizeof(*t));
	int rc;

	t->fd = fd;
	mbedtls_ssl_init(&t->ssl);
	mbedtls_ssl_config_init(&t->conf);
	mbedtls_x509_crt_init(&t->ca);
	rc = load_bundle(t, e);
	if (rc == 0)
		rc = configure(t, host, e);
	if (rc == 0)
		rc = shake_hands(t, host, deadline, e);
	if (rc < 0) {
		tls_free(&t);
		return -1;
	}
	mbedtls_ssl_conf_ca_chain(&t->conf, NULL, NULL);
	mbedtls_x509_crt_free(&t->ca);
	*out = t;
	return 0;
}

/* ---- bytes */

int tls_write(struct tls *t, const void *data, size_t n, int64_t deadline, struct err *e)
{
	const unsigned char *p = data;

	while (n) {
		int rc = mbedtls_ssl_write(&t->ssl, p, n);

		if (rc > 0) {
			p += rc;
			n -= (size_t)rc;
		} else if (!wants(rc)) {
			return failed(t, rc, e);
		} else if (wait_for(t, rc, deadline, e) < 0) {
			return -1;
		}
	}
	return 0;
}

int tls_read(struct tls *t, void *data, size_t room, size_t *got, int64_t deadline, struct err *e)
{
	*got = 0;
	for (;;) {
		int rc = mbedtls_ssl_read(&t->ssl, data, room);

		if (rc > 0) {
			*got = (size_t)rc;
			return 0;
		}
		if (rc == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY)
			return 0;
		if (rc == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET)
			continue;
		if (!wants(rc))
			return failed(t, rc ? rc : MBEDTLS_ERR_SSL_CONN_EOF, e);
		if (wait_for(t, rc, deadline, e) < 0)
			return -1;
	}
}

void tls_free(struct tls **tp)
{
	struct tls *t = TAKE(*tp);

	if (!t)
		return;
	if (mbedtls_ssl_is_handshake_over(&t->ssl))
		mbedtls_ssl_close_notify(&t->ssl);
	mbedtls_ssl_free(&t->ssl);
	mbedtls_ssl_config_free(&t->conf);
	mbedtls_x509_crt_free(&t->ca);
	free(t);
}
