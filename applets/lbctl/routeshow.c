/* SPDX-License-Identifier: Apache-2.0 */
/* routeshow.c - rules in words. */
#include "routeshow.h"

static void join(const struct strs *l, struct buf *out)
{
	for (size_t i = 0; i < l->n; i++)
		buf_fmt(out, "%s%s", out->len ? ", " : "", l->v[i]);
}

const char *route_condition(const struct elb_condition *c, struct arena *a)
{
	const struct strs *lists[] = { &c->hosts,        &c->host_regexes,  &c->paths,
				       &c->path_regexes, &c->header_values, &c->header_regexes,
				       &c->methods,      &c->sources };
	auto_buf struct buf values = { 0 };

	for (size_t i = 0; i < COUNT(lists); i++)
		join(lists[i], &values);
	for (size_t i = 0; i < c->query.n; i++)
		buf_fmt(&values, "%s%s%s%s", values.len ? ", " : "",
			c->query.v[i].key ? c->query.v[i].key : "", c->query.v[i].key ? "=" : "",
			c->query.v[i].value);
	return arena_fmt(a, "%s%s%s %s", c->field, c->header && *c->header ? " " : "",
			 c->header ? c->header : "", values.p ? values.p : "");
}

const char *route_actions(const struct json *l, struct arena *a)
{
	auto_buf struct buf out = { 0 };

	for (const struct json *x = json_first(l); x; x = json_next(x)) {
		buf_fmt(&out, "%s%s", out.len ? ", then " : "", json_str(x, "Type", ""));
		for (const struct json *m = json_first(json_member(x, "RedirectConfig")); m;
		     m = json_next(m))
			buf_fmt(&out, " %s=%s", json_key(m), json_words(m, a));
		for (const struct json *m = json_first(json_member(x, "FixedResponseConfig")); m;
		     m = json_next(m))
			buf_fmt(&out, " %s=%s", json_key(m), json_words(m, a));
	}
	return arena_str(a, out.p ? out.p : "");
}
