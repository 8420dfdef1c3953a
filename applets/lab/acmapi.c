/* SPDX-License-Identifier: Apache-2.0 */
/* acmapi.c - Certificate Manager in the lab: its actions, one row each, and its JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acmapi.h"
#include "acmlab.h"
#include "hash.h"
#include "tls_names.h"

enum { MOST_ITEMS = 1000, YEAR_S = 395 * 86400, SHOWN_NAMES = 100, MAX_NAMES = 100 };

/* ---- the model ---- */

struct acm_cert *acm_find(const struct acm *m, const char *arn)
{
	struct acm_cert *cert = m->certs;

	while (cert && strcmp(cert->arn, arn) != 0)
		cert = cert->next;
	return cert;
}

const char *acm_status(const struct acm *m, const struct acm_cert *cert)
{
	return m->elb->now >= cert->issued_at ? "ISSUED" : "PENDING_VALIDATION";
}

void acm_free(struct acm *m)
{
	while (m->certs) {
		struct acm_cert *next = m->certs->next;

		arena_free(&m->certs->a);
		free(m->certs);
		m->certs = next;
	}
}

static struct acm_cert *add(struct acm *m, const char *domain)
{
	struct world *w = m->elb->w;
	struct acm_cert **at = &m->certs, *cert;
	uint64_t x = world_draw(&w->rng), y = world_draw(&w->rng);

	while (*at)
		at = &(*at)->next;
	*at = cert = xalloc(sizeof(*cert));
	*cert = (struct acm_cert) { .made_s = wall_s(), .until_s = wall_s() + YEAR_S };
	snprintf(cert->arn, sizeof(cert->arn),
		 "arn:aws:acm:%s:%s:certificate/%08x-%04x-4%03x-a%03x-%012llx", w->c.region,
		 w->account, (unsigned)(x >> 32), (unsigned)(x >> 16) & 0xffff, (unsigned)x & 0xfff,
		 (unsigned)(y >> 52), (unsigned long long)y & 0xffffffffffff);
	snprintf(cert->domain, sizeof(cert->domain), "%s", domain);
	strs_add(&cert->names, domain, &cert->a);
	return cert;
}

/* ---- what a request says ---- */

static const char *text(const struct api_call *c, const char *name)
{
	return json_str(c->body, name, "");
}

static int invalid(struct err *e, const char *what, const char *value)
{
	return world_refuse(e, "ValidationException",
			    "1 validation error detected: Value '%.150s' at '%s' failed to satisfy "
			    "constraint",
			    value, what);
}

static int find(struct api_call *c, struct acm_cert **out, struct err *e)
{
	const char *arn = text(c, "CertificateArn");

	*out = acm_find(c->api->acm, arn);
	if (*out)
		return 0;
	if (!str_prefix(arn, "arn:") || !strstr(arn, ":acm:") || !strstr(arn, ":certificate/"))
		return world_refuse(e, "InvalidArnException", "'%.200s' is not a valid ARN", arn);
	return world_refuse(e, "ResourceNotFoundException", "Could not find certificate %.200s.",
			    arn);
}

static bool holds(const struct json *array, const char *s)
{
	for (const struct json *j = json_first(array); j; j = json_next(j))
		if (json_text(j) && strcmp(json_text(j), s) == 0)
			return true;
	return false;
}

/* ---- list, describe ---- */

static struct json *strings(const struct strs *l, size_t most)
{
	struct json *j = json_array();

	for (size_t i = 0; i < l->n && i < most; i++)
		json_push_str(j, l->v[i]);
	return j;
}

static struct json *summary(const struct acm *m, const struct acm_cert *cert, struct arena *a)
{
	struct json *j = json_object();

	json_add_str(j, "CertificateArn", cert->arn);
	json_add_str(j, "DomainName", cert->domain);
	json_add(j, "SubjectAlternativeNameSummaries", strings(&cert->names, SHOWN_NAMES));
	json_add_bool(j, "HasAdditionalSubjectAlternativeNames", cert->names.n > SHOWN_NAMES);
	json_add_str(j, "Status", acm_status(m, cert));
	json_add_str(j, "Type", cert->type);
	json_add_str(j, "KeyAlgorithm", cert->key_type);
	json_add_bool(j, "InUse", elb_certificate_users(m->elb, cert->arn, a).n > 0);
	json_add_int(j, "CreatedAt", cert->made_s);
	json_add_int(j, "NotAfter", cert->until_s);
	return j;
}

