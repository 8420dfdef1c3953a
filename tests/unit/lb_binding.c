/* SPDX-License-Identifier: Apache-2.0 */
/* lb_binding.c - passes over TargetGroupBindings, from slices to targets and gates. */
#include "bindaws.h"
#include "test.h"

TEST(a_binding_of_ip_targets_comes_up_gates_and_all)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	bindcase_web(c, 2, "tgb");
	bindcase_bind(c, "tgb", "");
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_STR(bindcase_targets(c), "192.168.1.1:8080 initial 192.168.2.1:8080 initial");
	CHECK_STR(bindcase_gate(c, "web-0", "tgb"),
		  "False/Elb.RegistrationInProgress/Target registration is in progress");
	CHECK_INT(c->again_ms, 15000);
	CHECK_STR(bindcase_member(c, PATH_OF("tgb"), "metadata.finalizers"),
		  "[\"elbv2.k8s.aws/resources\"]");
	CHECK_STR(bindcase_member(c, PATH_OF("tgb"), "elbv2.k8s.aws/checkpoint"), "");
	CHECK_STR(bindcase_member(c, PATH_OF("tgb"), "status.observedGeneration"), "");

	bindcase_all(c, "healthy", "");
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_STR(bindcase_gate(c, "web-0", "tgb"), "True//");
	CHECK_STR(bindcase_gate(c, "web-1", "tgb"), "True//");
	CHECK_INT(c->again_ms, 0);
	CHECK_INT(strlen(bindcase_member(c, PATH_OF("tgb"), "elbv2.k8s.aws/checkpoint")), 87);
	CHECK_STR(bindcase_member(c, PATH_OF("tgb"), "status.observedGeneration"), "1");
	CHECK(bindcase_said(c, "reason=SuccessfullyReconciled"));

	/* Nothing has changed, so nobody is asked. */
	CHECK_INT(bindcase_calls(c, ""), 5);
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_INT(bindcase_calls(c, ""), 5);
}

static const char net[] =
	",'networking':{'ingress':[{'from':[{'securityGroup':{'groupID':'sg-lb'}}],'ports':"
	"[{'protocol':'TCP','port':'http'}]}]}";

TEST(a_first_binding_asks_for_each_thing_once)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	bindcase_web(c, 4, "");
	bindcase_bind(c, "tgb", net);
	bindings_made(c->all, BINDCASE_ARN);
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_INT(c->again_ms, 0);
	CHECK_INT(bindcase_calls(c, "DescribeInstances"), 1);
	CHECK_INT(bindcase_calls(c, "DescribeSecurityGroups"), 1);
	CHECK_INT(bindcase_calls(c, "AuthorizeSecurityGroupIngress"), 1);
	CHECK_INT(bindcase_calls(c, "DescribeVpcs"), 1);
	CHECK_INT(bindcase_calls(c, "RegisterTargets"), 1);
	CHECK_INT(bindcase_calls(c, ""), 5);
	CHECK(strstr(
		bindcase_sent(c, "AuthorizeSecurityGroupIngress"),
		"GroupId=sg-node&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=8080&"
		"IpPermissions.1.ToPort=8080&IpPermissions.1.Groups.1.GroupId=sg-lb&"
		"IpPermissions.1.Groups.1.Description=elbv2.k8s.aws/targetGroupBinding=shared"));
	CHECK(!strstr(bindcase_sent(c, "RegisterTargets"), "AvailabilityZone"));
	/* The watch has not told of our own writes yet: all the same there is nothing to do. */
	CHECK_INT(bindcase_pass_as_was(c, "tgb"), 0);
	CHECK_INT(bindcase_calls(c, ""), 5);
	CHECK_INT(fakekube_count(&c->k, "PATCH " PATH_OF("tgb") "/status"), 1);
}

TEST(a_second_binding_needs_two_calls)
{
	auto_bindcase struct bindcase *c = bindcase_new();
	int before;

	bindcase_web(c, 4, "");
	bindcase_bind(c, "tgb", net);
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	before = bindcase_calls(c, "");
	bindcase_put(c,
		     "{'apiVersion':'elbv2.k8s.aws/v1beta1','kind':'TargetGroupBinding','metadata':"
		     "{'name':'two','namespace':'default'},'spec':{'targetGroupARN':'" BINDCASE_ARN
		     "4','targetType':'ip','serviceRef':{'name':'web','port':80},'networking':"
		     "{'ingress':[{'from':[{'securityGroup':{'groupID':'sg-lb'}}],'ports':"
		     "[{'protocol':'TCP','port':9090}]}]}}}");
	bindings_made(c->all, BINDCASE_ARN "4");
	CHECK_INT(bindcase_pass(c, "two"), 0);
	/* Register, authorize; the narrower rule is not needed any more. */
	CHECK_INT(bindcase_calls(c, "RevokeSecurityGroupIngress"), 1);
	CHECK_INT(bindcase_calls(c, "") - before, 3);
	CHECK(strstr(bindcase_sent(c, "AuthorizeSecurityGroupIngress"),
		     "FromPort=8080&IpPermissions.1.ToPort=9090"));
	CHECK(strstr(bindcase_sent(c, "RevokeSecurityGroupIngress"),
		     "FromPort=8080&IpPermissions.1.ToPort=8080"));
}

