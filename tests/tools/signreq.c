/* SPDX-License-Identifier: Apache-2.0 */
/* signreq.c - random requests, signed: signreq URL N SEED sends N of them to the server at URL,
 * each as one POST whose body is JSON that says what was signed, when, with what, and the outcome.
 * tests/aws/sign.py computes each signature anew. Ends with 0 when the server found all of them
 * right. signreq token CLUSTER prints an EKS token. signreq profiles prints what the config files
 * say, a line each of "PROFILE<TAB>KEY<TAB>VALUE" for the names and keys given in pairs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws.h"
#include "clock.h"
#include "hash.h"
#include "http.h"
#include "json.h"
#include "profile.h"
#include "sts.h"

enum { PATIENCE_MS = 20000, T0 = 1700000000 };

static uint32_t state;

static uint32_t any(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % n;
}

static const char *one_of(const char *const *v, size_t n)
{
	return v[any((uint32_t)n)];
}
#define ONE(...)                                      \
	one_of((const char *const[]) { __VA_ARGS__ }, \
	       sizeof((const char *const[]) { __VA_ARGS__ }) / sizeof(const char *))

/* strict: as S3 wants it sent, everything encoded that can be. */
static const char *path(bool strict, struct arena *a)
{
	auto_buf struct buf out = { 0 };

	buf_str(&out, "/");
	for (uint32_t n = any(5); n; n--)
		buf_str(&out, strict ? ONE("a", "b/", "/", "./", "../", "x%20y", "%2F", "~u", "-._",
					   "%C3%A9")
				     : ONE("a", "b/", "/", "./", "../", "x%20y", "%2F", "~u", "-._",
					   "\xc3\xa9", "(1)", "*", "a=b", "@", ":", "e,f", "+"));
	return arena_str(a, out.p);
}

static const char *query(bool unique, struct arena *a)
{
	auto_buf struct buf out = { 0 };

	for (uint32_t n = any(6), i = 0; i < n; i++) {
		buf_str(&out, i ? "&" : "?");
		buf_str(&out, ONE("z", "a", "A", "Filter.1.Name", "a-b", "%C3%A9", "b%20c", "_"));
		if (unique)
			buf_fmt(&out, "%u", i);
		buf_str(&out, ONE("=1", "=%2Fx%3D", "=a%20b", "=~", "=%E2%82%AC", "=B", "=a"));
	}
	return arena_str(a, out.len ? out.p : "");
}

static void headers(struct http_headers *h)
{
	http_add(h, "Host",
		 ONE("ec2.eu-central-1.amazonaws.com", "localhost:4566", "[fd00::1]:80"));
	if (any(2))
		http_add(h, "Content-Type", ONE("text/plain", "application/x-amz-json-1.1"));
	if (any(2))
		http_add(h, "X-Custom", ONE("  a   b  ", "x", "", "a,b", "\"q  r\"", "\tt\t\tu "));
	if (any(3) == 0)
		http_add(h, "X-Amz-Target", "Service_20260101.Action");
	if (any(3) == 0)
		http_add(h, "Zeta", ONE("last", "a\n  b"));
}

static const char *body(size_t *n, struct arena *a)
{
	char *out = arena_get(a, 600);

	*n = any(3) ? any(512) : 0;
	for (size_t i = 0; i < *n; i++)
		out[i] = (char)any(256);
	return out;
}

/* The fields in JSON, for the server. */
static const char *tell(const struct sigv4 *s, const struct http_request *q, const char *target,
			size_t given, const char *signed_target, struct arena *a)
{
	auto_json struct json *j = json_object();
	struct json *h = json_array();
	auto_buf struct buf b64 = { 0 }, out = { 0 };

	base64(q->body, q->body_len, &b64);
	json_add_str(j, "method", q->method);
	json_add_str(j, "target", target);
	json_add_str(j, "body", b64.p);
	json_add_int(j, "time", s->unix_s);
	json_add_str(j, "id", s->keys.id);
	json_add_str(j, "secret", s->keys.secret);
	json_add_str(j, "token", s->keys.token);
	json_add_str(j, "region", s->region);
	json_add_str(j, "service", s->service);
	for (size_t i = 0; i < given; i++) {
		json_push_str(h, q->headers.v[i].name);
		json_push_str(h, q->headers.v[i].value);
	}
	json_add(j, "headers", h);
	json_add_str(j, "authorization", http_header(&q->headers, "Authorization"));
	json_add_str(j, "presigned", signed_target);
	json_print(j, 0, &out);
	return arena_str(a, out.p);
}

