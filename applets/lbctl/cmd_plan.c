/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_plan.c - lbctl plan: every change that would be made, and none is. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "planfile.h"
#include "planseen.h"

enum { CHANGES = 2 };

static const char help[] =
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
	"be others once it has. Without --cluster the files are all that there is: what a group\n"
	"of Ingresses has of other members goes.\n";

struct plans {
	struct people *p;
	struct json *list;
	size_t steps, failed;
	bool backend; /* the shared group is made by a plan before */
};

/* Plans are carried out one behind the other: what one makes, the next ones have. */
static void share_backend(struct plans *l, struct plan *plan)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->n; i++) {
		bool makes = plan->v[i].gives && strcmp(plan->v[i].gives, STACK_BACKEND_SG) == 0;

		if (makes && l->backend)
			continue;
		l->backend = l->backend || makes;
		plan->v[n++] = plan->v[i];
	}
	plan->n = n;
}

static void add_json(struct plans *l, const struct plan *plan, struct json *seen, const char *name)
{
	struct json *j = plan_json(plan), *notes = json_array();

	json_add_str(j, "owner", name);
	for (size_t i = 0; i < l->p->nnotes; i++) {
		const struct people_note *note = &l->p->notes[i];
		struct json *one = json_object();

		json_add_str(one, "object", note->about);
		json_add_str(one, "reason", note->reason);
		json_add_str(one, "message", note->text);
		json_push(notes, one);
	}
	json_add(j, "notes", notes);
	if (seen)
		json_add(j, "seen", seen);
	json_push(l->list, j);
}

static void one_plan(struct plans *l, const struct owner *o)
{
	struct people *p = l->p;
	auto_buf struct buf text = { 0 };
	struct pass pass = { 0 };
	const char *name = owner_name(o, &p->mem);
	struct json *seen = NULL;
	struct err e = { 0 };
	int rc = people_plan(p, o, &pass, &e);

	for (size_t i = 0; i < p->nnotes; i++)
		people_tell(p, "%s: %s: %s", name, p->notes[i].about, p->notes[i].text);
	if (rc == 0 && p->json && pass.stack.id)
		rc = planseen_read(p, &pass.stack, &seen, &e);
	if (rc < 0 && !p->nnotes)
		people_tell(p, "%s: %s", name, e.msg);
	l->failed += rc < 0 || p->nnotes;
	share_backend(l, &pass.plan);
	if (rc == 0 && p->json)
		add_json(l, &pass.plan, seen, name);
	if (rc == 0 && !p->json) {
		printf("%s\n", name);
		plan_print(&pass.plan, p->colour, &text);
		fwrite(text.p, 1, text.len, stdout);
		putchar('\n');
	}
	l->steps += pass.plan.n;
	pass_free(&pass);
}

static int plan_all(struct people *p, struct json **root)
{
	struct plans l = { .p = p, .list = json_array() };
	struct owners owners = people_owners(p, &l.failed);

	for (size_t i = 0; i < owners.n; i++)
		one_plan(&l, &owners.v[i]);
	if (!owners.n)
		fprintf(stderr,
			"lbctl plan: no Service and no Ingress there is this controller's\n");
	if (p->json) {
		json_add(*root, "plans", l.list);
		if (people_print(root) != 0)
			return 1;
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
	auto_json struct json *root = NULL;
	struct err e = { 0 };
	int rc = people_start(&p, "plan", help, &argc, &argv);

	if (rc <= 0)
		return rc < 0 ? PEOPLE_USAGE : fflush(stdout) != 0;
	if (argc)
		rc = fail(&e, EINVAL, "'%s' is too much; files are given with -f", argv[0]);
	if (rc < 0 || people_open(&p, &e) < 0 || people_read(&p, &e) < 0 ||
	    (p.json && planfile_head(&p, &root, &e) < 0))
		return people_sorry(&p, &e);
	return plan_all(&p, &root);
}
