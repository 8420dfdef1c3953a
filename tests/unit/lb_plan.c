/* SPDX-License-Identifier: Apache-2.0 */
/* lb_plan.c - plans of whole stacks against a model of AWS: what is made, that a second plan is
 * empty, what each difference costs, stacks that are not whole, and stops after every step. */
#include "plancase.h"
#include "tagset.h"
#include "test.h"

TEST(a_stack_is_made_in_an_order_in_which_it_can_be_and_then_nothing_is_left_to_do)
{
	auto_plancase struct plancase x = { 0 };

	start(&x);
	plan(&x);
	CHECK_STR(actions(&x),
		  "CreateSecurityGroup AuthorizeSecurityGroupIngress CreateTargetGroup "
		  "CreateLoadBalancer ModifyLoadBalancerAttributes CreateListener "
		  "AddListenerCertificates CreateRule POST");
	deploy(&x);
	CHECK_STR(actions_now(&x), "");
	CHECK_INT(x.w.h.nrules, 3);
	CHECK_INT(x.w.h.nbindings, 2);
	CHECK_INT(x.w.h.listeners[1].certificates.n, 3);
}

TEST(an_empty_stack_takes_everything_away_from_user_to_used)
{
	auto_plancase struct plancase x = { 0 };

	start(&x);
	deploy(&x);
	empty(&x);
	plan(&x);
	CHECK_STR(actions(&x), "DeleteLoadBalancer DELETE DeleteTargetGroup DeleteSecurityGroup");
	deploy(&x);
	CHECK_INT(x.w.h.nlbs + x.w.h.ntgs + x.w.h.nsgs + x.w.h.nlisteners + x.w.h.nrules +
			  x.w.h.nbindings,
		  0);
	CHECK_STR(actions_now(&x), "");
}

TEST(wherever_it_is_killed_the_next_run_finds_its_own_and_doubles_nothing)
{
	size_t steps;

	{
		auto_plancase struct plancase x = { 0 };

		start(&x);
		plan(&x);
		steps = x.p.n;
	}
	for (size_t k = 0; k <= steps; k++) {
		auto_plancase struct plancase x = { 0 };

		start(&x);
		plan(&x);
		carry_out(&x, k);
		planworld_forget(&x.w);
		deploy(&x);
		CHECK_STR(actions_now(&x), "");
		CHECK_INT(x.w.h.nlbs, 1);
		CHECK_INT(x.w.h.nsgs, 1);
		CHECK_INT(x.w.h.ntgs, 2);
		CHECK_INT(x.w.h.nlisteners, 2);
		CHECK_INT(x.w.h.nrules, 3);
		CHECK_INT(x.w.h.nbindings, 2);
		/* And on its way out. */
		empty(&x);
		plan(&x);
		carry_out(&x, k % (x.p.n + 1));
		deploy(&x);
		CHECK_INT(x.w.h.nlbs + x.w.h.ntgs + x.w.h.nsgs + x.w.h.nbindings, 0);
	}
}

TEST(each_difference_costs_the_calls_that_it_must)
{
	auto_plancase struct plancase x = { 0 };
	struct stack_lb *lb;

	start(&x);
	deploy(&x);
	lb = &x.want.lbs[0];
	lb->spec.name = "k8s-other";
	CHECK_STR(actions_now(&x), "");
	lb->spec.subnets.v[1].subnet = "subnet-c";
	CHECK_STR(actions_now(&x), "SetSubnets");
	deploy(&x);
	lb->spec.ip_address_type = "dualstack";
	CHECK_STR(actions_now(&x), "SetIpAddressType");
	deploy(&x);
	lb->spec.security_groups.n = 1;
	CHECK_STR(actions_now(&x), "SetSecurityGroups");
	deploy(&x);
	lb->spec.ipam_pool = "pool-1";
	CHECK_STR(actions_now(&x), "ModifyIpPools");
	deploy(&x);
	CHECK_STR(actions_now(&x), "");
	lb->spec.ipam_pool = "pool-2";
	CHECK_STR(actions_now(&x), "ModifyIpPools");
	CHECK_STR(((const struct elb_modify_ip_pools *)x.p.v[0].in)->ipam_pool, "pool-2");
	lb->spec.ipam_pool = NULL;
	CHECK_STR(actions_now(&x), "ModifyIpPools");
	CHECK_STR(((const struct elb_modify_ip_pools *)x.p.v[0].in)->remove.v[0], "ipv4");
	deploy(&x);
	lb->attributes.v[0].value = "60";
	x.want.tgs[0].spec.health_path = "/ready";
	CHECK_STR(actions_now(&x), "ModifyTargetGroup ModifyLoadBalancerAttributes");
	deploy(&x);
	x.want.sgs[0].ingress.v[0].from.v = 81;
	CHECK_STR(actions_now(&x), "AuthorizeSecurityGroupIngress RevokeSecurityGroupIngress");
	deploy(&x);
	x.want.sgs[0].ingress.v[0].ranges.v[0].description = "words";
	CHECK_STR(actions_now(&x), "");
	lb->spec.scheme = "internet-facing";
	lb->spec.name = "k8s-public";
	CHECK_STR(actions_now(&x),
		  "DeleteLoadBalancer CreateLoadBalancer ModifyLoadBalancerAttributes "
		  "CreateListener AddListenerCertificates CreateRule");
	deploy(&x);
	CHECK_STR(actions_now(&x), "");
}

