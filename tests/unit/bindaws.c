/* SPDX-License-Identifier: Apache-2.0 */
/* bindaws.c - an AWS for passes over TargetGroupBindings: forms in, XML out. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bindaws.h"
#include "clock.h"
#include "str.h"

static int hex_value(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : toupper((unsigned char)c) - 'A' + 10;
}

static const char *decoded(const char *s, size_t n, struct arena *a)
{
	char *out = arena_get(a, n + 1);
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i] == '%' && i + 2 < n) {
			out[k++] = (char)(hex_value(s[i + 1]) * 16 + hex_value(s[i + 2]));
			i += 2;
		} else {
			out[k++] = s[i] == '+' ? ' ' : s[i];
		}
	}
	return out;
}

const char *form_get(const char *body, const char *name, struct arena *a)
{
	size_t n = strlen(name);

	for (const char *p = body; p; p = strchr(p, '&')) {
		p += *p == '&';
		if (strncmp(p, name, n) == 0 && p[n] == '=')
			return decoded(p + n + 1, strcspn(p + n + 1, "&"), a);
	}
	return "";
}

static struct bindaws_target *find(struct bindaws *w, const char *arn, const char *id, int port)
{
	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->v[i].arn, arn) == 0 && strcmp(w->v[i].id, id) == 0 &&
		    w->v[i].port == port)
			return &w->v[i];
	return NULL;
}

void bindaws_add(struct bindaws *w, const char *arn, const char *id, int port, const char *zone,
		 const char *state)
{
	struct bindaws_target *t = find(w, arn, id, port);

	if (!t && w->n == BINDAWS_TARGETS)
		die("too many targets");
	t = t ? t : &w->v[w->n++];
	snprintf(t->arn, sizeof(t->arn), "%s", arn);
	snprintf(t->id, sizeof(t->id), "%s", id);
	snprintf(t->zone, sizeof(t->zone), "%s", zone);
	snprintf(t->state, sizeof(t->state), "%s", state);
	snprintf(t->reason, sizeof(t->reason), "%s",
		 strcmp(state, "initial") == 0 ? "Elb.RegistrationInProgress" : "");
	t->port = port;
}

/* The nth target of the form; false: there is none. */
static bool nth(struct httpd_call *c, size_t i, const char **id, int *port, const char **zone)
{
	*id = form_get(c->body, arena_fmt(&c->a, "Targets.member.%zu.Id", i + 1), &c->a);
	*port = (int)strtol(
		form_get(c->body, arena_fmt(&c->a, "Targets.member.%zu.Port", i + 1), &c->a), NULL,
		10);
	*zone = form_get(c->body, arena_fmt(&c->a, "Targets.member.%zu.AvailabilityZone", i + 1),
			 &c->a);
	return **id;
}

static void change(struct bindaws *w, struct httpd_call *c, bool add)
{
	const char *arn = form_get(c->body, "TargetGroupArn", &c->a), *id, *zone;
	int port;

	for (size_t i = 0; nth(c, i, &id, &port, &zone); i++) {
		struct bindaws_target *t = find(w, arn, id, port);

		if (add)
			bindaws_add(w, arn, id, port, zone, w->state ? w->state : "initial");
		else if (t)
			snprintf(t->state, sizeof(t->state), "draining");
	}
}

static void show(struct buf *out, const char *id, int port, const char *zone, const char *state,
		 const char *reason)
{
	buf_fmt(out, "<member><Target><Id>%s</Id><Port>%d</Port>", id, port);
	if (*zone)
		buf_fmt(out, "<AvailabilityZone>%s</AvailabilityZone>", zone);
	buf_fmt(out,
		"</Target><HealthCheckPort>%d</HealthCheckPort><TargetHealth><State>%s</State>",
		port, state);
	if (*reason)
		buf_fmt(out, "<Reason>%s</Reason><Description>of %s</Description>", reason, reason);
	buf_str(out, "</TargetHealth></member>");
}

static void health(struct bindaws *w, struct httpd_call *c, struct buf *out)
{
	const char *arn = form_get(c->body, "TargetGroupArn", &c->a), *id, *zone;
	bool some = false;
	int port;

	buf_str(out, "<TargetHealthDescriptions>");
	for (size_t i = 0; nth(c, i, &id, &port, &zone); i++) {
		const struct bindaws_target *t = find(w, arn, id, port);

		some = true;
		if (t)
			show(out, t->id, t->port, t->zone, t->state, t->reason);
		else
			show(out, id, port, "", "unused", "Target.NotRegistered");
	}
	for (size_t i = 0; !some && i < w->n; i++)
		if (strcmp(w->v[i].arn, arn) == 0)
			show(out, w->v[i].id, w->v[i].port, w->v[i].zone, w->v[i].state,
			     w->v[i].reason);
	buf_str(out, "</TargetHealthDescriptions>");
}

