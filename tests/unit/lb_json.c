/* SPDX-License-Identifier: Apache-2.0 */
/* lb_json.c - a stack's JSON, to the letter (spec-lbc-nlb 1.1, spec-lbc-alb 21). */
#include "lbfixture.h"

static const char *text_of(const struct stack *s, const char *type, const char *id, struct arena *a)
{
	auto_json struct json *j = stack_json(s);
	const struct json *all = json_get(j, "resources");
	auto_buf struct buf out = { 0 };

	json_print(type ? json_member(json_member(all, type), id) : all, 0, &out);
	return arena_str(a, out.p);
}

TEST(an_empty_stack_has_no_resources)
{
	struct stack s = { .id = "a/b", .ns = "a", .name = "b", .prefix = "service.k8s.aws" };
	auto_json struct json *j = stack_json(&s);
	auto_arena struct arena a = { 0 };
	auto_buf struct buf out = { 0 };

	json_print(j, 0, &out);
	CHECK_STR(out.p, "{\"id\":\"a/b\",\"resources\":{}}");
	s.prefix = "ingress.k8s.aws";
	CHECK_STR(
		text_of(&s, NULL, NULL, &a),
		"{\"FrontendNLBTargetGroup\":{\"FrontendNLBTargetGroup\":{\"TargetGroups\":{}}}}");
}

TEST(a_rule_is_shown_as_the_original_shows_it)
{
	auto_lbcase struct lbcase c;
	struct stack *s;

	fix_case(&c, (const char *const[]) { FIX_INGRESS("ing-1", "", FIX_RULES), NULL });
	s = lbingress_stack(&c);
	CHECK_STR(
		text_of(s, STACK_RULE, "80:1", &c.a),
		"{\"spec\":{\"listenerARN\":{\"$ref\":\"#/resources/" STACK_LISTENER
		"/80/status/listenerARN\"},\"priority\":1,\"actions\":[{\"type\":\"forward\","
		"\"forwardConfig\":{\"targetGroups\":[{\"targetGroupARN\":{\"$ref\":\"#/"
		"resources/" STACK_TG
		"/ns-1/ing-1-svc-1:http/status/targetGroupARN\"}}]}}],\"conditions\":["
		"{\"field\":\"host-header\",\"hostHeaderConfig\":{\"values\":[\"app-1.example."
		"com\"]}},"
		"{\"field\":\"path-pattern\",\"pathPatternConfig\":{\"values\":[\"/svc-1\"]}}]}}");
	CHECK_STR(text_of(s, STACK_BINDING, "ns-1/ing-1-svc-3:https", &c.a),
		  "{\"spec\":{\"template\":{\"metadata\":{\"name\":\"k8s-ns1-svc3-bf42870fba\","
		  "\"namespace\":\"ns-1\"},\"spec\":{\"targetGroupARN\":{\"$ref\":\"#/"
		  "resources/" STACK_TG
		  "/ns-1/ing-1-svc-3:https/status/targetGroupARN\"},\"targetType\":\"ip\","
		  "\"targetGroupProtocol\":\"HTTPS\",\"serviceRef\":{\"name\":\"svc-3\",\"port\":"
		  "\"https\"},\"networking\":{\"ingress\":[{\"from\":[{\"securityGroup\":{"
		  "\"groupID\":"
		  "\"sg-auto\"}}],\"ports\":[{\"protocol\":\"TCP\",\"port\":8443}]},{\"from\":["
		  "{\"securityGroup\":{\"groupID\":\"sg-auto\"}}],\"ports\":[{\"protocol\":\"TCP\","
		  "\"port\":9090}]}]},\"ipAddressType\":\"ipv4\",\"vpcID\":\"vpc-dummy\"}}}}");
}

TEST(a_group_that_is_not_there_yet_is_a_reference)
{
	auto_lbcase struct lbcase c;
	struct stack *s;

	fix_case(&c,
		 (const char *const[]) {
			 "{'kind':'Case','facts':{'backendSecurityGroup':'" STACK_BACKEND_SG "'}}",
			 FIX_INGRESS("ing-1", "", FIX_SIMPLE), NULL });
	s = lbingress_stack(&c);
	CHECK(strstr(text_of(s, STACK_LB, "LoadBalancer", &c.a),
		     "\"securityGroups\":[{\"$ref\":\"#/resources/" STACK_SG
		     "/ManagedLBSecurityGroup/status/groupID\"},{\"$ref\":\"#/"
		     "backend-security-group\"}]"));
	CHECK(strstr(text_of(s, STACK_BINDING, "ns-1/ing-1-svc-1:http", &c.a),
		     "\"from\":[{\"securityGroup\":{\"groupID\":{\"$ref\":\"#/"
		     "backend-security-group\"}}}]"));
}