static const char *request(struct sigv4_key *key, struct arena *a)
{
	bool presigned = any(3) == 0;
	struct sigv4 s = { .keys = { "AKIDEXAMPLE", ONE("secret/one+", "another"),
				     any(3) ? "" : "tok/en+==" },
			   .region = ONE("us-east-1", "eu-central-1", "cn-north-1"),
			   .service = ONE("ec2", "sts", "elasticloadbalancing", "s3"),
			   .unix_s = T0 + any(3) * 86400,
			   .key = any(4) ? key : NULL };
	struct http_request q = { .method = ONE("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH") };
	const char *target, *outcome = "";
	size_t given;

	s.single_encode = strcmp(s.service, "s3") == 0;
	q.target = target = arena_fmt(a, "%s%s", path(s.single_encode, a), query(presigned, a));
	q.body = presigned ? "" : body(&q.body_len, a);
	headers(&q.headers);
	given = q.headers.n;
	if (presigned)
		outcome = sigv4_presign(&s, &q, 60 + (int)any(900), a);
	else
		sigv4_sign(&s, &q, a);
	return tell(&s, &q, target, given, outcome, a);
}

static int send_all(const char *url, long n, struct err *e)
{
	auto_http struct http_client c = { 0 };
	struct sigv4_key key = { 0 };
	const char *at;

	if (http_url(&c, url, &at, e) < 0)
		return -1;
	for (long i = 0; i < n; i++) {
		auto_arena struct arena a = { 0 };
		const char *text = request(&key, &a);
		struct http_request q = {
			.method = "POST", .target = "/", .body = text, .body_len = strlen(text)
		};
		struct http_response r;

		if (http_do(&c, &q, &r, &a, now_ms() + PATIENCE_MS, e) < 0)
			return -1;
		if (r.status != 200)
			return fail(e, 1, "request %ld: %.400s", i, r.body);
	}
	return 0;
}

static int token(const char *cluster, struct err *e)
{
	auto_arena struct arena a = { 0 };
	auto_aws struct aws *w = NULL;
	const char *text;

	if (aws_new(&w, NULL, now_ms() + PATIENCE_MS, e) < 0 ||
	    sts_eks_token(w, cluster, &text, &a, now_ms() + PATIENCE_MS, e) < 0)
		return -1;
	printf("%s\n", text);
	return 0;
}

/* JSON strings of the values of PROFILE KEY ... */
static int profiles(char **v, int n, struct err *e)
{
	auto_profiles struct profiles *p = NULL;

	if (profiles_load(&p, e) < 0)
		return -1;
	for (int i = 0; i + 1 < n; i += 2) {
		auto_buf struct buf out = { 0 };

		json_quote(profiles_get(p, v[i], v[i + 1]), &out);
		printf("%s\n", out.p);
	}
	return 0;
}

static int run(int argc, char **argv, struct err *e)
{
	if (argc == 3 && strcmp(argv[1], "token") == 0)
		return token(argv[2], e);
	if (argc >= 2 && strcmp(argv[1], "profiles") == 0)
		return profiles(argv + 2, argc - 2, e);
	if (argc != 4)
		return fail(e, 1,
			    "usage: signreq URL N SEED | token CLUSTER | profiles [NAME KEY]...");
	state = (uint32_t)strtoul(argv[3], NULL, 10) | 1;
	return send_all(argv[1], strtol(argv[2], NULL, 10), e);
}

int main(int argc, char **argv)
{
	struct err e;

	if (run(argc, argv, &e) == 0)
		return 0;
	printf("%s\n", e.msg);
	return 1;
}
