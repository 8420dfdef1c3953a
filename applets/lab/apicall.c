/* SPDX-License-Identifier: Apache-2.0 */
/* apicall.c - AWS's query protocol: parameters, the action, the answer after a while, the log. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apicall.h"
#include "hash.h"
#include "json.h"

enum { MAX_LOGGED = 64, MAX_LOGGED_LEN = 200 };

/* ---- the action ---- */

static void request_id(char out[40])
{
	uint8_t r[16];
	char h[33];

	random_bytes(r, sizeof(r));
	r[6] = (uint8_t)((r[6] & 0x0f) | 0x40); /* RFC 9562, version 4 */
	r[8] = (uint8_t)((r[8] & 0x3f) | 0x80);
	hex(r, sizeof(r), h);
	snprintf(out, 40, "%.8s-%.4s-%.4s-%.4s-%.12s", h, h + 8, h + 12, h + 16, h + 20);
}

static const struct api_action *action_find(const struct api_service *s, const char *name)
{
	for (size_t i = 0; i < s->nactions; i++)
		if (strcmp(s->actions[i].name, name) == 0)
			return &s->actions[i];
	return NULL;
}

static int perform(const struct api_service *s, struct api_call *c, struct err *e)
{
	const struct api_action *action;
	const char *version = param(c, "Version");
	bool dry;

	if (!*c->action)
		return world_refuse(e, "MissingAction",
				    "The request must contain the parameter Action");
	if (!version)
		return world_refuse(e, "MissingParameter",
				    "The request must contain the parameter Version");
	if (strcmp(version, s->version) != 0)
		return world_refuse(e, "NoSuchVersion",
				    "The requested version (%.40s) of service %s does not exist",
				    version, s->name);
	action = action_find(s, c->action);
	if (!action)
		return world_refuse(e, "InvalidAction",
				    "The action %.100s is not valid for this web service.",
				    c->action);
	c->takes_ms = c->w->c.call_ms * action->takes;
	if (params_check(c, action, e) < 0 || param_bool(c, "DryRun", false, &dry, e) < 0)
		return -1;
	if (dry)
		return world_refuse(e, "DryRunOperation",
				    "Request would have succeeded, but DryRun flag is set.");
	return action->fn(c, e);
}

static int status_of(const char *code)
{
	static const struct {
		const char *code;
		int status;
	} known[] = {
		{ "", 500 },
		{ "AuthFailure", 401 },
		{ "DryRunOperation", 412 },
		{ "MissingAuthenticationToken", 403 },
		{ "SignatureDoesNotMatch", 403 },
		{ "UnauthorizedOperation", 403 },
	};

	for (size_t i = 0; i < COUNT(known); i++)
		if (strcmp(known[i].code, code) == 0)
			return known[i].status;
	return 400;
}

/* ---- the log ---- */

static void log_text(struct buf *b, const char *key, const char *value)
{
	json_quote(key, b);
	buf_str(b, ":");
	json_quote(value, b);
	buf_str(b, ",");
}

/* One line of JSON for one call; of its parameters what tells the calls apart, no credentials. */
static void log_call(const struct api_service *s, const struct api_call *c, int status,
		     const struct err *e)
{
	auto_buf struct buf b = { 0 };
	char ts[25], cut[MAX_LOGGED_LEN + 1];
	const char *sep = "";

	if (c->api->log_fd <= 0)
		return;
	time_iso(wall_ns(), ts);
	buf_str(&b, "{");
	log_text(&b, "ts", ts);
	log_text(&b, "service", s->name);
	snprintf(cut, sizeof(cut), "%s", c->action);
	log_text(&b, "action", cut);
	log_text(&b, "caller", c->caller);
	log_text(&b, "request_id", c->request_id);
	log_text(&b, "code", e->code);
	buf_fmt(&b, "\"status\":%d,\"ms\":%d,\"params\":{", status, c->takes_ms);
	for (size_t i = 0; i < c->nparams && i < MAX_LOGGED; i++) {
		const struct param *p = &c->params[i];

		if (strcmp(p->name, "Action") == 0 || strcmp(p->name, "Version") == 0 ||
		    str_suffix(p->name, "Token") || str_prefix(p->name, "X-Amz-"))
			continue;
		buf_str(&b, sep);
		sep = ",";
		snprintf(cut, sizeof(cut), "%s", p->name);
		json_quote(cut, &b);
		buf_str(&b, ":");
		snprintf(cut, sizeof(cut), "%s", p->value);
		json_quote(cut, &b);
	}
	buf_str(&b, "}}\n");
	if (write(c->api->log_fd, b.p, b.len) < 0)
		return; /* a full disk must not stop the lab */
}

