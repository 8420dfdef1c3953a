/* SPDX-License-Identifier: Apache-2.0 */
/* shape.c - structs to parameters and JSON, by table. */
#include <stdio.h>
#include <string.h>

#include "shape.h"

AWS_SHAPE(tag, TAG)

const char *tag_get(const struct tags *t, const char *key)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->v[i].key, key) == 0)
			return t->v[i].value;
	return NULL;
}

static struct shape_list list_at(const void *at)
{
	struct shape_list l;

	memcpy(&l, at, sizeof(l));
	return l;
}

static const void *pointer_at(const void *at)
{
	const void *p;

	memcpy(&p, at, sizeof(p));
	return p;
}

/* ---- writing */

struct text {
	char s[64];
};

/* A single value as text, in t unless it is a string; NULL when it is not to be sent. */
static const char *scalar(enum shape_kind kind, const void *at, struct text *t)
{
	switch (kind) {
	case SHAPE_STR:
	case SHAPE_OPT:
		return pointer_at(at);
	case SHAPE_INT:
		snprintf(t->s, sizeof(t->s), "%lld", (long long)*(const int64_t *)at);
		return *(const int64_t *)at ? t->s : NULL;
	case SHAPE_NUM:
		snprintf(t->s, sizeof(t->s), "%lld", (long long)((const struct aws_num *)at)->v);
		return ((const struct aws_num *)at)->set ? t->s : NULL;
	case SHAPE_BOOL:
		return *(const bool *)at ? "true" : NULL;
	case SHAPE_FLAG:
		if (*(const enum aws_flag *)at == FLAG_UNSET)
			return NULL;
		return *(const enum aws_flag *)at == FLAG_YES ? "true" : "false";
	case SHAPE_IP:
		snprintf(t->s, sizeof(t->s), "%s", ip_text(*(const struct ip *)at).s);
		return *t->s ? t->s : NULL;
	case SHAPE_CIDR:
		if (!((const struct cidr *)at)->ip.family)
			return NULL;
		snprintf(t->s, sizeof(t->s), "%s", cidr_text(*(const struct cidr *)at).s);
		return t->s;
	default: /* of more than one value */
		return NULL;
	}
}

/* The i-th value of a list as text, in t unless it is a string. */
static const char *element(enum shape_kind kind, struct shape_list l, size_t i, struct text *t)
{
	if (kind == SHAPE_IPS)
		return scalar(SHAPE_IP, (const struct ip *)l.v + i, t);
	if (kind == SHAPE_CIDRS)
		return scalar(SHAPE_CIDR, (const struct cidr *)l.v + i, t);
	return ((const char **)l.v)[i];
}

struct put {
	enum aws_protocol p;
	struct aws_params *out;
	struct buf name; /* of the parameter that is being written */
};

static void put_end(struct put *w)
{
	buf_free(&w->name);
}

static void name_cut(struct put *w, size_t len)
{
	w->name.len = len;
	if (w->name.p)
		w->name.p[len] = '\0';
}

static void put_struct(struct put *w, const struct shape *s, const void *in);

static void put_list(struct put *w, const struct shape_field *f, struct shape_list l)
{
	const char *member = w->p == AWS_EC2_QUERY ? "" : ".member";
	size_t len = w->name.len;
	struct text t;

	for (size_t i = 0; i < l.n; i++) {
		buf_fmt(&w->name, "%s.%zu", member, i + 1);
		if (f->sub) {
			buf_str(&w->name, ".");
			put_struct(w, f->sub, (const char *)l.v + i * f->sub->size);
		} else {
			aws_param(w->out, w->name.p, element(f->kind, l, i, &t));
		}
		name_cut(w, len);
	}
}

static void put_map(struct put *w, const struct tags *t)
{
	size_t len = w->name.len;

	for (size_t i = 0; i < t->n; i++) {
		buf_fmt(&w->name, ".entry.%zu.key", i + 1);
		aws_param(w->out, w->name.p, t->v[i].key);
		name_cut(w, len);
		buf_fmt(&w->name, ".entry.%zu.value", i + 1);
		aws_param(w->out, w->name.p, t->v[i].value);
		name_cut(w, len);
	}
}

static void put_field(struct put *w, const struct shape_field *f, const void *at)
{
	struct text t;
	const char *v;

	switch (f->kind) {
	case SHAPE_STRS:
	case SHAPE_IPS:
	case SHAPE_CIDRS:
	case SHAPE_LIST:
		put_list(w, f, list_at(at));
		break;
	case SHAPE_MAP:
		put_map(w, at);
		break;
	case SHAPE_ONE:
		buf_str(&w->name, ".");
		if (pointer_at(at))
			put_struct(w, f->sub, pointer_at(at));
		break;
	default:
		v = scalar(f->kind, at, &t);
		if (v)
			aws_param(w->out, w->name.p, v);
	}
}

static void put_struct(struct put *w, const struct shape *s, const void *in)
{
	size_t len = w->name.len;

	for (size_t i = 0; i < s->n; i++) {
		if (!*s->f[i].name[0])
			continue;
		buf_str(&w->name, s->f[i].name[0]);
		put_field(w, &s->f[i], (const char *)in + s->f[i].at);
		name_cut(w, len);
	}
}

void shape_put(const struct shape *s, const void *in, enum aws_protocol p, struct aws_params *out)
{
	AUTO(put_end) struct put w = { .p = p, .out = out };

	put_struct(&w, s, in);
}

static struct json *json_list(const struct shape_field *f, struct shape_list l)
{
	struct json *j = json_array();
	struct text t;

	for (size_t i = 0; i < l.n; i++) {
		if (f->sub)
			json_push(j, shape_json(f->sub, (const char *)l.v + i * f->sub->size));
		else
			json_push_str(j, element(f->kind, l, i, &t));
	}
	return j;
}

static struct json *json_map(const struct tags *t)
{
	struct json *j = json_object();

	for (size_t i = 0; i < t->n; i++)
		json_add_str(j, t->v[i].key, t->v[i].value);
	return j;
}

static void json_field(struct json *j, const struct shape_field *f, const void *at)
{
	const char *name = f->name[0], *v;
	struct text t;

	switch (f->kind) {
	case SHAPE_STRS:
	case SHAPE_IPS:
	case SHAPE_CIDRS:
	case SHAPE_LIST:
		if (list_at(at).n)
			json_add(j, name, json_list(f, list_at(at)));
		return;
	case SHAPE_MAP:
		if (list_at(at).n)
			json_add(j, name, json_map(at));
		return;
	case SHAPE_ONE:
		if (pointer_at(at))
			json_add(j, name, shape_json(f->sub, pointer_at(at)));
		return;
	default:
		v = scalar(f->kind, at, &t);
	}
	if (!v)
		return;
	if (f->kind == SHAPE_INT)
		json_add_int(j, name, *(const int64_t *)at);
	else if (f->kind == SHAPE_NUM)
		json_add_int(j, name, ((const struct aws_num *)at)->v);
	else if (f->kind == SHAPE_BOOL || f->kind == SHAPE_FLAG)
		json_add_bool(j, name, *v == 't');
	else
		json_add_str(j, name, v);
}

struct json *shape_json(const struct shape *s, const void *in)
{
	struct json *j = json_object();

	for (size_t i = 0; i < s->n; i++)
		if (*s->f[i].name[0])
			json_field(j, &s->f[i], (const char *)in + s->f[i].at);
	return j;
}
