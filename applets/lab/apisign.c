/* SPDX-License-Identifier: Apache-2.0 */
/* apisign.c - who signed a request: AWS Signature Version 4, checked as the services do. */
#include <stdlib.h>
#include <string.h>

#include "apicall.h"
#include "sigv4.h"

enum { CLOCK_SKEW_S = 300 };

struct claim { /* what the Authorization header says */
	const char *key_id, *date, *region, *service, *end, *signed_headers, *signature;
};

static int incomplete(struct err *e, const char *what)
{
	return world_refuse(e, "IncompleteSignature",
			    "Authorization header requires '%s' parameter.", what);
}

/* "AWS4-HMAC-SHA256 Credential=ID/DATE/REGION/SERVICE/aws4_request, SignedHeaders=...,
 * Signature=..." */
static int claim_parse(const char *header, struct claim *c, struct arena *a, struct err *e)
{
	struct strs scope = { 0 }, parts = str_split(header, ", ", a);

	if (!parts.n || strcmp(parts.v[0], "AWS4-HMAC-SHA256") != 0)
		return world_refuse(e, "IncompleteSignature",
				    "Authorization header requires algorithm AWS4-HMAC-SHA256.");
	for (size_t i = 1; i < parts.n; i++) {
		if (str_prefix(parts.v[i], "Credential="))
			scope = str_split(parts.v[i] + strlen("Credential="), "/", a);
		else if (str_prefix(parts.v[i], "SignedHeaders="))
			c->signed_headers = parts.v[i] + strlen("SignedHeaders=");
		else if (str_prefix(parts.v[i], "Signature="))
			c->signature = parts.v[i] + strlen("Signature=");
	}
	if (scope.n != 5)
		return incomplete(e, "Credential");
	if (!c->signed_headers)
		return incomplete(e, "SignedHeaders");
	if (!c->signature)
		return incomplete(e, "Signature");
	c->key_id = scope.v[0];
	c->date = scope.v[1];
	c->region = scope.v[2];
	c->service = scope.v[3];
	c->end = scope.v[4];
	return 0;
}

static int scope_check(const struct claim *c, const char *region, const char *service,
		       const char *date, struct err *e)
{
	if (strncmp(c->date, date, 8) != 0 || strlen(c->date) != 8)
		return world_refuse(
			e, "SignatureDoesNotMatch",
			"Date in Credential scope does not match YYYYMMDD from ISO-8601 "
			"version of date from HTTP: '%s' != '%.8s', from '%s'.",
			c->date, date, date);
	if (strcmp(c->region, region) != 0)
		return world_refuse(e, "SignatureDoesNotMatch",
				    "Credential should be scoped to a valid region, not '%s'; this "
				    "is '%s'.",
				    c->region, region);
	if (strcmp(c->service, service) != 0)
		return world_refuse(e, "SignatureDoesNotMatch",
				    "Credential should be scoped to correct service: '%s'.",
				    service);
	if (strcmp(c->end, "aws4_request") != 0)
		return world_refuse(e, "SignatureDoesNotMatch",
				    "Credential should be scoped with a valid terminator: "
				    "'aws4_request', not '%s'.",
				    c->end);
	return 0;
}

/* A signature that leaves out what matters protects nothing. */
static bool covers(const char *signed_headers, const char *name, struct arena *a)
{
	struct strs names = str_split(signed_headers, ";", a);

	for (size_t i = 0; i < names.n; i++)
		if (strcmp(names.v[i], name) == 0)
			return true;
	return false;
}

static int keys_of(struct world *w, const char *key_id, struct aws_keys *k, const char **who)
{
	struct instance *i = world_by_key(w, key_id);

	if (strcmp(key_id, LAB_KEY_ID) == 0) {
		*k = (struct aws_keys) { LAB_KEY_ID, LAB_SECRET, "" };
		*who = "lab";
		return 0;
	}
	if (!i)
		return -1;
	*k = (struct aws_keys) { i->key_id, i->secret, i->session };
	*who = i->name;
	return 0;
}

static int signature_check(const struct sigv4 *s, const struct httpd_call *c,
			   const struct claim *claim, struct arena *a, struct err *e)
{
	struct http_request q = { .method = c->method,
				  .target = c->target,
				  .headers = c->headers,
				  .body = c->body,
				  .body_len = c->body_len };
	const char *canonical = sigv4_canonical(&q, claim->signed_headers, false, a);
	const char *mine = sigv4_signature(s, sigv4_to_sign(s, canonical, a), a);
	bool session = *s->keys.token != '\0';

	if (!covers(claim->signed_headers, "host", a) ||
	    !covers(claim->signed_headers, "x-amz-date", a) ||
	    (session && !covers(claim->signed_headers, "x-amz-security-token", a)))
		return world_refuse(e, "SignatureDoesNotMatch",
				    "'Host', 'X-Amz-Date' and, with a session, "
				    "'X-Amz-Security-Token' must be signed headers: '%s'.",
				    claim->signed_headers);
	if (strcmp(mine, claim->signature) != 0)
		return world_refuse(e, "SignatureDoesNotMatch",
				    "The request signature we calculated does not match the "
				    "signature you provided. Check your AWS Secret Access Key and "
				    "signing method. Consult the service documentation for "
				    "details.");
	return 0;
}

/* The services have each their own words for it. */
static int unknown_keys(const char *service, struct err *e)
{
	if (strcmp(service, "ec2") == 0)
		return world_refuse(e, "AuthFailure",
				    "AWS was not able to validate the provided access credentials");
	return world_refuse(e,
			    strcmp(service, "acm") == 0 ? "UnrecognizedClientException"
							: "InvalidClientTokenId",
			    "The security token included in the request is invalid.");
}

int api_signer(const struct api *api, const struct httpd_call *c, const char *service,
	       const char **who, struct arena *a, struct err *e)
{
	const char *header = http_header(&c->headers, "authorization");
	const char *date = http_header(&c->headers, "x-amz-date");
	struct sigv4 s = { .region = api->w->c.region, .service = service };
	struct claim claim = { 0 };

	if (!*header)
		return world_refuse(e, "MissingAuthenticationToken",
				    "Request is missing Authentication Token");
	if (claim_parse(header, &claim, a, e) < 0)
		return -1;
	s.unix_s = time_parse(date);
	if (s.unix_s < 0)
		return incomplete(e, "X-Amz-Date");
	if (keys_of(api->w, claim.key_id, &s.keys, who) < 0 ||
	    strcmp(s.keys.token, http_header(&c->headers, "x-amz-security-token")) != 0)
		return unknown_keys(service, e);
	if (scope_check(&claim, s.region, service, date, e) < 0)
		return -1;
	if (llabs(wall_s() - s.unix_s) > CLOCK_SKEW_S)
		return world_refuse(e, "RequestExpired", "Request has expired.");
	return signature_check(&s, c, &claim, a, e);
}

const char *api_scope_service(const struct httpd_call *c, struct arena *a)
{
	struct claim claim = { 0 };
	struct err none = { 0 };

	if (claim_parse(http_header(&c->headers, "authorization"), &claim, a, &none) < 0)
		return "";
	return claim.service;
}
