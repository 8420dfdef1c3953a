/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_apply.c - lbctl apply: the changes of a plan, exactly those. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "file.h"
#include "planfile.h"
#include "planseen.h"

enum { APPLY_MS = 15 * 60000, PLAN_MAX = 64 * 1024 * 1024 };

static const char help[] =
	"usage: vpcbox lbctl apply --plan FILE [OPTION...]\n\n"
	"Makes the changes of a plan (lbctl plan -o json), exactly those, in their order, and "
	"stops\n"
	"at the first that fails. TargetGroupBindings need the API server (--kubeconfig).\n"
	"Cluster, region and VPC are the plan's; a plan of another account is refused.\n\n"
	"exit status: 0 done, 1 failed, 100 usage\n\n"
	"examples:\n"
	"  vpcbox lbctl plan --cluster --cluster-name=demo -o json >plan.json\n"
	"  vpcbox lbctl apply --plan plan.json\n";

static void tell(void *arg, const struct step *s, size_t nth, const struct err *done)
{
	const struct people *p = arg;

	if (!done) {
		progress_say(p->progress, "%zu %s (%s)", nth + 1, s->title,
			     s->action ? s->action->name : s->method);
		return;
	}
	fprintf(stderr, "%s %zu %s (%s)%s%s\n", done->num ? "failed" : "done", nth + 1, s->title,
		s->action ? s->action->name : s->method, done->num ? ": " : "",
		done->num ? done->msg : "");
}

/* *backend: the shared security group, once a plan has made it. */
static int apply_one(struct people *p, const struct json *j, const char **backend, struct err *e)
{
	const struct apply how = { .aws = p->aws,
				   .kube = p->kube,
				   .deadline = now_ms() + APPLY_MS,
				   .tell = tell,
				   .arg = p };
	const char *owner = json_str(j, "owner", "plan"), *made;
	auto_arena struct arena a = { 0 };
	struct apply_value known = { STACK_BACKEND_SG, *backend };
	struct apply_values values = { &known, *backend != NULL, *backend != NULL };
	struct plan plan;
	int rc;

	if (plan_read(j, &plan, &a, e) < 0)
		return wrap(e, "%s", owner);
	printf("%s: %zu steps\n", owner, plan.n);
	fflush(stdout);
	rc = apply_plan(&how, &plan, &values, &a, e);
	made = apply_value(&values, STACK_BACKEND_SG);
	*backend = made ? arena_str(&p->mem, made) : NULL;
	if (rc < 0 && (e->num == EAGAIN || strstr(e->code, "Duplicate")))
		return wrap(e,
			    "%s: what is there is no longer what the plan was made for; make a "
			    "new one",
			    owner);
	return rc < 0 ? wrap(e, "%s", owner) : 0;
}

static bool asks_kube(const struct json *plans)
{
	for (const struct json *j = json_first(plans); j; j = json_next(j))
		for (const struct json *s = json_first(json_member(j, "steps")); s;
		     s = json_next(s))
			if (json_member(s, "method"))
				return true;
	return false;
}

/* All of it is understood before any of it is done. */
static int read_all(const struct json *plans, struct err *e)
{
	for (const struct json *j = json_first(plans); j; j = json_next(j)) {
		auto_arena struct arena a = { 0 };
		struct plan plan;

		if (plan_read(j, &plan, &a, e) < 0)
			return wrap(e, "%s", json_str(j, "owner", "plan"));
	}
	return 0;
}

/* Nothing is begun when anything is no longer as it was. */
static int check_all(struct people *p, const struct json *plans, struct err *e)
{
	for (const struct json *j = json_first(plans); j; j = json_next(j))
		if (json_count(json_member(j, "steps")) &&
		    planseen_check(p, json_member(j, "seen"), e) < 0)
			return wrap(e, "%s: nothing was changed: %s", p->plan,
				    json_str(j, "owner", "plan"));
	return 0;
}

static int apply_file(struct people *p, struct err *e)
{
	auto_buf struct buf text = { 0 };
	auto_json struct json *root = NULL;
	const struct json *plans;
	const char *backend = NULL;

	if (file_read(strcmp(p->plan, "-") == 0 ? "/dev/stdin" : p->plan, PLAN_MAX, &text, e) < 0)
		return -1;
	root = json_parse(text.p ? text.p : "", text.len, e);
	if (!root)
		return wrap(e, "%s", p->plan);
	if (planfile_take(p, root, e) < 0)
		return -1;
	plans = json_member(root, "plans");
	if (read_all(plans, e) < 0)
		return wrap(e, "%s", p->plan);
	p->cluster = false;
	if (people_open(p, e) < 0 || planfile_account(p, root, e) < 0)
		return -1;
	if (asks_kube(plans) && (people_open_kube(p, e) < 0 || planfile_cluster(p, root, e) < 0))
		return -1;
	if (check_all(p, plans, e) < 0)
		return -1;
	for (plans = json_first(plans); plans; plans = json_next(plans))
		if (apply_one(p, plans, &backend, e) < 0)
			return -1;
	return 0;
}

int cmd_apply(int argc, char **argv)
{
	auto_people struct people p = { 0 };
	struct err e = { 0 };
	int rc = people_start(&p, "apply", help, &argc, &argv);

	if (rc <= 0)
		return rc < 0 ? PEOPLE_USAGE : fflush(stdout) != 0;
	if (!p.plan || argc)
		rc = fail(&e, EINVAL, "--plan FILE is what is needed");
	if (rc < 0 || apply_file(&p, &e) < 0)
		return people_sorry(&p, &e);
	return fflush(stdout) != 0;
}
