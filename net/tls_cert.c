/* SPDX-License-Identifier: Apache-2.0 */
/* tls_cert.c - certificates of our own. */
#include <errno.h>
#include <mbedtls/oid.h>
#include <mbedtls/psa_util.h>
#include <mbedtls/x509_crt.h>
#include <psa/crypto.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "hash.h"
#include "tls_cert.h"

#define RNG mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE

enum { MAX_PEM = 4096, MAX_NAMES = 16, SERIAL_LEN = 16 };

void tls_pair_free(struct tls_pair *p)
{
	if (p->key.p)
		explicit_bzero(p->key.p, p->key.len);
	buf_free(&p->cert);
	buf_free(&p->key);
}

static int failed(int rc, const char *what, struct err *e)
{
	return rc < 0 ? fail(e, EIO, "making a certificate: %s: -0x%04x", what, (unsigned)-rc) : 0;
}

static int make_key(mbedtls_pk_context *k, struct buf *pem, struct err *e)
{
	unsigned char text[MAX_PEM];
	int rc = mbedtls_pk_setup(k, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));

	if (rc == 0)
		rc = mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*k), RNG);
	if (rc == 0)
		rc = mbedtls_pk_write_key_pem(k, text, sizeof(text));
	if (rc == 0)
		buf_str(pem, (char *)text);
	explicit_bzero(text, sizeof(text));
	return failed(rc, "key", e);
}

/* "20260102T030405Z" without its letters. */
static void time_digits(int64_t at, char out[15])
{
	char text[17];

	time_basic(at, text);
	memcpy(out, text, 8);
	memcpy(out + 8, text + 9, 6);
	out[14] = '\0';
}

static int put_validity(mbedtls_x509write_cert *w, int64_t from, int64_t until)
{
	char begin[15], end[15];

	time_digits(from, begin);
	time_digits(until, end);
	return mbedtls_x509write_crt_set_validity(w, begin, end);
}

static int put_serial(mbedtls_x509write_cert *w)
{
	uint8_t serial[SERIAL_LEN];

	random_bytes(serial, sizeof(serial));
	serial[0] = (serial[0] & 0x3f) | 0x40; /* positive, and of that length */
	return mbedtls_x509write_crt_set_serial_raw(w, serial, sizeof(serial));
}

static int put_names(mbedtls_x509write_cert *w, const char *const *names, size_t n)
{
	mbedtls_x509_san_list list[MAX_NAMES] = { 0 };

	for (size_t i = 0; i < n; i++) {
		union {
			const char *c;
			unsigned char *p;
		} text = { .c = names[i] };

		list[i].node.type = MBEDTLS_X509_SAN_DNS_NAME;
		list[i].node.san.unstructured_name.p = text.p;
		list[i].node.san.unstructured_name.len = strlen(names[i]);
		list[i].next = i + 1 < n ? &list[i + 1] : NULL;
	}
	return mbedtls_x509write_crt_set_subject_alternative_name(w, list);
}

static int put_purpose(mbedtls_x509write_cert *w, bool ca)
{
	static const char server[] = MBEDTLS_OID_SERVER_AUTH;
	union {
		const char *c;
		unsigned char *p;
	} oid = { .c = server };
	mbedtls_asn1_sequence purpose = { .buf = { MBEDTLS_ASN1_OID, sizeof(server) - 1, oid.p } };
	int rc = mbedtls_x509write_crt_set_basic_constraints(w, ca, ca ? 0 : -1);

	if (rc == 0)
		rc = mbedtls_x509write_crt_set_key_usage(w, ca ? MBEDTLS_X509_KU_KEY_CERT_SIGN
							       : MBEDTLS_X509_KU_DIGITAL_SIGNATURE);
	if (rc == 0 && !ca)
		rc = mbedtls_x509write_crt_set_ext_key_usage(w, &purpose);
	return rc;
}

/* What both kinds of certificates have; the rest was put in by the caller. */
static int sign(mbedtls_x509write_cert *w, mbedtls_pk_context *subject, mbedtls_pk_context *issuer,
		struct buf *pem, struct err *e)
{
	unsigned char text[MAX_PEM];
	int rc;

	mbedtls_x509write_crt_set_version(w, MBEDTLS_X509_CRT_VERSION_3);
	mbedtls_x509write_crt_set_md_alg(w, MBEDTLS_MD_SHA256);
	mbedtls_x509write_crt_set_subject_key(w, subject);
	mbedtls_x509write_crt_set_issuer_key(w, issuer);
	rc = put_serial(w);
	if (rc == 0)
		rc = mbedtls_x509write_crt_set_subject_key_identifier(w);
	if (rc == 0)
		rc = mbedtls_x509write_crt_set_authority_key_identifier(w);
	if (rc == 0)
		rc = mbedtls_x509write_crt_pem(w, text, sizeof(text), RNG);
	if (rc == 0)
		buf_str(pem, (char *)text);
	return failed(rc, "signature", e);
}