TEST(a_target_group_is_made_anew_when_it_cannot_be_changed_and_only_then)
{
	auto_plancase struct plancase x = { 0 };
	struct elb_create_target_group *tg;

	start(&x);
	deploy(&x);
	tg = &x.want.tgs[0].spec;
	tg->name = "k8s-new";
	tg->port = 81;
	CHECK_STR(actions_now(&x), "");
	tg->control_port = 3000;
	x.want.bindings[0].spec.name = "k8s-new";
	CHECK_STR(actions_now(&x), "CreateTargetGroup ModifyListener ModifyRule POST DELETE "
				   "DeleteTargetGroup");
	deploy(&x);
	CHECK_STR(actions_now(&x), "");
	tg->control_port = 4000;
	tg->name = "k8s-newer";
	CHECK(strstr(actions_now(&x), "CreateTargetGroup"));
	tg->control_port = 3000;
	tg->protocol_version = "GRPC";
	CHECK(strstr(actions_now(&x), "CreateTargetGroup"));
	tg->protocol_version = NULL; /* nobody says: whatever it is */
	CHECK_STR(actions_now(&x), "");
}

TEST(a_binding_whose_name_is_taken_by_one_of_another_group_waits_for_its_end)
{
	auto_plancase struct plancase x = { 0 };

	start(&x);
	deploy(&x);
	x.want.tgs[0].spec.control_port = 3000; /* under the same name: somebody removed the old */
	x.want.tgs[0].spec.name = "k8s-new";
	CHECK_STR(actions_now(&x), "CreateTargetGroup ModifyListener ModifyRule DELETE POST "
				   "DeleteTargetGroup");
	deploy(&x);
	CHECK_STR(actions_now(&x), "");
	CHECK_INT(x.w.h.nbindings, 2);
}

TEST(foreign_labels_go_and_the_checkpoint_alone_changes_nothing)
{
	auto_plancase struct plancase x = { 0 };
	struct kube_binding b;
	struct tag notes[] = { { "elbv2.k8s.aws/checkpoint", "x" } };

	start(&x);
	deploy(&x);
	b = *x.w.h.bindings[0];
	b.annotations = (struct tags) { notes, 1 };
	x.w.h.bindings[0] = &b;
	CHECK_STR(actions_now(&x), "");
	tagset_put(&b.labels, "foreign", "y", &x.w.a);
	CHECK_STR(actions_now(&x), "PATCH");
	CHECK(strstr(x.p.v[0].body, "\"elbv2.k8s.aws/checkpoint\":null"));
	CHECK(strstr(x.p.v[0].body, "\"foreign\":null"));
}

