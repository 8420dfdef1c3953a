/* SPDX-License-Identifier: Apache-2.0 */
/* lb_noderules.c - which rules are wanted of nodes' security groups, and how they are made so. */
#include <errno.h>

#include "bindaws.h"
#include "clock.h"
#include "sgrules.h"
#include "test.h"

/* ---- pure */

static const char *shown(const struct ec2_permissions *l, struct arena *a)
{
	struct sgrules r = sgrules_expand(l, a);
	auto_buf struct buf out = { 0 };

	buf_str(&out, "");
	for (size_t i = 0; i < r.n; i++)
		buf_fmt(&out, "%s%s", i ? "; " : "", r.keys[i]);
	return arena_str(a, out.p);
}

static struct kube_binding bound(struct kube_networking *net)
{
	return (struct kube_binding) { .ns = "ns", .name = "b", .networking = net };
}

static const char *rules(struct kube_peer *from, size_t nfrom, struct kube_net_port *ports,
			 size_t nports, const struct endpoint *const *v, size_t n, struct arena *a)
{
	struct kube_net_rule rule = { { from, nfrom }, { ports, nports } };
	struct kube_networking net = { { &rule, 1 } };
	const struct kube_binding b = bound(&net);
	struct ec2_permissions out;
	struct err e;

	if (noderules_of(&b, v, n, &out, a, &e) < 0)
		return arena_str(a, e.msg);
	for (size_t i = 0; i < out.n; i++)
		CHECK_STR(sgrules_description(&out.v[i]), NODERULES_DESCRIPTION);
	return shown(&out, a);
}

TEST(node_rules_are_one_for_each_source_and_port)
{
	auto_arena struct arena a = { 0 };
	struct kube_peer from[] = { { "10.0.0.1/8", "" }, { "FD00::/64", "" }, { "", "sg-1" } };
	struct kube_net_port ports[] = { { "", { NULL, 80 } }, { "UDP", { NULL, 0 } } };

	CHECK_STR(rules(from, 3, ports, 2, NULL, 0, &a),
		  "tcp 80-80 10.0.0.0/8; udp 0-65535 10.0.0.0/8; tcp 80-80 fd00::/64; udp 0-65535 "
		  "fd00::/64; tcp 80-80 sg-1; udp 0-65535 sg-1");
	CHECK_STR(rules(from, 3, ports, 0, NULL, 0, &a), "");
	from[0].cidr = "10.0.0.0";
	CHECK_STR(rules(from, 1, ports, 1, NULL, 0, &a),
		  "spec.networking: ipBlock.cidr '10.0.0.0' is no CIDR");
	ports[0].protocol = "SCTP";
	CHECK_STR(rules(from, 1, ports, 1, NULL, 0, &a),
		  "spec.networking: protocol 'SCTP' is neither TCP nor UDP");
}

TEST(named_ports_are_the_numbers_of_the_pods)
{
	auto_arena struct arena a = { 0 };
	struct kube_container_port one[] = { { "http", 8080, "TCP" } },
				   two[] = { { "http", 9090, "" } };
	struct kube_container c1[] = { { "c", "", { one, 1 } } },
			      c2[] = { { "c", "Always", { two, 1 } } };
	struct kube_container c3[] = { { "c", "", { two, 1 } } };
	struct kube_pod p1 = { .ns = "ns", .name = "p1", .containers = { c1, 1 } };
	struct kube_pod p2 = { .ns = "ns", .name = "p2", .init_containers = { c2, 1 } };
	struct kube_pod p3 = { .ns = "ns", .name = "p3", .init_containers = { c3, 1 } };
	struct endpoint e1 = { .pod = &p1 }, e2 = { .pod = &p2 }, e3 = { .pod = &p3 }, node = { 0 };
	const struct endpoint *v[] = { &e1, &e2, &e1 }, *bad[] = { &e1, &e3 }, *nodes[] = { &node };
	struct kube_peer from[] = { { "", "sg-1" } };
	struct kube_net_port ports[] = { { "TCP", { "http", 0 } } };

	CHECK_STR(rules(from, 1, ports, 1, v, 3, &a), "tcp 8080-8080 sg-1; tcp 9090-9090 sg-1");
	CHECK_STR(rules(from, 1, ports, 1, bad, 2, &a), "unable to find port http on pod ns/p3");
	CHECK(strstr(rules(from, 1, ports, 1, nodes, 1, &a), "port 'http' is a name") != NULL);
	CHECK(strstr(rules(from, 1, ports, 1, v, 0, &a), "a group without pods") != NULL);
}

