/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - maxpods: how many pods an instance type has addresses for, also called as
 * max-pods-calculator.sh. */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "applet.h"
#include "clock.h"
#include "podargs.h"
#include "podshow.h"

enum { DONE = 0, NONE = 1, USAGE = 100, SYSTEM = 111, ASK_MS = 10000, NAMED = 5 };

struct run {
	const struct pod_args *in;
	struct types types;
	struct arena *a;
	int64_t deadline;
};

/* ---- one type */

/* Does the number depend on what the table does not know? */
static bool depends(const struct run *r, const struct limits *l)
{
	struct answer answer;
	struct err none;

	return l->vcpus < 0 && answer_of(l, &r->in->q, &answer, r->a, &none) == 0 && answer.unsure;
}

/* The script asks EC2 about every type, so by its name so do we where it matters. */
static int find(struct run *r, const char *type, struct found *out, struct err *e)
{
	bool known = types_find(&r->types, type, &out->l, &out->from, r->a);
	bool ask = r->in->describe || r->in->script;
	struct err why = { 0 };
	struct limits told;

	out->why = NULL;
	if (known && !(ask && depends(r, &out->l)))
		return 0;
	if (!known && (!type_valid(type) || !ask)) {
		types_unknown(&r->types, type, r->a, e);
		if (type_valid(type))
			fail(e, e->num, "%s%s", arena_str(r->a, e->msg),
			     " (--describe asks EC2, --limits reads a file)");
		return -1;
	}
	if (type_describe(type, &told, r->deadline, &why) == 0) {
		if (known)
			limits_fill(&told, &out->l);
		out->l = told;
		out->from = "EC2";
		return 0;
	}
	/* A type that EC2 has forgotten is still in the table; a question without an answer ends
	 * the script, as it ends the original. */
	if (known && !r->in->describe && why.num == ENOENT) {
		out->why = arena_str(r->a, why.msg);
		return 0;
	}
	if (known)
		return *e = why, -1;
	types_unknown(&r->types, type, r->a, e);
	return fail(e, why.num, "%s; %s", arena_str(r->a, e->msg), why.msg);
}

/* Numbers and tabs have no room for a doubt. */
static void say_unsure(struct run *r, const struct found *f, size_t n)
{
	enum format format = r->in->format;
	const struct found *first = NULL;
	const char *names = "";
	size_t unsure = 0;

	for (size_t i = 0; i < n; i++) {
		if (!f[i].answer.unsure)
			continue;
		first = first ? first : &f[i];
		if (unsure++ < NAMED)
			names = arena_fmt(r->a, "%s%s%s", names, *names ? ", " : "", f[i].l.type);
	}
	if (!first || (format != FORMAT_NUMBER && format != FORMAT_TSV))
		return;
	if (unsure > NAMED)
		names = arena_fmt(r->a, "%s and %zu more", names, unsure - NAMED);
	if (n == 1)
		names = arena_fmt(r->a, "%s; %ld is for at most %d", names, first->answer.pods,
				  FEW_VCPUS);
	else
		names = arena_fmt(r->a, "%s; their numbers are for at most %d", names, FEW_VCPUS);
	fprintf(stderr, "vpcbox maxpods: nobody knows the vCPUs of %s%s%s\n", names,
		first->why ? "; " : "", first->why ? printable(first->why, r->a) : "");
}

static int answer(struct run *r, const char *type, struct found *out, struct err *e)
{
	if (find(r, type, out, e) < 0)
		return -1;
	return answer_of(&out->l, &r->in->q, &out->answer, r->a, e);
}

static int answer_one(struct run *r, const char *type, struct err *e)
{
	const struct pod_args *in = r->in;
	struct found f = { 0 };

	if (answer(r, type, &f, e) < 0)
		return -1;
	if (in->format == FORMAT_TEXT)
		show_one(&f, &in->q, in->explain, r->a);
	else if (in->format == FORMAT_JSON)
		show_one_json(&f, &in->q, r->a);
	else
		show_list(&f, 1, in->format, r->a);
	say_unsure(r, &f, 1);
	return DONE;
}

static int answer_words(struct run *r, struct err *e)
{
	const struct strs *words = &r->in->words;
	struct found *all = arena_get(r->a, words->n * sizeof(*all));

	for (size_t i = 0; i < words->n; i++)
		if (answer(r, words->v[i], &all[i], e) < 0)
			return -1;
	if (r->in->explain && r->in->format == FORMAT_TEXT) {
		for (size_t i = 0; i < words->n; i++) {
			printf("%s", i ? "\n" : "");
			show_one(&all[i], &r->in->q, true, r->a);
		}
		return DONE;
	}
	show_list(all, words->n, r->in->format, r->a);
	say_unsure(r, all, words->n);
	return DONE;
}

/* ---- many */

static bool wanted(const struct pod_args *in, const struct found *f)
{
	const struct limits *l = &f->l;
	bool named = in->words.n == 0;

	for (size_t i = 0; i < in->words.n && !named; i++)
		named = fnmatch(in->words.v[i], l->type, 0) == 0;
	return named && f->answer.pods >= in->min_pods &&
	       l->vcpus >= in->min_vcpus - !in->min_vcpus &&
	       (!in->max_vcpus || (l->vcpus >= 0 && l->vcpus <= in->max_vcpus)) &&
	       l->memory_mib >= in->min_memory - !in->min_memory &&
	       (!in->max_memory || (l->memory_mib >= 0 && l->memory_mib <= in->max_memory)) &&
	       (!in->arch || (l->archs & arch_bit(in->arch))) && (!in->bare || l->bare_metal) &&
	       (!in->no_bare || !l->bare_metal) && (!in->trunk || l->branch_enis > 0);
}