static const char *ec2(struct bindaws *w, const char *action)
{
	const struct {
		const char *action, *xml;
	} rows[] = { { "DescribeInstances", w->instances },
		     { "DescribeNetworkInterfaces", w->enis },
		     { "DescribeSecurityGroups", w->groups },
		     { "DescribeVpcs", w->vpcs } };

	for (size_t i = 0; i < COUNT(rows); i++)
		if (strcmp(rows[i].action, action) == 0)
			return rows[i].xml ? rows[i].xml : "";
	return "<return>true</return>";
}

/* Keys of a role, good for an hour. */
static void assume(struct buf *out)
{
	char until[21];

	time_rfc3339(wall_s() + 3600, until);
	buf_fmt(out,
		"<Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s3cr3t"
		"</SecretAccessKey><SessionToken>t0k3n</SessionToken><Expiration>%s</Expiration>"
		"</Credentials><AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/r/s</Arn>"
		"</AssumedRoleUser>",
		until);
}

static bool is_elb(const char *action)
{
	return strstr(action, "Target") || strcmp(action, "AssumeRole") == 0;
}

static struct bindaws_fault *fault(struct bindaws *w, const char *action)
{
	for (size_t i = 0; i < BINDAWS_FAULTS; i++) {
		struct bindaws_fault *f = &w->faults[i];

		if (f->action && strcmp(f->action, action) == 0 &&
		    (!f->times || f->done < f->times))
			return f;
	}
	return NULL;
}

static bool invalid(const struct bindaws *w, struct httpd_call *c, const char *action)
{
	const char *id, *zone;
	int port;

	for (size_t i = 0;
	     w->invalid && strcmp(action, "RegisterTargets") == 0 && nth(c, i, &id, &port, &zone);
	     i++)
		if (strcmp(id, w->invalid) == 0)
			return true;
	return false;
}

static void refuse(const struct bindaws_fault *f, bool elb, struct buf *out)
{
	if (!*f->code)
		buf_str(out, "this is no XML");
	else if (elb)
		buf_fmt(out,
			"<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</"
			"Message>"
			"</Error><RequestId>r-1</RequestId></ErrorResponse>",
			f->code, f->message);
	else
		buf_fmt(out,
			"<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></"
			"Errors>"
			"<RequestID>r-1</RequestID></Response>",
			f->code, f->message);
}

static void answer(struct bindaws *w, struct httpd_call *c, const char *action, struct buf *out)
{
	if (!is_elb(action)) {
		buf_fmt(out, "<%sResponse><requestId>r-1</requestId>%s</%sResponse>", action,
			ec2(w, action), action);
		return;
	}
	buf_fmt(out, "<%sResponse><%sResult>", action, action);
	if (strcmp(action, "RegisterTargets") == 0 || strcmp(action, "DeregisterTargets") == 0)
		change(w, c, *action == 'R');
	else if (*action == 'A')
		assume(out);
	else if (strcmp(action, "DescribeTargetGroups") == 0)
		buf_fmt(out, "<TargetGroups>%s</TargetGroups>",
			w->target_groups ? w->target_groups : "");
	else
		health(w, c, out);
	buf_fmt(out,
		"</%sResult><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata>"
		"</%sResponse>",
		action, action);
}

static void serve(struct httpd_call *c)
{
	struct bindaws *w = c->arg;
	const char *action = form_get(c->body, "Action", &c->a);
	auto_buf struct buf out = { 0 };
	struct bindaws_fault *f, no_target = { .code = "InvalidTarget", .message = w->invalid };

	pthread_mutex_lock(&w->lock);
	buf_fmt(&w->log, "%s %s%s\n", action, decoded(c->body, strlen(c->body), &c->a),
		strstr(http_header(&c->headers, "authorization"), "ASIAROLE") ? " as the role"
									      : "");
	f = invalid(w, c, action) ? &no_target : fault(w, action);
	if (f) {
		f->done++;
		refuse(f, is_elb(action), &out);
	} else {
		answer(w, c, action, &out);
	}
	pthread_mutex_unlock(&w->lock);
	httpd_reply(c, f && *f->code ? 400 : 200, NULL, out.p, out.len);
}

void bindaws_start(struct bindaws *w)
{
	pthread_mutex_init(&w->lock, NULL);
	buf_str(&w->log, "");
	web_serve(&w->web, serve, w);
}

void bindaws_stop(struct bindaws *w)
{
	web_stop(&w->web);
	buf_free(&w->log);
	pthread_mutex_destroy(&w->lock);
}