static struct ec2_permission of_group(const char *protocol, int64_t from, int64_t to,
				      const char *id, struct arena *a)
{
	struct ec2_permission r = { .protocol = protocol,
				    .from = { from, true },
				    .to = { to, true } };

	r.peers = (struct ec2_peers) { NEW(a, struct ec2_peer), 1 };
	r.peers.v->id = id;
	return r;
}

static struct ec2_permission of_cidr(const char *protocol, int64_t from, int64_t to,
				     const char *cidr, struct arena *a)
{
	struct ec2_permission r = { .protocol = protocol,
				    .from = { from, true },
				    .to = { to, true } };

	r.ranges = (struct ec2_ranges) { NEW(a, struct ec2_range), 1 };
	r.ranges.v->cidr = cidr;
	return r;
}

TEST(rules_from_one_group_become_one_range)
{
	auto_arena struct arena a = { 0 };
	struct ec2_permission x[] = { of_group("tcp", 80, 8080, "sg-1", &a),
				      of_group("udp", 8443, 8443, "sg-1", &a),
				      of_cidr("tcp", 80, 80, "10.0.0.0/8", &a) };
	struct ec2_permission y[] = { of_group("tcp", 30, 8080, "sg-1", &a),
				      of_group("udp", 8080, 8080, "sg-1", &a),
				      of_group("tcp", 443, 443, "sg-2", &a),
				      of_cidr("tcp", 80, 80, "10.0.0.0/8", &a),
				      of_cidr("tcp", 81, 81, "10.0.0.0/8", &a) };
	struct ec2_permissions all[] = { { x, 3 }, { y, 5 } }, out;

	out = noderules_merge(all, 2, false, &a);
	CHECK_STR(shown(&out, &a),
		  "tcp 30-8080 sg-1; tcp 443-443 sg-2; tcp 80-80 10.0.0.0/8; tcp 81-81 10.0.0.0/8; "
		  "udp 8080-8443 sg-1");
	out = noderules_merge(all, 2, true, &a);
	CHECK_STR(shown(&out, &a),
		  "tcp 30-8080 sg-1; tcp 443-443 sg-2; tcp 80-80 10.0.0.0/8; tcp 80-8080 sg-1; "
		  "tcp 81-81 10.0.0.0/8; udp 8080-8080 sg-1; udp 8443-8443 sg-1");
	out = noderules_merge(all, 0, false, &a);
	CHECK_INT(out.n, 0);
}

TEST(no_ports_are_all_ports)
{
	auto_arena struct arena a = { 0 };
	struct ec2_permission x[] = { of_group("tcp", 0, 0, "sg-1", &a),
				      of_group("udp", 0, 0, "sg-1", &a) };
	struct ec2_permissions all = { x, 2 }, out;

	x[1].from.set = x[1].to.set = false;
	out = noderules_merge(&all, 1, false, &a);
	CHECK_STR(shown(&out, &a), "tcp 0-65535 sg-1; udp 0-65535 sg-1");
}

TEST(of_several_groups_the_clusters_own_gets_the_rules)
{
	auto_arena struct arena a = { 0 };
	struct lbconfig c = lbconfig_default();
	struct tag owned[] = { { "kubernetes.io/cluster/lab", "owned" } };
	struct tag both[] = { { "kubernetes.io/cluster/lab", "owned" }, { "use", "lb" } };
	struct tag want[] = { { "use", "lb" } };
	struct ec2_group g[] = { { .id = "sg-1" },
				 { .id = "sg-2", .tags = { owned, 1 } },
				 { .id = "sg-3", .tags = { both, 2 } } };
	struct facts f = { .groups = { g, 3 }, .a = &a };
	const char *l12[] = { "sg-1", "sg-2" }, *l23[] = { "sg-2", "sg-3" }, *l1[] = { "sg-1" };
	struct pod_eni n = { "eni-1", { l1, 1 } };
	const char *out = NULL;
	struct err e;

	c.cluster = "lab";
	CHECK_INT(noderules_group(&c, &n, &f, &out, &a, &e), 0);
	CHECK_STR(out, "sg-1"); /* the only one: nothing is asked for */
	f.have[FACT_GROUPS] = true;
	n.groups = (struct strs) { l12, 2 };
	CHECK_INT(noderules_group(&c, &n, &f, &out, &a, &e), 0);
	CHECK_STR(out, "sg-2");
	n.groups = (struct strs) { l23, 2 };
	CHECK_INT(noderules_group(&c, &n, &f, &out, &a, &e), -1);
	CHECK_STR(e.msg, "expected exactly one securityGroup tagged with kubernetes.io/cluster/lab "
			 "for eni eni-1, got: [sg-2 sg-3] (clusterName: lab)");
	c.service_sg_tags = (struct tags) { want, 1 };
	CHECK_INT(noderules_group(&c, &n, &f, &out, &a, &e), 0);
	CHECK_STR(out, "sg-3");
	n.groups.n = 0;
	CHECK_INT(noderules_group(&c, &n, &f, &out, &a, &e), -1);
	CHECK(strstr(e.msg, "got: []") != NULL);
}

