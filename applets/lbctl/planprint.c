/* SPDX-License-Identifier: Apache-2.0 */
/* planprint.c - a plan for people: a step a paragraph, a field a line. */
#include <string.h>

#include "plan.h"
#include "words.h"

enum { FIELD_MOST = 28, LEVEL = 2, FIRST = 4 };

struct printer {
	struct buf *out;
	struct arena a;
	bool colour;
};

static void put_json(struct printer *p, const struct json *j, int at);

static void indent(struct printer *p, int at)
{
	buf_fmt(p->out, "%*s", at, "");
}

/* "#/resources/AWS::X::TargetGroup/ID/status/..." as "<TargetGroup ID>": made by a step before. */
static void put_text(struct printer *p, const char *s)
{
	const char *type, *id, *last;

	if (strcmp(s, STACK_BACKEND_SG) == 0) {
		buf_str(p->out, "<SecurityGroup shared backend>");
	} else if (stack_ref_split(s, &type, &id, &p->a)) {
		last = strrchr(type, ':');
		buf_fmt(p->out, "<%s ", last ? last + 1 : type);
		words_plain(id, p->out);
		buf_str(p->out, ">");
	} else {
		words_plain(*s ? s : "\"\"", p->out);
	}
}

/* ---- values of many parts */

static bool is_many(const struct json *j)
{
	return (json_type(j) == JSON_ARRAY || json_type(j) == JSON_OBJECT) && json_count(j);
}

static bool is_pair(const struct json *j)
{
	return json_type(j) == JSON_OBJECT && json_count(j) == 2 && json_member(j, "Key") &&
	       json_member(j, "Value");
}

static void put_member(struct printer *p, const char *key, const struct json *v, int at)
{
	indent(p, at);
	words_plain(key, p->out);
	buf_str(p->out, ":");
	if (is_many(v)) {
		buf_str(p->out, "\n");
		put_json(p, v, at + LEVEL);
		return;
	}
	buf_str(p->out, " ");
	put_text(p, json_words(v, &p->a));
	buf_str(p->out, "\n");
}

/* "- " stands where its first member's indent would be. */
static void put_element(struct printer *p, const struct json *v, int at)
{
	size_t start = p->out->len;

	if (is_pair(v)) {
		put_member(p, json_str(v, "Key", ""), json_member(v, "Value"), at);
		return;
	}
	if (is_many(v)) {
		put_json(p, v, at + LEVEL);
		p->out->p[start + (size_t)at] = '-';
		return;
	}
	indent(p, at);
	buf_str(p->out, "- ");
	put_text(p, json_words(v, &p->a));
	buf_str(p->out, "\n");
}

static void put_json(struct printer *p, const struct json *j, int at)
{
	for (const struct json *m = json_first(j); m; m = json_next(m)) {
		if (json_type(j) == JSON_OBJECT)
			put_member(p, json_key(m), m, at);
		else
			put_element(p, m, at);
	}
}

/* ---- lines */

static void put_lines(struct printer *p, char sign, const char *v)
{
	const char *on = sign == '+' ? WORDS_GREEN : WORDS_RED;

	for (size_t n; *v; v += n + (v[n] == '\n')) {
		n = strcspn(v, "\n");
		indent(p, FIRST + LEVEL);
		buf_fmt(p->out, "%s%c ", p->colour ? on : "", sign);
		put_text(p, arena_fmt(&p->a, "%.*s", (int)n, v));
		buf_fmt(p->out, "%s\n", p->colour ? WORDS_OFF : "");
	}
}

static bool has_lines(const char *v)
{
	return v && strchr(v, '\n');
}

static struct json *many_of(const char *v)
{
	struct err e;
	struct json *j;

	if (!v || (*v != '[' && *v != '{'))
		return NULL;
	j = json_parse(v, strlen(v), &e);
	if (j && !is_many(j))
		json_free(&j);
	return j;
}

static void put_line(struct printer *p, const struct step_line *l, int width)
{
	auto_json struct json *many = l->from ? NULL : many_of(l->to);
	size_t before = p->out->len;
	int pad;

	indent(p, FIRST);
	words_plain(l->field, p->out);
	buf_str(p->out, ":");
	if (many || has_lines(l->from) || has_lines(l->to)) {
		buf_str(p->out, "\n");
		put_json(p, many, FIRST + LEVEL);
		put_lines(p, '-', many || !l->from ? "" : l->from);
		put_lines(p, '+', many || !l->to ? "" : l->to);
		return;
	}
	pad = FIRST + width + 2 - (int)(p->out->len - before);
	buf_fmt(p->out, "%*s", pad > 0 ? pad : 1, "");
	if (l->from)
		put_text(p, l->from);
	if (l->from && l->to)
		buf_str(p->out, " -> ");
	if (l->to)
		put_text(p, l->to);
	else
		buf_str(p->out, " (goes)");
	buf_str(p->out, "\n");
}

static void put_step(struct printer *p, const struct step *s)
{
	static const char *const on[] = { WORDS_GREEN, WORDS_YELLOW, WORDS_RED };
	int width = 0;

	buf_fmt(p->out, "%s%c ", p->colour ? on[s->effect] : "", "+~-"[s->effect]);
	words_plain(s->title, p->out);
	buf_fmt(p->out, "%s (%s)\n", p->colour ? WORDS_OFF : "",
		s->action ? s->action->name : s->method);
	for (size_t i = 0; i < s->nlines; i++) {
		int n = (int)strnlen(s->lines[i].field, FIELD_MOST + 1);

		if (n <= FIELD_MOST && n > width)
			width = n;
	}
	for (size_t i = 0; i < s->nlines; i++)
		put_line(p, &s->lines[i], width);
}

void plan_print(const struct plan *plan, bool colour, struct buf *out)
{
	struct printer p = { .out = out, .colour = colour };
	size_t n[3] = { 0 };

	for (const struct step *s = plan->v; s < plan->v + plan->n; s++) {
		put_step(&p, s);
		n[s->effect]++;
	}
	if (plan->n)
		buf_fmt(out, "%zu to create, %zu to change, %zu to delete\n", n[STEP_CREATE],
			n[STEP_CHANGE], n[STEP_DELETE]);
	else
		buf_str(out, "nothing to do: everything is as it should be\n");
	arena_free(&p.a);
}
