/* SPDX-License-Identifier: Apache-2.0 */
/* fault.c - misfortune on request: made, listed, undone. */
#include "fault.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apifault.h"
#include "gateway.h"
#include "sgroup.h"
#include "str.h"

enum { MAX_FAULTS = 100 };

struct fault_kind;
struct fault {
	struct fault *next;
	int id;
	const struct fault_kind *kind;
	char *what;
	const char *group; /* that is shut */
	struct arena a;    /* strings of its rules */
};
/* on: make it so; else undo it, which cannot fail for what was made. */
typedef int fault_fn(struct lab *lab, struct fault *f, bool on, struct err *e);
struct fault_kind {
	const char *name, *what, *help;
	fault_fn *fn;
};

/* ---- calls ---- */

static int fault_call(struct lab *lab, struct fault *f, bool on, struct err *e)
{
	lab->api.fault = f->id;
	if (on && api_faults(&lab->api, f->what, &f->a, e) == 0)
		return 0;
	api_rules_drop(&lab->api.faults, f->id);
	return on ? -1 : 0;
}

static int fault_throttle(struct lab *lab, struct fault *f, bool on, struct err *e)
{
	lab->api.fault = f->id;
	if (on && api_buckets(&lab->api, f->what, &f->a, e) == 0)
		return 0;
	api_rules_drop(&lab->api.buckets, f->id);
	return on ? -1 : 0;
}

/* ---- nodes ---- */

static struct instance *node_named(struct lab *lab, const char *name, struct err *e)
{
	struct instance *i = world_instance(&lab->w, name);

	if (!i)
		fail(e, ENOENT, "no node '%.100s'; there are node1 to node%zu", name,
		     lab->w.ninstances);
	return i;
}

static int imds_one(struct lab *lab, const char *node, int status, struct err *e)
{
	struct instance *i;

	if (strcmp(node, "all") == 0) {
		for (size_t k = 0; k < lab->w.ninstances; k++)
			lab->w.instances[k].imds_status = status;
		return 0;
	}
	i = node_named(lab, node, e);
	if (!i)
		return -1;
	i->imds_status = status;
	return 0;
}

static int fault_imds(struct lab *lab, struct fault *f, bool on, struct err *e)
{
	static const int known[] = { 401, 403, 404, 429, 500, 503 };
	struct strs sides = str_split(f->what, "=", &f->a);
	uint64_t status = 0;

	if (sides.n == 2 && str_u64(sides.v[1], &status))
		for (size_t i = 0; i < COUNT(known); i++)
			if ((uint64_t)known[i] == status)
				return imds_one(lab, sides.v[0], on ? known[i] : 0, e);
	return fail(e, EINVAL, "'%.100s' is not NODE|all=401, 403, 404, 429, 500 or 503", f->what);
}

static int fault_attach(struct lab *lab, struct fault *f, bool on, struct err *e)
{
	static const char rule[] = "AttachNetworkInterface=AttachmentLimitExceeded";
	const char *node = strcmp(f->what, "all") == 0 ? NULL : f->what;

	if (on && node && !node_named(lab, node, e))
		return -1;
	lab->api.fault = f->id;
	lab->api.fault_caller = node;
	if (on && api_faults(&lab->api, rule, &f->a, e) < 0)
		return -1;
	lab->api.fault_caller = NULL;
	if (!on)
		api_rules_drop(&lab->api.faults, f->id);
	return 0;
}

/* ---- the wire ---- */

static int fault_route(struct lab *lab, struct fault *f, bool on, struct err *e)
{
	if (strcmp(f->what, "main") != 0)
		return fail(e, ENOENT, "no route table '%.100s'; there is main", f->what);
	lab->w.route_lost = on;
	return fabric_route_lost(on, e);
}

static int fault_shut(struct lab *lab, struct fault *f, bool on, struct err *e)
{
	struct instance *i = world_instance(&lab->w, f->what);
	struct sgroup *g;

	/* A node may have another group by the time it is undone. */
	if (on)
		f->group = arena_str(&f->a, i ? i->primary->group : f->what);
	g = sgroup_find(&lab->w, f->group);
	if (!g && on)
		return fail(e, ENOENT, "no security group and no node '%.100s'", f->what);
	if (!g)
		return 0; /* deleted since */
	g->shut += on ? 1 : -1;
	sgroup_changed(&lab->w);
	return 0;
}

/* ---- the list ---- */

static const struct fault_kind kinds[] = {
#define FAULT(name, what, help) { #name, what, help, fault_##name },
#include "fault.def"
#undef FAULT
};

void fault_kinds(struct buf *out)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		buf_fmt(out, "  %-9s %-30s %s\n", kinds[i].name, kinds[i].what, kinds[i].help);
}

static const struct fault_kind *kind_find(const char *name, struct err *e)
{
	auto_buf struct buf all = { 0 };

	for (size_t i = 0; i < COUNT(kinds); i++) {
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
		buf_fmt(&all, "%s%s", i ? ", " : "", kinds[i].name);
	}
	fail(e, EINVAL, "no fault '%.100s'; there are %s", name, all.p);
	return NULL;
}

static void fault_free(struct fault *f)
{
	arena_free(&f->a);
	free(f);
}

int fault_add(struct lab *lab, const char *kind, const char *what, int *id, struct err *e)
{
	const struct fault_kind *k = kind_find(kind, e);
	struct fault **at = &lab->faults, *f;
	size_t n = 0;

	if (!k)
		return -1;
	for (; *at; at = &(*at)->next, n++)
		if ((*at)->kind == k && strcmp((*at)->what, what) == 0)
			return fail(e, EEXIST, "that is fault %d already", (*at)->id);
	if (n >= MAX_FAULTS)
		return fail(e, ENOSPC, "there are %d faults already: clear some", MAX_FAULTS);
	f = xalloc(sizeof(*f));
	*f = (struct fault) { .id = ++lab->fault_ids, .kind = k };
	f->what = arena_str(&f->a, what);
	if (k->fn(lab, f, true, e) < 0) {
		fault_free(f);
		return wrap(e, "%s", kind);
	}
	*at = f;
	*id = f->id;
	return 0;
}

int fault_clear(struct lab *lab, int id, struct err *e)
{
	struct fault **at = &lab->faults;
	bool found = !id;

	while (*at) {
		struct fault *f = *at;

		if (id && f->id != id) {
			at = &f->next;
			continue;
		}
		found = true;
		if (f->kind->fn(lab, f, false, e) < 0)
			return -1;
		*at = f->next;
		fault_free(f);
	}
	return found ? 0 : fail(e, ENOENT, "there is no fault %d", id);
}

static int64_t seen(const struct api_rule *r, int fault)
{
	int64_t n = 0;

	for (; r; r = r->next)
		n += r->fault == fault ? r->seen : 0;
	return n;
}

struct json *fault_list(const struct lab *lab)
{
	struct json *list = json_array();

	for (const struct fault *f = lab->faults; f; f = f->next) {
		struct json *j = json_object();

		json_add_int(j, "id", f->id);
		json_add_str(j, "kind", f->kind->name);
		json_add_str(j, "what", f->what);
		json_add_int(j, "seen",
			     seen(lab->api.faults, f->id) + seen(lab->api.buckets, f->id));
		json_push(list, j);
	}
	return list;
}
