/* SPDX-License-Identifier: Apache-2.0 */
/* tls_names.c - names, key and times of a certificate. */
#include <errno.h>
#include <mbedtls/oid.h>
#include <mbedtls/x509_crt.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "tls_names.h"

static const char *text(const mbedtls_x509_buf *b, struct arena *a)
{
	return arena_fmt(a, "%.*s", (int)b->len, (const char *)b->p);
}

static const char *common_name(const mbedtls_x509_crt *crt, struct arena *a)
{
	for (const mbedtls_x509_name *n = &crt->subject; n; n = n->next)
		if (MBEDTLS_OID_CMP(MBEDTLS_OID_AT_CN, &n->oid) == 0)
			return text(&n->val, a);
	return "";
}

static int64_t seconds(const mbedtls_x509_time *t)
{
	char stamp[48];

	snprintf(stamp, sizeof(stamp), "%04d-%02d-%02dT%02d:%02d:%02dZ", t->year, t->mon, t->day,
		 t->hour, t->min, t->sec);
	return time_parse(stamp);
}

static const char *key_type(const mbedtls_pk_context *pk, struct arena *a)
{
	size_t bits = mbedtls_pk_get_bitlen(pk);

	if (mbedtls_pk_can_do(pk, MBEDTLS_PK_RSA))
		return arena_fmt(a, "RSA_%zu", bits);
	if (!mbedtls_pk_can_do(pk, MBEDTLS_PK_ECKEY))
		return NULL;
	return bits == 256   ? "EC_prime256v1"
	       : bits == 384 ? "EC_secp384r1"
	       : bits == 521 ? "EC_secp521r1"
			     : NULL;
}

static int read_facts(const mbedtls_x509_crt *crt, struct cert_facts *out, struct arena *a,
		      struct err *e)
{
	*out = (struct cert_facts) { .subject = common_name(crt, a),
				     .key_type = key_type(&crt->pk, a),
				     .from_s = seconds(&crt->valid_from),
				     .until_s = seconds(&crt->valid_to) };
	if (!out->key_type)
		return fail(e, EBADMSG, "certificate of %s: its key is of no kind that is known",
			    out->subject);
	for (const mbedtls_x509_sequence *s = &crt->subject_alt_names; s; s = s->next)
		if ((s->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK) == MBEDTLS_X509_SAN_DNS_NAME)
			strs_add(&out->names, text(&s->buf, a), a);
	if (!out->names.n && *out->subject)
		strs_add(&out->names, out->subject, a);
	return 0;
}

int cert_facts(const char *pem, struct cert_facts *out, struct arena *a, struct err *e)
{
	mbedtls_x509_crt crt;
	int rc;

	mbedtls_x509_crt_init(&crt);
	mbedtls_x509_crt_parse(&crt, (const unsigned char *)pem, strlen(pem) + 1);
	rc = crt.version ? read_facts(&crt, out, a, e)
			 : fail(e, EBADMSG, "there is no PEM certificate that can be read");
	mbedtls_x509_crt_free(&crt);
	return rc;
}
