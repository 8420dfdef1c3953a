/* SPDX-License-Identifier: Apache-2.0 */
/* sigv4.c - AWS Signature Version 4: canonical request, string to sign, derived key, signature. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "clock.h"
#include "hash.h"
#include "sigv4.h"
#include "str.h"
#include "uri.h"

#define ALGORITHM "AWS4-HMAC-SHA256"

struct pair {
	const char *name, *value;
};

/* Decode what is encoded, then encode all: one spelling for every way to write it. */
static const char *recode(const char *s, size_t n, struct arena *a)
{
	auto_buf struct buf plain = { 0 }, out = { 0 };

	(void)uri_decode(s, n, &plain); /* a % of its own counts as one */
	if (plain.len)
		uri_encode(plain.p, plain.len, "", &out);
	return arena_str(a, out.len ? out.p : "");
}

static int pair_cmp(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	int c = strcmp(x->name, y->name);

	return c ? c : strcmp(x->value, y->value);
}

static void put_query(const char *query, struct buf *out, struct arena *a)
{
	struct strs parts = str_split(query, "&", a);
	struct pair *p = arena_get(a, (parts.n + 1) * sizeof(*p));

	for (size_t i = 0; i < parts.n; i++) {
		size_t n = strcspn(parts.v[i], "=");
		const char *value = parts.v[i] + n + (parts.v[i][n] == '=');

		p[i] = (struct pair) { recode(parts.v[i], n, a), recode(value, strlen(value), a) };
	}
	qsort(p, parts.n, sizeof(*p), pair_cmp);
	for (size_t i = 0; i < parts.n; i++)
		buf_fmt(out, "%s%s=%s", i ? "&" : "", p[i].name, p[i].value);
}

/* RFC 3986 5.2.4, and runs of slashes are one. */
static const char *normalised(const char *path, struct arena *a)
{
	struct strs parts = str_split(path, "/", a), kept = { 0 };
	auto_buf struct buf out = { 0 };
	bool folder = str_suffix(path, "/");

	for (size_t i = 0; i < parts.n; i++) {
		const char *s = parts.v[i];

		if (strcmp(s, "..") == 0)
			kept.n -= kept.n > 0;
		else if (strcmp(s, ".") != 0)
			strs_add(&kept, s, a);
	}
	for (size_t i = 0; i < kept.n; i++)
		buf_fmt(&out, "/%s", kept.v[i]);
	if (!kept.n || folder)
		buf_str(&out, "/");
	return arena_str(a, out.p);
}

static void put_path(const char *target, bool single_encode, struct buf *out, struct arena *a)
{
	const char *path = arena_fmt(a, "%.*s", (int)strcspn(target, "?"), target);

	if (!single_encode)
		path = normalised(path, a);
	uri_encode(path, strlen(path), single_encode ? "/%" : "/", out);
}

/* Without white space around it, and with one space where there is more within. */
static void put_value(const char *s, struct buf *out)
{
	bool gap = false;
	size_t start = out->len;

	for (; *s; s++) {
		if (isspace((unsigned char)*s)) {
			gap = out->len > start;
			continue;
		}
		if (gap)
			buf_str(out, " ");
		gap = false;
		buf_add(out, s, 1);
	}
}

static void put_header(const struct http_headers *h, const char *name, struct buf *out)
{
	bool more = false;

	buf_fmt(out, "%s:", name);
	for (size_t i = 0; i < h->n; i++) {
		if (strcasecmp(h->v[i].name, name) != 0)
			continue;
		if (more)
			buf_str(out, ",");
		put_value(h->v[i].value, out);
		more = true;
	}
	buf_str(out, "\n");
}

