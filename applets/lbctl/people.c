/* SPDX-License-Identifier: Apache-2.0 */
/* people.c - objects and AWS for the commands that people give. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "kube.h"
#include "people.h"
#include "words.h"
#include "yaml.h"

enum { ASK_MS = 120000, LONG_MS = 2000, CHUNK = 500 };

static bool colours(void)
{
	const char *no = str_env("NO_COLOR"), *term = str_env("TERM");

	return isatty(STDOUT_FILENO) && !*no && strcmp(term, "dumb") != 0;
}

/* ---- options */

static int take_value(char **argv, int argc, int *i, const char *name, const char **v,
		      struct err *e)
{
	size_t n = strlen(name);

	if (strncmp(argv[*i], name, n) != 0 || (argv[*i][n] && argv[*i][n] != '='))
		return 0;
	if (argv[*i][n]) {
		*v = argv[*i] + n + 1;
		return 1;
	}
	if (*i + 1 >= argc)
		return fail(e, EINVAL, "option '%s' needs a value", name);
	*v = argv[++*i];
	return 1;
}

static int more_of(const char **list, size_t *n, size_t most, const char *v, const char *what,
		   struct err *e)
{
	if (*n == most)
		return fail(e, EINVAL, "more than %zu %s", most, what);
	list[(*n)++] = v;
	return 1;
}

static int single_option(struct people *p, char **argv, int argc, int *i, struct err *e)
{
	const struct {
		const char *name, **at;
	} rows[] = { { "--plan", &p->plan },     { "--load-balancer", &p->balancer },
		     { "--method", &p->method }, { "--source", &p->source },
		     { "-n", &p->ns },           { "--namespace", &p->ns } };
	int rc = 0;

	for (size_t k = 0; k < COUNT(rows) && rc == 0; k++)
		rc = take_value(argv, argc, i, rows[k].name, rows[k].at, e);
	return rc;
}

static int own_option(struct people *p, char **argv, int argc, int *i, struct err *e)
{
	const char *v;
	int rc = take_value(argv, argc, i, "-f", &v, e);

	if (rc == 1)
		return more_of(p->files, &p->nfiles, COUNT(p->files), v,
			       "files; give one with several documents", e);
	if (rc == 0)
		rc = take_value(argv, argc, i, "--header", &v, e);
	if (rc == 1)
		return more_of(p->headers, &p->nheaders, COUNT(p->headers), v, "headers", e);
	if (rc == 0)
		rc = single_option(p, argv, argc, i, e);
	if (rc)
		return rc;
	rc = take_value(argv, argc, i, "-o", &v, e);
	if (rc == 1 && strcmp(v, "json") != 0 && strcmp(v, "text") != 0)
		return fail(e, EINVAL, "-o '%s' is neither text nor json", v);
	if (rc == 1)
		p->json = strcmp(v, "json") == 0;
	if (rc == 0 && strcmp(argv[*i], "--cluster") == 0)
		return p->cluster = true, 1;
	if (rc == 0 && strcmp(argv[*i], "-v") == 0)
		return p->verbose = true, 1;
	return rc;
}

/* Operands may stand in front of the options. */
static void operands_last(int argc, char **argv)
{
	auto_ptr char **copy = xalloc((size_t)argc * sizeof(*copy));
	int n = 1;

	while (n < argc && argv[n][0] != '-')
		n++;
	memcpy(copy, argv, (size_t)argc * sizeof(*copy));
	memcpy(argv + 1, copy + n, (size_t)(argc - n) * sizeof(*copy));
	memcpy(argv + 1 + argc - n, copy + 1, (size_t)(n - 1) * sizeof(*copy));
}

