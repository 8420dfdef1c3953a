/* SPDX-License-Identifier: Apache-2.0 */
/* tls.c - the TLS client against a server in a thread, whose certificates are made here. */
#include <arpa/inet.h>
#include <errno.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/pk.h>
#include <mbedtls/psa_util.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>
#include <psa/crypto.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "test.h"
#include "web.h"

#define NAME "right.test"
#define RNG mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE

/* What the server shows and how it behaves. */
struct server {
	const char *name;         /* in its certificate; NULL: NAME and 127.0.0.1 */
	const char *from, *until; /* validity; NULL: good */
	bool self_signed;         /* not by the CA of the bundle */
	bool abrupt;              /* closes without a farewell */
	mbedtls_ssl_protocol_version version;
	const char *raw; /* says only this, and no TLS */
	size_t raw_len;

	int listen;
	uint16_t port;
	pthread_t thread;
	mbedtls_pk_context key, ca_key;
	mbedtls_x509_crt cert;
	unsigned char ca_pem[4096];
};

static void must(int rc, const char *what)
{
	if (rc < 0)
		die("test server: %s: -0x%04x", what, (unsigned)-rc);
}

static void make_key(mbedtls_pk_context *k)
{
	mbedtls_pk_init(k);
	must(mbedtls_pk_setup(k, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)), "key");
	must(mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*k), RNG), "key");
}

static void write_names(mbedtls_x509write_cert *w, const char *name)
{
	static const uint8_t loopback[] = { 127, 0, 0, 1 };
	union {
		const char *c;
		unsigned char *p;
	} text = { .c = name }, ip = { .c = (const char *)loopback };
	mbedtls_x509_san_list second = { .node = { .type = MBEDTLS_X509_SAN_IP_ADDRESS } };
	mbedtls_x509_san_list first = { .node = { .type = MBEDTLS_X509_SAN_DNS_NAME } };

	first.node.san.unstructured_name.p = text.p;
	first.node.san.unstructured_name.len = strlen(name);
	second.node.san.unstructured_name.p = ip.p;
	second.node.san.unstructured_name.len = sizeof(loopback);
	first.next = strcmp(name, NAME) == 0 ? &second : NULL;
	must(mbedtls_x509write_crt_set_subject_alternative_name(w, &first), "names");
}

/* PEM of a certificate for subject's key by issuer's. */
static void issue(const struct server *s, mbedtls_pk_context *subject, mbedtls_pk_context *issuer,
		  const char *name, bool ca, unsigned char pem[4096])
{
	unsigned char serial = 1;
	mbedtls_x509write_cert w;
	bool own = subject == issuer;

	mbedtls_x509write_crt_init(&w);
	mbedtls_x509write_crt_set_version(&w, MBEDTLS_X509_CRT_VERSION_3);
	mbedtls_x509write_crt_set_md_alg(&w, MBEDTLS_MD_SHA256);
	mbedtls_x509write_crt_set_subject_key(&w, subject);
	mbedtls_x509write_crt_set_issuer_key(&w, issuer);
	must(mbedtls_x509write_crt_set_serial_raw(&w, &serial, 1), "serial");
	must(mbedtls_x509write_crt_set_subject_name(&w, own && ca ? "CN=Test CA" : "CN=server"),
	     "subject");
	must(mbedtls_x509write_crt_set_issuer_name(&w, own && !ca ? "CN=server" : "CN=Test CA"),
	     "issuer");
	must(mbedtls_x509write_crt_set_validity(&w, s->from && !ca ? s->from : "20200101000000",
						s->until && !ca ? s->until : "20991231235959"),
	     "validity");
	must(mbedtls_x509write_crt_set_basic_constraints(&w, ca, -1), "constraints");
	if (!ca)
		write_names(&w, name);
	must(mbedtls_x509write_crt_pem(&w, pem, 4096, RNG), "certificate");
	mbedtls_x509write_crt_free(&w);
}

static int on_send(void *arg, const unsigned char *p, size_t n)
{
	ssize_t did = send(*(int *)arg, p, n, MSG_NOSIGNAL);

	return did < 0 ? MBEDTLS_ERR_NET_CONN_RESET : (int)did;
}

