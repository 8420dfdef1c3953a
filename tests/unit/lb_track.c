/* SPDX-License-Identifier: Apache-2.0 */
/* lb_track.c - hashed names, tracking tags, labels; resources of a stack and references to them. */
#include <errno.h>

#include "test.h"
#include "track.h"

static struct lbconfig config(const char *cluster)
{
	struct lbconfig c = lbconfig_default();

	c.cluster = cluster;
	return c;
}

static const char *joined(const struct tags *t, struct arena *a)
{
	const char *out = "";

	for (size_t i = 0; i < t->n; i++)
		out = arena_fmt(a, "%s%s%s=%s", out, i ? "," : "", t->v[i].key, t->v[i].value);
	return out;
}

TEST(names_are_cut_and_hashed_as_the_originals)
{
	auto_arena struct arena a = { 0 };
	struct lbconfig c = config("testCluster");

	CHECK_STR(track_backend_sg(&c, &a), "k8s-traffic-testCluster-411a1bcdb1");
	c.cluster = "cluster-dummy";
	CHECK_STR(track_backend_sg(&c, &a), "k8s-traffic-clusterdummy-1fa64436d7");
	c.cluster = "my-cluster";
	CHECK_STR(track_backend_sg(&c, &a), "k8s-traffic-mycluster-4cbfcec96c");
	CHECK_STR(track_part("a.b-c_d/e", 4, &a), "abcd");
	CHECK_STR(track_part("nlb-ip-svc-tls", 8, &a), "nlbipsvc");
	CHECK_STR(track_part("\xc3\xa4-9", 8, &a), "9");
	CHECK_STR(track_part("", 8, &a), "");
	CHECK_STR(track_hash(&a, 8, (const char *const[]) { "ns-1/", "ing-1", NULL }), "04b60d55");
	CHECK_INT(strlen(track_hash(&a, 64, (const char *const[]) { NULL })), 64);
	CHECK_STR(track_hash(&a, 10,
			     (const char *const[]) { "cluster-dummy", "ns-1/ing-1", "internal",
						     NULL }),
		  "b7e914000d");
}

TEST(tracking_tags_win_over_those_of_users)
{
	auto_arena struct arena a = { 0 };
	struct lbconfig c = config("c");
	struct stack s = {
		.id = "default/web", .ns = "default", .name = "web", .prefix = "service.k8s.aws"
	};
	struct tag v[] = { { "z", "1" }, { "elbv2.k8s.aws/cluster", "mine" } };
	struct tags user = { v, 2 }, t;

	t = track_tags(&c, &s, "LoadBalancer", &user, &a);
	CHECK_STR(joined(&t, &a), "elbv2.k8s.aws/cluster=c,service.k8s.aws/resource=LoadBalancer,"
				  "service.k8s.aws/stack=default/web,z=1");
	t = track_stack_tags(&c, &s, &a);
	CHECK_STR(joined(&t, &a), "elbv2.k8s.aws/cluster=c,service.k8s.aws/stack=default/web");
	CHECK(track_has(&user, &(struct tags) { 0 }) && !track_has(&user, &t));
	t = track_legacy_tags(&c, &s, &a);
	CHECK_STR(joined(&t, &a), "ingress.k8s.aws/cluster=c,service.k8s.aws/stack=default/web");
	c.default_tags = (struct tags) { v, 1 };
	t = track_backend_tags(&c, &a);
	CHECK_STR(joined(&t, &a), "elbv2.k8s.aws/cluster=c,elbv2.k8s.aws/resource=backend-sg,z=1");
}

TEST(bindings_are_labelled_by_the_owner)
{
	auto_arena struct arena a = { 0 };
	struct stack s = { .id = "ns/web", .ns = "ns", .name = "web", .prefix = "ingress.k8s.aws" };
	struct tags t = track_labels(&s, &a);

	CHECK_STR(joined(&t, &a),
		  "ingress.k8s.aws/stack-name=web,ingress.k8s.aws/stack-namespace=ns");
	s = (struct stack) { .id = "g", .ns = "", .name = "g", .prefix = "ingress.k8s.aws" };
	t = track_labels(&s, &a);
	CHECK_STR(joined(&t, &a), "ingress.k8s.aws/stack=g");
}