/* Without key types, those of 2048 bits and less, as ACM does. */
static bool wanted(const struct api_call *c, const struct acm_cert *cert)
{
	const struct json *statuses = json_get(c->body, "CertificateStatuses");
	const struct json *keys = json_get(c->body, "Includes.keyTypes");

	if (json_count(statuses) && !holds(statuses, acm_status(c->api->acm, cert)))
		return false;
	if (json_count(keys))
		return holds(keys, cert->key_type);
	return strcmp(cert->key_type, "RSA_2048") == 0 || strcmp(cert->key_type, "RSA_1024") == 0;
}

static int act_list(struct api_call *c, struct err *e)
{
	int64_t most = json_int(c->body, "MaxItems", MOST_ITEMS);
	const char *token = text(c, "NextToken");
	auto_json struct json *out = json_object();
	struct json *list = json_array();
	uint64_t from = 0, at = 0;

	json_add(out, "CertificateSummaryList", list);
	if (most < 1 || most > MOST_ITEMS)
		return invalid(e, "maxItems", arena_fmt(c->a, "%lld", (long long)most));
	if (*token && !str_u64(token, &from))
		return invalid(e, "nextToken", token);
	for (const struct acm_cert *cert = c->api->acm->certs; cert; cert = cert->next) {
		if (!wanted(c, cert) || at++ < from)
			continue;
		if (json_count(list) == (size_t)most) {
			json_add_str(out, "NextToken",
				     arena_fmt(c->a, "%llu", (unsigned long long)(at - 1)));
			break;
		}
		json_push(list, summary(c->api->acm, cert, c->a));
	}
	json_print(out, 0, c->out);
	return 0;
}

static int act_describe(struct api_call *c, struct err *e)
{
	auto_json struct json *out = json_object();
	struct json *j = json_object();
	struct acm_cert *cert;
	struct strs users;

	json_add(out, "Certificate", j);
	if (find(c, &cert, e) < 0)
		return -1;
	users = elb_certificate_users(c->api->elb, cert->arn, c->a);
	json_add_str(j, "CertificateArn", cert->arn);
	json_add_str(j, "DomainName", cert->domain);
	json_add(j, "SubjectAlternativeNames", strings(&cert->names, cert->names.n));
	json_add_str(j, "Status", acm_status(c->api->acm, cert));
	json_add_str(j, "Type", cert->type);
	json_add_str(j, "KeyAlgorithm", cert->key_type);
	json_add(j, "InUseBy", strings(&users, users.n));
	json_add_int(j, "CreatedAt", cert->made_s);
	json_add_int(j, "NotBefore", cert->made_s);
	json_add_int(j, "NotAfter", cert->until_s);
	if (strcmp(acm_status(c->api->acm, cert), "ISSUED") == 0)
		json_add_int(j, "IssuedAt", cert->made_s);
	json_add_str(j, "Issuer", "Amazon");
	json_add_str(j, "Subject", arena_fmt(c->a, "CN=%s", cert->domain));
	json_add_str(j, "RenewalEligibility", "INELIGIBLE");
	json_print(out, 0, c->out);
	return 0;
}

/* ---- request, delete ---- */