TEST(new_targets_come_before_old_ones_go)
{
	auto_bindcase struct bindcase *c = bindcase_new();
	const char *reg, *dereg;

	bindcase_web(c, 2, "");
	bindcase_bind(c, "tgb", "");
	pthread_mutex_lock(&c->w.lock);
	bindaws_add(&c->w, BINDCASE_ARN, "192.168.7.7", 8080, "all", "healthy");
	pthread_mutex_unlock(&c->w.lock);
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_STR(
		bindcase_targets(c),
		"192.168.1.1:8080 initial 192.168.2.1:8080 initial 192.168.7.7:8080@all draining");
	reg = strstr(c->w.log.p, "RegisterTargets Action");
	dereg = strstr(c->w.log.p, "DeregisterTargets Action");
	CHECK(reg && dereg && reg < dereg);
	CHECK(strstr(bindcase_sent(c, "DeregisterTargets"), "AvailabilityZone=all"));
}

TEST(a_full_target_group_loses_the_old_ones_first)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	bindcase_web(c, 1, "");
	bindcase_bind(c, "tgb", "");
	pthread_mutex_lock(&c->w.lock);
	bindaws_add(&c->w, BINDCASE_ARN, "192.168.7.7", 8080, "", "healthy");
	pthread_mutex_unlock(&c->w.lock);
	bindcase_fail(c, "RegisterTargets", "TooManyTargets", "full", 1);
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_STR(bindcase_targets(c), "192.168.1.1:8080 initial 192.168.7.7:8080 draining");
	bindcase_fail(c, "RegisterTargets", "TooManyTargets", "full", 0);
	bindcase_web(c, 2, "");
	CHECK_INT(bindcase_pass(c, "tgb"), -1);
	CHECK(bindcase_said(c, "reason=FailedReconcile message=\\\"Failed reconcile due to "
			       "RegisterTargets: TooManyTargets"));
}

TEST(a_thousand_targets_need_no_more_than_ten_calls)
{
	auto_bindcase struct bindcase *c = bindcase_new();
	int before;

	bindcase_web(c, 500, "");
	bindcase_bind(c, "tgb", net);
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_INT(c->w.n, 500);
	/* All of them by others. */
	bindcase_all(c, "healthy", "");
	for (size_t i = 0; i < c->w.n; i++)
		c->w.v[i].port++;
	targets_forget(c->all->targets, BINDCASE_ARN);
	bindcase_bind(c, "tgb", ",'vpcID':'vpc-1'");
	before = bindcase_calls(c, "");
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_INT(c->w.n, 1000);
	CHECK(bindcase_calls(c, "") - before <= 10);
}

TEST(no_more_targets_than_may_and_the_rest_later)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	c->c.max_targets = 2;
	bindcase_web(c, 3, "");
	bindcase_bind(c, "tgb", "");
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_INT(c->w.n, 2);
	CHECK(c->again_ms > 0);
	CHECK_STR(bindcase_member(c, PATH_OF("tgb"), "elbv2.k8s.aws/checkpoint"), "");
	c->c.max_targets = 1; /* fewer than there are */
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_INT(c->w.n, 2);
	c->c.max_targets = 0;
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_INT(c->w.n, 3);
	CHECK_INT(c->again_ms, 0);
}

TEST(a_slice_ahead_of_its_pods_is_waited_for)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	bindcase_web(c, 1, "");
	bindcase_bind(c, "tgb", "");
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_INT(fakekube_del(&c->k, "/api/v1/namespaces/default/pods/web-0"), 200);
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_STR(bindcase_targets(c), "192.168.1.1:8080 initial");
	CHECK_INT(c->again_ms, 500);
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_INT(c->again_ms, 1000);
	bindcase_web(c, 1, "");
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_INT(c->again_ms, 0);
	CHECK_INT(bindcase_calls(c, "DeregisterTargets"), 0);
}

