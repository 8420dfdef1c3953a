/* SPDX-License-Identifier: Apache-2.0 */
/* lb_binding_life.c - TargetGroupBindings that are refused, put off, broken, and let go of. */
#include "bindaws.h"
#include "clock.h"
#include "test.h"

static const char net[] =
	",'networking':{'ingress':[{'from':[{'securityGroup':{'groupID':'sg-lb'}}],'ports':"
	"[{'protocol':'TCP','port':'http'}]}]}";

static void delete_it(struct bindcase *c, const char *path)
{
	CHECK_INT(fakekube_del(&c->k, path), 200);
}

TEST(a_binding_that_goes_leaves_nothing_behind)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	bindcase_web(c, 2, "tgb");
	bindcase_bind(c, "tgb", net);
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	delete_it(c, PATH_OF("tgb"));
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_STR(bindcase_targets(c), "192.168.1.1:8080 draining 192.168.2.1:8080 draining");
	CHECK_INT(bindcase_calls(c, "RevokeSecurityGroupIngress"), 1);
	CHECK_STR(bindcase_gate(c, "web-0", "tgb"), "True//Target Group Binding is deleted");
	CHECK_STR(bindcase_member(c, PATH_OF("tgb"), "metadata.name"), "");
	CHECK_INT(bindcase_pass(c, "tgb"), 0); /* and is no more */
}

TEST(a_binding_goes_though_its_target_group_is_gone)
{
	static const char *const codes[] = { "TargetGroupNotFound", "InvalidTarget",
					     "ValidationError" };

	for (size_t i = 0; i < COUNT(codes); i++) {
		auto_bindcase struct bindcase *c = bindcase_new();

		bindcase_web(c, 1, "");
		bindcase_bind(c, "tgb", "");
		CHECK_INT(bindcase_pass(c, "tgb"), 0);
		delete_it(c, PATH_OF("tgb"));
		bindcase_fail(c, i ? "DeregisterTargets" : "DescribeTargetHealth", codes[i],
			      "deleted by hand", 0);
		CHECK_INT(bindcase_pass(c, "tgb"), 0);
		CHECK_STR(bindcase_member(c, PATH_OF("tgb"), "metadata.name"), "");
	}
}

TEST(a_cleanup_that_fails_is_told_and_tried_again)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	bindcase_web(c, 1, "");
	bindcase_bind(c, "tgb", "");
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	delete_it(c, PATH_OF("tgb"));
	bindcase_fail(c, "DeregisterTargets", "AccessDenied", "not yours", 2);
	CHECK_INT(bindcase_pass(c, "tgb"), -1);
	CHECK(bindcase_said(c, "reason=FailedCleanup message=\\\"Failed cleanup due to "
			       "DeregisterTargets: AccessDenied"));
	CHECK(strstr(bindcase_member(c, PATH_OF("tgb"), "status.conditions"),
		     "\"type\":\"Ready\",\"status\":\"False\"") != NULL);
	CHECK(strstr(bindcase_member(c, PATH_OF("tgb"), "status.conditions"),
		     "\"reason\":\"FailedCleanup\"") != NULL);
	CHECK_INT(fakekube_count(&c->k, "PATCH " PATH_OF("tgb") "/status"), 2);
	CHECK_INT(bindcase_pass(c, "tgb"), -1);
	CHECK_INT(fakekube_count(&c->k, "PATCH " PATH_OF("tgb") "/status"), 2);
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_STR(bindcase_member(c, PATH_OF("tgb"), "metadata.name"), "");
}