static int name_cmp(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

/* All of them, lower case, sorted, each once. */
static const char *all_headers(const struct http_headers *h, struct arena *a)
{
	auto_buf struct buf out = { 0 };
	const char *names[HTTP_MAX_HEADERS];

	for (size_t i = 0; i < h->n; i++) {
		char *name = arena_str(a, h->v[i].name);

		for (char *p = name; *p; p++)
			*p = (char)tolower((unsigned char)*p);
		names[i] = name;
	}
	qsort(names, h->n, sizeof(names[0]), name_cmp);
	for (size_t i = 0; i < h->n; i++)
		if (i == 0 || strcmp(names[i], names[i - 1]) != 0)
			buf_fmt(&out, "%s%s", i ? ";" : "", names[i]);
	return arena_str(a, out.len ? out.p : "");
}

static const char *canonical(const struct http_request *q, const char *signed_headers,
			     bool single_encode, const char *payload, struct arena *a)
{
	struct strs names = str_split(signed_headers, ";", a);
	const char *query = q->target + strcspn(q->target, "?");
	auto_buf struct buf out = { 0 };

	buf_fmt(&out, "%s\n", q->method);
	put_path(q->target, single_encode, &out, a);
	buf_str(&out, "\n");
	put_query(query + (*query == '?'), &out, a);
	buf_str(&out, "\n");
	for (size_t i = 0; i < names.n; i++)
		put_header(&q->headers, names.v[i], &out);
	buf_fmt(&out, "\n%s\n%s", signed_headers, payload);
	return arena_str(a, out.p);
}

static const char *digest(const struct http_request *q, struct arena *a)
{
	char *text = arena_get(a, 2 * SHA256_LEN + 1);
	uint8_t sum[SHA256_LEN];

	sha256(q->body_len ? q->body : "", q->body_len, sum);
	hex(sum, sizeof(sum), text);
	return text;
}

const char *sigv4_canonical(const struct http_request *q, const char *signed_headers,
			    bool single_encode, struct arena *a)
{
	return canonical(q, signed_headers, single_encode, digest(q, a), a);
}

static const char *scope(const struct sigv4 *s, struct arena *a)
{
	char when[17];

	time_basic(s->unix_s, when);
	return arena_fmt(a, "%.8s/%s/%s/aws4_request", when, s->region, s->service);
}

const char *sigv4_to_sign(const struct sigv4 *s, const char *canonical, struct arena *a)
{
	char when[17], digest[2 * SHA256_LEN + 1];
	uint8_t sum[SHA256_LEN];

	time_basic(s->unix_s, when);
	sha256(canonical, strlen(canonical), sum);
	hex(sum, sizeof(sum), digest);
	return arena_fmt(a, ALGORITHM "\n%s\n%s\n%s", when, scope(s, a), digest);
}

/* The key of one day, region and service. */
static void derive(const char *secret, const char *scope_, uint8_t key[SHA256_LEN], struct arena *a)
{
	struct strs steps = str_split(scope_, "/", a);
	char *seed = arena_fmt(a, "AWS4%s", secret);

	hmac_sha256(seed, strlen(seed), steps.v[0], strlen(steps.v[0]), key);
	for (size_t i = 1; i < steps.n; i++)
		hmac_sha256(key, SHA256_LEN, steps.v[i], strlen(steps.v[i]), key);
}

static void find_key(const struct sigv4 *s, uint8_t key[SHA256_LEN], struct arena *a)
{
	const char *here = scope(s, a);
	struct sigv4_key *k = s->key;

	if (!k || strlen(s->keys.secret) >= sizeof(k->secret) || strlen(here) >= sizeof(k->scope)) {
		derive(s->keys.secret, here, key, a);
		return;
	}
	pthread_mutex_lock(&k->lock);
	if (strcmp(k->scope, here) != 0 || strcmp(k->secret, s->keys.secret) != 0) {
		derive(s->keys.secret, here, k->key, a);
		memcpy(k->scope, here, strlen(here) + 1);
		memcpy(k->secret, s->keys.secret, strlen(s->keys.secret) + 1);
	}
	memcpy(key, k->key, SHA256_LEN);
	pthread_mutex_unlock(&k->lock);
}

void sigv4_forget(struct sigv4_key *k)
{
	pthread_mutex_lock(&k->lock);
	explicit_bzero(k->secret, sizeof(k->secret));
	explicit_bzero(k->key, sizeof(k->key));
	k->scope[0] = '\0';
	pthread_mutex_unlock(&k->lock);
}

const char *sigv4_signature(const struct sigv4 *s, const char *to_sign, struct arena *a)
{
	char *out = arena_get(a, 2 * SHA256_LEN + 1);
	uint8_t key[SHA256_LEN];

	find_key(s, key, a);
	hmac_sha256(key, sizeof(key), to_sign, strlen(to_sign), key);
	hex(key, sizeof(key), out);
	return out;
}

void sigv4_sign(const struct sigv4 *s, struct http_request *q, struct arena *a)
{
	const char *names, *to_sign;
	char *when = arena_get(a, 17);

	time_basic(s->unix_s, when);
	http_add(&q->headers, "X-Amz-Date", when);
	if (*s->keys.token)
		http_add(&q->headers, "X-Amz-Security-Token", s->keys.token);
	names = all_headers(&q->headers, a);
	to_sign = sigv4_to_sign(s, sigv4_canonical(q, names, s->single_encode, a), a);
	http_add(&q->headers, "Authorization",
		 arena_fmt(a, ALGORITHM " Credential=%s/%s, SignedHeaders=%s, Signature=%s",
			   s->keys.id, scope(s, a), names, sigv4_signature(s, to_sign, a)));
}

static void put_parameter(struct buf *out, const char *name, const char *value)
{
	buf_fmt(out, "&%s=", name);
	uri_encode(value, strlen(value), "", out);
}

const char *sigv4_presign(const struct sigv4 *s, const struct http_request *q, int expires_s,
			  struct arena *a)
{
	const char *names = all_headers(&q->headers, a), *query = strchr(q->target, '?'), *payload;
	auto_buf struct buf out = { 0 };
	struct http_request ask = *q;
	char when[17];

	time_basic(s->unix_s, when);
	buf_fmt(&out, "%s%sX-Amz-Algorithm=" ALGORITHM, q->target,
		!query     ? "?"
		: query[1] ? "&"
			   : "");
	put_parameter(&out, "X-Amz-Credential", arena_fmt(a, "%s/%s", s->keys.id, scope(s, a)));
	put_parameter(&out, "X-Amz-Date", when);
	buf_fmt(&out, "&X-Amz-Expires=%d", expires_s);
	put_parameter(&out, "X-Amz-SignedHeaders", names);
	if (*s->keys.token)
		put_parameter(&out, "X-Amz-Security-Token", s->keys.token);
	ask.target = out.p;
	payload = strcmp(s->service, "s3") == 0 ? "UNSIGNED-PAYLOAD" : digest(q, a);
	put_parameter(
		&out, "X-Amz-Signature",
		sigv4_signature(
			s,
			sigv4_to_sign(s, canonical(&ask, names, s->single_encode, payload, a), a),
			a));
	return arena_str(a, out.p);
}