TEST(addresses_outside_the_vpc_are_in_all_zones_or_their_nodes)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	bindcase_web(c, 1, "");
	bindcase_bind(c, "tgb", "");
	c->w.vpcs = "<vpcSet><item><vpcId>vpc-1</vpcId><cidrBlockAssociationSet><item><cidrBlock>"
		    "10.0.0.0/16</cidrBlock><cidrBlockState><state>associated</state>"
		    "</cidrBlockState></item><item><cidrBlock>192.168.0.0/16</cidrBlock>"
		    "<cidrBlockState><state>disassociated</state></cidrBlockState></item>"
		    "</cidrBlockAssociationSet></item></vpcSet>";
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_STR(bindcase_targets(c), "192.168.1.1:8080@all initial");
	bindcase_fail(c, "RegisterTargets", "ValidationError",
		      "For this target you must specify an Availability Zone", 1);
	bindcase_web(c, 2, "");
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_STR(bindcase_targets(c),
		  "192.168.1.1:8080@all initial 192.168.2.1:8080@eu-central-1b initial");
	/* Remembered: the next needs no second call. */
	bindcase_web(c, 3, "");
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK(strstr(bindcase_targets(c), "192.168.1.2:8080@eu-central-1a initial") != NULL);
	CHECK_INT(bindcase_calls(c, "RegisterTargets"), 4);
}

TEST(zones_that_do_not_help_are_an_error)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	bindcase_web(c, 1, "");
	bindcase_bind(c, "tgb", ",'vpcID':'vpc-2'");
	c->w.vpcs = "<vpcSet><item><vpcId>vpc-2</vpcId><cidrBlockAssociationSet/></item></vpcSet>";
	bindcase_fail(c, "RegisterTargets", "ValidationError",
		      "For this target you must specify an Availability Zone", 0);
	CHECK_INT(bindcase_pass(c, "tgb"), -1);
	CHECK_INT(bindcase_calls(c, "RegisterTargets"), 2);
	CHECK_INT(bindcase_pass(c, "tgb"), -1);
	CHECK_INT(bindcase_calls(c, "RegisterTargets"), 3);
	CHECK_INT(bindcase_calls(c, "DescribeVpcs"), 1); /* kept */
	bindcase_put(c, "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'web-0','namespace':"
			"'default'},'spec':{},'status':{'podIP':'192.168.1.1'}}");
	CHECK_INT(bindcase_pass(c, "tgb"), -1);
	CHECK(strstr(c->e.msg, "pod default/web-0 has no node yet") != NULL);
}

TEST(a_vpc_that_is_not_there_is_an_error)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	bindcase_web(c, 1, "");
	bindcase_bind(c, "tgb", ",'vpcID':'vpc-2'");
	bindcase_fail(c, "DescribeVpcs", "InvalidVpcID.NotFound", "no such VPC", 1);
	CHECK_INT(bindcase_pass(c, "tgb"), -1);
	CHECK(strstr(c->e.msg, "spec.vpcID: DescribeVpcs: InvalidVpcID.NotFound") != NULL);
	c->w.vpcs = "<vpcSet/>";
	CHECK_INT(bindcase_pass(c, "tgb"), -1);
	CHECK(strstr(c->e.msg, "VPC vpc-2: EC2 shows 0 of that id") != NULL);
	CHECK_STR(bindcase_targets(c), "");
}

TEST(one_target_that_cannot_be_does_not_keep_the_others_out)
{
	auto_bindcase struct bindcase *c = bindcase_new();
	int before;

	bindcase_web(c, 21, "");
	bindcase_bind(c, "tgb", "");
	c->w.invalid = "192.168.1.4";
	pthread_mutex_lock(&c->w.lock);
	bindaws_add(&c->w, BINDCASE_ARN, "192.168.7.7", 8080, "", "healthy");
	pthread_mutex_unlock(&c->w.lock);
	CHECK_INT(bindcase_pass(c, "tgb"), -1);
	CHECK(bindcase_said(c, "Failed reconcile due to RegisterTargets: InvalidTarget: "
			       "192.168.1.4"));
	CHECK_INT(c->w.n, 21);
	CHECK(!strstr(bindcase_targets(c), "192.168.1.4:"));
	CHECK(strstr(bindcase_targets(c), "192.168.7.7:8080 draining") != NULL);
	/* Then it alone is tried. */
	before = bindcase_calls(c, "RegisterTargets");
	CHECK_INT(bindcase_pass(c, "tgb"), -1);
	CHECK_INT(bindcase_calls(c, "RegisterTargets") - before, 1);
	c->w.invalid = NULL;
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_INT(c->w.n, 22);
}

TEST(halves_of_a_batch_are_not_tried_for_other_reasons)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	bindcase_web(c, 8, "");
	bindcase_bind(c, "tgb", "");
	bindcase_fail(c, "RegisterTargets", "InvalidTarget", "some", 1);
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_INT(bindcase_calls(c, "RegisterTargets"), 3);
	CHECK_INT(c->w.n, 8);
	bindcase_web(c, 16, "");
	bindcase_fail(c, "RegisterTargets", "AccessDenied", "no", 0);
	CHECK_INT(bindcase_pass(c, "tgb"), -1);
	CHECK_INT(bindcase_calls(c, "RegisterTargets"), 4);
}