TEST(a_service_that_goes_takes_the_targets_with_it)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	bindcase_web(c, 1, "tgb");
	bindcase_bind(c, "tgb", net);
	bindcase_all(c, "healthy", "");
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	bindcase_all(c, "healthy", "");
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_INT(strlen(bindcase_member(c, PATH_OF("tgb"), "elbv2.k8s.aws/checkpoint")), 87);
	delete_it(c, "/api/v1/namespaces/default/services/web");
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK(bindcase_said(c, "reason=BackendNotFound message=\\\"backend not found: Service "
			       "\\\"web\\\" not found"));
	CHECK_STR(bindcase_targets(c), "192.168.1.1:8080 draining");
	CHECK_STR(bindcase_member(c, PATH_OF("tgb"), "elbv2.k8s.aws/checkpoint"), "");
	CHECK_STR(bindcase_gate(c, "web-0", "tgb"), "True//Target Group Binding is deleted");
	CHECK_INT(bindcase_calls(c, "RevokeSecurityGroupIngress"), 1);
}

TEST(what_is_not_built_is_refused_by_name)
{
	static const struct {
		const char *more, *words;
	} rows[] = {
		{ ",'multiClusterTargetGroup':true", "spec.multiClusterTargetGroup" },
		{ ",'targetGroupProtocol':'TCP_QUIC'", "spec.targetGroupProtocol: QUIC" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		auto_bindcase struct bindcase *c = bindcase_new();

		bindcase_web(c, 1, "");
		bindcase_bind(c, "tgb", rows[i].more);
		CHECK_INT(bindcase_pass(c, "tgb"), 0);
		CHECK(bindcase_said(c, "reason=FailedReconcile"));
		CHECK(bindcase_said(c, rows[i].words));
		CHECK_INT(bindcase_calls(c, ""), 0);
		CHECK_INT(fakekube_count(&c->k, "PATCH"), 0);
	}
}

TEST(a_spec_that_lacks_what_it_needs_is_an_error)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	bindcase_web(c, 1, "");
	bindcase_put(c, "{'apiVersion':'elbv2.k8s.aws/v1beta1','kind':'TargetGroupBinding',"
			"'metadata':{'name':'tgb','namespace':'default'},'spec':{'targetType':'ip',"
			"'serviceRef':{'name':'web','port':80}}}");
	CHECK_INT(bindcase_pass(c, "tgb"), -1);
	CHECK_STR(c->e.msg, "neither spec.targetGroupARN nor targetGroupName: default/tgb");
	bindcase_put(c, "{'apiVersion':'elbv2.k8s.aws/v1beta1','kind':'TargetGroupBinding',"
			"'metadata':{'name':'tgb','namespace':'default'},'spec':{'targetGroupARN':"
			"'x','serviceRef':{'name':'web','port':80}}}");
	CHECK_INT(bindcase_pass(c, "tgb"), -1);
	CHECK_STR(c->e.msg, "targetType is not specified: default/tgb");
	CHECK(bindcase_said(c, "Failed reconcile due to targetType is not specified"));
	CHECK_INT(bindcase_calls(c, ""), 0);
}

TEST(a_target_group_of_another_account_is_an_event_and_no_more)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	bindcase_web(c, 1, "tgb");
	bindcase_bind(c, "tgb", "");
	bindcase_fail(c, "DescribeTargetHealth", "AccessDenied", "no identity-based policy", 0);
	CHECK_INT(bindcase_pass(c, "tgb"), -1);
	CHECK(bindcase_said(c, "Failed reconcile due to DescribeTargetHealth: AccessDenied"));
	CHECK_STR(bindcase_gate(c, "web-0", "tgb"), "");
	CHECK_STR(bindcase_member(c, PATH_OF("tgb"), "status.observedGeneration"), "");
}

TEST(a_target_group_that_was_deleted_is_an_event)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	bindcase_web(c, 1, "");
	bindcase_bind(c, "tgb", "");
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	bindcase_web(c, 2, "");
	bindcase_fail(c, "RegisterTargets", "TargetGroupNotFound", "One or more", 1);
	CHECK_INT(bindcase_pass(c, "tgb"), -1);
	CHECK(bindcase_said(c, "Failed reconcile due to RegisterTargets: TargetGroupNotFound"));
	/* Made anew by hand: all of them are registered again. */
	c->w.n = 0;
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_INT(c->w.n, 2);
}

