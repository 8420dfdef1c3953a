/* SPDX-License-Identifier: Apache-2.0 */
/* lb_podeni.c - which interface belongs to a pod or a node. */
#include <errno.h>

#include "bindaws.h"
#include "clock.h"
#include "test.h"

struct seek {
	struct kube_node node;
	struct kube_pod pod;
	struct endpoint t;
	struct tag label, note;
	struct kube_address address;
};

/* A pod on node-a, as a rule. */
static void seek_init(struct seek *s, const char *name, const char *ip)
{
	*s = (struct seek) { .node = { .name = "n", .ns = "", .provider_id = "aws:///z/i-a" },
			     .pod = { .ns = "ns", .name = name, .uid = name, .ip = ip } };
	s->t = (struct endpoint) { ip, 80, &s->pod, &s->node };
}

static void labelled(struct seek *s, const char *key, const char *value)
{
	s->label = (struct tag) { key, value };
	s->node.labels = (struct tags) { &s->label, 1 };
}

static void noted(struct seek *s, const char *value)
{
	s->note = (struct tag) { "vpc.amazonaws.com/pod-eni", value };
	s->pod.annotations = (struct tags) { &s->note, 1 };
}

/* "ENI/GROUP ENI/GROUP", or the error. */
static const char *found(struct bindcase *c, const struct seek *v, size_t n)
{
	const struct podeni_door d = { c->aws, "vpc-1", &c->a, now_ms() + 20000 };
	struct endpoint *t = arena_get(&c->a, n * sizeof(*t));
	struct pod_eni *out = arena_get(&c->a, n * sizeof(*out));
	auto_buf struct buf text = { 0 };

	for (size_t i = 0; i < n; i++)
		t[i] = v[i].t;
	if (podenis_find(c->all->enis, &d, t, n, out, &c->e) < 0)
		return arena_str(&c->a, c->e.msg);
	buf_str(&text, "");
	for (size_t i = 0; i < n; i++)
		buf_fmt(&text, "%s%s/%s", i ? " " : "", out[i].id ? out[i].id : "none",
			out[i].groups.n ? out[i].groups.v[0] : "");
	return arena_str(&c->a, text.p);
}

#define ONE_ENI(id, group, addresses)                                                          \
	"<item><networkInterfaceId>" id "</networkInterfaceId><groupSet><item><groupId>" group \
	"</groupId></item></groupSet>" addresses "</item>"
#define ENIS(x) "<networkInterfaceSet>" x "</networkInterfaceSet>"
#define IP4(ip)                                              \
	"<privateIpAddressesSet><item><privateIpAddress>" ip \
	"</privateIpAddress></item></privateIpAddressesSet>"
#define INSTANCE(id, enis)                                                                 \
	"<reservationSet><item><instancesSet><item><instanceId>" id "</instanceId>"        \
	"<networkInterfaceSet>" enis "</networkInterfaceSet></item></instancesSet></item>" \
	"</reservationSet>"
#define DEVICE(n) "<attachment><deviceIndex>" n "</deviceIndex></attachment>"

TEST(pods_are_found_on_the_interfaces_of_their_nodes)
{
	auto_bindcase struct bindcase *c = bindcase_new();
	struct seek v[4];

	c->w.instances = INSTANCE(
		"i-a",
		ONE_ENI("eni-1", "sg-1", DEVICE("0") IP4("10.0.0.1")) ONE_ENI(
			"eni-2", "sg-2",
			DEVICE("1") IP4(
				"10.0.0.2") "<ipv6AddressesSet><item>"
					    "<ipv6Address>fd00::7</ipv6Address></item>"
					    "</ipv6AddressesSet><ipv4PrefixSet><item><ipv4Prefix>"
					    "10.0.1.0/28</ipv4Prefix></item></ipv4PrefixSet>"
					    "<ipv6PrefixSet><item><ipv6Prefix>fd01::/80"
					    "</ipv6Prefix></item></ipv6PrefixSet>"));
	seek_init(&v[0], "a", "10.0.0.1");
	seek_init(&v[1], "b", "10.0.1.15");
	seek_init(&v[2], "c", "fd00::7");
	seek_init(&v[3], "d", "fd01::1:2");
	CHECK_STR(found(c, v, 4), "eni-1/sg-1 eni-2/sg-2 eni-2/sg-2 eni-2/sg-2");
	CHECK_STR(found(c, v, 4), "eni-1/sg-1 eni-2/sg-2 eni-2/sg-2 eni-2/sg-2");
	CHECK_INT(bindcase_calls(c, ""), 1);
	/* A new one that is not there yet, and then is. */
	seek_init(&v[0], "e", "10.0.0.3");
	CHECK_STR(found(c, v, 4), "cannot resolve pod ENI for pods: [ns/e]");
	CHECK_INT(c->e.num, ENOENT);
	CHECK_INT(bindcase_calls(c, "DescribeInstances"), 2);
	c->w.instances = INSTANCE("i-a", ONE_ENI("eni-3", "sg-3", DEVICE("0") IP4("10.0.0.3")));
	CHECK_STR(found(c, v, 1), "eni-3/sg-3");
	CHECK_INT(bindcase_calls(c, "DescribeInstances"), 3);
}

