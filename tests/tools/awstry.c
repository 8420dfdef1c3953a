/* SPDX-License-Identifier: Apache-2.0 */
/* awstry.c - calls the wrappers of ELBv2, ACM and the tagging API for tests: each line of standard
 * input is `ACTION JSON`, with the API's own names; each is answered by a line: {"answer":...} with
 * what the wrapper read, or {"error":{"code","class","message"}}. `awstry tables` prints which
 * actions and members there are. Session by the environment. */
#include "acm.h"
#include "elbv2.h"
#include "jsonlines.h"
#include "str.h"
#include "tagging.h"

/* ---- each wrapper by its action's name */

struct act {
	enum aws_service service;
	const char *name;
	const struct shape *in, *out; /* out: of the elements of list, if it has a name */
	const char *list;
	int (*call)(struct aws *w, const void *in, void *out, struct arena *a, int64_t deadline,
		    struct err *e);
};
/* As struct Ts, whatever T is. */
struct list {
	void *v;
	size_t n;
};

#define THUNK(name, fn, out)                                                               \
	static int name##_call(struct aws *w, const void *in, void *out_, struct arena *a, \
			       int64_t deadline, struct err *e)                            \
	{                                                                                  \
		return fn(w, in, out, a, deadline, e);                                     \
	}
#define ALL(fn, action, in_t, out_t, l) THUNK(fn, elb_##fn, out_)
#define GET ALL
#define CUT ALL
#define ONE(fn, action, in_t, out_t, l)                                                  \
	static int fn##_call(struct aws *w, const void *in, void *out_, struct arena *a, \
			     int64_t deadline, struct err *e)                            \
	{                                                                                \
		struct out_t##s *one = out_;                                             \
                                                                                         \
		*one = (struct out_t##s) { NEW(a, struct out_t), 1 };                    \
		return elb_##fn(w, in, one->v, a, deadline, e);                          \
	}
#define RULE ONE
#define TOP(fn, action, in_t, out_t) THUNK(fn, elb_##fn, out_)
#define PUT(fn, action, in_t)                                                            \
	static int fn##_call(struct aws *w, const void *in, void *out_, struct arena *a, \
			     int64_t deadline, struct err *e)                            \
	{                                                                                \
		(void)out_;                                                              \
		return elb_##fn(w, in, a, deadline, e);                                  \
	}
#include "elbv2.def"
THUNK(list_certificates, acm_list_certificates, out_)
THUNK(describe_certificate, acm_describe_certificate, out_)
THUNK(get_resources, tagging_get_resources, out_)