TEST(tags_of_others_are_left_alone)
{
	struct tag h[] = { { "aws:x", "1" },
			   { "kubernetes.io/cluster/c", "owned" },
			   { "team", "them" },
			   { "old", "1" },
			   { "same", "1" },
			   { "changed", "1" },
			   { "kubernetes.io/cluster/d", "1" },
			   { "ingress.k8s.aws/cluster", "c" } };
	struct tag w[] = { { "same", "1" }, { "changed", "2" }, { "new", "1" }, { "team", "us" } };
	const char *external[] = { "team" };
	struct tags have = { h, COUNT(h) }, want = { w, COUNT(w) }, set;
	struct lbconfig c = config("c");
	auto_arena struct arena a = { 0 };
	struct strs gone;

	c.external_tags = (struct strs) { external, 1 };
	track_diff(&c, true, &want, &have, &set, &gone, &a);
	CHECK_STR(joined(&set, &a), "changed=2,new=1");
	CHECK_INT(gone.n, 2);
	CHECK_STR(gone.v[0], "kubernetes.io/cluster/d");
	CHECK_STR(gone.v[1], "old");
	track_diff(&c, false, &want, &have, &set, &gone, &a); /* listeners and rules */
	CHECK_INT(gone.n, 4);
	CHECK_STR(gone.v[0], "ingress.k8s.aws/cluster");
	track_diff(&c, true, &have, &have, &set, &gone, &a);
	CHECK(set.n == 0 && gone.n == 0);
}

TEST(default_tags_win_unless_the_gate_says_otherwise)
{
	struct tag d[] = { { "k", "default" } }, u[] = { { "k", "user" }, { "l", "user" } };
	const char *external[] = { "l" };
	struct tags user = { u, 2 }, out;
	struct lbconfig c = config("c");
	auto_arena struct arena a = { 0 };
	struct err e = { 0 };

	c.default_tags = (struct tags) { d, 1 };
	CHECK(track_user_tags(&c, &user, &out, &a, &e) == 0);
	CHECK_STR(joined(&out, &a), "k=default,l=user");
	c.gates[GATE_DEFAULT_TAGS_LOW] = true;
	CHECK(track_user_tags(&c, &user, &out, &a, &e) == 0);
	CHECK_STR(joined(&out, &a), "k=user,l=user");
	c.external_tags = (struct strs) { external, 1 };
	CHECK(track_user_tags(&c, &user, &out, &a, &e) < 0 && e.num == EINVAL);
	CHECK_STR(e.msg, "external managed tag key l cannot be specified");
}

TEST(the_first_resource_of_an_id_wins)
{
	auto_arena struct arena a = { 0 };
	struct stack s = { 0 };
	struct stack_tg one = { .id = "ns/web:80", .spec = { .name = "one" } };
	struct stack_tg two = { .id = "ns/web:80", .spec = { .name = "two" } };

	CHECK(!stack_tg(&s, "ns/web:80"));
	CHECK_STR(stack_add_tg(&s, &one, &a)->spec.name, "one");
	CHECK_STR(stack_add_tg(&s, &two, &a)->spec.name, "one");
	CHECK_INT(s.ntgs, 1);
	CHECK_STR(stack_tg(&s, "ns/web:80")->spec.name, "one");
	CHECK(!stack_tg(&s, "ns/web:81"));
}

TEST(a_thousand_resources_are_found_again)
{
	auto_arena struct arena a = { 0 };
	struct stack s = { 0 };

	for (int i = 0; i < 1000; i++) {
		struct stack_tg t = { .id = arena_fmt(&a, "tg-%d", i), .spec = { .port = i } };
		struct stack_rule r = { .id = arena_fmt(&a, "80:%d", i), .port = i };

		stack_add_tg(&s, &t, &a);
		stack_add_rule(&s, &r, &a);
	}
	CHECK(s.ntgs == 1000 && s.nrules == 1000);
	for (int i = 0; i < 1000; i++) {
		const struct stack_tg *t = stack_tg(&s, arena_fmt(&a, "tg-%d", i));

		CHECK(t && t->spec.port == i && s.rules[i].port == i);
	}
}

TEST(references_are_made_and_taken_apart)
{
	auto_arena struct arena a = { 0 };
	const char *type = NULL, *id = NULL;
	const char *ref = stack_ref(STACK_TG, "ns/web:80", "targetGroupARN", &a);

	CHECK_STR(ref, "#/resources/AWS::ElasticLoadBalancingV2::TargetGroup/ns/web:80/status/"
		       "targetGroupARN");
	CHECK(stack_is_ref(ref) && !stack_is_ref("arn:aws:x") && !stack_is_ref(NULL));
	CHECK(stack_ref_split(ref, &type, &id, &a));
	CHECK_STR(type, STACK_TG);
	CHECK_STR(id, "ns/web:80");
	CHECK(stack_ref_split("#/resources/T/a/status/b/status/c", &type, &id, &a));
	CHECK_STR(id, "a/status/b");
	CHECK(!stack_ref_split("arn:aws:x", &type, &id, &a));
	CHECK(!stack_ref_split("#/resources/T", &type, &id, &a));
	CHECK(!stack_ref_split("#/resources/T/id", &type, &id, &a));
	CHECK(!stack_ref_split("#/resources/T/status/x", &type, &id, &a));
	CHECK(!stack_ref_split(NULL, &type, &id, &a));
	CHECK(!stack_ref_split(STACK_BACKEND_SG, &type, &id, &a));
}