/* ---- the answer ---- */

/* A message may quote a value and cut it in the middle of a letter. */
static void mend(char *s)
{
	uint32_t rune;

	for (size_t n; *s; s += n ? n : 1) {
		n = str_rune(s, &rune);
		if (!n)
			*s = '?';
	}
}

void api_answer(const struct api_service *s, struct httpd_call *h, struct api_answer *out)
{
	auto_buf struct buf inside = { 0 }, body = { 0 };
	struct api *api = h->arg;
	struct api_call c = { .api = api,
			      .w = api->w,
			      .a = &h->a,
			      .caller = "",
			      .action = "",
			      .takes_ms = api->w->c.call_ms,
			      .out = &inside };
	bool post = strcmp(h->method, "POST") == 0;
	struct err e = { 0 };
	int rc;

	request_id(c.request_id);
	rc = params_parse(&c, post ? h->body : h->query, &e);
	c.action = param(&c, "Action") ? param(&c, "Action") : "";
	if (rc == 0)
		rc = api_signer(api, h, s->name, &c.caller, c.a, &e);
	if (rc == 0)
		rc = perform(s, &c, &e);
	mend(e.msg);
	if (rc == 0)
		s->wrap(&c, &body);
	else
		s->refusal(&c, &e, &body);
	out->status = rc == 0 ? 200 : status_of(e.code);
	out->takes_ms = c.takes_ms;
	out->len = body.len;
	out->body = arena_str(c.a, body.p);
	log_call(s, &c, out->status, &e);
}

struct later {
	struct later *next;
	struct timer t;
	struct api *api;
	void (*fn)(struct api *api, void *arg);
	void *arg;
};

static void later_free(struct later *l)
{
	struct later **at = &l->api->later;

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	timer_stop(&l->t);
	free(l);
}

static void later_due(struct timer *t)
{
	struct later *l = OWNER(t, struct later, t), due = *l;

	later_free(l);
	due.fn(due.api, due.arg);
}

void api_later(struct api *api, int ms, void (*fn)(struct api *api, void *arg), void *arg)
{
	struct err e = { 0 };
	struct later *l;

	if (!api->loop || ms <= 0) {
		fn(api, arg);
		return;
	}
	l = xalloc(sizeof(*l));
	*l = (struct later) { api->later, { .fn = later_due }, api, fn, arg };
	api->later = l;
	if (timer_set(api->loop, &l->t, ms, &e) < 0)
		later_due(&l->t);
}

void api_free(struct api *api)
{
	while (api->later)
		later_free(api->later);
}

struct reply {
	struct httpd_call *call;
	struct api_answer answer;
};

static void reply_send(struct api *api, void *arg)
{
	struct reply *r = arg;
	struct http_headers h = { 0 };

	(void)api;
	http_add(&h, "Content-Type", "text/xml;charset=UTF-8");
	http_add(&h, "Server", "AmazonEC2");
	httpd_reply(r->call, r->answer.status, &h, r->answer.body, r->answer.len);
}

void api_serve(const struct api_service *s, struct httpd_call *c)
{
	struct reply *r = NEW(&c->a, struct reply);

	r->call = c;
	api_answer(s, c, &r->answer);
	api_later(c->arg, r->answer.takes_ms, reply_send, r);
}