static int on_recv(void *arg, unsigned char *p, size_t n)
{
	ssize_t did = recv(*(int *)arg, p, n, 0);

	return did < 0 ? MBEDTLS_ERR_NET_CONN_RESET : (int)did;
}

/* One HTTP exchange, as far as the client lets it come. */
static void converse(struct server *s, int fd)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
	unsigned char in[4096];
	mbedtls_ssl_context ssl;
	mbedtls_ssl_config conf;

	mbedtls_ssl_init(&ssl);
	mbedtls_ssl_config_init(&conf);
	must(mbedtls_ssl_config_defaults(&conf, MBEDTLS_SSL_IS_SERVER, MBEDTLS_SSL_TRANSPORT_STREAM,
					 MBEDTLS_SSL_PRESET_DEFAULT),
	     "configuration");
	mbedtls_ssl_conf_rng(&conf, RNG);
	mbedtls_ssl_conf_max_tls_version(&conf, s->version);
	must(mbedtls_ssl_conf_own_cert(&conf, &s->cert, &s->key), "own certificate");
	must(mbedtls_ssl_setup(&ssl, &conf), "set-up");
	mbedtls_ssl_set_bio(&ssl, &fd, on_send, on_recv, NULL);
	while (mbedtls_ssl_read(&ssl, in, sizeof(in)) > 0)
		if (mbedtls_ssl_write(&ssl, (const unsigned char *)answer, sizeof(answer) - 1) <
			    0 ||
		    s->abrupt)
			break;
	if (!s->abrupt)
		mbedtls_ssl_close_notify(&ssl);
	mbedtls_ssl_free(&ssl);
	mbedtls_ssl_config_free(&conf);
}

static void *serve(void *arg)
{
	struct server *s = arg;
	auto_fd int fd = accept4(s->listen, NULL, NULL, SOCK_CLOEXEC);
	struct timeval t = { .tv_sec = 20 };
	char in[512];

	if (fd < 0)
		return NULL;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	if (!s->raw)
		converse(s, fd);
	else if (recv(fd, in, sizeof(in), 0) > 0)
		send(fd, s->raw, s->raw_len, MSG_NOSIGNAL);
	return NULL;
}

static const char *bundle(void)
{
	static char path[64];

	snprintf(path, sizeof(path), "/tmp/vpcbox-tls-test.%d.pem", (int)getpid());
	return path;
}

static void start(struct server *s)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	unsigned char pem[4096];
	socklen_t len = sizeof(at);
	struct err e;

	must(psa_crypto_init(), "PSA");
	make_key(&s->key);
	make_key(&s->ca_key);
	issue(s, &s->ca_key, &s->ca_key, "", true, s->ca_pem);
	issue(s, &s->key, s->self_signed ? &s->key : &s->ca_key, s->name ? s->name : NAME, false,
	      pem);
	mbedtls_x509_crt_init(&s->cert);
	must(mbedtls_x509_crt_parse(&s->cert, pem, strlen((char *)pem) + 1), "own certificate");
	if (file_replace(bundle(), s->ca_pem, strlen((char *)s->ca_pem), 0600, false, &e) < 0)
		die("%s", e.msg);
	setenv("AWS_CA_BUNDLE", bundle(), 1);
	if (!s->version)
		s->version = MBEDTLS_SSL_VERSION_TLS1_3;
	web_loopback();
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->listen = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(bind(s->listen, (struct sockaddr *)&at, len), "bind");
	must(listen(s->listen, 4), "listen");
	must(getsockname(s->listen, (struct sockaddr *)&at, &len), "port");
	s->port = ntohs(at.sin_port);
	must(-pthread_create(&s->thread, NULL, serve, s), "thread");
}

