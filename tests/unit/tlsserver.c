/* SPDX-License-Identifier: Apache-2.0 */
/* tlsserver.c - mbedTLS's own server side. */
#include <arpa/inet.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/psa_util.h>
#include <psa/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "file.h"
#include "tlsserver.h"
#include "web.h"

#define RNG mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE

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
	first.next = strcmp(name, TLS_SERVER_NAME) == 0 ? &second : NULL;
	must(mbedtls_x509write_crt_set_subject_alternative_name(w, &first), "names");
}

/* PEM of a certificate for subject's key by issuer's. */
static void issue(const struct tls_server *s, mbedtls_pk_context *subject,
		  mbedtls_pk_context *issuer, const char *name, bool ca, unsigned char pem[4096])
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

static void make_client(struct tls_server *s)
{
	mbedtls_pk_context key;

	make_key(&key);
	issue(s, &key, &s->ca_key, "client.test", false, s->client_pem);
	must(mbedtls_pk_write_key_pem(&key, s->client_key_pem, sizeof(s->client_key_pem)),
	     "client's key");
	mbedtls_pk_free(&key);
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

static int write_ticket(void *arg, const mbedtls_ssl_session *session, unsigned char *out,
			const unsigned char *end, size_t *n, uint32_t *lifetime_s)
{
	(void)arg;
	(void)session;
	*n = 32;
	*lifetime_s = 3600;
	if (end - out < (ptrdiff_t)*n)
		return MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL;
	memset(out, 't', *n);
	return 0;
}

static int read_ticket(void *arg, mbedtls_ssl_session *session, unsigned char *p, size_t n)
{
	(void)arg;
	(void)session;
	(void)p;
	(void)n;
	return MBEDTLS_ERR_SSL_INVALID_MAC;
}

/* One HTTP exchange, as far as the client lets it come. */
static void converse(struct tls_server *s, int fd)
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
	if (s->tickets) {
		mbedtls_ssl_conf_session_tickets_cb(&conf, write_ticket, read_ticket, NULL);
		mbedtls_ssl_conf_new_session_tickets(&conf, s->tickets);
	}
	if (s->wants_client) {
		mbedtls_ssl_conf_authmode(&conf, MBEDTLS_SSL_VERIFY_REQUIRED);
		mbedtls_ssl_conf_ca_chain(&conf, &s->ca, NULL);
	}
	must(mbedtls_ssl_setup(&ssl, &conf), "set-up");
	mbedtls_ssl_set_bio(&ssl, &fd, on_send, on_recv, NULL);
	while (mbedtls_ssl_read(&ssl, in, sizeof(in)) > 0)
		if (mbedtls_ssl_write(&ssl, (const unsigned char *)answer, sizeof(answer) - 1) <
			    0 ||
		    s->abrupt || (s->tail && send(fd, s->tail, s->tail_len, MSG_NOSIGNAL) < 0))
			break;
	if (!s->abrupt)
		mbedtls_ssl_close_notify(&ssl);
	mbedtls_ssl_free(&ssl);
	mbedtls_ssl_config_free(&conf);
}

static void *serve(void *arg)
{
	struct tls_server *s = arg;
	struct timeval t = { .tv_sec = 20 };
	char in[512];

	for (;;) {
		auto_fd int fd = accept4(s->listen, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			return NULL;
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
		if (!s->raw)
			converse(s, fd);
		else if (recv(fd, in, sizeof(in), 0) > 0)
			send(fd, s->raw, s->raw_len, MSG_NOSIGNAL);
	}
}

const char *tls_server_bundle(void)
{
	static char path[64];

	snprintf(path, sizeof(path), "/tmp/vpcbox-tls-test.%d.pem", (int)getpid());
	return path;
}

void tls_server_start(struct tls_server *s)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	unsigned char pem[4096];
	socklen_t len = sizeof(at);
	struct err e;

	must(psa_crypto_init(), "PSA");
	make_key(&s->key);
	make_key(&s->ca_key);
	issue(s, &s->ca_key, &s->ca_key, "", true, s->ca_pem);
	issue(s, &s->key, s->self_signed ? &s->key : &s->ca_key,
	      s->name ? s->name : TLS_SERVER_NAME, false, pem);
	make_client(s);
	mbedtls_x509_crt_init(&s->ca);
	must(mbedtls_x509_crt_parse(&s->ca, s->ca_pem, strlen((char *)s->ca_pem) + 1), "CA");
	mbedtls_x509_crt_init(&s->cert);
	must(mbedtls_x509_crt_parse(&s->cert, pem, strlen((char *)pem) + 1), "own certificate");
	if (file_replace(tls_server_bundle(), s->ca_pem, strlen((char *)s->ca_pem), 0600, false,
			 &e) < 0)
		die("%s", e.msg);
	setenv("AWS_CA_BUNDLE", tls_server_bundle(), 1);
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

void tls_server_stop(struct tls_server *s)
{
	shutdown(s->listen, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	fd_free(&s->listen);
	mbedtls_pk_free(&s->key);
	mbedtls_pk_free(&s->ca_key);
	mbedtls_x509_crt_free(&s->cert);
	mbedtls_x509_crt_free(&s->ca);
	unlink(tls_server_bundle());
	unsetenv("AWS_CA_BUNDLE");
}
