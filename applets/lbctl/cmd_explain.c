/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_explain.c - lbctl explain: why an object is as it is, or what is wrong with it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "explain.h"

static const char help[] =
	"usage: vpcbox lbctl explain KIND/NAME [-n NAMESPACE] [-f FILE...] [--cluster] "
	"[OPTION...]\n\n"
	"Says of a Service, an Ingress or a TargetGroupBinding whether it is the controller's and\n"
	"why, what its annotations decide, which subnets and security groups its load balancer\n"
	"has, its listeners, certificates, rules in order and where they come from, and its "
	"target\n"
	"groups; or what is wrong, by annotation and value, and what to write instead.\n\n"
	"  -n NAMESPACE           default unless it is given\n"
	"  -f FILE, --cluster     objects, as of lbctl plan; the cluster's unless files are given\n"
	"  -v                     defaults of all that is not set\n"
	"  -o json                as JSON\n\n"
	"exit status: 0 explained, 1 failed, or something is wrong with it, 100 usage\n\n"
	"examples:\n"
	"  vpcbox lbctl explain service/web --cluster-name=demo\n"
	"  vpcbox lbctl explain ingress/shop -n shop -f shop.yaml --cluster-name=demo -o json\n";

static const struct {
	const char *word;
	enum kube_kind kind;
} kinds[] = { { "service", KUBE_SERVICE },
	      { "services", KUBE_SERVICE },
	      { "svc", KUBE_SERVICE },
	      { "ingress", KUBE_INGRESS },
	      { "ingresses", KUBE_INGRESS },
	      { "ing", KUBE_INGRESS },
	      { "targetgroupbinding", KUBE_BINDING },
	      { "targetgroupbindings", KUBE_BINDING },
	      { "tgb", KUBE_BINDING } };

static int find(struct explain *x, const char *what, struct err *e)
{
	const char *slash = strchr(what, '/'), *ns = x->p->ns ? x->p->ns : "default";
	size_t n = slash ? (size_t)(slash - what) : 0, i = 0;

	while (i < COUNT(kinds) &&
	       (strlen(kinds[i].word) != n || strncasecmp(kinds[i].word, what, n) != 0))
		i++;
	if (!slash || !slash[1] || i == COUNT(kinds))
		return fail(e, EINVAL,
			    "'%s' is none of service/NAME, ingress/NAME, targetgroupbinding/NAME",
			    what);
	x->kind = kinds[i].kind;
	x->m = snapshot_get(&x->p->objects, x->kind, ns, slash + 1);
	if (!x->m)
		return fail(e, ENOENT, "there is no %s %s in namespace %s",
			    kube_kinds[x->kind].kind, slash + 1, ns);
	return 0;
}

/* ---- whose it is */

static const char *service_why(struct explain *x, bool ours)
{
	const struct kube_service *s = (const void *)x->m;
	const struct lbconfig *c = &x->p->o.c;
	const char *type = annot_raw(&x->l, A_NLB_TYPE, NULL);

	if (s->deleted)
		return "it is being deleted";
	if (s->class)
		return arena_fmt(&x->a,
				 "%s: its loadBalancerClass is %s, and this controller's is %s",
				 ours ? "ours" : "not ours", s->class, c->lb_class);
	if (ours)
		return arena_fmt(&x->a, "ours: annotation %s/%s is %s", x->l.prefix,
				 annots[A_NLB_TYPE].suffix, type);
	if (strcmp(s->type, "LoadBalancer") != 0)
		return arena_fmt(&x->a, "not ours: its type is %s, not LoadBalancer", s->type);
	if (type)
		return arena_fmt(&x->a,
				 "not ours: annotation %s/%s is %s; 'external' together with a "
				 "target type, or 'nlb-ip', would make it ours",
				 x->l.prefix, annots[A_NLB_TYPE].suffix, type);
	return arena_fmt(&x->a, "not ours: it has no loadBalancerClass; %s would make it ours",
			 c->lb_class);
}

static const char *ingress_why(struct explain *x, int rc, const struct err *e)
{
	const struct kube_ingress *i = (const void *)x->m;
	const char *legacy = tag_get(&i->annotations, "kubernetes.io/ingress.class");
	const char *word = rc == 1 ? "ours" : "not ours";

	if (i->deleted)
		return "it is being deleted";
	if (rc < 0)
		return arena_fmt(&x->a, "nobody's: %s", e->msg);
	if (legacy)
		return arena_fmt(
			&x->a,
			"%s: annotation kubernetes.io/ingress.class is %s, --ingress-class is '%s'",
			word, legacy, x->p->o.c.ingress_class);
	if (i->class)
		return arena_fmt(
			&x->a,
			"%s: its ingressClassName is %s, whose controller %s ingress.k8s.aws/alb",
			word, i->class, rc == 1 ? "is" : "is not");
	return arena_fmt(&x->a, "%s: it names no class, and the default IngressClass is %s", word,
			 rc == 1 ? "ours, or none is needed" : "none of ours");
}