TEST(every_source_of_a_permission_has_its_own_list)
{
	struct ec2_peer peer = { .id = "sg-9" };
	struct ec2_prefix_list list = { "pl-1", "why" };
	struct ec2_permission p[] = {
		{ .protocol = "icmp",
		  .from = { 3, true },
		  .to = { 4, true },
		  .peers = { &peer, 1 } },
		{ .protocol = "tcp", .prefix_lists = { &list, 1 } },
	};
	struct tag tags[] = { { "b", "2" }, { "a", "1" } };
	struct stack_sg g = {
		.id = "g", .name = "n", .description = "d", .tags = { tags, 2 }, .ingress = { p, 2 }
	};
	struct stack s = {
		.id = "i", .ns = "", .name = "i", .prefix = "service.k8s.aws", .sgs = &g, .nsgs = 1
	};
	auto_arena struct arena a = { 0 };

	CHECK_STR(text_of(&s, STACK_SG, "g", &a),
		  "{\"spec\":{\"groupName\":\"n\",\"description\":\"d\",\"tags\":{\"a\":\"1\","
		  "\"b\":\"2\"},"
		  "\"ingress\":[{\"ipProtocol\":\"icmp\",\"fromPort\":3,\"toPort\":4,"
		  "\"userIDGroupPairs\":["
		  "{\"groupID\":\"sg-9\"}]},{\"ipProtocol\":\"tcp\",\"prefixLists\":[{\"listID\":"
		  "\"pl-1\","
		  "\"description\":\"why\"}]}]}}");
}

TEST(what_only_some_stacks_have_is_shown_when_it_is_there)
{
	struct elb_mutual_auth m = { .mode = "verify",
				     .trust_store = "t",
				     .ignore_expiry = FLAG_NO,
				     .advertise_ca_names = "on" };
	struct stack_listener l = { .id = "443",
				    .lb = "x",
				    .spec = { .load_balancer = "arn:lb",
					      .port = 443,
					      .protocol = "HTTPS",
					      .mutual_auth = &m } };
	struct kube_peer from = { .cidr = "10.0.0.0/8" };
	struct kube_net_port port = { 0 };
	struct kube_net_rule rule = { { &from, 1 }, { &port, 1 } };
	const struct kube_networking n = { { &rule, 1 } };
	struct stack_binding b = { .id = "b",
				   .spec = { .name = "n",
					     .ns = "x",
					     .arn = "arn:tg",
					     .service = "s",
					     .multi_cluster = true,
					     .networking = &n } };
	struct stack s = { .id = "i",
			   .ns = "",
			   .name = "i",
			   .prefix = "service.k8s.aws",
			   .listeners = &l,
			   .nlisteners = 1,
			   .bindings = &b,
			   .nbindings = 1 };
	auto_arena struct arena a = { 0 };

	CHECK_STR(
		text_of(&s, STACK_LISTENER, "443", &a),
		"{\"spec\":{\"loadBalancerARN\":\"arn:lb\",\"port\":443,\"protocol\":\"HTTPS\","
		"\"mutualAuthentication\":{\"mode\":\"verify\",\"trustStoreArn\":\"t\","
		"\"ignoreClientCertificateExpiry\":false,\"advertiseTrustStoreCaNames\":\"on\"}}}");
	CHECK_STR(text_of(&s, STACK_BINDING, "b", &a),
		  "{\"spec\":{\"template\":{\"metadata\":{\"name\":\"n\",\"namespace\":\"x\"},"
		  "\"spec\":{"
		  "\"targetGroupARN\":\"arn:tg\",\"serviceRef\":{\"name\":\"s\"},\"networking\":{"
		  "\"ingress\":["
		  "{\"from\":[{\"ipBlock\":{\"cidr\":\"10.0.0.0/8\"}}],\"ports\":[{}]}]},"
		  "\"multiClusterTargetGroup\":true}}}}");
}