TEST(what_a_missing_member_may_have_stays)
{
	auto_plancase struct plancase x = { 0 };

	start(&x);
	deploy(&x);
	empty(&x);
	x.want.partial = true;
	add_sg(&x, 8080);
	add_lb(&x, "application");
	add_tg(&x, "ns/i-svc-9:80", "k8s-tg9");
	add_listener(&x, 80, "ns/i-svc-9:80");
	add_rule(&x, 80, 1, "/9", "ns/i-svc-9:80");
	x.want.lbs[0].spec.scheme = "internet-facing"; /* so say those that are left */
	x.want.lbs[0].spec.subnets.v[0].subnet = "subnet-z";
	CHECK_STR(actions_now(&x),
		  "AuthorizeSecurityGroupIngress CreateTargetGroup CreateRule POST");
	deploy(&x);
	CHECK_STR(actions_now(&x), "");
	CHECK_INT(x.w.h.nrules, 4);
	CHECK_INT(x.w.h.nlisteners, 2);
	empty(&x);
	x.want.partial = true;
	CHECK_STR(actions_now(&x), "");
	usual(&x);
	deploy(&x);
	CHECK_STR(actions_now(&x), "");
	CHECK_INT(x.w.h.nrules, 3);
	CHECK_INT(x.w.h.ntgs, 2);
}

TEST(listeners_follow_protocol_certificates_and_mutual_authentication)
{
	static const struct elb_mutual_auth verify = { .mode = "verify", .trust_store = "ts-1" };
	auto_plancase struct plancase x = { 0 };
	struct elb_create_listener *l;
	const struct elb_modify_listener *sent;

	start(&x);
	deploy(&x);
	l = &x.want.listeners[1].spec;
	l->certificates = certificates(&x, "cert-1,cert-4");
	CHECK_STR(actions_now(&x), "RemoveListenerCertificates AddListenerCertificates");
	deploy(&x);
	l->certificates = certificates(&x, "cert-4,cert-1");
	CHECK_STR(actions_now(&x), "ModifyListener");
	deploy(&x);
	CHECK_STR(actions_now(&x), "");
	l->mutual_auth = &verify;
	CHECK_STR(actions_now(&x), "ModifyListener");
	deploy(&x);
	CHECK_STR(actions_now(&x), "");
	l->mutual_auth = NULL;
	CHECK_STR(actions_now(&x), "");
	x.c.gates[GATE_ENHANCED_DEFAULTS] = true;
	CHECK_STR(actions_now(&x), "ModifyListener");
	sent = x.p.v[0].in;
	CHECK_STR(sent->mutual_auth->mode, "off");
	deploy(&x);
	CHECK_STR(actions_now(&x), "");
	x.c.gates[GATE_ENHANCED_DEFAULTS] = false;
	strs_add(&l->alpn, "HTTP2Preferred", &x.w.a);
	CHECK_STR(actions_now(&x), "ModifyListener");
	deploy(&x);
	l->alpn.n = 0;
	CHECK_STR(actions_now(&x), "");
	x.c.gates[GATE_ENHANCED_DEFAULTS] = true;
	CHECK_STR(actions_now(&x), "ModifyListener");
	sent = x.p.v[0].in;
	CHECK_STR(sent->alpn.v[0], "None");
	deploy(&x);
	CHECK_STR(actions_now(&x), "");
	l->protocol = "HTTP";
	l->ssl_policy = NULL;
	l->certificates.n = 0;
	CHECK_STR(actions_now(&x), "ModifyListener");
}

TEST(capacity_waits_for_the_load_balancer_and_is_changed_only_when_it_differs)
{
	auto_plancase struct plancase x = { 0 };
	struct elb_load_balancer lb;

	start(&x);
	x.want.lbs[0].capacity = (struct shape_num) { 500, true };
	plan(&x);
	CHECK(x.p.again && !strstr(actions(&x), "Capacity"));
	deploy(&x);
	lb = *x.w.h.lbs[0].lb;
	lb.state = "provisioning";
	x.w.h.lbs[0].lb = &lb;
	CHECK_STR(actions_now(&x), "");
	CHECK(x.p.again);
	lb.state = "active";
	CHECK_STR(actions_now(&x), "ModifyCapacityReservation");
	CHECK(!x.p.again);
	x.w.h.lbs[0].capacity = (struct shape_num) { 500, true };
	CHECK_STR(actions_now(&x), "");
	x.want.lbs[0].capacity.v = 0;
	CHECK_STR(actions_now(&x), "ModifyCapacityReservation");
	CHECK(((const struct elb_modify_capacity *)x.p.v[0].in)->reset);
	x.w.h.lbs[0].capacity.set = false;
	CHECK_STR(actions_now(&x), "");
	x.w.h.lbs[0].capacity = (struct shape_num) { 500, true };
	x.want.lbs[0].capacity.set = false;
	CHECK_STR(actions_now(&x), "");
}