static int options(struct people *p, int *argc, char **argv, struct err *e)
{
	auto_buf struct buf complaints = { 0 };
	int n = 1;

	operands_last(*argc, argv);
	for (int i = 1; i < *argc; i++) {
		int rc = own_option(p, argv, *argc, &i, e);

		if (rc < 0)
			return -1;
		if (rc == 0)
			argv[n++] = argv[i];
	}
	*argc = n;
	n = lboptions_read(&p->o, n, argv, &complaints, &p->mem, e);
	if (n >= 0 && complaints.len)
		fputs(complaints.p, stderr);
	return n;
}

static bool wants_help(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

int people_start(struct people *p, const char *command, const char *help, int *argc, char ***argv)
{
	struct err e = { 0 };
	int operand;

	p->command = command;
	p->colour = colours();
	if (wants_help(*argc, *argv)) {
		fputs(help, stdout);
		return 0;
	}
	operand = options(p, argc, *argv, &e);
	if (operand < 0) {
		(void)people_sorry(p, &e);
		return -1;
	}
	*argc -= operand;
	*argv += operand;
	return 1;
}

void people_tell(const struct people *p, const char *fmt, ...)
{
	auto_buf struct buf out = { 0 };
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	words_plain(text, &out);
	fprintf(stderr, "lbctl %s: %s\n", p->command, out.p ? out.p : "");
}

int people_sorry(const struct people *p, const struct err *e)
{
	people_tell(p, "%s", e->msg);
	return e->num == EINVAL ? PEOPLE_USAGE : 1;
}

int people_print(struct json **j)
{
	auto_buf struct buf text = { 0 };

	json_print(*j, 2, &text);
	json_free(j);
	puts(text.p);
	return fflush(stdout) != 0;
}

/* ---- AWS and the API server */

static void note(void *arg, enum kube_kind kind, const struct kube_meta *m, bool warning,
		 const char *reason, const char *text)
{
	struct people *p = arg;

	(void)warning;
	if (p->nnotes == p->notes_cap) {
		p->notes_cap = p->notes_cap ? 2 * p->notes_cap : 8;
		p->notes = xgrow(p->notes, p->notes_cap * sizeof(*p->notes));
	}
	p->notes[p->nnotes++] =
		(struct people_note) { arena_fmt(&p->mem, "%s %s/%s", kube_kinds[kind].kind, m->ns,
						 m->name),
				       arena_str(&p->mem, reason), arena_str(&p->mem, text) };
}

int people_open_kube(struct people *p, struct err *e)
{
	const struct kube_options ko = { .config = &p->kube_config,
					 .agent = "vpcbox/" VERSION,
					 .token = eks_token,
					 .token_arg = &p->eks };

	if (kube_config_load(&p->kube_config, p->o.kubeconfig, p->o.context, &p->mem, e) < 0 ||
	    kube_new(&p->kube, &ko, e) < 0)
		return -1;
	p->env.kube = p->kube;
	return 0;
}

int people_open(struct people *p, struct err *e)
{
	if (!*p->o.c.cluster)
		return fail(e, EINVAL,
			    "--cluster-name is missing: names and tags in AWS are made "
			    "of it");
	p->progress = progress_new(p->command, STDERR_FILENO, LONG_MS);
	progress_say(p->progress, "asking for credentials and the VPC");
	if (open_aws(&p->o, &p->o.c, NULL, &p->aws, &p->mem, e) < 0)
		return -1;
	p->eks = (struct eks_asker) { p->aws, &p->kube_config };
	p->index = elbindex_new(&p->o.c);
	p->facts = awsfacts_new(p->aws, &p->o.c, p->index);
	p->env = (struct passenv) { .c = &p->o.c,
				    .aws = p->aws,
				    .kube = p->kube,
				    .index = p->index,
				    .facts = p->facts,
				    .dry = true,
				    .told = note,
				    .told_arg = p,
				    .deadline = now_ms() + ASK_MS };
	return p->cluster ? people_open_kube(p, e) : 0;
}

/* ---- objects */

static int kind_of(const struct json *j)
{
	const char *kind = json_str(j, "kind", ""), *version = json_str(j, "apiVersion", "");

	for (int k = 0; k < KUBE_KINDS; k++)
		if (strcmp(kube_kinds[k].kind, kind) == 0 &&
		    strcmp(kube_kinds[k].group_version, version) == 0)
			return k;
	return -1;
}

static void put(struct snapshot *s, struct kube_object *o)
{
	snapshot_put(s, o);
	kube_unref(&o);
}

/* The API server would have said so (defaults of the API). */
static struct json *with_defaults(const struct json *j, int kind)
{
	struct json *copy = json_copy(j);
	struct json *meta = json_copy(json_member(copy, "metadata"));

	if (!meta)
		meta = json_object();
	if (kube_kinds[kind].namespaced && !json_member(meta, "namespace"))
		json_add_str(meta, "namespace", "default");
	json_add(copy, "metadata", meta);
	return copy;
}

static int read_document(struct people *p, const struct json *j, struct err *e)
{
	int kind = kind_of(j);
	auto_json struct json *whole = NULL;
	struct kube_object *o;

	if (strcmp(json_str(j, "kind", ""), "List") == 0) {
		for (const struct json *m = json_first(json_member(j, "items")); m;
		     m = json_next(m))
			if (read_document(p, m, e) < 0)
				return -1;
		return 0;
	}
	if (kind < 0)
		return 0;
	whole = with_defaults(j, kind);
	o = kube_object((enum kube_kind)kind, whole, e);
	if (!o)
		return -1;
	put(&p->objects, o);
	return 0;
}

static int read_manifest(struct people *p, const char *path, struct err *e)
{
	auto_buf struct buf text = { 0 };
	auto_json struct json *docs = NULL;
	size_t nth = 0;

	if (file_read(strcmp(path, "-") == 0 ? "/dev/stdin" : path, YAML_MAX, &text, e) < 0)
		return -1;
	docs = yaml_parse(text.p ? text.p : "", text.len, e);
	if (!docs)
		return wrap(e, "%s", path);
	for (const struct json *d = json_first(docs); d; d = json_next(d)) {
		nth++;
		if (read_document(p, d, e) < 0)
			return wrap(e, "%s, document %zu", path, nth);
	}
	return 0;
}

static int list_chunk(struct people *p, enum kube_kind kind, const char *go_on, struct json **out,
		      struct err *e)
{
	auto_arena struct arena a = { 0 };
	const char *ns = kube_kinds[kind].namespaced ? p->o.watch_ns : "";
	const struct kube_call c = { .method = "GET",
				     .path = kube_path(kind, ns, NULL, NULL, &a),
				     .query = arena_fmt(&a, "limit=%d%s%s", CHUNK,
							*go_on ? "&continue=" : "", go_on) };

	return kube_do(p->kube, &c, out, p->env.deadline, e);
}

static int list_kind(struct people *p, enum kube_kind kind, struct err *e)
{
	auto_arena struct arena a = { 0 };
	const char *go_on = "";

	progress_say(p->progress, "listing %s", kube_kinds[kind].plural);
	do {
		auto_json struct json *j = NULL;

		if (list_chunk(p, kind, go_on, &j, e) < 0)
			return wrap(e, "listing %s", kube_kinds[kind].plural);
		for (const struct json *m = json_first(json_get(j, "items")); m; m = json_next(m)) {
			struct kube_object *o = kube_object(kind, m, e);

			if (o)
				put(&p->objects, o);
			else
				people_tell(p, "left out: %s", e->msg);
		}
		go_on = arena_str(&a, json_str(j, "metadata.continue", ""));
	} while (*go_on);
	return 0;
}

int people_read(struct people *p, struct err *e)
{
	if (!p->cluster && !p->nfiles)
		return fail(e, EINVAL,
			    "what to look at: -f FILE, or --cluster for all that the API "
			    "server has");
	for (int k = 0; p->cluster && k < KUBE_KINDS; k++)
		if (k != KUBE_POD && k != KUBE_NODE && k != KUBE_SLICE && !kube_kinds[k].optional &&
		    list_kind(p, (enum kube_kind)k, e) < 0)
			return -1;
	for (size_t i = 0; i < p->nfiles; i++)
		if (read_manifest(p, p->files[i], e) < 0)
			return -1;
	return 0;
}

void people_free(struct people *p)
{
	progress_free(&p->progress);
	snapshot_free(&p->objects);
	awsfacts_free(&p->facts);
	elbindex_free(&p->index);
	kube_free(&p->kube);
	aws_free(&p->aws);
	free(p->notes);
	arena_free(&p->mem);
}

/* ---- owners */

static void add_owner(struct owners *l, bool service, const char *ns, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].service == service && strcmp(l->v[i].ns, ns) == 0 &&
		    strcmp(l->v[i].name, name) == 0)
			return;
	l->v[l->n++] = (struct owner) { service, ns, name };
}

