/* SPDX-License-Identifier: Apache-2.0 */
/* lb_checkpoint.c - the checkpoint's bytes: those that Go writes. Hashes were made with sha256sum
 * and base64 of the texts beside them. */
#include "bindcheck.h"
#include "test.h"

static struct kube_pod pod = { .created = "2026-01-02T03:04:05Z" };
static struct kube_node node = { .created = "2025-12-31T23:59:59Z" };

static const char *half(const char *text, int which, struct arena *a)
{
	const char *slash = strchr(text, '/');

	return which ? slash + 1 : arena_fmt(a, "%.*s", (int)(slash - text), text);
}

TEST(a_checkpoint_hashes_endpoints_in_the_order_of_their_bytes)
{
	auto_arena struct arena a = { 0 };
	struct endpoint v[] = { { "192.168.9.1", 8080, &pod, NULL },
				{ "192.168.10.1", 8080, &pod, NULL },
				{ "i-0abc", 30080, NULL, &node } };
	const struct endpoints all = { .v = v, .n = 3 }, none = { 0 };
	const struct kube_binding b = { .arn = "",
					.target_group = "",
					.service = "web",
					.port = { NULL, 80 },
					.vpc = "",
					.role = "",
					.external_id = "" };

	/* 192.168.10.1:8080:1767323045000,192.168.9.1:8080:1767323045000,i-0abc:30080:1767225599000
	 */
	CHECK_STR(half(bindcheck_text(&all, &b, &a), 0, &a),
		  "qUNgoLF6-19lSh1zW9JxBz7I4O8q3uOcbdENyod4vA4");
	/* The hash of nothing. */
	CHECK_STR(half(bindcheck_text(&none, &b, &a), 0, &a),
		  "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
	/* {"serviceRef":{"name":"web","port":80}} */
	CHECK_STR(half(bindcheck_text(&none, &b, &a), 1, &a),
		  "bchJZI6nhql7-MPIxv1HNWuLMSFO3MRzuzG3BrE-fOI");
}

TEST(a_checkpoint_hashes_the_spec_as_go_writes_it)
{
	auto_arena struct arena a = { 0 };
	const struct endpoints none = { 0 };
	struct kube_peer from[] = { { "10.0.0.0/8", "" }, { "", "sg-1" } };
	struct kube_net_port ports[] = { { "TCP", { NULL, 8080 } }, { "UDP", { NULL, 0 } } };
	struct kube_net_rule rule = { { from, 2 }, { ports, 2 } };
	const struct kube_networking net = { { &rule, 1 } };
	struct tag labels[] = { { "a<b", "x&y" } };
	const char *values[] = { "q" };
	struct kube_selector_rule sel[] = { { "k", "In", { values, 1 } } };
	const struct kube_selector nodes = { { labels, 1 }, { sel, 1 } };
	const struct kube_binding b = {
		.arn = "arn:aws:x",
		.target_group = "mine",
		.target_type = "ip",
		.protocol = "TCP",
		.service = "app",
		.port = { "http", 0 },
		.networking = &net,
		.nodes = &nodes,
		.ip_address_type = "ipv4",
		.vpc = "vpc-1",
		.role = "arn:aws:iam::1:role/r",
		.external_id = "e",
	};

	/* {"targetGroupARN":"arn:aws:x","targetGroupName":"mine","targetType":"ip",
	 * "targetGroupProtocol":"TCP","serviceRef":{"name":"app","port":"http"},"networking":
	 * {"ingress":[{"from":[{"ipBlock":{"cidr":"10.0.0.0/8"}},{"securityGroup":{"groupID":
	 * "sg-1"}}],"ports":[{"protocol":"TCP","port":8080},{"protocol":"UDP"}]}]},"nodeSelector":
	 * {"matchLabels":{"a\u003cb":"x\u0026y"},"matchExpressions":[{"key":"k","operator":"In",
	 * "values":["q"]}]},"ipAddressType":"ipv4","vpcID":"vpc-1","iamRoleArnToAssume":
	 * "arn:aws:iam::1:role/r","assumeRoleExternalId":"e"} */
	CHECK_STR(half(bindcheck_text(&none, &b, &a), 1, &a),
		  "xXR3I9ZiNsFKM5hzYbVLK_nZAQ62zx-B8_-W99DB26s");
}

TEST(a_checkpoint_survives_a_time_that_is_none)
{
	auto_arena struct arena a = { 0 };
	struct kube_pod bad = { .created = "yesterday" };
	struct endpoint v[] = { { "192.168.9.1", 8080, &bad, NULL } };
	const struct endpoints all = { .v = v, .n = 1 };
	const struct kube_binding b = { .arn = "",
					.target_group = "",
					.service = "web",
					.port = { NULL, 80 },
					.vpc = "",
					.role = "",
					.external_id = "" };

	CHECK_INT(strlen(bindcheck_text(&all, &b, &a)), 87);
}
