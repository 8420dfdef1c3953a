/* SPDX-License-Identifier: Apache-2.0 */
/* apishape.c - structures by table, from the server's side: parameters are read, answers written.
 */
#include <stdio.h>
#include <string.h>

#include "apicall.h"
#include "xml.h"

enum { MAX_PATH = 200 };

static int shown_at;
void *const list_shown = &shown_at;

/* ---- reading */

struct read {
	struct api_call *c;
	struct err *e;
};

static struct param *find(struct api_call *c, const char *name)
{
	for (size_t i = 0; i < c->nparams; i++) {
		if (strcmp(c->params[i].name, name) != 0)
			continue;
		c->params[i].used = true;
		return &c->params[i];
	}
	return NULL;
}

/* Is there something at, or below, a name? */
static bool begun(const struct api_call *c, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < c->nparams; i++)
		if (strncmp(c->params[i].name, name, n) == 0 &&
		    (!c->params[i].name[n] || c->params[i].name[n] == '.'))
			return true;
	return false;
}

static int unreadable(struct read *r, const char *name, const char *text, const char *what)
{
	return world_refuse(r->e, "ValidationError",
			    "Value '%.100s' at '%.100s' failed to satisfy constraint: Member must "
			    "be %s",
			    text, name, what);
}

static int scalar(struct read *r, enum shape_kind kind, void *at, const char *name,
		  const char *text)
{
	struct shape_num *num = at;
	int64_t v = 0;
	bool yes = strcmp(text, "true") == 0;

	switch (kind) {
	case SHAPE_STR:
	case SHAPE_OPT:
		*(const char **)at = text;
		return 0;
	case SHAPE_INT:
	case SHAPE_NUM:
		if (!str_i64(text, &v) || v != (int32_t)v)
			return unreadable(r, name, text, "a number");
		if (kind == SHAPE_NUM)
			*num = (struct shape_num) { v, true };
		else
			*(int64_t *)at = v;
		return 0;
	case SHAPE_BOOL:
	case SHAPE_FLAG:
		if (!yes && strcmp(text, "false") != 0)
			return unreadable(r, name, text, "true or false");
		if (kind == SHAPE_FLAG)
			*(enum shape_flag *)at = yes ? FLAG_YES : FLAG_NO;
		else
			*(bool *)at = yes;
		return 0;
	default:
		die("%s: a kind that no parameter has", name);
	}
}

static int read_struct(struct read *r, const struct shape *s, void *out, const char *prefix);

static size_t count(struct read *r, const char *name)
{
	size_t n = 0;

	while (begun(r->c, arena_fmt(r->c->a, "%s.%zu", name, n + 1)))
		n++;
	return n;
}

static const char *value(struct read *r, const char *name)
{
	const struct param *p = find(r->c, name);

	return p ? p->value : "";
}

static int read_list(struct read *r, const struct shape_field *f, void *at, const char *name)
{
	bool map = f->kind == SHAPE_MAP;
	const char *each = arena_fmt(r->c->a, "%s.%s", name, map ? "entry" : "member");
	size_t size = shape_element_size(f);
	struct shape_list l = { NULL, count(r, each) };
	struct param *empty = find(r->c, name); /* "Name=": a list of none */

	if (empty && *empty->value)
		return unreadable(r, name, empty->value, "a list");
	l.v = l.n ? arena_get(r->c->a, l.n * size) : NULL;
	for (size_t i = 0; i < l.n; i++) {
		char *to = (char *)l.v + i * size;
		const char *item = arena_fmt(r->c->a, "%s.%zu", each, i + 1);

		if (map)
			*(struct tag *)(void *)to =
				(struct tag) { value(r, arena_fmt(r->c->a, "%s.key", item)),
					       value(r, arena_fmt(r->c->a, "%s.value", item)) };
		else if (f->kind == SHAPE_STRS)
			*(const char **)(void *)to = value(r, item);
		else if (read_struct(r, f->sub, to, arena_fmt(r->c->a, "%s.", item)) < 0)
			return -1;
	}
	memcpy(at, &l, sizeof(l));
	return 0;
}

static int read_one(struct read *r, const struct shape_field *f, void *at, const char *name)
{
	void *one;

	if (!begun(r->c, name))
		return 0;
	one = arena_get(r->c->a, f->sub->size);
	memcpy(at, &one, sizeof(one));
	find(r->c, name);
	return read_struct(r, f->sub, one, arena_fmt(r->c->a, "%s.", name));
}