/* A group lasts until nobody holds its finalizer. */
static void add_groups(struct owners *out, const struct kube_ingress *in)
{
	static const char explicit[] = "group.ingress.k8s.aws/";

	for (size_t i = 0; i < in->finalizers.n; i++) {
		const char *f = in->finalizers.v[i];

		if (strcmp(f, "ingress.k8s.aws/resources") == 0)
			add_owner(out, false, in->ns, in->name);
		else if (str_prefix(f, explicit))
			add_owner(out, false, "", f + strlen(explicit));
	}
}

struct owners people_owners(struct people *p, size_t *bad)
{
	const struct model_objects o = snapshot_objects(&p->objects);
	size_t ns = p->objects.n[KUBE_SERVICE], ni = p->objects.n[KUBE_INGRESS], n = ns + ni;
	struct owners out = { 0 };

	for (size_t i = 0; i < ni; i++)
		n += kube_meta(p->objects.v[KUBE_INGRESS][i])->finalizers.n;
	out.v = arena_get(&p->mem, n * sizeof(*out.v));
	*bad = 0;
	for (size_t i = 0; i < ns; i++) {
		const struct kube_service *s = kube_of(p->objects.v[KUBE_SERVICE][i]);

		if (service_ours(&p->o.c, s) ||
		    pass_has_finalizer((const void *)s, "service.k8s.aws/resources"))
			add_owner(&out, true, s->ns, s->name);
	}
	for (size_t i = 0; i < ni; i++) {
		const struct kube_ingress *in = kube_of(p->objects.v[KUBE_INGRESS][i]);
		const struct kube_class_params *params;
		struct ingress_group_id id;
		struct err e = { 0 };
		int rc = ingress_group_of(&p->o.c, &o, in, &id, &params, &p->mem, &e);

		if (rc == 1)
			add_owner(&out, false, id.ns, id.name);
		if (rc < 0) {
			people_tell(p, "Ingress %s/%s: %s", in->ns, in->name, e.msg);
			++*bad;
		}
		add_groups(&out, in);
	}
	return out;
}

const char *owner_name(const struct owner *o, struct arena *a)
{
	return arena_fmt(a, "%s %s%s%s", o->service ? "Service" : "Ingress group", o->ns,
			 *o->ns ? "/" : "", o->name);
}

int people_plan(struct people *p, const struct owner *o, struct pass *out, struct err *e)
{
	const struct ingress_group_id id = { o->ns, o->name };

	out->env = &p->env;
	progress_say(p->progress, "%s: asking AWS", owner_name(o, &p->mem));
	p->nnotes = 0;
	for (int k = 0; k < KUBE_KINDS; k++)
		for (size_t i = 0; i < p->objects.n[k]; i++)
			snapshot_add(&out->objects, p->objects.v[k][i]);
	return o->service ? pass_service(out, o->ns, o->name, e) : pass_group(out, &id, e);
}
