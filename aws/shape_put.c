/* SPDX-License-Identifier: Apache-2.0 */
/* shape_put.c - structs to the parameters of AWS's query protocols, by table. */
#include "shape_call.h"

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
	struct shape_text t;

	for (size_t i = 0; i < l.n; i++) {
		buf_fmt(&w->name, "%s.%zu", member, i + 1);
		if (f->sub) {
			buf_str(&w->name, ".");
			put_struct(w, f->sub, (const char *)l.v + i * f->sub->size);
		} else {
			aws_param(w->out, w->name.p, shape_element(f->kind, l, i, &t));
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
	struct shape_text t;
	const char *v;

	switch (f->kind) {
	case SHAPE_STRS:
	case SHAPE_IPS:
	case SHAPE_CIDRS:
	case SHAPE_LIST:
		put_list(w, f, shape_list_at(at));
		break;
	case SHAPE_MAP:
		put_map(w, at);
		break;
	case SHAPE_ONE:
		buf_str(&w->name, ".");
		if (shape_pointer_at(at))
			put_struct(w, f->sub, shape_pointer_at(at));
		break;
	default:
		v = shape_scalar(f->kind, at, &t);
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