static int read_struct(struct read *r, const struct shape *s, void *out, const char *prefix)
{
	for (const struct shape_field *f = s->f; f < s->f + s->n; f++) {
		const char *name = arena_fmt(r->c->a, "%s%s", prefix, f->name[0]);
		void *at = (char *)out + f->at;
		struct param *p;
		int rc = 0;

		if (!*f->name[0])
			continue;
		if (shape_is_list(f))
			rc = read_list(r, f, at, name);
		else if (f->kind == SHAPE_ONE)
			rc = read_one(r, f, at, name);
		else if ((p = find(r->c, name)))
			rc = scalar(r, f->kind, at, name, p->value);
		if (rc < 0)
			return -1;
	}
	return 0;
}

int shape_read(struct api_call *c, const struct shape *s, const void **out, struct err *e)
{
	struct read r = { .c = c, .e = e };
	void *in = arena_get(c->a, s->size);
	struct err why = { 0 };

	*out = in;
	if (c->body && shape_get_sent(s, in, c->body, c->a, &why) < 0)
		return world_refuse(e, "ValidationException", "%s", why.msg);
	if (c->body)
		return 0;
	find(c, "Action");
	find(c, "Version");
	if (read_struct(&r, s, in, "") < 0)
		return -1;
	for (size_t i = 0; i < c->nparams; i++)
		if (!c->params[i].used)
			return world_refuse(e, "ValidationError",
					    "The parameter '%.200s' is not recognized",
					    c->params[i].name);
	return 0;
}

/* ---- writing */

/* Elements that are open around the one that is written: "HostHeaderConfig/". */
struct path {
	struct buf *b;
	char open[MAX_PATH];
};

static void path_close(struct path *p, size_t keep)
{
	size_t n = strlen(p->open);

	while (n > keep) {
		size_t at = n - 1;

		while (at > keep && p->open[at - 1] != '/')
			at--;
		buf_fmt(p->b, "</%.*s>", (int)(n - 1 - at), p->open + at);
		p->open[n = at] = '\0';
	}
}

/* Open what name has in front of its last part, close what it has not; the last part. */
static const char *path_to(struct path *p, const char *name)
{
	const char *slash = strrchr(name, '/'), *last = slash ? slash + 1 : name;
	size_t dirs = (size_t)(last - name), same = 0;

	for (size_t i = 0; i < dirs && name[i] == p->open[i] && p->open[i]; i++)
		if (name[i] == '/')
			same = i + 1;
	path_close(p, same);
	while (same < dirs) {
		size_t n = strcspn(name + same, "/");

		buf_fmt(p->b, "<%.*s>", (int)n, name + same);
		same += n + 1;
	}
	snprintf(p->open, sizeof(p->open), "%.*s", (int)dirs, name);
	return last;
}

static void write_list(struct buf *b, const struct shape_field *f, struct shape_list l)
{
	size_t size = shape_element_size(f);
	struct shape_text t;

	for (size_t i = 0; i < l.n; i++) {
		if (f->kind == SHAPE_MAP) {
			const struct tag *tag = (const struct tag *)l.v + i;

			buf_str(b, "<entry>");
			xml_el(b, "key", tag->key);
			xml_el(b, "value", tag->value);
			buf_str(b, "</entry>");
		} else if (f->sub) {
			buf_str(b, "<member>");
			shape_xml(b, f->sub, (const char *)l.v + i * size);
			buf_str(b, "</member>");
		} else {
			xml_el(b, "member", shape_element(f->kind, l, i, &t));
		}
	}
}

static void write_field(struct path *p, const struct shape_field *f, const void *at)
{
	const char *name = f->name[1] ? f->name[1] : f->name[0], *text;
	struct shape_list l = { 0 };
	struct shape_text t;

	if (shape_is_list(f)) {
		l = shape_list_at(at);
		if (!l.n && l.v != list_shown)
			return;
		name = path_to(p, name);
		buf_fmt(p->b, "<%s>", name);
		write_list(p->b, f, l);
		buf_fmt(p->b, "</%s>", name);
	} else if (f->kind == SHAPE_ONE) {
		if (!shape_pointer_at(at))
			return;
		name = path_to(p, name);
		buf_fmt(p->b, "<%s>", name);
		shape_xml(p->b, f->sub, shape_pointer_at(at));
		buf_fmt(p->b, "</%s>", name);
	} else {
		text = f->kind == SHAPE_BOOL && !*(const bool *)at ? "false"
								   : shape_scalar(f->kind, at, &t);
		if (text)
			xml_el(p->b, path_to(p, name), text);
	}
}

void shape_xml(struct buf *b, const struct shape *s, const void *in)
{
	struct path p = { .b = b };

	for (const struct shape_field *f = s->f; f < s->f + s->n; f++) {
		const char *name = f->name[1] ? f->name[1] : f->name[0];

		if (*name)
			write_field(&p, f, (const char *)in + f->at);
	}
	path_close(&p, 0);
}
