/* SPDX-License-Identifier: Apache-2.0 */
/* apilog.c - the lab's log of calls: one line of JSON each. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apicall.h"
#include "clock.h"

enum { MAX_LOGGED = 64, MAX_LOGGED_LEN = 200 };

static void log_text(struct buf *b, const char *key, const char *value)
{
	json_quote(key, b);
	buf_str(b, ":");
	json_quote(value, b);
	buf_str(b, ",");
}

static void log_param(struct buf *b, const struct param *p, bool whole, const char *sep)
{
	char cut[MAX_LOGGED_LEN + 1];

	buf_str(b, sep);
	snprintf(cut, sizeof(cut), "%s", p->name);
	json_quote(whole ? p->name : cut, b);
	buf_str(b, ":");
	snprintf(cut, sizeof(cut), "%s", p->value);
	json_quote(whole ? p->value : cut, b);
}

/* Of its parameters what tells the calls apart, or all; credentials never. */
static void log_params(struct buf *b, const struct api_call *c)
{
	const char *sep = "";

	buf_str(b, "{");
	for (size_t i = 0; i < c->nparams && (i < MAX_LOGGED || c->api->log_all); i++) {
		const struct param *p = &c->params[i];

		if (strcmp(p->name, "Action") == 0 || strcmp(p->name, "Version") == 0 ||
		    str_suffix(p->name, "Token") || str_prefix(p->name, "X-Amz-"))
			continue;
		log_param(b, p, c->api->log_all, sep);
		sep = ",";
	}
	buf_str(b, "}");
}

/* But for what is nobody's business. */
static void log_json(struct buf *b, const struct json *body)
{
	auto_json struct json *j = json_copy(body);

	json_drop(j, "PrivateKey");
	json_drop(j, "NextToken");
	json_print(j, 0, b);
}

void api_log(const struct api_service *s, const struct api_call *c, int status, const struct err *e)
{
	auto_buf struct buf b = { 0 };
	char ts[25], cut[MAX_LOGGED_LEN + 1];

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
	buf_fmt(&b, "\"status\":%d,\"ms\":%d,\"params\":", status, c->takes_ms);
	if (s->version)
		log_params(&b, c);
	else
		log_json(&b, c->body);
	buf_str(&b, "}\n");
	if (write(c->api->log_fd, b.p, b.len) < 0)
		return; /* a full disk must not stop the lab */
}
