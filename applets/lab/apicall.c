/* SPDX-License-Identifier: Apache-2.0 */
/* apicall.c - AWS's query protocol: parameters, the action, the answer after a while, the log. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apicall.h"
#include "hash.h"

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

static int find(const struct api_service *s, struct api_call *c, const struct api_action **out,
		struct err *e)
{
	const char *version = param(c, "Version");

	if (!*c->action)
		return world_refuse(e, "MissingAction",
				    "The request must contain the parameter Action");
	if (s->version && !version)
		return world_refuse(e, "MissingParameter",
				    "The request must contain the parameter Version");
	if (s->version && strcmp(version, s->version) != 0)
		return world_refuse(e, "NoSuchVersion",
				    "The requested version (%.40s) of service %s does not exist",
				    version, s->name);
	*out = action_find(s, c->action);
	if (!*out)
		return world_refuse(e, "InvalidAction",
				    "The action %.100s is not valid for this web service.",
				    c->action);
	return 0;
}

static int run(struct api_call *c, const struct api_action *action, struct err *e)
{
	bool dry;

	if (action->in)
		return shape_read(c, action->in, &c->in, e) < 0 ? -1 : action->fn(c, e);
	if (params_check(c, action, e) < 0 || param_bool(c, "DryRun", false, &dry, e) < 0)
		return -1;
	if (dry)
		return world_refuse(e, "DryRunOperation",
				    "Request would have succeeded, but DryRun flag is set.");
	return action->fn(c, e);
}

static int perform(const struct api_service *s, struct api_call *c, struct err *e)
{
	const struct api_action *action;

	if (find(s, c, &action, e) < 0)
		return -1;
	c->takes_ms = c->w->c.call_ms * action->takes;
	if (api_fault(c, false, e) < 0 || api_throttle(s, c, e) < 0 || run(c, action, e) < 0)
		return -1;
	return api_fault(c, true, e);
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
		{ "InternalError", 500 },
		{ "InternalFailure", 500 },
		{ "InvalidClientTokenId", 403 },
		{ "MissingAuthenticationToken", 403 },
		{ "RequestLimitExceeded", 503 },
		{ "ServiceUnavailable", 503 },
		{ "SignatureDoesNotMatch", 403 },
		{ "UnauthorizedOperation", 403 },
	};

	for (size_t i = 0; i < COUNT(known); i++)
		if (strcmp(known[i].code, code) == 0)
			return known[i].status;
	return 400;
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

/* JSON: the action is behind the dot of a header. */
static int json_request(const struct httpd_call *h, struct api_call *c, struct err *e)
{
	const char *target = strrchr(http_header(&h->headers, "x-amz-target"), '.');
	struct json *j = h->body_len ? json_parse(h->body, h->body_len, e) : json_object();

	c->action = target ? target + 1 : "";
	c->body = j;
	if (!j || json_type(j) != JSON_OBJECT)
		return world_refuse(e, "SerializationException", "The body is no JSON object");
	return 0;
}

static int request(const struct api_service *s, const struct httpd_call *h, struct api_call *c,
		   struct err *e)
{
	if (!s->version)
		return json_request(h, c, e);
	if (params_parse(c, strcmp(h->method, "POST") == 0 ? h->body : h->query, e) < 0)
		return -1;
	c->action = param(c, "Action") ? param(c, "Action") : "";
	return 0;
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
	struct err e = { 0 };
	int rc;

	request_id(c.request_id);
	rc = request(s, h, &c, &e);
	if (rc == 0)
		rc = api_signer(api, h, s->name, &c.caller, c.a, &e);
	if (rc == 0)
		rc = perform(s, &c, &e);
	mend(e.msg);
	if (rc == 0)
		s->wrap(&c, &body);
	else
		s->refusal(&c, &e, &body);
	*out = (struct api_answer) { rc == 0 ? 200 : status_of(e.code),
				     arena_str(c.a, body.p ? body.p : ""), body.len, c.takes_ms,
				     s->version ? NULL : "application/x-amz-json-1.1" };
	api_log(s, &c, out->status, &e);
	json_free(&c.body);
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
	http_add(&h, "Content-Type", r->answer.type ? r->answer.type : "text/xml;charset=UTF-8");
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