static const struct act acts[] = {
#define ALL(fn, action, in_t, out_t, l) \
	{ AWS_ELBV2, #action, &in_t##_shape, &out_t##_shape, #l, fn##_call },
#define GET ALL
#define CUT ALL
#define ONE ALL
#define RULE ALL
#define TOP(fn, action, in_t, out_t) \
	{ AWS_ELBV2, #action, &in_t##_shape, &out_t##_shape, NULL, fn##_call },
#define PUT(fn, action, in_t) { AWS_ELBV2, #action, &in_t##_shape, NULL, NULL, fn##_call },
#include "elbv2.def"
	{ AWS_ACM, "ListCertificates", &acm_list_certificates_shape, &acm_certificate_shape,
	  "CertificateSummaryList", list_certificates_call },
	{ AWS_ACM, "DescribeCertificate", &acm_describe_certificate_shape, &acm_detail_shape, NULL,
	  describe_certificate_call },
	{ AWS_TAGGING, "GetResources", &tagging_get_resources_shape, &tagging_resource_shape,
	  "ResourceTagMappingList", get_resources_call },
};

/* ---- structs as JSON, all that was read */

static const char *received(const struct shape_field *f)
{
	return f->name[1] ? f->name[1] : f->name[0];
}

/* The object in which the member at path is, made where it is missing; *path: the last name. */
static struct json *place(struct json *j, const char **path, struct arena *a)
{
	const char *slash;

	while ((slash = strchr(*path, '/'))) {
		const char *name = arena_fmt(a, "%.*s", (int)(slash - *path), *path);
		struct json *sub = json_copy(json_member(j, name));

		if (!sub)
			sub = json_object();
		json_add(j, name, sub);
		j = sub;
		*path = slash + 1;
	}
	return j;
}

static struct json *as_json(const struct shape *s, const void *in, struct arena *a);

static struct json *elements(const struct shape_field *f, const struct list *l, struct arena *a)
{
	struct json *j = f->kind == SHAPE_MAP ? json_object() : json_array();
	const struct tag *t = l->v;

	for (size_t i = 0; i < l->n; i++) {
		if (f->kind == SHAPE_STRS)
			json_push_str(j, ((const char **)l->v)[i]);
		else if (f->kind == SHAPE_MAP)
			json_add_str(j, t[i].key, t[i].value);
		else
			json_push(j, as_json(f->sub, (char *)l->v + i * f->sub->size, a));
	}
	return j;
}

/* NULL: nothing was read. */
static struct json *value(const struct shape_field *f, const void *at, struct arena *a)
{
	auto_json struct json *box = json_object();
	const void *p;

	switch (f->kind) {
	case SHAPE_STR:
	case SHAPE_OPT:
	case SHAPE_ONE:
		memcpy(&p, at, sizeof(p));
		if (f->kind == SHAPE_ONE && p)
			return as_json(f->sub, p, a);
		if (p && (f->kind == SHAPE_OPT || *(const char *)p))
			json_add_str(box, "v", p);
		break;
	case SHAPE_INT:
		json_add_int(box, "v", *(const int64_t *)at);
		break;
	case SHAPE_NUM:
		if (((const struct shape_num *)at)->set)
			json_add_int(box, "v", ((const struct shape_num *)at)->v);
		break;
	case SHAPE_BOOL:
		json_add_bool(box, "v", *(const bool *)at);
		break;
	case SHAPE_FLAG:
		if (*(const enum shape_flag *)at != FLAG_UNSET)
			json_add_bool(box, "v", *(const enum shape_flag *)at == FLAG_YES);
		break;
	case SHAPE_STRS:
	case SHAPE_LIST:
	case SHAPE_MAP:
		return elements(f, at, a);
	case SHAPE_IP:
	case SHAPE_CIDR:
	case SHAPE_IPS:
	case SHAPE_CIDRS:
	case SHAPE_RAW: /* of Kubernetes alone */
	case SHAPE_PORT:
		die("no such kind in these services");
	}
	return json_copy(json_member(box, "v"));
}

static struct json *as_json(const struct shape *s, const void *in, struct arena *a)
{
	struct json *j = json_object();

	for (size_t i = 0; i < s->n; i++) {
		const char *path = received(&s->f[i]);
		struct json *v = value(&s->f[i], (const char *)in + s->f[i].at, a);

		struct json *object = v && *path ? place(j, &path, a) : NULL;

		if (object)
			json_add(object, path, v);
		else
			json_free(&v);
	}
	return j;
}

/* ---- JSON as a struct: as it is read, but what is not there is not sent */

static const struct json *find(const struct json *j, const char *path, struct arena *a)
{
	struct strs names = str_split(path, "/", a);

	for (size_t i = 0; i < names.n; i++)
		j = json_member(j, names.v[i]);
	return j;
}

static void unset_absent(const struct shape *s, void *in, const struct json *j, struct arena *a)
{
	static const char *const absent = NULL;

	for (size_t i = 0; i < s->n; i++) {
		const struct shape_field *f = &s->f[i];
		const struct json *from = find(j, received(f), a);
		char *at = (char *)in + f->at;
		struct list l;

		if (f->kind == SHAPE_STR && !from) {
			memcpy(at, &absent, sizeof(absent));
		} else if (f->kind == SHAPE_ONE && from) {
			memcpy(&l.v, at, sizeof(l.v));
			unset_absent(f->sub, l.v, from, a);
		} else if (f->kind == SHAPE_LIST) {
			memcpy(&l, at, sizeof(l));
			from = json_first(from);
			for (size_t k = 0; k < l.n; k++, from = json_next(from))
				unset_absent(f->sub, (char *)l.v + k * f->sub->size, from, a);
		}
	}
}

/* ---- the program */

static struct json *call(struct aws *w, const char *line, struct arena *a, struct err *e)
{
	const char *args = line + strcspn(line, " ");
	const char *name = arena_fmt(a, "%.*s", (int)(args - line), line);
	auto_json struct json *q = json_parse(args, strlen(args), e);
	const struct act *act = acts;
	struct json *answer;
	void *in, *out;

	while (act < acts + COUNT(acts) && strcmp(act->name, name) != 0)
		act++;
	if (act == acts + COUNT(acts))
		return fail(e, EINVAL, "no such action here: %s", name), NULL;
	in = arena_get(a, act->in->size);
	out = arena_get(a, act->out && !act->list ? act->out->size : sizeof(struct list));
	if (!q || shape_get_json(act->in, in, q, a, e) < 0)
		return NULL;
	unset_absent(act->in, in, q, a);
	if (act->call(w, in, out, a, now_ms() + PATIENCE_MS, e) < 0)
		return NULL;
	if (act->out && !act->list)
		return as_json(act->out, out, a);
	answer = json_object();
	if (act->list)
		json_add(
			answer, act->list,
			elements(&(struct shape_field) { SHAPE_LIST, 0, act->out, { 0 } }, out, a));
	return answer;
}

static struct json *table(const struct shape *s)
{
	static const char *const kinds[] = {
		[SHAPE_STR] = "string",   [SHAPE_OPT] = "string",   [SHAPE_INT] = "integer",
		[SHAPE_NUM] = "integer",  [SHAPE_BOOL] = "boolean", [SHAPE_FLAG] = "boolean",
		[SHAPE_STRS] = "strings", [SHAPE_MAP] = "map",      [SHAPE_ONE] = "structure",
		[SHAPE_LIST] = "list"
	};
	struct json *j = json_array();

	for (size_t i = 0; s && i < s->n; i++) {
		struct json *f = json_object();

		json_add_str(f, "sent", s->f[i].name[0]);
		json_add_str(f, "received", received(&s->f[i]));
		json_add_str(f, "kind", kinds[s->f[i].kind]);
		if (s->f[i].sub)
			json_add(f, "of", table(s->f[i].sub));
		json_push(j, f);
	}
	return j;
}

static void print_tables(void)
{
	auto_json struct json *all = json_array();

	for (size_t i = 0; i < COUNT(acts); i++) {
		struct json *j = json_object();

		json_add_str(j, "service", aws_services[acts[i].service].sdk_id);
		json_add_str(j, "name", acts[i].name);
		json_add(j, "in", table(acts[i].in));
		json_add(j, "out", table(acts[i].out));
		json_add_str(j, "list", acts[i].list ? acts[i].list : "");
		json_push(all, j);
	}
	jsonlines_print(all);
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "tables") == 0) {
		print_tables();
		return 0;
	}
	if (argc != 1) {
		fputs("usage: awstry [tables]\n", stderr);
		return 2;
	}
	return jsonlines_serve("awstry", call);
}
