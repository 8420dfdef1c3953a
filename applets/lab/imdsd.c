/* SPDX-License-Identifier: Apache-2.0 */
/* imdsd.c - the instance metadata service, version 2 only: tokens, and answers to who has one. */
#include <stdio.h>
#include <string.h>

#include "apicall.h"
#include "hash.h"

enum { TOKEN_BYTES = 40, TTL_MAX_S = 21600, USUAL_TTL = 64 };
static const char ttl_header[] = "X-aws-ec2-metadata-token-ttl-seconds";

static void refuse(struct httpd_call *c, int status)
{
	static const struct {
		int status;
		const char *words;
	} known[] = { { 400, "Bad Request" },
		      { 401, "Unauthorized" },
		      { 403, "Forbidden" },
		      { 404, "Not Found" },
		      { 405, "Method Not Allowed" },
		      { 429, "Too Many Requests" },
		      { 500, "Internal Server Error" },
		      { 503, "Service Unavailable" } };
	struct http_headers h = { 0 };
	const char *words = "", *page;

	for (size_t i = 0; i < COUNT(known); i++)
		if (known[i].status == status)
			words = known[i].words;
	page = arena_fmt(
		&c->a,
		"<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\n"
		"<html xmlns=\"http://www.w3.org/1999/xhtml\" xml:lang=\"en\" lang=\"en\">\n"
		" <head>\n  <title>%d - %s</title>\n </head>\n <body>\n"
		"  <h1>%d - %s</h1>\n </body>\n</html>\n",
		status, words, status, words);
	http_add(&h, "Content-Type", "text/html");
	http_add(&h, "Server", "EC2ws");
	httpd_reply(c, status, &h, page, strlen(page));
}

static void answer(struct httpd_call *c, const char *ttl, const struct buf *text)
{
	struct http_headers h = { 0 };

	http_add(&h, "Content-Type", "text/plain");
	http_add(&h, "Server", "EC2ws");
	if (ttl)
		http_add(&h, ttl_header, ttl);
	httpd_reply(c, 200, &h, text->p, text->len);
}

/* PUT /latest/api/token: the only answer that the hop limit holds for. */
static void give_token(struct httpd_call *c, struct instance *i)
{
	const char *ttl = http_header(&c->headers, "x-aws-ec2-metadata-token-ttl-seconds");
	auto_buf struct buf token = { 0 };
	uint8_t secret[TOKEN_BYTES];
	uint64_t seconds = 0;
	size_t slot;

	if (*http_header(&c->headers, "x-forwarded-for")) {
		refuse(c, 403);
		return;
	}
	if (!str_u64(ttl, &seconds) || seconds < 1 || seconds > TTL_MAX_S) {
		refuse(c, 400);
		return;
	}
	slot = i->next_token++ % COUNT(i->tokens);
	random_bytes(secret, sizeof(secret));
	base64(secret, sizeof(secret), &token);
	snprintf(i->tokens[slot].text, sizeof(i->tokens[slot].text), "%s", token.p);
	i->tokens[slot].until = now_ms() + (int64_t)seconds * 1000;
	httpd_ttl(c, i->hop_limit);
	answer(c, ttl, &token);
}

static bool token_valid(const struct instance *i, const char *token)
{
	int64_t now = now_ms();

	for (size_t k = 0; *token && k < COUNT(i->tokens); k++)
		if (strcmp(i->tokens[k].text, token) == 0)
			return now < i->tokens[k].until;
	return false;
}

static void show(struct httpd_call *c, struct world *w, struct instance *i)
{
	const char *path = percent_decode(c->path, strlen(c->path), false, &c->a);
	auto_buf struct buf text = { 0 };
	struct err e = { 0 };

	httpd_ttl(c, USUAL_TTL);
	if (!token_valid(i, http_header(&c->headers, "x-aws-ec2-metadata-token"))) {
		refuse(c, 401);
		return;
	}
	if (path && strcmp(path, "/") == 0) {
		buf_str(&text, "latest");
		answer(c, NULL, &text);
		return;
	}
	if (!path || !str_prefix(path, "/latest") || (path[7] && path[7] != '/') ||
	    imds_text(w, i, path + 7, &text, &e) < 0) {
		refuse(c, 404);
		return;
	}
	answer(c, NULL, &text);
}

void imds_serve(struct httpd_call *c)
{
	struct api *api = c->arg;
	struct eni *n = world_by_ip(api->w, c->peer);
	bool token = strcmp(c->path, "/latest/api/token") == 0;

	if (!n || !n->host)
		refuse(c, 403); /* nobody's address: a packet that the fabric should have dropped */
	else if (n->host->imds_status)
		refuse(c, n->host->imds_status);
	else if (token && strcmp(c->method, "PUT") == 0)
		give_token(c, n->host);
	else if (!token && strcmp(c->method, "GET") == 0)
		show(c, api->w, n->host);
	else
		refuse(c, 405);
}
