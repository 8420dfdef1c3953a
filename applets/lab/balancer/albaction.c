/* SPDX-License-Identifier: Apache-2.0 */
/* albaction.c - what a rule's actions make of a request. */
#include <string.h>

#include "alb.h"

static const char *title(int status)
{
	static const struct {
		int status;
		const char *text;
	} all[] = {
		{ 301, "301 Moved Permanently" },
		{ 302, "302 Found" },
		{ 400, "400 Bad Request" },
		{ 413, "413 Request Entity Too Large" },
		{ 464, "464" },
		{ 501, "501 Not Implemented" },
		{ 502, "502 Bad Gateway" },
		{ 503, "503 Service Temporarily Unavailable" },
		{ 504, "504 Gateway Time-out" },
	};

	for (size_t i = 0; i < COUNT(all); i++)
		if (all[i].status == status)
			return all[i].text;
	return "500 Internal Server Error";
}

void alb_own(int status, struct alb_plan *out, struct arena *a)
{
	out->kind = ALB_ANSWER;
	out->status = status;
	out->type = "text/html";
	out->body = arena_fmt(a,
			      "<html>\r\n<head><title>%s</title></head>\r\n<body>\r\n"
			      "<center><h1>%s</h1></center>\r\n</body>\r\n</html>\r\n",
			      title(status), title(status));
}

/* ---- redirect */

const char *alb_expand(const char *text, const struct alb_place *p)
{
	const struct {
		const char *word, *value;
	} words[] = {
		{ "#{protocol}", strcmp(p->l->v->protocol, "HTTPS") == 0 ? "https" : "http" },
		{ "#{host}", p->q->host },
		{ "#{port}", arena_fmt(p->a, "%d", (int)p->l->v->port) },
		{ "#{path}", p->q->path + (*p->q->path == '/') },
		{ "#{query}", p->q->query },
	};
	auto_buf struct buf out = { 0 };

	while (*text) {
		size_t k = 0;

		while (k < COUNT(words) && !str_prefix(text, words[k].word))
			k++;
		if (k < COUNT(words)) {
			buf_str(&out, words[k].value);
			text += strlen(words[k].word);
		} else {
			buf_add(&out, text++, 1);
		}
	}
	return out.len ? arena_str(p->a, out.p) : "";
}

static const char *part(const struct alb_place *p, const char *text, const char *def)
{
	return alb_expand(text ? text : def, p);
}

static void redirect(const struct alb_place *p, const struct elb_redirect *r, struct alb_plan *out)
{
	const char *protocol = part(p, r->protocol, "#{protocol}");
	const char *query = part(p, r->query, "#{query}");

	if (strcmp(protocol, "HTTPS") == 0 || strcmp(protocol, "HTTP") == 0)
		protocol = protocol[4] ? "https" : "http";
	alb_own(strcmp(r->status, "HTTP_301") == 0 ? 301 : 302, out, p->a);
	out->location = arena_fmt(p->a, "%s://%s:%s%s%s%s", protocol, part(p, r->host, "#{host}"),
				  part(p, r->port, "#{port}"), part(p, r->path, "/#{path}"),
				  *query ? "?" : "", query);
}

/* ---- fixed-response */

static void fixed(const struct alb_place *p, const struct elb_fixed_response *f,
		  struct alb_plan *out)
{
	uint64_t status = 500;

	if (!str_u64(f->status, &status))
		status = 500;
	out->kind = ALB_ANSWER;
	out->status = (int)status;
	out->type = arena_fmt(p->a, "%s; charset=utf-8",
			      f->content_type && *f->content_type ? f->content_type : "text/plain");
	out->body = f->body ? f->body : "";
}

/* ---- forward */

static void forward(const struct alb_place *p, const struct lb_rule *r, const struct elb_forward *f,
		    struct alb_plan *out)
{
	const char *version;

	out->forward = f;
	out->group = alb_group(p, r, f);
	if (out->group)
		out->target = alb_target(p, out->group);
	if (!out->target.t) {
		alb_own(503, out, p->a);
		return;
	}
	version = out->group->v->protocol_version;
	if (version && *version && strcmp(version, "HTTP1") != 0) {
		alb_own(464, out, p->a); /* a client of HTTP/1.1 to a group of HTTP/2 or gRPC */
		return;
	}
	out->kind = ALB_FORWARD;
}

void alb_act(const struct alb_place *p, const struct lb_rule *r, struct alb_plan *out)
{
	const struct elb_actions *all;

	*out = (struct alb_plan) { 0 };
	if (!r) {
		alb_own(503, out, p->a);
		return;
	}
	all = r->priority ? &r->v->actions : &p->l->v->actions;
	for (size_t i = 0; i < all->n; i++) {
		const struct elb_action *x = &all->v[i];

		out->did = x->type;
		if (x->forward)
			forward(p, r, x->forward, out);
		else if (x->redirect)
			redirect(p, x->redirect, out);
		else if (x->fixed_response)
			fixed(p, x->fixed_response, out);
		else {
			alb_own(501, out, p->a);
			out->body = arena_fmt(p->a, "The lab does no %s actions.\n", x->type);
			out->type = "text/plain";
			return;
		}
	}
}
