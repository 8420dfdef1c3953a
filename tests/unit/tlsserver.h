/* SPDX-License-Identifier: Apache-2.0 */
/* tlsserver.h - a TLS server for tests, in a thread, whose certificates are made here. It answers
 * one HTTP request of each connection, one connection after the other. */
#pragma once
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>
#include <pthread.h>

#include "base.h"

#define TLS_SERVER_NAME "right.test"

/* What the server shows and how it behaves. */
struct tls_server {
	const char *name;         /* in its certificate; NULL: TLS_SERVER_NAME and 127.0.0.1 */
	const char *from, *until; /* validity; NULL: good */
	bool self_signed;         /* not by the CA of the bundle */
	bool abrupt;              /* closes without a farewell */
	uint16_t tickets;         /* of TLS 1.3, all at once behind the handshake; 0: none */
	bool wants_client;        /* and its certificate must be of the same CA */
	mbedtls_ssl_protocol_version version;
	const char *tail; /* bytes that follow the first answer, beside TLS */
	size_t tail_len;
	const char *raw; /* says only this, and no TLS */
	size_t raw_len;

	int listen;
	uint16_t port;
	pthread_t thread;
	mbedtls_pk_context key, ca_key;
	mbedtls_x509_crt cert;
	unsigned char ca_pem[4096];
	/* of a client, by the same CA */
	unsigned char client_pem[4096], client_key_pem[1024];
	mbedtls_x509_crt ca;
};
/* AWS_CA_BUNDLE names the bundle in between. Clients close before it is stopped. */
void tls_server_start(struct tls_server *s);
void tls_server_stop(struct tls_server *s);
const char *tls_server_bundle(void);