static void stop(struct server *s)
{
	shutdown(s->listen, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	fd_free(&s->listen);
	mbedtls_pk_free(&s->key);
	mbedtls_pk_free(&s->ca_key);
	mbedtls_x509_crt_free(&s->cert);
	unlink(bundle());
	unsetenv("AWS_CA_BUNDLE");
}

static int64_t soon(void)
{
	return now_ms() + 20000;
}

/* Connect to the server and believe it to be `host`. */
static int open_as(const struct server *s, struct conn *c, const char *host, struct err *e)
{
	char port[8];

	snprintf(port, sizeof(port), "%d", s->port);
	if (conn_open(c, "127.0.0.1", port, soon(), e) < 0)
		return -1;
	return conn_tls(c, host, soon(), e);
}

static int greet(struct conn *c, char answer[512], struct err *e)
{
	size_t got;

	if (conn_write(c, "GET / HTTP/1.1\r\n\r\n", 18, soon(), e) < 0 ||
	    conn_read(c, answer, 511, &got, soon(), e) < 0)
		return -1;
	answer[got] = '\0';
	return 0;
}

TEST(tls_speaks_1_2_and_1_3)
{
	static const mbedtls_ssl_protocol_version versions[] = { MBEDTLS_SSL_VERSION_TLS1_2,
								 MBEDTLS_SSL_VERSION_TLS1_3 };
	static const char *const hosts[] = { NAME, "127.0.0.1" };

	for (size_t i = 0; i < 4; i++) {
		struct server s = { .version = versions[i / 2] };
		auto_conn struct conn c = { 0 };
		char answer[512] = "";
		struct err e = { 0 };

		start(&s);
		CHECK(open_as(&s, &c, hosts[i % 2], &e) == 0);
		CHECK_STR(e.msg, "");
		CHECK(conn_idle(&c));
		CHECK(greet(&c, answer, &e) == 0);
		CHECK(strstr(answer, "\r\n\r\nhello"));
		CHECK(conn_idle(&c));
		conn_close(&c);
		stop(&s);
	}
}

TEST(tls_refuses_certificates_each_with_its_reason)
{
	static const struct {
		struct server s;
		const char *host, *want;
	} cases[] = {
		{ { .name = "wrong.test" }, NAME, "is for another name" },
		{ { 0 }, "wrong.test", "is for another name" },
		{ { 0 }, "127.0.0.2", "is for another address" },
		{ { .name = "127.0.0.2" }, "127.0.0.2", "is for another address" },
		{ { .name = "*.right.test" }, "a.b.right.test", "is for another name" },
		{ { .until = "20210101000000" }, NAME, "has expired" },
		{ { .from = "20980101000000" }, NAME, "is not valid yet" },
		{ { .self_signed = true }, NAME, "is signed by itself alone" },
		{ { .name = "wrong.test", .until = "20210101000000" },
		  NAME,
		  "has expired, is for another name" },
	};

	for (size_t i = 0; i < 2 * COUNT(cases); i++) {
		struct server s = cases[i / 2].s;
		auto_conn struct conn c = { 0 };
		struct err e = { 0 };

		s.version = i % 2 ? MBEDTLS_SSL_VERSION_TLS1_2 : MBEDTLS_SSL_VERSION_TLS1_3;
		start(&s);
		CHECK(open_as(&s, &c, cases[i / 2].host, &e) < 0);
		CHECK_INT(e.num, EACCES);
		CHECK(strstr(e.msg, cases[i / 2].want));
		if (!strstr(e.msg, cases[i / 2].want))
			printf("#   %s\n", e.msg);
		CHECK(strstr(e.msg, cases[i / 2].host) && strstr(e.msg, bundle()));
		conn_close(&c);
		stop(&s);
	}
}

TEST(tls_accepts_one_level_of_wildcard)
{
	struct server s = { .name = "*.right.test" };
	auto_conn struct conn c = { 0 };
	struct err e = { 0 };

	start(&s);
	CHECK(open_as(&s, &c, "a.right.test", &e) == 0);
	CHECK_STR(e.msg, "");
	conn_close(&c);
	stop(&s);
}

TEST(tls_tells_servers_that_do_not_speak_it)
{
#define RAW(text) text, sizeof(text) - 1
	static const struct {
		const char *raw;
		size_t n;
		int num;
		const char *want;
	} cases[] = {
		{ RAW("HTTP/1.1 400 Bad Request\r\n\r\n"), EPROTO, "does not speak TLS" },
		/* alert: protocol_version */
		{ RAW("\x15\x03\x01\0\x02\x02\x46"), EPROTO, "refuses" },
		/* ServerHello of TLS 1.1 */
		{ RAW("\x16\x03\x02\0\x2a\x02\0\0\x26\x03\x02"
		      "0123456789abcdef0123456789abcdef\0\xc0\x13\0"),
		  EPROTO, "neither TLS 1.2 nor 1.3" },
		{ RAW(""), ECONNRESET, "closed" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct server s = { .raw = cases[i].raw, .raw_len = cases[i].n };
		auto_conn struct conn c = { 0 };
		struct err e = { 0 };

		start(&s);
		CHECK(open_as(&s, &c, NAME, &e) < 0);
		CHECK_INT(e.num, cases[i].num);
		CHECK(strstr(e.msg, cases[i].want));
		if (!strstr(e.msg, cases[i].want))
			printf("#   %s\n", e.msg);
		CHECK(strstr(e.msg, "TLS with 127.0.0.1:") == e.msg);
		conn_close(&c);
		stop(&s);
	}
}

TEST(tls_gives_up_a_silent_server_at_its_deadline)
{
	auto_conn struct conn c = { 0 };
	auto_fd int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in at = { .sin_family = AF_INET };
	struct server s = { .raw = "" };
	socklen_t len = sizeof(at);
	struct err e = { 0 };
	char port[8];

	start(&s);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(bind(listener, (struct sockaddr *)&at, len) == 0 && listen(listener, 1) == 0 &&
	      getsockname(listener, (struct sockaddr *)&at, &len) == 0);
	snprintf(port, sizeof(port), "%d", ntohs(at.sin_port));
	CHECK(conn_open(&c, "127.0.0.1", port, soon(), &e) == 0);
	CHECK(conn_tls(&c, NAME, now_ms() + 50, &e) < 0);
	CHECK_INT(e.num, ETIMEDOUT);
	stop(&s);
}

TEST(tls_does_not_take_a_cut_for_an_end)
{
	struct server s = { .abrupt = true };
	auto_conn struct conn c = { 0 };
	char answer[512] = "";
	struct err e = { 0 };
	size_t got = 1;

	start(&s);
	CHECK(open_as(&s, &c, NAME, &e) == 0);
	CHECK(greet(&c, answer, &e) == 0);
	CHECK(conn_read(&c, answer, sizeof(answer), &got, soon(), &e) < 0);
	CHECK_INT(e.num, ECONNRESET);
	CHECK(strstr(e.msg, "without a TLS farewell"));
	CHECK(!conn_idle(&c));
	conn_close(&c);
	stop(&s);
}

TEST(tls_carries_http)
{
	auto_arena struct arena a = { 0 };
	auto_http struct http_client c = { .host = "127.0.0.1", .tls = true };
	struct http_request q = { .method = "GET", .target = "/" };
	struct http_response r = { 0 };
	struct server s = { 0 };
	struct err e = { 0 };

	start(&s);
	snprintf(c.port, sizeof(c.port), "%d", s.port);
	for (int i = 0; i < 3; i++)
		CHECK(http_do(&c, &q, &r, &a, soon(), &e) == 0);
	CHECK_STR(e.msg, "");
	CHECK_STR(r.body, "hello");
	http_close(&c);
	stop(&s);
}

TEST(tls_names_a_bundle_that_is_of_no_use)
{
	static const struct {
		const char *text;
		int num;
		const char *want;
	} cases[] = { { NULL, ENOENT, "No such file" },
		      { "no certificates here\n", EBADMSG, "has none" },
		      { "", EBADMSG, "has none" } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct server s = { 0 };
		auto_conn struct conn c = { 0 };
		struct err e = { 0 };

		start(&s);
		unlink(bundle());
		if (cases[i].text)
			CHECK(file_replace(bundle(), cases[i].text, strlen(cases[i].text), 0600,
					   false, &e) == 0);
		CHECK(open_as(&s, &c, NAME, &e) < 0);
		CHECK_INT(e.num, cases[i].num);
		CHECK(strstr(e.msg, bundle()) && strstr(e.msg, cases[i].want));
		conn_close(&c);
		stop(&s);
	}
}