/* ---- making them so */

#define GROUP(id, rules)                                                                       \
	"<item><groupId>" id "</groupId><groupName>" id "</groupName><vpcId>vpc-1</vpcId>"     \
	"<ipPermissions>" rules "</ipPermissions><tagSet><item><key>kubernetes.io/cluster/lab" \
	"</key><value>shared</value></item></tagSet></item>"
#define RULE(port, group, description)                                                 \
	"<item><ipProtocol>tcp</ipProtocol><fromPort>" port "</fromPort><toPort>" port \
	"</toPort><groups><item><userId>1</userId><groupId>" group                     \
	"</groupId><description>" description "</description></item></groups></item>"
#define GROUPS(x) "<securityGroupInfo>" x "</securityGroupInfo>"

static const char net[] =
	",'networking':{'ingress':[{'from':[{'securityGroup':{'groupID':'sg-lb'}}],'ports':"
	"[{'protocol':'TCP','port':8080}]}]}";

static void bind_two(struct bindcase *c)
{
	bindcase_web(c, 1, "");
	bindcase_bind(c, "one", net);
	bindcase_bind(c, "two", net);
}

TEST(nothing_is_revoked_until_every_binding_is_known)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	bind_two(c);
	c->w.groups = GROUPS(GROUP("sg-node", RULE("9999", "sg-old", NODERULES_DESCRIPTION)
						      RULE("22", "sg-people", "by hand"))
				     GROUP("sg-other", RULE("1", "sg-old", NODERULES_DESCRIPTION)));
	CHECK_INT(bindcase_pass(c, "one"), 0);
	CHECK_INT(bindcase_calls(c, "AuthorizeSecurityGroupIngress"), 1);
	CHECK_INT(bindcase_calls(c, "RevokeSecurityGroupIngress"), 0);
	CHECK_INT(bindcase_pass(c, "two"), 0);
	CHECK_INT(bindcase_calls(c, "AuthorizeSecurityGroupIngress"), 1);
	/* What is ours and nobody's goes, in the cluster's other groups too; what people made
	 * stays. */
	CHECK_INT(bindcase_calls(c, "RevokeSecurityGroupIngress"), 2);
	CHECK(strstr(c->w.log.p, "GroupId=sg-node&IpPermissions.1.IpProtocol=tcp&IpPermissions.1."
				 "FromPort=9999") != NULL);
	CHECK(strstr(bindcase_sent(c, "RevokeSecurityGroupIngress"),
		     "GroupId=sg-other&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=1&"
		     "IpPermissions.1.ToPort=1&IpPermissions.1.Groups.1.GroupId=sg-old&"
		     "IpPermissions.1.Groups.1.UserId=1&IpPermissions.1.Groups.1.Description="
		     "elbv2.k8s.aws/targetGroupBinding=shared") != NULL);
	CHECK(!strstr(c->w.log.p, "sg-people"));
	CHECK_INT(bindcase_calls(c, "DescribeSecurityGroups"), 1);
}

TEST(a_rule_that_is_there_by_another_name_is_not_made_again)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	bindcase_web(c, 1, "");
	bindcase_bind(c, "one", net);
	c->w.groups = GROUPS(GROUP("sg-node", RULE("8080", "sg-lb", "by hand")));
	CHECK_INT(bindcase_pass(c, "one"), 0);
	CHECK_INT(bindcase_calls(c, "AuthorizeSecurityGroupIngress"), 0);
	CHECK_INT(bindcase_calls(c, "RevokeSecurityGroupIngress"), 0);
}

