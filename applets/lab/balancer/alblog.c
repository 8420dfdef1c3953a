/* SPDX-License-Identifier: Apache-2.0 */
/* alblog.c - a line for each request, in AWS's format ("Access logs for your Application Load
 * Balancer", fields in AWS's order). */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "alb.h"
#include "clock.h"

/* Between quotes: quotes, backslashes and what is not printable as \xNN. */
static void quoted(const char *s, struct buf *out)
{
	buf_str(out, " \"");
	for (s = s && *s ? s : "-"; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < ' ' || c > '~' || c == '"' || c == '\\')
			buf_fmt(out, "\\x%02X", c);
		else
			buf_add(out, s, 1);
	}
	buf_str(out, "\"");
}

static void word(const char *s, struct buf *out)
{
	buf_fmt(out, " %s", s && *s ? s : "-");
}

static void number(int v, struct buf *out)
{
	if (v)
		buf_fmt(out, " %d", v);
	else
		buf_str(out, " -");
}

static void seconds(double s, struct buf *out)
{
	if (s < 0)
		buf_str(out, " -1");
	else
		buf_fmt(out, " %.3f", s);
}

/* Microseconds, as AWS writes them. */
static const char *stamp(int64_t ns, char out[40])
{
	char text[25];

	time_iso(ns, text);
	snprintf(out, 40, "%.19s.%06dZ", text, (int)(ns / 1000 % 1000000));
	return out;
}

static const char *lb_name(const struct lb *lb)
{
	const char *s = strstr(lb->v->arn, ":loadbalancer/");

	return s ? s + strlen(":loadbalancer/") : lb->v->arn;
}

static const char *peer(const struct alb_record *r, struct arena *a)
{
	return arena_fmt(a, r->peer.family == IP_V6 ? "[%s]:%d" : "%s:%d", ip_text(r->peer).s,
			 r->peer_port);
}

static void status_text(int status, struct buf *out)
{
	char text[12] = "";

	if (status)
		snprintf(text, sizeof(text), "%d", status);
	quoted(text, out);
}

void alb_log_line(const struct alb_record *r, struct buf *out)
{
	auto_arena struct arena a = { 0 };
	bool https = strcmp(r->l->v->protocol, "HTTPS") == 0;
	char time[40];

	buf_fmt(out, "%s %s %s %s", https ? "https" : "http", stamp(r->ended_ns, time),
		lb_name(r->l->lb), peer(r, &a));
	word(r->target, out);
	seconds(r->request_s, out);
	seconds(r->target_s, out);
	seconds(r->answer_s, out);
	number(r->status, out);
	number(r->target_status, out);
	buf_fmt(out, " %zu %zu", r->received, r->sent);
	quoted(r->method ? arena_fmt(&a, "%s %s HTTP/1.1", r->method, r->url) : "- - - ", out);
	quoted(r->agent, out);
	buf_str(out, " - -"); /* cipher and protocol of TLS: the server does not tell */
	word(r->group, out);
	quoted(r->trace, out);
	quoted(r->domain, out);
	quoted(r->certificate, out);
	buf_fmt(out, " %d %s", r->priority, stamp(r->began_ns, time));
	quoted(r->did, out);
	quoted(r->location, out);
	quoted(NULL, out); /* error_reason */
	quoted(r->target, out);
	status_text(r->target_status, out);
	/* classification, its reason; conn_trace_id; what transforms made */
	buf_str(out, " \"-\" \"-\" - \"-\" \"-\" \"-\"\n");
}

void alb_log(int fd, const struct alb_record *r)
{
	auto_buf struct buf b = { 0 };

	if (!fd)
		return;
	alb_log_line(r, &b);
	/* A log that is full stops no request. */
	while (write(fd, b.p, b.len) < 0 && errno == EINTR)
		;
}