static int begin(mbedtls_x509write_cert *w, mbedtls_pk_context *key, struct tls_pair *out,
		 struct err *e)
{
	*out = (struct tls_pair) { 0 };
	mbedtls_x509write_crt_init(w);
	mbedtls_pk_init(key);
	if (psa_crypto_init() != PSA_SUCCESS)
		return fail(e, EIO, "cryptography cannot be set up");
	return make_key(key, &out->key, e);
}

int tls_cert_ca(struct tls_pair *out, const char *name, int64_t from, int64_t until, struct err *e)
{
	mbedtls_x509write_cert w;
	mbedtls_pk_context key;
	char subject[128];
	int rc = begin(&w, &key, out, e);

	snprintf(subject, sizeof(subject), "CN=%.64s", name);
	if (rc == 0 && (mbedtls_x509write_crt_set_subject_name(&w, subject) != 0 ||
			mbedtls_x509write_crt_set_issuer_name(&w, subject) != 0 ||
			put_validity(&w, from, until) != 0 || put_purpose(&w, true) != 0))
		rc = fail(e, EINVAL, "making a certificate: CA '%s'", name);
	if (rc == 0)
		rc = sign(&w, &key, &key, &out->cert, e);
	mbedtls_x509write_crt_free(&w);
	mbedtls_pk_free(&key);
	if (rc < 0)
		tls_pair_free(out);
	return rc;
}

static int read_ca(const struct tls_pair *ca, mbedtls_x509_crt *crt, mbedtls_pk_context *key,
		   struct err *e)
{
	const struct buf *c = &ca->cert, *k = &ca->key;

	if (!c->p || mbedtls_x509_crt_parse(crt, (const unsigned char *)c->p, c->len + 1) != 0)
		return fail(e, EBADMSG, "the CA's certificate cannot be read");
	if (!k->p ||
	    mbedtls_pk_parse_key(key, (const unsigned char *)k->p, k->len + 1, NULL, 0, RNG) != 0)
		return fail(e, EBADMSG, "the CA's key cannot be read");
	return 0;
}

int tls_cert_issue(struct tls_pair *out, const struct tls_pair *ca, const char *const *names,
		   size_t n, int64_t from, int64_t until, struct err *e)
{
	mbedtls_x509write_cert w;
	mbedtls_pk_context key, ca_key;
	mbedtls_x509_crt crt;
	char issuer[256] = "";
	int rc = begin(&w, &key, out, e);

	mbedtls_pk_init(&ca_key);
	mbedtls_x509_crt_init(&crt);
	if (rc == 0 && (!n || n > MAX_NAMES))
		rc = fail(e, EINVAL, "making a certificate: %zu names, not 1 to %d", n, MAX_NAMES);
	if (rc == 0)
		rc = read_ca(ca, &crt, &ca_key, e);
	if (rc == 0 && (mbedtls_x509_dn_gets(issuer, sizeof(issuer), &crt.subject) < 0 ||
			mbedtls_x509write_crt_set_issuer_name(&w, issuer) != 0 ||
			mbedtls_x509write_crt_set_subject_name(&w, "CN=vpcbox") != 0 ||
			put_names(&w, names, n) != 0 || put_validity(&w, from, until) != 0 ||
			put_purpose(&w, false) != 0))
		rc = fail(e, EINVAL, "making a certificate for '%s'", names[0]);
	if (rc == 0)
		rc = sign(&w, &key, &ca_key, &out->cert, e);
	mbedtls_x509_crt_free(&crt);
	mbedtls_pk_free(&ca_key);
	mbedtls_x509write_crt_free(&w);
	mbedtls_pk_free(&key);
	if (rc < 0)
		tls_pair_free(out);
	return rc;
}

/* ---- certificates that are there */

static int64_t seconds(const mbedtls_x509_time *t)
{
	char text[48];

	snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02dZ", t->year, t->mon, t->day,
		 t->hour, t->min, t->sec);
	return time_parse(text);
}

static int parse(mbedtls_x509_crt *crt, const char *pem)
{
	mbedtls_x509_crt_init(crt);
	if (psa_crypto_init() != PSA_SUCCESS)
		return -1;
	return mbedtls_x509_crt_parse(crt, (const unsigned char *)pem, strlen(pem) + 1);
}

int tls_cert_span(const char *pem, int64_t *from, int64_t *until, struct err *e)
{
	mbedtls_x509_crt crt;
	int rc = parse(&crt, pem);

	*from = rc == 0 ? seconds(&crt.valid_from) : 0;
	*until = rc == 0 ? seconds(&crt.valid_to) : 0;
	mbedtls_x509_crt_free(&crt);
	return rc == 0 ? 0 : fail(e, EBADMSG, "no PEM certificate that can be used");
}

bool tls_cert_serves(const char *pem, const char *ca, const char *name)
{
	mbedtls_x509_crt crt, roots;
	uint32_t flags = 0;
	bool ok = parse(&crt, pem) == 0;

	ok = parse(&roots, ca) == 0 && ok;
	ok = ok && mbedtls_x509_crt_verify(&crt, &roots, NULL, name, &flags, NULL, NULL) == 0;
	mbedtls_x509_crt_free(&crt);
	mbedtls_x509_crt_free(&roots);
	return ok;
}
