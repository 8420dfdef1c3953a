/* SPDX-License-Identifier: Apache-2.0 */
/* tls.c - TLS client over a non-blocking socket. */
#include <errno.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/psa_util.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "buf.h"
#include "clock.h"
#include "conn.h"
#include "ip.h"
#include "tls.h"
#include "tls_cache.h"
#include "tls_trust.h"

enum { MAX_LATE = 16 /* tickets */ };

struct tls {
	int fd, stop; /* the caller's */
	int why;      /* errno of the last failed send or receive */
	mbedtls_ssl_context ssl;
	mbedtls_ssl_config conf;
	struct tls_trust trust;    /* only during the handshake, as name */
	const char *name;          /* that the certificate must have */
	struct ip address;         /* that name is, or none */
	bool checked, self_signed; /* the certificate that the server showed */

	struct tls_cache *sessions; /* NULL: nothing is kept */
	struct buf key;             /* of our sessions */
	int64_t trust_until;        /* no session is resumed later */
};

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
	return fail(e, EACCES, "the certificate shown for %s %s (CA certificates: %s)", t->name,
		    why.len ? why.p : "cannot be trusted", tls_trust_source(&t->trust));
}

static int refused(int alert, struct err *e)
{
	switch (alert) {
	case MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION:
		return fail(e, EPROTO, "the server refuses: it speaks neither TLS 1.2 nor 1.3");
	case MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE:
	case MBEDTLS_SSL_ALERT_MSG_INSUFFICIENT_SECURITY:
		return fail(e, EPROTO,
			    "the server refuses: most often, it has no cipher in common "
			    "with us, or wants a certificate of ours");
	case MBEDTLS_SSL_ALERT_MSG_BAD_CERT:
	case MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT:
	case MBEDTLS_SSL_ALERT_MSG_CERT_REVOKED:
	case MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED:
	case MBEDTLS_SSL_ALERT_MSG_CERT_UNKNOWN:
	case MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA:
		return fail(e, EACCES,
			    "the server refuses the certificate that we show (TLS alert %d)",
			    alert);
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

/* Why a server has hung up may still be there to be read: an alert that nobody has asked for yet,
 * -1 when there is none. The library keeps the alert that it read, but has no word to ask for it.
 */
static int last_words(struct tls *t)
{
	unsigned char plain[7], byte;

	if (mbedtls_ssl_is_handshake_over(&t->ssl))
		return mbedtls_ssl_read(&t->ssl, &byte, 1) == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE
			       ? t->ssl.MBEDTLS_PRIVATE(in_msg)[1]
			       : -1;
	if (recv(t->fd, plain, sizeof(plain), 0) == sizeof(plain) &&
	    plain[0] == MBEDTLS_SSL_MSG_ALERT && plain[5] == MBEDTLS_SSL_ALERT_LEVEL_FATAL)
		return plain[6];
	return -1;
}

static int broken(struct tls *t, struct err *e)
{
	int alert = last_words(t);

	return alert < 0 ? fail(e, t->why, "the connection broke:") : refused(alert, e);
}

/* Of a handshake, a write or a read. */
static int failed(struct tls *t, int rc, struct err *e)
{
	switch (rc) {
	case MBEDTLS_ERR_NET_CONN_RESET:
		return broken(t, e);
	case MBEDTLS_ERR_SSL_CONN_EOF:
		return fail(e, ECONNRESET, "closed without a TLS farewell");
	case MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION:
		return fail(e, EPROTO, "the server offers neither TLS 1.2 nor 1.3");
	case MBEDTLS_ERR_SSL_INVALID_RECORD:
		return fail(e, EPROTO, "the server does not speak TLS");
	case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
		return refused(t->ssl.MBEDTLS_PRIVATE(in_msg)[1], e);
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
	if (t->trust.terms->insecure) {
		*flags = 0;
		return 0;
	}
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

static void session_key(struct tls *t, const struct tls_peer *peer)
{
	if (!peer->sessions || !peer->port)
		return;
	buf_fmt(&t->key, "%s\n%s\n", peer->host, peer->port);
	if (tls_trust_mark(&t->trust, &t->key))
		t->sessions = peer->sessions;
}

/* ---- the handshake */

/* After WANT_READ or WANT_WRITE: 0 to go on. */
static int wait_for(struct tls *t, int rc, int64_t deadline, struct err *e)
{
	short events = rc == MBEDTLS_ERR_SSL_WANT_READ ? POLLIN : POLLOUT;
	int ready = fd_wait_or(t->fd, events, t->stop, deadline);

	if (ready < 0)
		return fail(e, errno, "wait:");
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

	rc = mbedtls_ssl_config_defaults(&t->conf, MBEDTLS_SSL_IS_CLIENT,
					 MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
	if (rc != 0)
		return failed(t, rc, e);
	mbedtls_ssl_conf_authmode(&t->conf, MBEDTLS_SSL_VERIFY_REQUIRED);
	mbedtls_ssl_conf_min_tls_version(&t->conf, MBEDTLS_SSL_VERSION_TLS1_2);
	mbedtls_ssl_conf_rng(&t->conf, mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE);
	mbedtls_ssl_conf_ca_chain(&t->conf, t->trust.ca, NULL);
	mbedtls_ssl_conf_verify(&t->conf, on_verify, t);
	mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
		&t->conf, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
	rc = t->trust.key ? mbedtls_ssl_conf_own_cert(&t->conf, t->trust.own, t->trust.key) : 0;
	if (rc == 0)
		rc = mbedtls_ssl_setup(&t->ssl, &t->conf);
	if (rc == 0)
		rc = mbedtls_ssl_set_hostname(&t->ssl, t->address.family ? NULL : t->name);
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
	t->stop = peer->stop;
	tls_trust_set(&t->trust, peer->terms);
	t->name = t->trust.terms->name ? t->trust.terms->name : peer->host;
	(void)!ip_parse(t->name, &t->address);
	mbedtls_ssl_init(&t->ssl);
	mbedtls_ssl_config_init(&t->conf);
	session_key(t, peer); /* before the bundle is read, lest it changes in between */
	rc = tls_trust_load(&t->trust, e);
	if (rc == 0)
		rc = configure(t, e);
	if (rc == 0)
		rc = shake_hands(t, deadline, e);
	if (rc < 0) {
		tls_free(&t);
		return -1;
	}
	mbedtls_ssl_conf_ca_chain(&t->conf, NULL, NULL);
	tls_trust_free(&t->trust);
	t->name = NULL;
	*out = t;
	return 0;
}

void tls_stop_at(struct tls *t, int stop)
{
	t->stop = stop;
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
	tls_trust_free(&t->trust);
	buf_free(&t->key);
	free(t);
}