static bool whose(struct explain *x)
{
	const struct model_objects o = snapshot_objects(&x->p->objects);
	struct ingress_group_id id = { 0 };
	struct err e = { 0 };
	const char *why = "ours: every TargetGroupBinding is";
	int rc = 1;

	if (x->kind == KUBE_SERVICE) {
		x->l = (struct annotations) { ANNOT_SERVICE, { &x->m->annotations, NULL } };
		x->scope = ON_SERVICE;
		rc = service_ours(&x->p->o.c, (const void *)x->m);
		why = service_why(x, rc == 1);
		x->owner = (struct owner) { true, x->m->ns, x->m->name };
	} else if (x->kind == KUBE_INGRESS) {
		x->l = (struct annotations) { ANNOT_INGRESS, { &x->m->annotations, NULL } };
		x->scope = ON_INGRESS;
		rc = ingress_group_of(&x->p->o.c, &o, (const void *)x->m, &id, &x->params, &x->a,
				      &e);
		why = ingress_why(x, rc, &e);
		x->owner = (struct owner) { false, id.ns, id.name };
	}
	json_add_bool(x->root, "ours", rc == 1);
	json_add_str(x->root, "why", why);
	if (rc == 1 && x->kind == KUBE_INGRESS)
		json_add_str(x->root, "group", owner_name(&x->owner, &x->a));
	return rc == 1;
}

/* ---- */

static void binding(struct explain *x)
{
	const struct kube_binding *b = (const void *)x->m;
	struct json *j = json_object();

	json_add_str(j, "targetGroup", *b->arn ? b->arn : b->target_group);
	json_add_str(j, "targetType", b->target_type ? b->target_type : "as the target group says");
	json_add_str(j, "service", b->service);
	if (b->port.s)
		json_add_str(j, "port", b->port.s);
	else
		json_add_int(j, "port", b->port.n);
	json_add_str(j, "networking",
		     b->networking ? "its rules are kept in the groups of nodes and pods"
				   : "none: rules are somebody else's");
	if (!snapshot_get(&x->p->objects, KUBE_SERVICE, b->ns, b->service))
		json_add_str(j, "wrong", "there is no such Service");
	json_add(x->root, "binding", j);
}

static void load_balancer(struct explain *x)
{
	const struct elb_create_load_balancer *s;
	struct json *j;

	if (!x->pass.stack.nlbs)
		return;
	s = &x->pass.stack.lbs[0].spec;
	j = json_object();
	json_add_str(j, "name", s->name);
	json_add_str(j, "type", s->type);
	json_add_str(j, "scheme", s->scheme);
	json_add_str(j, "ipAddressType", s->ip_address_type ? s->ip_address_type : "ipv4");
	json_add(x->root, "loadBalancer", j);
}

static int model(struct explain *x, struct err *e)
{
	struct err why = { 0 };

	x->built = people_plan(x->p, &x->owner, &x->pass, &why) == 0;
	if (!x->built && !x->p->nnotes)
		people_tell(x->p, "%s", why.msg);
	explain_problems(x);
	awsfacts_open(&x->facts, x->p->facts, &x->pass.stack, &x->a, x->p->env.deadline);
	if (x->built)
		load_balancer(x);
	if (explain_subnets(x, e) < 0)
		return -1;
	explain_groups(x);
	if (!x->built)
		return 0;
	json_add_int(x->root, "changes", (int64_t)x->pass.plan.n);
	return explain_listeners(x, e);
}

static int fill(struct explain *x, struct err *e)
{
	bool ours;

	json_add_str(x->root, "object",
		     arena_fmt(&x->a, "%s %s/%s", kube_kinds[x->kind].kind, x->m->ns, x->m->name));
	ours = whose(x);
	if (x->kind == KUBE_BINDING) {
		binding(x);
		return 0;
	}
	explain_settings(x);
	return ours ? model(x, e) : 0;
}

static int show(struct explain *x)
{
	bool bad =
		json_count(json_member(x->root, "problems")) || json_get(x->root, "binding.wrong");
	auto_buf struct buf text = { 0 };

	if (x->p->json) {
		struct json *copy = json_copy(x->root);

		return people_print(&copy) || bad;
	}
	explain_print(x, &text);
	fwrite(text.p, 1, text.len, stdout);
	return fflush(stdout) != 0 || bad;
}

int cmd_explain(int argc, char **argv)
{
	auto_people struct people p = { 0 };
	auto_json struct json *root = json_object();
	struct explain x = { .p = &p, .root = root };
	struct err e = { 0 };
	int rc = people_start(&p, "explain", help, &argc, &argv);

	if (rc <= 0)
		return rc < 0 ? PEOPLE_USAGE : fflush(stdout) != 0;
	p.cluster = p.cluster || !p.nfiles;
	if (argc != 1)
		rc = fail(&e, EINVAL, "one KIND/NAME is what is needed");
	if (rc > 0 && people_open(&p, &e) == 0 && people_read(&p, &e) == 0 &&
	    find(&x, argv[0], &e) == 0 && fill(&x, &e) == 0)
		rc = show(&x);
	else
		rc = people_sorry(&p, &e);
	awsfacts_close(&x.facts);
	pass_free(&x.pass);
	arena_free(&x.a);
	return rc;
}