TEST(nodes_are_their_primary_interfaces)
{
	auto_bindcase struct bindcase *c = bindcase_new();
	struct seek v;

	c->w.instances =
		INSTANCE("i-a", ONE_ENI("eni-2", "sg-2", DEVICE("1") IP4("10.0.0.2"))
					ONE_ENI("eni-1", "sg-1", DEVICE("0") IP4("10.0.0.1")));
	seek_init(&v, "x", "");
	v.t.pod = NULL;
	CHECK_STR(found(c, &v, 1), "eni-1/sg-1");
	v.node.provider_id = "aws:///z/i-b";
	CHECK_STR(found(c, &v, 1), "cannot resolve node ENI for nodes: [n]");
	bindcase_fail(c, "DescribeInstances", "InvalidInstanceID.NotFound", "'i-c' is gone", 1);
	v.node.provider_id = "aws:///z/i-c";
	CHECK(strstr(found(c, &v, 1), "InvalidInstanceID.NotFound") != NULL);
}

TEST(pods_with_an_interface_of_their_own_say_so)
{
	auto_bindcase struct bindcase *c = bindcase_new();
	struct seek v[2];

	c->w.enis = ENIS(ONE_ENI("eni-5", "sg-5", ""));
	seek_init(&v[0], "a", "192.168.1.1");
	noted(&v[0], "[{\"eniId\":\"eni-5\",\"privateIp\":\"192.168.1.1\"}]");
	CHECK_STR(found(c, v, 1), "eni-5/sg-5");
	CHECK(strstr(bindcase_sent(c, "DescribeNetworkInterfaces"), "NetworkInterfaceId.1=eni-5"));
	CHECK_STR(found(c, v, 1), "eni-5/sg-5");
	CHECK_INT(bindcase_calls(c, ""), 1);
	seek_init(&v[1], "b", "fd00::1");
	noted(&v[1],
	      "[{\"eniId\":\"eni-5\",\"privateIp\":\"192.168.1.9\",\"ipv6Addr\":\"fd00::1\"}]");
	CHECK_STR(found(c, v, 2), "eni-5/sg-5 eni-5/sg-5");
	CHECK_INT(bindcase_calls(c, ""), 1);
	/* Of another address, or nonsense: then it is on the node. */
	noted(&v[0], "[{\"eniId\":\"eni-5\",\"privateIp\":\"192.168.9.9\"}]");
	CHECK_STR(found(c, v, 1), "eni-i-a/sg-node");
	noted(&v[0], "[{\"eniId\":\"eni-5\"");
	CHECK_STR(found(c, v, 1), "eni-i-a/sg-node");
	noted(&v[0], "{\"eniId\":7}");
	CHECK_STR(found(c, v, 1), "eni-i-a/sg-node");
	/* One that EC2 does not show. */
	noted(&v[0], "[{\"eniId\":\"eni-6\",\"privateIp\":\"192.168.1.1\"}]");
	CHECK_STR(found(c, v, 1), "cannot resolve pod ENI for pods: [ns/a]");
	bindcase_fail(c, "DescribeNetworkInterfaces", "InvalidNetworkInterfaceID.NotFound", "x", 1);
	CHECK(strstr(found(c, v, 1), "InvalidNetworkInterfaceID.NotFound") != NULL);
}