TEST(rules_that_cannot_be_set_do_not_hold_the_targets_up)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	bindcase_web(c, 1, "");
	bindcase_bind(c, "tgb",
		      ",'networking':{'ingress':[{'from':[{'securityGroup':{'groupID':'sg-lb'}}],"
		      "'ports':[{'protocol':'TCP','port':'web-port'}]}]}");
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK(bindcase_said(c, "reason=FailedNetworkReconcile message=\\\"unable to find port "
			       "web-port on pod default/web-0\\\""));
	CHECK_STR(bindcase_targets(c), "192.168.1.1:8080 initial");
	CHECK_INT(c->again_ms, 15000);
	CHECK_STR(bindcase_member(c, PATH_OF("tgb"), "elbv2.k8s.aws/checkpoint"), "");
	CHECK_STR(bindcase_member(c, PATH_OF("tgb"), "status.observedGeneration"), "");
}

TEST(after_a_restart_what_is_as_it_was_is_put_off)
{
	auto_bindcase struct bindcase *c = bindcase_new();
	struct kube_binding of = { .ns = "default", .name = "tgb" };
	struct bindmemo m;
	int before;

	bindcase_web(c, 1, "");
	bindcase_bind(c, "tgb", "");
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	before = bindcase_calls(c, "");
	bindings_free(&c->all);
	c->all = c->env.bindings = bindings_new(15000, 10 * 3600000);
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_INT(bindcase_calls(c, ""), before);
	CHECK(c->again_ms > 30 * 60000 - 1000 && c->again_ms <= 45 * 60000);
	/* Looked at again meanwhile, it is not put off any further. */
	of.uid = bindcase_member(c, PATH_OF("tgb"), "metadata.uid");
	m = bindings_recall(c->all, &of);
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_INT(bindings_recall(c->all, &of).due_ms, m.due_ms);
	CHECK_INT(bindcase_calls(c, ""), before);
	/* Then its time comes. */
	m.due_ms = now_ms() - 1;
	bindings_remember(c->all, &of, &m);
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK(bindcase_calls(c, "") > before);
	before = bindcase_calls(c, "");
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_INT(bindcase_calls(c, ""), before);
	CHECK_INT(c->again_ms, 0);
}

TEST(a_gate_that_is_not_true_is_not_put_off)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	bindcase_web(c, 1, "tgb");
	bindcase_bind(c, "tgb", "");
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	bindcase_all(c, "healthy", "");
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_STR(bindcase_gate(c, "web-0", "tgb"), "True//");
	CHECK_INT(fakekube_patch(&c->k, "/api/v1/namespaces/default/pods/web-0/status",
				 "{\"status\":{\"conditions\":[{\"type\":"
				 "\"target-health.elbv2.k8s.aws/tgb\",\"status\":\"False\"}]}}"),
		  200);
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_STR(bindcase_gate(c, "web-0", "tgb"), "True//");
}

TEST(instance_targets_are_nodes_and_their_rules_must_stand)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	bindcase_web(c, 1, "");
	bindcase_put(c, "{'apiVersion':'elbv2.k8s.aws/v1beta1','kind':'TargetGroupBinding',"
			"'metadata':{'name':'tgb','namespace':'default'},'spec':{'targetGroupARN':"
			"'" BINDCASE_ARN "','targetType':'instance','serviceRef':{'name':'web',"
			"'port':'http'},'networking':{'ingress':[{'from':[{'ipBlock':{'cidr':"
			"'10.0.0.9/8'}}],'ports':[{}]}]}}}");
	bindcase_fail(c, "AuthorizeSecurityGroupIngress", "UnauthorizedOperation", "no", 1);
	CHECK_INT(bindcase_pass(c, "tgb"), -1);
	CHECK(bindcase_said(c, "reason=FailedNetworkReconcile"));
	CHECK(bindcase_said(c, "reason=FailedReconcile"));
	CHECK_STR(bindcase_targets(c), "");
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_STR(bindcase_targets(c), "i-a:30080 initial i-b:30080 initial");
	CHECK_INT(bindcase_calls(c, "DescribeInstances"), 1);
	CHECK_INT(bindcase_calls(c, "DescribeVpcs"), 0);
	/* Networks as EC2 keeps them. */
	CHECK(strstr(bindcase_sent(c, "AuthorizeSecurityGroupIngress"),
		     "IpProtocol=tcp&IpPermissions.1.FromPort=0&IpPermissions.1.ToPort=65535&"
		     "IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/8"));
}

