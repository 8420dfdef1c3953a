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
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "clock.h"
#include "conn.h"
#include "file.h"
#include "ip.h"
#include "tls.h"
#include "tls_cache.h"

enum { MAX_BUNDLE = 4 * 1024 * 1024, MAX_LATE = 16 /* tickets */ };

struct tls {
	int fd;  /* the caller's */
	int why; /* errno of the last failed send or receive */
	mbedtls_ssl_context ssl;
	mbedtls_ssl_config conf;
	mbedtls_x509_crt ca; /* only during the handshake: a bundle is half a megabyte */
	const char *bundle;  /* only during the handshake, as host */
	const char *host;
	struct ip address;         /* that host is, or none */
	bool checked, self_signed; /* the certificate that the server showed */

	struct tls_cache *sessions; /* NULL: nothing is kept */
	struct buf key;             /* of our sessions */
	int64_t trust_until;        /* no session is resumed later */
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

static int untrusted(struct tls *t, struct err *e)
{
	const struct {
		uint32_t flag;
		const char *text;
	} all[] = {
		{ MBEDTLS_X509_BADCERT_EXPIRED, "has expired" },
		{ MBEDTLS_X509_BADCERT_FUTURE, "is not valid yet (is the clock right?)" },
		{ MBEDTLS_X509_BADCERT_CN_MISMATCH,
		  t->address.family ? "is for another address" : "is for another name" },
		{ MBEDTLS_X509_BADCERT_NOT_TRUSTED,
		  t->self_signed ? "is signed by itself alone" : "has no signature of a known CA" },
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
	return fail(e, EACCES, "the certificate shown for %s %s (CA certificates: %s)", t->host,
		    why.len ? why.p : "cannot be trusted", t->bundle);
}

/* The library keeps the alert that it read, but has no word to ask for it. */
static int refused(struct tls *t, struct err *e)
{
	int alert = t->ssl.MBEDTLS_PRIVATE(in_msg)[1];

	switch (alert) {
	case MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION:
		return fail(e, EPROTO, "the server refuses: it speaks neither TLS 1.2 nor 1.3");
	case MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE:
	case MBEDTLS_SSL_ALERT_MSG_INSUFFICIENT_SECURITY:
		return fail(e, EPROTO,
			    "the server refuses: most often, it has no cipher in common "
			    "with us, or wants a certificate of ours");
	case MBEDTLS_SSL_ALERT_MSG_CERT_REQUIRED:
		return fail(e, EPROTO, "the server refuses: it wants a certificate of ours");
	case MBEDTLS_SSL_ALERT_MSG_UNRECOGNIZED_NAME:
		return fail(e, EPROTO,
			    "the server refuses: it does not know the name it is "
			    "asked for");
	default:
		return fail(e, EPROTO, "the server refuses: TLS alert %d", alert);
	}
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
		return refused(t, e);
	default:
		return fail(e, EPROTO, "TLS error -0x%04x", (unsigned)-rc);
	}
}

/* ---- whom to trust */

/* A library that verifies an address only as a name that it also sends (RFC 6066 section 3 forbids
 * that) is not told of it. */
static bool shows_address(const mbedtls_x509_crt *crt, struct ip ip)
{
	for (const mbedtls_x509_sequence *s = &crt->subject_alt_names; s; s = s->next)
		if ((s->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK) == MBEDTLS_X509_SAN_IP_ADDRESS &&
		    s->buf.len == ip_size(ip) && memcmp(s->buf.p, ip.b, s->buf.len) == 0)
			return true;
	return false;
}

static void trust_no_longer_than(struct tls *t, const mbedtls_x509_time *end)
{
	char text[48];
	int64_t left;

	snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02dZ", end->year, end->mon,
		 end->day, end->hour, end->min, end->sec);
	left = time_parse(text) * 1000 - wall_ns() / 1000000;
	if (now_ms() + left < t->trust_until)
		t->trust_until = now_ms() + left;
}

/* Called for each certificate of the chain, the server's own last: not at all when a session is
 * resumed. */
static int on_verify(void *arg, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
	struct tls *t = arg;

	if (!t->checked)
		t->trust_until = now_ms() + TLS_CACHE_LIFE_MS;
	t->checked = true;
	trust_no_longer_than(t, &crt->valid_to);
	if (depth > 0)
		return 0;
	t->self_signed = crt->issuer_raw.len == crt->subject_raw.len &&
			 memcmp(crt->issuer_raw.p, crt->subject_raw.p, crt->issuer_raw.len) == 0;
	if (t->address.family && !shows_address(crt, t->address))
		*flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
	return 0;
}

/* ---- sessions */

/* In the cache an entry begins with the time until which its certificates are trusted. */
static void session_keep(struct tls *t)
{
	mbedtls_ssl_session session;
	auto_buf struct buf out = { 0 };
	int64_t until = t->trust_until, life;
	size_t n = 0;

	if (!t->sessions)
		return;
	mbedtls_ssl_session_init(&session);
	buf_add(&out, &t->trust_until, sizeof(t->trust_until));
	if (mbedtls_ssl_get_session(&t->ssl, &session) == 0 &&
	    mbedtls_ssl_session_save(&session, NULL, 0, &n) == MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL &&
	    mbedtls_ssl_session_save(&session, (unsigned char *)buf_room(&out, n), n, &n) == 0) {
		out.len += n;
		life = (int64_t)session.MBEDTLS_PRIVATE(ticket_lifetime) * 1000;
		if (life && now_ms() + life < until)
			until = now_ms() + life;
		tls_cache_put(t->sessions, t->key.p, &out, until);
	}
	mbedtls_ssl_session_free(&session);
	if (out.p)
		explicit_bzero(out.p, out.len);
}