static int by_type(const void *a, const void *b)
{
	const struct found *f = a, *g = b;

	return strcmp(f->l.type, g->l.type);
}

static int by_pods(const void *a, const void *b)
{
	const struct found *f = a, *g = b;
	long d = f->answer.pods - g->answer.pods;

	return d ? (d > 0) - (d < 0) : by_type(a, b);
}

static int by_vcpus(const void *a, const void *b)
{
	const struct found *f = a, *g = b;

	return f->l.vcpus != g->l.vcpus ? f->l.vcpus - g->l.vcpus : by_type(a, b);
}

static int by_memory(const void *a, const void *b)
{
	const struct found *f = a, *g = b;
	int32_t x = f->l.memory_mib, y = g->l.memory_mib;

	return x != y ? (x > y) - (x < y) : by_type(a, b);
}

/* A name without wildcards must be one. */
static bool pattern_fits(const char *pattern, const struct limits *v, size_t n)
{
	bool fits = strpbrk(pattern, "*?[\\");

	for (size_t i = 0; i < n && !fits; i++)
		fits = strcmp(pattern, v[i].type) == 0;
	return fits;
}

static int list(struct run *r, struct err *e)
{
	static const struct {
		const char *key;
		int (*compare)(const void *, const void *);
	} orders[] = { { "type", by_type },
		       { "pods", by_pods },
		       { "vcpus", by_vcpus },
		       { "memory", by_memory } };
	size_t all, n = 0;
	struct limits *v = types_all(&r->types, &all, r->a);
	struct found *found = arena_get(r->a, all * sizeof(*found));

	for (size_t i = 0; i < r->in->words.n; i++)
		if (!pattern_fits(r->in->words.v[i], v, all))
			return types_unknown(&r->types, r->in->words.v[i], r->a, e);
	for (size_t i = 0; i < all; i++) {
		found[n].l = v[i];
		/* Types on which ipamd would not start have room for none. */
		if (answer_of(&v[i], &r->in->q, &found[n].answer, r->a, e) == 0 &&
		    wanted(r->in, &found[n]))
			n++;
	}
	for (size_t i = 0; i < COUNT(orders); i++)
		if (strcmp(r->in->sort, orders[i].key) == 0)
			qsort(found, n, sizeof(*found), orders[i].compare);
	if (n || r->in->format == FORMAT_JSON)
		show_list(found, n, r->in->format, r->a);
	say_unsure(r, found, n);
	return n ? DONE : fail(e, ENOENT, "none of %zu types fits", all);
}

/* ---- the applet */

/* ENOENT is for types alone. */
static int refused(struct err *e)
{
	if (e->num == ENOENT)
		e->num = EIO;
	return -1;
}

static int run(struct pod_args *in, struct arena *a, struct err *e)
{
	struct run r = { .in = in, .a = a, .deadline = now_ms() + ASK_MS };
	const char *type = in->type;

	if (in->profile && *in->profile && setenv("AWS_PROFILE", in->profile, 1) < 0)
		return fail(e, errno, "setenv:");
	if (in->file && types_read(&r.types, in->file, a, e) < 0)
		return refused(e);
	if (in->list)
		return list(&r, e);
	if (in->here && type_here(&type, a, r.deadline, e) < 0)
		return refused(e);
	if (in->here || (type && *type) || in->words.n == 1)
		return answer_one(&r, in->here || (type && *type) ? type : in->words.v[0], e);
	return answer_words(&r, e);
}

static int failed(const struct pod_args *in, const struct err *e, int status, struct arena *a)
{
	fprintf(stderr, "vpcbox maxpods: %s%s\n", printable(e->msg, a),
		status == USAGE ? "; 'vpcbox maxpods --help' tells more" : "");
	return in->script ? NONE : status;
}

/* What was printed is out, or the answer has failed after all. */
static int flushed(int rc, struct err *e)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return rc;
	fail(e, errno, "writing the answer:");
	e->num = EIO;
	return -1;
}

/* What is missing the script says on stdout; its callers may look for it there. */
static int misused(const struct pod_args *in, const struct err *e, struct arena *a)
{
	if (!in->script || e->num != ENODATA)
		return failed(in, e, USAGE, a);
	printf("%s\n", e->msg);
	return NONE;
}

static bool is_script(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strcmp(slash ? slash + 1 : path, "max-pods-calculator.sh") == 0;
}

int maxpods_main(int argc, char **argv)
{
	struct pod_args in = { .script = is_script(argv[0]) };
	auto_arena struct arena a = { 0 };
	struct strs ignored = { 0 };
	struct err e = { 0 };
	int rc;

	if (pod_args_read(&in, argc, argv, &ignored, &a, &e) < 0)
		return failed(&in, &e, USAGE, &a);
	if (in.help) {
		pod_args_help();
		if (flushed(DONE, &e) < 0)
			return failed(&in, &e, SYSTEM, &a);
		return in.script ? NONE : DONE;
	}
	for (size_t i = 0; i < ignored.n; i++)
		fprintf(stderr, "max-pods-calculator.sh: passed over %s\n",
			type_shown(ignored.v[i], &a));
	if (pod_args_check(&in, &e) < 0)
		return misused(&in, &e, &a);
	rc = flushed(run(&in, &a, &e), &e);
	if (rc < 0)
		return failed(&in, &e, e.num == ENOENT || e.num == ENOTSUP ? NONE : SYSTEM, &a);
	return rc;
}