TEST(stale_knowledge_of_a_group_is_renewed_once)
{
	static const char *const codes[] = { "InvalidPermission.Duplicate",
					     "InvalidPermission.NotFound" };

	for (size_t i = 0; i < COUNT(codes); i++) {
		auto_bindcase struct bindcase *c = bindcase_new();

		bindcase_web(c, 1, "");
		bindcase_bind(c, "one", net);
		bindcase_fail(c, "AuthorizeSecurityGroupIngress", codes[i], "stale", 1);
		CHECK_INT(bindcase_pass(c, "one"), 0);
		CHECK_INT(c->again_ms, 0);
		CHECK_INT(bindcase_calls(c, "AuthorizeSecurityGroupIngress"), 2);
		CHECK_INT(bindcase_calls(c, "DescribeSecurityGroups"), 2);
	}
}

TEST(an_authorization_that_fails_comes_before_any_revocation)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	bindcase_web(c, 1, "");
	bindcase_bind(c, "one", net);
	c->w.groups = GROUPS(GROUP("sg-node", RULE("9999", "sg-old", NODERULES_DESCRIPTION)));
	bindcase_fail(c, "AuthorizeSecurityGroupIngress", "UnauthorizedOperation", "no", 1);
	CHECK_INT(bindcase_pass(c, "one"), 0);
	CHECK_INT(c->again_ms, 15000);
	CHECK(bindcase_said(c, "reason=FailedNetworkReconcile message=\\\"rules of security group "
			       "sg-node: AuthorizeSecurityGroupIngress: UnauthorizedOperation"));
	CHECK_INT(bindcase_calls(c, "RevokeSecurityGroupIngress"), 0);
	CHECK_INT(bindcase_pass(c, "one"), 0);
	CHECK_INT(bindcase_calls(c, "RevokeSecurityGroupIngress"), 1);
	CHECK_INT(c->again_ms, 0);
}

TEST(in_a_full_group_the_old_rules_make_room)
{
	auto_bindcase struct bindcase *c = bindcase_new();
	const char *revoked, *granted;

	bindcase_web(c, 1, "");
	bindcase_bind(c, "one", net);
	c->w.groups = GROUPS(GROUP("sg-node", RULE("9999", "sg-old", NODERULES_DESCRIPTION)));
	bindcase_fail(c, "AuthorizeSecurityGroupIngress", "RulesPerSecurityGroupLimitExceeded",
		      "60 rules", 1);
	CHECK_INT(bindcase_pass(c, "one"), 0);
	CHECK_INT(c->again_ms, 0);
	revoked = strstr(c->w.log.p, "RevokeSecurityGroupIngress Action");
	granted = revoked ? strstr(revoked, "AuthorizeSecurityGroupIngress Action") : NULL;
	CHECK(revoked && granted);
}

TEST(networking_that_is_taken_out_takes_its_rules_with_it)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	bindcase_web(c, 1, "");
	bindcase_bind(c, "one", net);
	CHECK_INT(bindcase_pass(c, "one"), 0);
	bindcase_bind(c, "one", "");
	CHECK_INT(bindcase_pass(c, "one"), 0);
	CHECK_INT(bindcase_calls(c, "RevokeSecurityGroupIngress"), 1);
	CHECK_INT(bindcase_calls(c, "DescribeSecurityGroups"), 1);
}

TEST(a_binding_that_was_deleted_by_force_is_forgotten)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	bind_two(c);
	bindcase_put(c,
		     "{'apiVersion':'elbv2.k8s.aws/v1beta1','kind':'TargetGroupBinding','metadata':"
		     "{'name':'gone','namespace':'default'},'spec':{'targetGroupARN':'" BINDCASE_ARN
		     "','targetType':'ip','serviceRef':{'name':'web','port':80},'networking':"
		     "{'ingress':[{'from':[{'ipBlock':{'cidr':'10.0.0.0/8'}}],'ports':"
		     "[{'port':1}]}]}}}");
	CHECK_INT(bindcase_pass(c, "gone"), 0);
	CHECK_INT(bindcase_pass(c, "one"), 0);
	CHECK_INT(fakekube_patch(&c->k, PATH_OF("gone"), "{\"metadata\":{\"finalizers\":null}}"),
		  200);
	CHECK_INT(fakekube_del(&c->k, PATH_OF("gone")), 200);
	CHECK_INT(bindcase_calls(c, "RevokeSecurityGroupIngress"), 0);
	CHECK_INT(bindcase_pass(c, "two"), 0);
	CHECK_INT(bindcase_calls(c, "RevokeSecurityGroupIngress"), 1);
	CHECK(strstr(bindcase_sent(c, "RevokeSecurityGroupIngress"), "CidrIp=10.0.0.0/8") != NULL);
}

