/* SPDX-License-Identifier: Apache-2.0 */
/* explain_text.c - what lbctl explain knows, for people. */
#include <string.h>

#include "explain.h"
#include "words.h"

static void line(struct buf *out, const char *before, const char *text, const char *after)
{
	buf_str(out, before);
	words_plain(text, out);
	buf_str(out, after);
}

static void problems(const struct json *root, struct buf *out)
{
	const struct json *l = json_member(root, "problems");

	for (const struct json *j = json_first(l); j; j = json_next(j)) {
		line(out, "wrong: ", json_str(j, "message", ""), "\n");
		if (!json_member(j, "annotation"))
			continue;
		line(out, "  annotation  ", json_str(j, "annotation", ""), "\n");
		line(out, "  value       ", json_str(j, "value", ""), "\n");
		line(out, "  instead     ", json_str(j, "instead", ""), "\n");
	}
}

static void annotations(const struct json *root, struct buf *out)
{
	const struct json *l = json_member(root, "annotations");

	if (json_count(l))
		buf_str(out, "\nannotations\n");
	for (const struct json *j = json_first(l); j; j = json_next(j)) {
		line(out, "  ", json_str(j, "annotation", ""), ": ");
		line(out, "", json_str(j, "value", ""), "\n");
		line(out, "      ", json_str(j, "means", ""), "");
		if (*json_str(j, "default", ""))
			line(out, " (without: ", json_str(j, "default", ""), ")");
		if (json_member(j, "notBuilt"))
			line(out, " - not built yet: ", json_str(j, "notBuilt", ""), "");
		buf_str(out, "\n");
	}
	l = json_member(root, "unknownAnnotations");
	for (const struct json *j = json_first(l); j; j = json_next(j)) {
		line(out, "  ", json_str(j, "annotation", ""), ": there is no such annotation");
		if (json_member(j, "didYouMean"))
			line(out, "; did you mean ", json_str(j, "didYouMean", ""), "?");
		buf_str(out, "\n");
	}
	l = json_member(root, "defaults");
	if (json_count(l))
		buf_str(out, "\nnot set, so that the default holds\n");
	for (const struct json *j = json_first(l); j; j = json_next(j)) {
		line(out, "  ", json_str(j, "annotation", ""), ": ");
		line(out, "", json_str(j, "default", ""), "\n");
	}
}

static void net(const struct json *root, struct arena *a, struct buf *out)
{
	const struct json *l = json_member(root, "subnets");
	struct words_table t = { .columns = 5, .a = a };
	const char **row = words_row(&t);

	row[0] = "  SUBNET";
	row[1] = "ZONE";
	row[2] = "FREE";
	row[3] = "TAKEN";
	row[4] = "WHY";
	for (const struct json *j = json_first(l); j; j = json_next(j)) {
		row = words_row(&t);
		row[0] = arena_fmt(a, "  %s", json_str(j, "id", ""));
		row[1] = json_str(j, "zone", "");
		row[2] = arena_fmt(a, "%lld", (long long)json_int(j, "free", 0));
		row[3] = json_bool(j, "taken", false) ? "yes" : "no";
		row[4] = json_str(j, "why", "");
	}
	if (json_count(l)) {
		buf_str(out, "\nsubnets\n");
		words_print(&t, out);
	}
	l = json_member(root, "securityGroups");
	if (json_count(l))
		buf_str(out, "\nsecurity groups\n");
	for (const struct json *j = json_first(l); j; j = json_next(j)) {
		line(out, "  ", json_str(j, "id", ""), ": ");
		line(out, "", json_str(j, "why", ""), "\n");
	}
}

static void certificates(const struct json *j, struct buf *out)
{
	for (const struct json *c = json_first(json_member(j, "certificates")); c; c = json_next(c))
		line(out, "  certificate ", json_text(c), "\n");
	if (json_member(j, "certificatesFrom"))
		line(out, "    ", json_str(j, "certificatesFrom", ""), "\n");
	for (const struct json *h = json_first(json_member(j, "hosts")); h; h = json_next(h)) {
		const struct json *l = json_member(h, "certificates");

		line(out, "  host ", json_str(h, "host", ""),
		     json_count(l) ? "" : ": no certificate is for it");
		for (const struct json *c = json_first(l); c; c = json_next(c))
			line(out, ": ", json_text(c), "");
		buf_str(out, "\n");
	}
}

static void listeners(const struct json *root, struct buf *out)
{
	const struct json *l = json_member(root, "listeners");

	for (const struct json *j = json_first(l); j; j = json_next(j)) {
		buf_fmt(out, "\nlistener %s:%lld\n", json_str(j, "protocol", ""),
			(long long)json_int(j, "port", 0));
		certificates(j, out);
		for (const struct json *r = json_first(json_member(j, "rules")); r;
		     r = json_next(r)) {
			buf_fmt(out, "  rule %lld", (long long)json_int(r, "priority", 0));
			line(out, "  of ", json_str(r, "from", ""), "\n");
			for (const struct json *c = json_first(json_member(r, "conditions")); c;
			     c = json_next(c))
				line(out, "    if ", json_text(c), "\n");
			line(out, "    then ", json_str(r, "action", ""), "\n");
		}
		line(out, "  else ", json_str(j, "default", ""), "\n");
	}
	l = json_member(root, "targetGroups");
	if (json_count(l))
		buf_str(out, "\ntarget groups\n");
	for (const struct json *j = json_first(l); j; j = json_next(j)) {
		line(out, "  ", json_str(j, "name", ""), " for ");
		line(out, "", json_str(j, "id", ""), "");
		buf_fmt(out, ": %s, %s %lld, health by ", json_str(j, "targetType", ""),
			json_str(j, "protocol", ""), (long long)json_int(j, "port", 0));
		line(out, "", json_str(j, "healthCheck", ""), "\n");
	}
}

void explain_print(const struct explain *x, struct buf *out)
{
	auto_arena struct arena a = { 0 };
	const struct json *lb = json_member(x->root, "loadBalancer");
	const struct json *binding = json_member(x->root, "binding");

	line(out, "", json_str(x->root, "object", ""), ": ");
	line(out, "", json_str(x->root, "why", ""), "\n");
	if (lb)
		buf_fmt(out, "load balancer %s: %s, %s, %s\n", json_str(lb, "name", ""),
			json_str(lb, "type", ""), json_str(lb, "scheme", ""),
			json_str(lb, "ipAddressType", ""));
	for (const struct json *m = json_first(binding); m; m = json_next(m)) {
		line(out, "  ", json_key(m), ": ");
		line(out, "", json_words(m, &a), "\n");
	}
	problems(x->root, out);
	annotations(x->root, out);
	net(x->root, &a, out);
	listeners(x->root, out);
	if (json_member(x->root, "changes"))
		buf_fmt(out, "\n%lld changes would be made (lbctl plan)\n",
			(long long)json_int(x->root, "changes", 0));
}