static void session_offer(struct tls *t)
{
	mbedtls_ssl_session session;
	auto_buf struct buf in = { 0 };
	size_t head = sizeof(t->trust_until);

	if (!t->sessions || !tls_cache_take(t->sessions, t->key.p, &in))
		return;
	if (in.len <= head)
		return;
	memcpy(&t->trust_until, in.p, head);
	mbedtls_ssl_session_init(&session);
	if (mbedtls_ssl_session_load(&session, (unsigned char *)in.p + head, in.len - head) == 0)
		mbedtls_ssl_set_session(&t->ssl, &session);
	mbedtls_ssl_session_free(&session);
	explicit_bzero(in.p, in.len);
}

/* A bundle that was changed must be asked again. */
static void session_key(struct tls *t, const struct tls_peer *peer)
{
	struct stat st;

	if (!peer->sessions || !peer->port || !t->bundle || stat(t->bundle, &st) < 0)
		return;
	t->sessions = peer->sessions;
	buf_fmt(&t->key, "%s\n%s\n%s\n%llu %llu %lld %lld.%ld", peer->host, peer->port, t->bundle,
		(unsigned long long)st.st_dev, (unsigned long long)st.st_ino, (long long)st.st_size,
		(long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
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

static int configure(struct tls *t, struct err *e)
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
	mbedtls_ssl_conf_verify(&t->conf, on_verify, t);
	mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
		&t->conf, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
	rc = mbedtls_ssl_setup(&t->ssl, &t->conf);
	if (rc == 0)
		rc = mbedtls_ssl_set_hostname(&t->ssl, t->address.family ? NULL : t->host);
	if (rc != 0)
		return failed(t, rc, e);
	mbedtls_ssl_set_bio(&t->ssl, t, on_send, on_recv, NULL);
	return 0;
}

static int shake_hands(struct tls *t, int64_t deadline, struct err *e)
{
	int rc;

	session_offer(t);
	while (rc = mbedtls_ssl_handshake(&t->ssl), wants(rc))
		if (wait_for(t, rc, deadline, e) < 0)
			return -1;
	if (rc == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED || rc == MBEDTLS_ERR_SSL_BAD_CERTIFICATE)
		return untrusted(t, e);
	if (rc != 0)
		return failed(t, rc, e);
	/* TLS 1.3 sends its tickets later */
	if (mbedtls_ssl_get_version_number(&t->ssl) == MBEDTLS_SSL_VERSION_TLS1_2)
		session_keep(t);
	return 0;
}

int tls_open(struct tls **out, int fd, const struct tls_peer *peer, int64_t deadline, struct err *e)
{
	struct tls *t = xalloc(sizeof(*t));
	int rc;

	t->fd = fd;
	t->host = peer->host;
	(void)!ip_parse(peer->host, &t->address);
	mbedtls_ssl_init(&t->ssl);
	mbedtls_ssl_config_init(&t->conf);
	mbedtls_x509_crt_init(&t->ca);
	t->bundle = bundle_path();
	session_key(t, peer); /* before the bundle is read, lest it changes in between */
	rc = load_bundle(t, e);
	if (rc == 0)
		rc = configure(t, e);
	if (rc == 0)
		rc = shake_hands(t, deadline, e);
	if (rc < 0) {
		tls_free(&t);
		return -1;
	}
	mbedtls_ssl_conf_ca_chain(&t->conf, NULL, NULL);
	mbedtls_x509_crt_free(&t->ca);
	t->host = t->bundle = NULL;
	*out = t;
	return 0;
}

/* ---- bytes */

/* After the library could not do all of it: 0 to call it again. A ticket is first said to be there
 * (WANT_READ, without anything to wait for), then read. */
static int go_on(struct tls *t, int rc, int *late, int64_t deadline, struct err *e)
{
	if (rc == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET)
		session_keep(t);
	else if (!wants(rc))
		return failed(t, rc, e);
	else if (rc == MBEDTLS_ERR_SSL_WANT_WRITE || !mbedtls_ssl_check_pending(&t->ssl))
		return wait_for(t, rc, deadline, e);
	/* what has come is read, but some send without end */
	if (deadline_left(deadline) == 0 && ++*late > MAX_LATE)
		return fail(e, ETIMEDOUT, "nothing but session tickets in time");
	return 0;
}

int tls_write(struct tls *t, const void *data, size_t n, int64_t deadline, struct err *e)
{
	const unsigned char *p = data;
	int late = 0;

	while (n) {
		int rc = mbedtls_ssl_write(&t->ssl, p, n);

		if (rc > 0) {
			p += rc;
			n -= (size_t)rc;
		} else if (go_on(t, rc, &late, deadline, e) < 0) {
			return -1;
		}
	}
	return 0;
}

int tls_read(struct tls *t, void *data, size_t room, size_t *got, int64_t deadline, struct err *e)
{
	int late = 0;

	*got = 0;
	for (;;) {
		int rc = mbedtls_ssl_read(&t->ssl, data, room);

		if (rc > 0) {
			*got = (size_t)rc;
			return 0;
		}
		if (rc == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY)
			return 0;
		if (go_on(t, rc ? rc : MBEDTLS_ERR_SSL_CONN_EOF, &late, deadline, e) < 0)
			return -1;
	}
}

bool tls_resting(struct tls *t)
{
	return !mbedtls_ssl_check_pending(&t->ssl) && t->ssl.MBEDTLS_PRIVATE(in_left) == 0 &&
	       fd_wait(t->fd, POLLIN, 0) == 0;
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
	buf_free(&t->key);
	free(t);
}