TEST(a_group_that_is_gone_is_not_kept_after)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	bindcase_web(c, 1, "");
	bindcase_bind(c, "one", net);
	c->w.groups = GROUPS(GROUP("sg-node", "")
				     GROUP("sg-old", RULE("1", "sg-x", NODERULES_DESCRIPTION)));
	bindcase_fail(c, "RevokeSecurityGroupIngress", "InvalidGroup.NotFound", "gone", 1);
	CHECK_INT(bindcase_pass(c, "one"), 0);
	CHECK_INT(c->again_ms, 0);
	CHECK_INT(bindcase_calls(c, "RevokeSecurityGroupIngress"), 1);
	targets_forget(c->all->targets, BINDCASE_ARN);
	bindcase_web(c, 2, "");
	CHECK_INT(bindcase_pass(c, "one"), 0);
	CHECK_INT(bindcase_calls(c, "RevokeSecurityGroupIngress"), 1);
}

TEST(a_group_of_another_vpc_is_read_alone)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	bindcase_web(c, 1, "");
	bindcase_bind(c, "one", net);
	c->w.groups = GROUPS("");
	CHECK_INT(bindcase_pass(c, "one"), 0);
	CHECK(bindcase_said(c, "security group sg-node: EC2 does not show it"));
	CHECK_INT(c->again_ms, 15000);
	CHECK(strstr(bindcase_sent(c, "DescribeSecurityGroups"), "GroupId.1=sg-node") != NULL);
	bindcase_fail(c, "DescribeSecurityGroups", "InvalidGroup.NotFound", "gone", 1);
	CHECK_INT(bindcase_pass(c, "one"), 0);
	CHECK_INT(c->again_ms, 15000);
}

/* ---- several at once */

enum { MANY = 8 };
struct worker {
	pthread_t thread;
	struct pass p;
	char name[16];
	int rc;
	struct err e;
};

static void *work(void *arg)
{
	struct worker *w = arg;

	w->rc = pass_binding(&w->p, "default", w->name, &w->e);
	return NULL;
}

TEST(passes_at_once_agree_on_the_rules)
{
	auto_bindcase struct bindcase *c = bindcase_new();
	struct worker *w = arena_get(&c->a, MANY * sizeof(*w));

	bindcase_web(c, 4, "");
	for (int i = 0; i < MANY; i++) {
		snprintf(w[i].name, sizeof(w[i].name), "tgb-%d", i);
		bindcase_put(c,
			     "{'apiVersion':'elbv2.k8s.aws/v1beta1','kind':'TargetGroupBinding',"
			     "'metadata':{'name':'tgb-%d','namespace':'default'},'spec':"
			     "{'targetGroupARN':'" BINDCASE_ARN
			     "%d','targetType':'ip','serviceRef':"
			     "{'name':'web','port':80},'networking':{'ingress':[{'from':"
			     "[{'securityGroup':{'groupID':'sg-lb'}}],'ports':[{'port':%d}]}]}}}",
			     i, i, 8000 + i);
	}
	CHECK_INT(bindcase_pass(c, "none"), 0); /* the store is filled */
	c->env.deadline = now_ms() + 60000;
	for (int i = 0; i < MANY; i++) {
		w[i].p.env = &c->env;
		binding_give(c->all, &w[i].p.objects, c->store, "default", w[i].name);
	}
	for (int i = 0; i < MANY; i++)
		CHECK_INT(pthread_create(&w[i].thread, NULL, work, &w[i]), 0);
	for (int i = 0; i < MANY; i++) {
		pthread_join(w[i].thread, NULL);
		CHECK_INT(w[i].rc, 0);
		CHECK_INT(w[i].p.again_ms, 0);
		pass_free(&w[i].p);
	}
	CHECK_INT(c->w.n, 4 * MANY);
	/* The last one had all of them. */
	CHECK(strstr(c->w.log.p, "FromPort=8000&IpPermissions.1.ToPort=8007") != NULL);
	CHECK_INT(bindcase_calls(c, "RegisterTargets"), MANY);
}