static bool is_domain(const char *s)
{
	size_t n = strlen(s);

	return n && n <= 253 && strchr(s, '.') && *s != '.' && s[n - 1] != '.' &&
	       strspn(s, "*.-abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == n;
}

static int request_check(const struct api_call *c, const char *key, struct err *e)
{
	static const char *const keys[] = { "RSA_1024",    "RSA_2048",      "RSA_3072",
					    "RSA_4096",    "EC_prime256v1", "EC_secp384r1",
					    "EC_secp521r1" };
	const struct json *names = json_get(c->body, "SubjectAlternativeNames");
	bool known = false;

	if (!is_domain(text(c, "DomainName")))
		return invalid(e, "domainName", text(c, "DomainName"));
	for (const struct json *j = json_first(names); j; j = json_next(j))
		if (!json_text(j) || !is_domain(json_text(j)))
			return invalid(e, "subjectAlternativeNames",
				       json_text(j) ? json_text(j) : "");
	if (json_count(names) > MAX_NAMES)
		return world_refuse(e, "LimitExceededException",
				    "A certificate has at most %d names", MAX_NAMES);
	for (size_t i = 0; i < COUNT(keys); i++)
		known |= strcmp(keys[i], key) == 0;
	return known ? 0 : invalid(e, "keyAlgorithm", key);
}

static int act_request(struct api_call *c, struct err *e)
{
	const char *key = json_str(c->body, "KeyAlgorithm", "RSA_2048");
	struct acm *m = c->api->acm;
	auto_json struct json *out = json_object();
	struct acm_cert *cert;

	if (request_check(c, key, e) < 0)
		return -1;
	cert = add(m, text(c, "DomainName"));
	cert->type = "AMAZON_ISSUED";
	cert->key_type = arena_str(&cert->a, key);
	cert->issued_at = m->elb->now + m->elb->c.certificate_ms;
	for (const struct json *j = json_first(json_get(c->body, "SubjectAlternativeNames")); j;
	     j = json_next(j))
		if (strcmp(json_text(j), cert->domain) != 0)
			strs_add(&cert->names, json_text(j), &cert->a);
	json_add_str(out, "CertificateArn", cert->arn);
	json_print(out, 0, c->out);
	return 0;
}

static int act_delete(struct api_call *c, struct err *e)
{
	struct acm_cert **at = &c->api->acm->certs, *cert;

	if (find(c, &cert, e) < 0)
		return -1;
	if (elb_certificate_users(c->api->elb, cert->arn, c->a).n)
		return world_refuse(e, "ResourceInUseException",
				    "Certificate %s in account %s is in use.", cert->arn,
				    c->w->account);
	while (*at != cert)
		at = &(*at)->next;
	*at = cert->next;
	arena_free(&cert->a);
	free(cert);
	return 0;
}

/* ---- import ---- */

/* Blobs are base64 of PEM; NULL when it is none. */
static const char *blob(const struct api_call *c, const char *name)
{
	auto_buf struct buf b = { 0 };

	if (!*text(c, name) || !base64_decode(text(c, name), &b) || !b.len || strlen(b.p) < b.len)
		return NULL;
	return arena_str(c->a, b.p);
}

static void keep(struct acm_cert *cert, const struct cert_facts *facts)
{
	const char *domain = *facts->subject ? facts->subject : facts->names.v[0];

	snprintf(cert->domain, sizeof(cert->domain), "%s", domain);
	cert->type = "IMPORTED";
	cert->key_type = arena_str(&cert->a, facts->key_type);
	cert->names = (struct strs) { 0 };
	for (size_t i = 0; i < facts->names.n; i++)
		strs_add(&cert->names, facts->names.v[i], &cert->a);
	cert->until_s = facts->until_s;
}

/* The key is not looked at. With an ARN, in the place of one that was imported. */
static int act_import(struct api_call *c, struct err *e)
{
	const char *pem = blob(c, "Certificate");
	auto_json struct json *out = json_object();
	struct acm_cert *cert = NULL;
	struct cert_facts facts;
	struct err why = { 0 };

	if (!pem || cert_facts(pem, &facts, c->a, &why) < 0 || !facts.names.n)
		return world_refuse(e, "ValidationException",
				    "The certificate field contains more than one certificate or "
				    "none that can be read: %s",
				    why.msg);
	if (!blob(c, "PrivateKey"))
		return invalid(e, "privateKey", "");
	if (*text(c, "CertificateArn") && find(c, &cert, e) < 0)
		return -1;
	if (cert && strcmp(cert->type, "IMPORTED") != 0)
		return world_refuse(e, "ValidationException",
				    "Certificate %s was not imported and cannot be replaced",
				    cert->arn);
	if (!cert)
		cert = add(c->api->acm, facts.names.v[0]);
	keep(cert, &facts);
	json_add_str(out, "CertificateArn", cert->arn);
	json_print(out, 0, c->out);
	return 0;
}

/* ---- the service ---- */

static const struct api_action actions[] = {
	{ "DeleteCertificate", "", act_delete, 1, &nothing_shape },
	{ "DescribeCertificate", "", act_describe, 1, &nothing_shape },
	{ "ImportCertificate", "", act_import, 1, &nothing_shape },
	{ "ListCertificates", "", act_list, 1, &nothing_shape },
	{ "RequestCertificate", "", act_request, 1, &nothing_shape },
};

static void wrap_answer(const struct api_call *c, struct buf *out)
{
	buf_str(out, c->out->len ? c->out->p : "{}");
}

static void refusal(const struct api_call *c, const struct err *e, struct buf *out)
{
	(void)c;
	buf_str(out, "{\"__type\":");
	json_quote(*e->code ? e->code : "InternalFailure", out);
	buf_str(out, ",\"message\":");
	json_quote(e->msg, out);
	buf_str(out, "}");
}

const struct api_service acm_service = {
	"acm", NULL, actions, COUNT(actions), wrap_answer, refusal
};