TEST(what_the_api_server_refuses_is_told)
{
	static const struct {
		const char *match, *words;
	} rows[] = {
		{ "PATCH " PATH_OF("tgb") "/status", "reason=FailedUpdateStatus" },
		{ "GET " PATH_OF("tgb"), "reason=FailedAddFinalizer" },
		{ "PATCH /api/v1/namespaces/default/pods", "readiness gate of pod default/web-0" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		auto_bindcase struct bindcase *c = bindcase_new();

		bindcase_web(c, 1, i == 2 ? "tgb" : "");
		bindcase_bind(c, "tgb", "");
		fakekube_order(&c->k,
			       &(struct fakekube_fault) { .match = rows[i].match, .status = 403 });
		CHECK_INT(bindcase_pass(c, "tgb"), -1);
		CHECK(bindcase_said(c, rows[i].words));
		CHECK_INT(bindcase_pass(c, "tgb"), 0);
	}
}

TEST(a_checkpoint_that_cannot_be_reset_stops_the_pass)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	bindcase_web(c, 1, "");
	bindcase_bind(c, "tgb", "");
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	bindcase_web(c, 2, "");
	fakekube_order(&c->k, &(struct fakekube_fault) { .match = "PATCH " PATH_OF("tgb"),
							 .status = 403 });
	CHECK_INT(bindcase_pass(c, "tgb"), -1);
	CHECK(strstr(c->e.msg, "checkpoint of default/tgb") != NULL);
	CHECK_INT(c->w.n, 1);
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_INT(c->w.n, 2);
}

TEST(a_finalizer_that_cannot_be_removed_is_tried_again)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	bindcase_web(c, 1, "");
	bindcase_bind(c, "tgb", "");
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	delete_it(c, PATH_OF("tgb"));
	fakekube_order(&c->k, &(struct fakekube_fault) { .match = "PATCH " PATH_OF("tgb"),
							 .status = 403 });
	CHECK_INT(bindcase_pass(c, "tgb"), -1);
	CHECK(bindcase_said(c, "reason=FailedRemoveFinalizer"));
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_STR(bindcase_member(c, PATH_OF("tgb"), "metadata.name"), "");
}

/* As the original would have left it. */
static void shared(struct bindcase *c, const char *list)
{
	bindcase_web(c, 1, "");
	bindcase_put(
		c, "{'apiVersion':'elbv2.k8s.aws/v1beta1','kind':'TargetGroupBinding','metadata':"
		   "{'name':'tgb','namespace':'default','finalizers':['elbv2.k8s.aws/resources']},"
		   "'spec':{'targetGroupARN':'" BINDCASE_ARN "','multiClusterTargetGroup':true,"
		   "'targetType':'ip','serviceRef':{'name':'web','port':80}}}");
	if (*list)
		bindcase_put(c,
			     "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':"
			     "'aws-lbc-targets-tgb','namespace':'default'},'data':{'targets':"
			     "'%s'}}",
			     list);
	pthread_mutex_lock(&c->w.lock);
	bindaws_add(&c->w, BINDCASE_ARN, "192.168.1.1", 80, "", "healthy");
	bindaws_add(&c->w, BINDCASE_ARN, "192.168.1.1", 8080, "", "healthy");
	bindaws_add(&c->w, BINDCASE_ARN, "192.168.1.11", 8080, "", "healthy");
	bindaws_add(&c->w, BINDCASE_ARN, "192.168.1.2", 8080, "", "healthy");
	pthread_mutex_unlock(&c->w.lock);
	delete_it(c, PATH_OF("tgb"));
}

