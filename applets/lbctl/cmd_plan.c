/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_plan.c - lbctl plan: every change that would be made, and none is; lbctl apply: those,
 * exactly. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "file.h"
#include "opt.h"
#include "people.h"

enum { USAGE = 100, CHANGES = 2, APPLY_MS = 15 * 60000, PLAN_MAX = 64 * 1024 * 1024 };

static const char plan_help[] =
	"usage: vpcbox lbctl plan [-f FILE...] [--cluster] [-o json] [OPTION...]\n\n"
	"Prints every change that the controller would make in AWS and of TargetGroupBindings, "
	"and\n"
	"makes none. Options are the controller's own (vpcbox lbctl --help).\n\n"
	"  -f FILE      manifests, YAML or JSON; - is standard input; may be given again\n"
	"  --cluster    what the API server has; files come over it\n"
	"  -o json      as JSON, for lbctl apply --plan\n\n"
	"exit status: 0 nothing to do, 1 failed, 2 there are changes, 100 usage\n\n"
	"examples:\n"
	"  vpcbox lbctl plan --cluster --cluster-name=demo --aws-vpc-id=vpc-0abc\n"
	"  vpcbox lbctl plan -f service.yaml --cluster-name=demo -o json >plan.json\n\n"
	"A Service that the API server has not seen has no UID yet: the hashes in its names will\n"
	"be others once it has.\n";

static const char apply_help[] =
	"usage: vpcbox lbctl apply --plan FILE --cluster-name=NAME [OPTION...]\n\n"
	"Makes the changes of a plan (lbctl plan -o json), exactly those, in their order, and "
	"stops\n"
	"at the first that fails. TargetGroupBindings need the API server (--kubeconfig).\n\n"
	"exit status: 0 done, 1 failed, 100 usage\n\n"
	"examples:\n"
	"  vpcbox lbctl apply --plan plan.json --cluster-name=demo --aws-region=eu-west-1\n";

static bool wants_help(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

static int sorry(const char *command, const struct err *e)
{
	fprintf(stderr, "lbctl %s: %s\n", command, e->msg);
	return e->num == EINVAL ? USAGE : 1;
}

/* ---- plan */

struct plans {
	struct people *p;
	struct json *list;
	size_t steps, failed;
};

static void one_plan(struct plans *l, const struct owner *o)
{
	struct people *p = l->p;
	auto_buf struct buf text = { 0 };
	struct pass pass = { 0 };
	const char *name = owner_name(o, &p->mem);
	struct err e = { 0 };

	if (people_plan(p, o, &pass, &e) < 0) {
		fprintf(stderr, "lbctl plan: %s: %s\n", name, e.msg);
		l->failed++;
	} else if (p->json) {
		struct json *j = plan_json(&pass.plan);

		json_add_str(j, "owner", name);
		json_push(l->list, j);
	} else {
		printf("%s\n", name);
		plan_print(&pass.plan, p->colour, &text);
		fwrite(text.p, 1, text.len, stdout);
		putchar('\n');
	}
	l->steps += pass.plan.n;
	pass_free(&pass);
}

static int plan_all(struct people *p)
{
	struct plans l = { .p = p, .list = json_array() };
	struct owners owners = people_owners(p);

	for (size_t i = 0; i < owners.n; i++)
		one_plan(&l, &owners.v[i]);
	if (!owners.n)
		fprintf(stderr, "lbctl plan: no Service and no Ingress there is this controller's\n"
				"'lbctl explain' says why one is not\n");
	if (p->json) {
		auto_json struct json *root = json_object();
		auto_buf struct buf text = { 0 };

		json_add(root, "plans", l.list);
		json_print(root, 2, &text);
		puts(text.p);
	} else {
		json_free(&l.list);
	}
	if (fflush(stdout) != 0 || l.failed)
		return 1;
	return l.steps ? CHANGES : 0;
}

int cmd_plan(int argc, char **argv)
{
	auto_people struct people p = { 0 };
	struct err e = { 0 };
	int operand;

	if (wants_help(argc, argv))
		return fputs(plan_help, stdout) < 0 || fflush(stdout) != 0;
	operand = people_options(&p, &argc, argv, &e);
	if (operand >= 0 && operand < argc)
		operand = fail(&e, EINVAL, "'%s' is too much; files are given with -f",
			       argv[operand]);
	if (operand < 0 || people_open(&p, &e) < 0 || people_read(&p, &e) < 0)
		return sorry("plan", &e);
	return plan_all(&p);
}

/* ---- apply */

static void tell(void *arg, const struct step *s, size_t nth, const struct err *done)
{
	(void)arg;
	if (!done)
		return;
	fprintf(stderr, "%s %zu %s (%s)%s%s\n", done->num ? "failed" : "done", nth + 1, s->title,
		s->action ? s->action->name : s->method, done->num ? ": " : "",
		done->num ? done->msg : "");
}

static int apply_one(struct people *p, const struct json *j, struct err *e)
{
	const struct apply how = {
		.aws = p->aws, .kube = p->kube, .deadline = now_ms() + APPLY_MS, .tell = tell
	};
	auto_arena struct arena a = { 0 };
	struct apply_values made = { 0 };
	struct plan plan;

	if (plan_read(j, &plan, &a, e) < 0)
		return wrap(e, "%s", json_str(j, "owner", "plan"));
	printf("%s: %zu steps\n", json_str(j, "owner", "plan"), plan.n);
	return apply_plan(&how, &plan, &made, &a, e);
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

static int apply_file(struct people *p, struct err *e)
{
	auto_buf struct buf text = { 0 };
	auto_json struct json *root = NULL;
	const struct json *plans;

	if (file_read(p->plan, PLAN_MAX, &text, e) < 0)
		return -1;
	root = json_parse(text.p ? text.p : "", text.len, e);
	if (!root)
		return wrap(e, "%s", p->plan);
	plans = json_member(root, "plans");
	if (json_type(plans) != JSON_ARRAY)
		return fail(e, EBADMSG, "%s: no list of plans; it is made by lbctl plan -o json",
			    p->plan);
	p->cluster = p->cluster || asks_kube(plans);
	if (people_open(p, e) < 0)
		return -1;
	for (plans = json_first(plans); plans; plans = json_next(plans))
		if (apply_one(p, plans, e) < 0)
			return -1;
	return 0;
}

int cmd_apply(int argc, char **argv)
{
	auto_people struct people p = { 0 };
	struct err e = { 0 };
	int operand;

	if (wants_help(argc, argv))
		return fputs(apply_help, stdout) < 0 || fflush(stdout) != 0;
	operand = people_options(&p, &argc, argv, &e);
	if (operand >= 0 && (!p.plan || operand < argc))
		operand = fail(&e, EINVAL, "--plan FILE is what is needed");
	if (operand < 0 || apply_file(&p, &e) < 0)
		return sorry("apply", &e);
	return fflush(stdout) != 0;
}
