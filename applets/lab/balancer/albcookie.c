/* SPDX-License-Identifier: Apache-2.0 */
/* albcookie.c - cookies that keep a client with a target group, and with a target. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "alb.h"
#include "clock.h"
#include "hash.h"

const char *alb_group_attr(const struct tgroup *g, const char *key)
{
	return attr_get(group_attrs_on(g), g->attrs, key);
}

static const char *within(const char *line, const char *name, struct arena *a)
{
	const struct strs parts = str_split(line, ";", a);
	size_t n = strlen(name);

	for (size_t i = 0; i < parts.n; i++) {
		const char *s = parts.v[i] + strspn(parts.v[i], " \t");

		if (strncmp(s, name, n) == 0 && s[n] == '=')
			return s + n + 1;
	}
	return "";
}

const char *alb_cookie(const struct alb_request *q, const char *name, struct arena *a)
{
	for (size_t i = 0; *name && i < q->headers->n; i++) {
		const char *v = "";

		if (strcmp(q->headers->v[i].name, "cookie") == 0)
			v = within(q->headers->v[i].value, name, a);
		if (*v)
			return v;
	}
	return "";
}

/* The key is no secret: nobody has anything to gain in a lab, and every node of a load balancer
 * says the same. */
const char *alb_token(const struct listener *l, const char *what, struct arena *a)
{
	auto_buf struct buf text = { 0 };
	uint8_t sum[SHA256_LEN];

	hmac_sha256(l->lb->v->arn, strlen(l->lb->v->arn), what, strlen(what), sum);
	base64(sum, sizeof(sum), &text);
	return arena_str(a, text.p);
}

bool alb_sticks(const struct alb_place *p, const char *cookie, const char *what)
{
	const char *token = alb_token(p->l, what, p->a);

	return strcmp(alb_cookie(p->q, cookie, p->a), token) == 0 ||
	       strcmp(alb_cookie(p->q, arena_fmt(p->a, "%sCORS", cookie), p->a), token) == 0;
}

const char *alb_target_name(const struct tgroup *g, const struct target *t, struct arena *a)
{
	return arena_fmt(a, "%s %s %d", g->v->arn, t->id, t->port);
}

static void set(const struct alb_place *p, const char *name, const char *what, int64_t seconds,
		const char *rest, struct http_headers *out)
{
	time_t until = (time_t)(wall_s() + seconds);
	char date[40] = "";
	struct tm tm;

	if (out->n == HTTP_MAX_HEADERS)
		return;
	gmtime_r(&until, &tm);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
	http_add(out, "Set-Cookie",
		 arena_fmt(p->a, "%s=%s; Expires=%s; Path=/%s", name, alb_token(p->l, what, p->a),
			   date, rest));
}

/* Beside each the one that browsers send to other sites' pages too. */
static void set_both(const struct alb_place *p, const char *name, const char *what, int64_t seconds,
		     struct http_headers *out)
{
	bool https = strcmp(p->l->v->protocol, "HTTPS") == 0;

	set(p, name, what, seconds, "", out);
	set(p, arena_fmt(p->a, "%sCORS", name), what, seconds,
	    https ? "; SameSite=None; Secure" : "; SameSite=None", out);
}

static int64_t seconds_of(const struct tgroup *g, const char *key)
{
	uint64_t s;

	return str_u64(alb_group_attr(g, key), &s) ? (int64_t)s : 86400;
}

/* Does the target's answer give the client the application's cookie? */
static bool gives(const struct http_headers *answer, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; n && answer && i < answer->n; i++)
		if (strcmp(answer->v[i].name, "set-cookie") == 0 &&
		    strncmp(answer->v[i].value, name, n) == 0 && answer->v[i].value[n] == '=')
			return true;
	return false;
}

void alb_set_cookies(const struct alb_place *p, const struct elb_forward *f, const struct tgroup *g,
		     const struct target *t, const struct http_headers *answer,
		     struct http_headers *out)
{
	const char *what;

	if (f && f->sticky == FLAG_YES && g)
		set_both(p, "AWSALBTG", g->v->arn, f->sticky_s.v, out);
	if (!g || !t || strcmp(alb_group_attr(g, "stickiness.enabled"), "true") != 0)
		return;
	what = alb_target_name(g, t, p->a);
	if (strcmp(alb_group_attr(g, "stickiness.type"), "app_cookie") != 0)
		set_both(p, "AWSALB", what, seconds_of(g, "stickiness.lb_cookie.duration_seconds"),
			 out);
	else if (gives(answer, alb_group_attr(g, "stickiness.app_cookie.cookie_name")))
		set(p, "AWSALBAPP-0", what, seconds_of(g, "stickiness.app_cookie.duration_seconds"),
		    "", out);
}