TEST(of_a_shared_target_group_only_our_targets_go)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	shared(c, "192.168.1.2:8080,192.168.1.1:8080:0xab,92.168.1.11:8080");
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_STR(bindcase_targets(c), "192.168.1.11:8080 healthy 192.168.1.1:80 healthy "
				       "192.168.1.1:8080 draining 192.168.1.2:8080 draining");
	CHECK_STR(bindcase_member(c, PATH_OF("tgb"), "metadata.name"), "");
	CHECK_STR(bindcase_member(c, "/api/v1/namespaces/default/configmaps/aws-lbc-targets-tgb",
				  "metadata.name"),
		  "");
}

TEST(a_shared_target_group_without_a_list_is_left_alone)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	shared(c, "");
	fakekube_order(&c->k, &(struct fakekube_fault) {
				      .match = "GET /api/v1/namespaces/default/configmaps",
				      .status = 403 });
	CHECK_INT(bindcase_pass(c, "tgb"), -1);
	CHECK(bindcase_said(c, "Failed cleanup due to targets of this cluster"));
	fakekube_order(&c->k, &(struct fakekube_fault) {
				      .match = "DELETE /api/v1/namespaces/default/configmaps",
				      .status = 403 });
	CHECK_INT(bindcase_pass(c, "tgb"), -1);
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_INT(bindcase_calls(c, "DeregisterTargets"), 0);
	CHECK_STR(bindcase_member(c, PATH_OF("tgb"), "metadata.name"), "");
}

static void bind_by_name(struct bindcase *c, const char *name)
{
	bindcase_put(c,
		     "{'apiVersion':'elbv2.k8s.aws/v1beta1','kind':'TargetGroupBinding','metadata':"
		     "{'name':'tgb','namespace':'default'},'spec':{'targetGroupName':'%s',"
		     "'targetType':'ip','serviceRef':{'name':'web','port':80}}}",
		     name);
}

TEST(a_target_group_may_be_given_by_its_name)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	bindcase_web(c, 1, "");
	bind_by_name(c, "mine");
	CHECK_INT(bindcase_pass(c, "tgb"), -1);
	CHECK(strstr(c->e.msg, "target group mine: 0 of that name") != NULL);
	c->w.target_groups = "<member><TargetGroupArn>" BINDCASE_ARN "</TargetGroupArn></member>";
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK(strstr(bindcase_sent(c, "RegisterTargets"), "TargetGroupArn=" BINDCASE_ARN) != NULL);
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_INT(bindcase_calls(c, "DescribeTargetGroups"), 2); /* then it is known */
	bind_by_name(c, "other");
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_INT(bindcase_calls(c, "DescribeTargetGroups"), 3);
	CHECK(strstr(bindcase_sent(c, "DescribeTargetGroups"), "Names.member.1=other") != NULL);
}

TEST(a_binding_of_a_name_that_is_gone_can_be_deleted)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	bindcase_web(c, 1, "tgb");
	c->w.target_groups = "<member><TargetGroupArn>" BINDCASE_ARN "</TargetGroupArn></member>";
	bind_by_name(c, "mine");
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	delete_it(c, PATH_OF("tgb"));
	bindings_free(&c->all);
	c->all = c->env.bindings = bindings_new(15000, 10 * 3600000);
	bindcase_fail(c, "DescribeTargetGroups", "AccessDenied", "no", 1);
	/* That it cannot be asked for does not mean that it is gone. */
	fakekube_order(&c->k, &(struct fakekube_fault) { .match = "PATCH " PATH_OF("tgb") "/status",
							 .status = 403 });
	CHECK_INT(bindcase_pass(c, "tgb"), -1);
	CHECK(bindcase_said(c, "reason=FailedCleanup"));
	CHECK(bindcase_said(c, "condition not set binding=default/tgb"));
	bindcase_fail(c, "DescribeTargetGroups", "TargetGroupNotFound", "gone", 0);
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_STR(bindcase_gate(c, "web-0", "tgb"), "True//Target Group Binding is deleted");
	CHECK_STR(bindcase_member(c, PATH_OF("tgb"), "metadata.name"), "");
}
