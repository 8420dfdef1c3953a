/* SPDX-License-Identifier: Apache-2.0 */
/* tls_trust.c - the CA bundle, CAs in memory, certificates of clients. */
#include <errno.h>
#include <mbedtls/pk.h>
#include <mbedtls/psa_util.h>
#include <mbedtls/x509_crt.h>
#include <psa/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "hash.h"
#include "tls_trust.h"

enum { MAX_BUNDLE = 4 * 1024 * 1024 };

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

void tls_trust_set(struct tls_trust *t, const struct tls_terms *terms)
{
	static const struct tls_terms usual;

	*t = (struct tls_trust) { .terms = terms ? terms : &usual };
	if (!t->terms->ca && !t->terms->insecure)
		t->bundle = bundle_path();
}

const char *tls_trust_source(const struct tls_trust *t)
{
	return t->bundle ? t->bundle : "those of the configuration";
}

/* ---- what a session depends on */

static void add_digest(const char *pem, struct buf *out)
{
	uint8_t digest[SHA256_LEN];
	char text[2 * SHA256_LEN + 1] = "none";

	if (pem) {
		sha256(pem, strlen(pem), digest);
		hex(digest, sizeof(digest), text);
	}
	buf_str(out, text);
}

/* A bundle that was changed must be asked again. */
bool tls_trust_mark(const struct tls_trust *t, struct buf *out)
{
	const struct tls_terms *m = t->terms;
	struct stat st;

	if (t->bundle) {
		if (stat(t->bundle, &st) < 0)
			return false;
		buf_fmt(out, "%s\n%llu %llu %lld %lld.%ld", t->bundle,
			(unsigned long long)st.st_dev, (unsigned long long)st.st_ino,
			(long long)st.st_size, (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	} else if (m->ca) {
		add_digest(m->ca, out);
	} else if (!m->insecure) {
		return false;
	}
	if (m->name || m->cert || m->insecure) {
		buf_fmt(out, "\n%s\n%d\n", m->name ? m->name : "", m->insecure);
		add_digest(m->cert, out);
	}
	return true;
}

/* ---- certificates */

/* Certificates of a kind that mbedTLS was not built for are passed over, as long as others remain.
 */
static int parse_all(struct mbedtls_x509_crt *to, const char *pem, size_t n)
{
	if (n)
		mbedtls_x509_crt_parse(to, (const unsigned char *)pem, n + 1);
	return to->version ? 0 : -1;
}

static int load_bundle(struct tls_trust *t, struct err *e)
{
	auto_buf struct buf pem = { 0 };

	if (!t->bundle)
		return fail(e, ENOENT,
			    "no CA certificates: install ca-certificates, or name a bundle "
			    "in SSL_CERT_FILE or AWS_CA_BUNDLE");
	if (file_read(t->bundle, MAX_BUNDLE, &pem, e) < 0)
		return wrap(e, "CA certificates");
	if (parse_all(t->ca, pem.p, pem.len) < 0)
		return fail(e, EBADMSG, "CA certificates: %s has none that can be used", t->bundle);
	return 0;
}

/* The key itself is in no message. */
static int load_own(struct tls_trust *t, struct err *e)
{
	const char *cert = t->terms->cert, *key = t->terms->key;
	int rc;

	if (!key)
		return fail(e, EINVAL, "client certificate: there is no key for it");
	t->own = xalloc(sizeof(*t->own));
	mbedtls_x509_crt_init(t->own);
	t->key = xalloc(sizeof(*t->key));
	mbedtls_pk_init(t->key);
	if (parse_all(t->own, cert, strlen(cert)) < 0)
		return fail(e, EBADMSG, "client certificate: no PEM certificate that can be used");
	rc = mbedtls_pk_parse_key(t->key, (const unsigned char *)key, strlen(key) + 1, NULL, 0,
				  mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE);
	if (rc == MBEDTLS_ERR_PK_PASSWORD_REQUIRED || rc == MBEDTLS_ERR_PK_PASSWORD_MISMATCH)
		return fail(e, EBADMSG, "client key: it is encrypted, which is not supported");
	if (rc != 0)
		return fail(e, EBADMSG,
			    "client key: no PEM key that can be used (RSA, or EC on P-256 or "
			    "P-384): -0x%04x",
			    (unsigned)-rc);
	if (mbedtls_pk_check_pair(&t->own->pk, t->key, mbedtls_psa_get_random,
				  MBEDTLS_PSA_RANDOM_STATE) != 0)
		return fail(e, EBADMSG, "client key: it is not the certificate's");
	return 0;
}

int tls_trust_load(struct tls_trust *t, struct err *e)
{
	const char *ca = t->terms->ca;

	if (psa_crypto_init() != PSA_SUCCESS)
		return fail(e, EIO, "cryptography cannot be set up");
	t->ca = xalloc(sizeof(*t->ca));
	mbedtls_x509_crt_init(t->ca);
	if (ca && parse_all(t->ca, ca, strlen(ca)) < 0 && !t->terms->insecure)
		return fail(e, EBADMSG,
			    "CA certificates: the configuration has none that can be "
			    "used");
	if (!ca && !t->terms->insecure && load_bundle(t, e) < 0)
		return -1;
	return t->terms->cert ? load_own(t, e) : 0;
}

void tls_trust_free(struct tls_trust *t)
{
	if (t->ca)
		mbedtls_x509_crt_free(t->ca);
	if (t->own)
		mbedtls_x509_crt_free(t->own);
	if (t->key)
		mbedtls_pk_free(t->key);
	free(t->ca);
	free(t->own);
	free(t->key);
	*t = (struct tls_trust) { .terms = t->terms };
}