TEST(pods_without_a_node_of_ec2s_are_looked_up_in_the_vpc)
{
	auto_bindcase struct bindcase *c = bindcase_new();
	struct seek v[2];

	c->w.enis = ENIS(ONE_ENI("eni-7", "sg-7", IP4("10.0.0.7")));
	seek_init(&v[0], "a", "10.0.0.7");
	labelled(&v[0], "eks.amazonaws.com/compute-type", "fargate");
	CHECK_STR(found(c, v, 1), "eni-7/sg-7");
	CHECK(strstr(bindcase_sent(c, "DescribeNetworkInterfaces"),
		     "Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-1&Filter.2.Name="
		     "addresses.private-ip-address&Filter.2.Value.1=10.0.0.7"));
	CHECK_STR(found(c, v, 1), "eni-7/sg-7");
	CHECK_INT(bindcase_calls(c, ""), 1);
	/* Another pod with that address is not the same. */
	v[0].pod.uid = "other";
	CHECK_STR(found(c, v, 1), "eni-7/sg-7");
	CHECK_INT(bindcase_calls(c, ""), 2);
	c->w.enis = ENIS(ONE_ENI("eni-8", "sg-8",
				 "<ipv6AddressesSet><item><ipv6Address>fd00::8"
				 "</ipv6Address></item></ipv6AddressesSet>"));
	seek_init(&v[1], "b", "fd00::8");
	labelled(&v[1], "eks.amazonaws.com/compute-type", "fargate");
	CHECK_STR(found(c, &v[1], 1), "eni-8/sg-8");
	CHECK(strstr(bindcase_sent(c, "DescribeNetworkInterfaces"),
		     "Filter.2.Name=ipv6-addresses.ipv6-address&Filter.2.Value.1=fd00::8"));
	bindcase_fail(c, "DescribeNetworkInterfaces", "UnauthorizedOperation", "no", 1);
	v[1].pod.uid = "other";
	CHECK(strstr(found(c, &v[1], 1), "UnauthorizedOperation") != NULL);
}

TEST(many_addresses_are_asked_for_199_at_a_time)
{
	auto_bindcase struct bindcase *c = bindcase_new();
	struct seek *v = arena_get(&c->a, 200 * sizeof(*v));

	c->w.enis = ENIS("");
	for (size_t i = 0; i < 200; i++) {
		seek_init(&v[i], arena_fmt(&c->a, "p%zu", i), arena_fmt(&c->a, "10.0.0.%zu", i));
		labelled(&v[i], "eks.amazonaws.com/compute-type", "fargate");
	}
	CHECK(strstr(found(c, v, 200), "cannot resolve pod ENI for pods: [ns/p") != NULL);
	CHECK_INT(bindcase_calls(c, "DescribeNetworkInterfaces"), 2);
}

TEST(pods_of_hyperpod_hide_behind_prefixes)
{
	auto_bindcase struct bindcase *c = bindcase_new();
	struct seek v;

	seek_init(&v, "a", "10.0.2.5");
	labelled(&v, "sagemaker.amazonaws.com/compute-type", "hyperpod");
	v.address = (struct kube_address) { "InternalIP", "10.0.0.9" };
	v.node.addresses = (struct kube_addresss) { &v.address, 1 };
	c->w.enis =
		ENIS(ONE_ENI("eni-9", "sg-9",
			     IP4("10.0.0.9") "<ipv4PrefixSet><item><ipv4Prefix>"
					     "10.0.2.0/28</ipv4Prefix></item></ipv4PrefixSet>"));
	CHECK_STR(found(c, &v, 1), "eni-9/sg-9");
	c->w.enis = ENIS(ONE_ENI("eni-9", "sg-9", IP4("10.0.0.9")));
	v.pod.uid = "other";
	CHECK_STR(found(c, &v, 1), "cannot resolve pod ENI for pods: [ns/a]");
	CHECK(strstr(bindcase_sent(c, "DescribeNetworkInterfaces"), "Filter.2.Value.1=10.0.0.9"));
}

TEST(pods_on_hybrid_nodes_have_no_interface)
{
	auto_bindcase struct bindcase *c = bindcase_new();
	struct seek v;

	seek_init(&v, "a", "172.16.0.1");
	labelled(&v, "eks.amazonaws.com/compute-type", "hybrid");
	CHECK_STR(found(c, &v, 1), "none/");
	CHECK_INT(bindcase_calls(c, ""), 0);
}

TEST(a_pod_whose_node_is_not_known_is_not_found)
{
	auto_bindcase struct bindcase *c = bindcase_new();
	struct seek v;

	seek_init(&v, "a", "10.0.0.1");
	v.t.node = NULL;
	CHECK_STR(found(c, &v, 1), "cannot resolve pod ENI for pods: [ns/a]");
	CHECK_INT(bindcase_calls(c, ""), 0);
}