TEST(of_load_balancers_with_one_id_all_are_made_right_and_listeners_belong_to_the_first)
{
	auto_plancase struct plancase x = { 0 };
	struct elb_load_balancer twin;

	start(&x);
	deploy(&x);
	twin = *x.w.h.lbs[0].lb;
	twin.arn = "arn:twin";
	twin.ip_address_type = "dualstack";
	x.w.h.lbs[1] = x.w.h.lbs[0];
	x.w.h.lbs[1].lb = &twin;
	x.w.h.nlbs = 2;
	CHECK_STR(actions_now(&x), "SetIpAddressType");
	CHECK_STR(((const struct elb_set_ip_address_type *)x.p.v[0].in)->arn, "arn:twin");
}

TEST(subnets_are_set_for_source_nat_and_its_prefixes_and_for_first_ipv6_addresses)
{
	static const char *prefixes[] = { "2600::1:0:0:0/80" };
	auto_plancase struct plancase x = { 0 };
	struct elb_load_balancer lb;
	struct elb_zone zones[2];
	struct stack_lb *w;

	start(&x);
	w = &x.want.lbs[0];
	w->spec.type = "network";
	w->spec.source_nat = "off";
	deploy(&x);
	CHECK_STR(actions_now(&x), "");
	w->spec.source_nat = "on";
	CHECK_STR(actions_now(&x), "SetSubnets");
	CHECK_STR(((const struct elb_set_subnets *)x.p.v[0].in)->source_nat, "on");
	deploy(&x);
	CHECK_STR(actions_now(&x), "");
	w->spec.subnets.v[0].source_nat_prefix = prefixes[0];
	CHECK_STR(actions_now(&x), "SetSubnets");
	lb = *x.w.h.lbs[0].lb;
	zones[0] = lb.zones.v[0];
	zones[1] = lb.zones.v[1];
	zones[0].source_nat_prefixes = (struct strs) { prefixes, 1 };
	lb.zones.v = zones;
	x.w.h.lbs[0].lb = &lb;
	CHECK_STR(actions_now(&x), "");
	w->spec.subnets.v[0].source_nat_prefix = "auto_assigned"; /* whatever it became */
	CHECK_STR(actions_now(&x), "");
	w->spec.source_nat = "off";
	w->spec.subnets.v[0].source_nat_prefix = NULL;
	CHECK_STR(actions_now(&x), "SetSubnets");
	w->spec.source_nat = "on";
	w->spec.ip_address_type = "dualstack";
	CHECK_STR(actions_now(&x), "SetIpAddressType");
	w->spec.subnets.v[1].ipv6 = "2600::9";
	CHECK_STR(actions_now(&x), "SetSubnets SetIpAddressType");
}

TEST(without_the_gate_an_nlbs_target_group_is_made_anew_for_its_health_check)
{
	auto_plancase struct plancase x = { 0 };
	struct elb_create_target_group *tg, before;

	start(&x);
	tg = &x.want.tgs[0].spec;
	tg->protocol = "TCP";
	tg->protocol_version = NULL;
	deploy(&x);
	before = *tg;
	for (int gate = 0; gate < 2; gate++) {
		const char *want = gate ? "ModifyTargetGroup" : "CreateTargetGroup";

		x.c.gates[GATE_NLB_HEALTH_CHECK_ADVANCED] = gate;
		tg->health_protocol = "HTTPS";
		CHECK(strstr(actions_now(&x), want));
		*tg = before;
		tg->health_interval_s.v = 30;
		CHECK(strstr(actions_now(&x), want));
		*tg = before;
		tg->health_timeout_s.v = 6;
		CHECK(strstr(actions_now(&x), want));
		*tg = before;
		tg->http_codes = "200-299";
		CHECK(strstr(actions_now(&x), want));
		*tg = before;
		tg->health_path = "/other";
		CHECK_STR(actions_now(&x), "ModifyTargetGroup");
		*tg = before;
	}
	/* an ALB's never */
	tg = &x.want.tgs[1].spec;
	x.c.gates[GATE_NLB_HEALTH_CHECK_ADVANCED] = false;
	tg->health_interval_s.v = 30;
	CHECK_STR(actions_now(&x), "ModifyTargetGroup");
}
