/* SPDX-License-Identifier: Apache-2.0 */
/* lb_service_more.c - addresses by subnet, the managed group, listeners, which Services are ours,
 * and nonsense in every annotation. */
#include <errno.h>

#include "annot.h"
#include "lbsummary.h"
#include "test.h"

#define A(suffix, value) ",'SB/aws-load-balancer-" suffix "':'" value "'"
#define IP ",'SB/aws-load-balancer-type':'nlb-ip'"
#define PORT(n, more) "{'port':" n ",'protocol':'TCP','nodePort':3" n more "}"
#define P80 PORT("80", "")
#define PUBLIC A("scheme", "internet-facing")
#define DUAL A("ip-address-type", "dualstack")

static const char vpc[] =
	"{'kind':'Case','facts':{'subnets':["
	"{'id':'subnet-1','zone':'a','cidr':'172.16.0.0/19','cidrs6':['2600:0:0:1::/64']},"
	"{'id':'subnet-2','zone':'b','cidr':'172.16.32.0/19','cidrs6':['2600:0:0:2::/64']}]}}";

struct row {
	const char *annotations, *ports, *begin, *want;
};

static void check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		auto_lbcase struct lbcase c;
		const char *line;

		lbcase_init(&c);
		lbcase_text(&c, vpc);
		lbcase_text(&c, arena_fmt(&c.a,
					  "{'kind':'Service','metadata':{'name':'web','uid':'u',"
					  "'annotations':{'x':'y'%s%s}},'spec':{'type':"
					  "'LoadBalancer','ports':[%s]}}",
					  rows[i].annotations, A("subnets", "subnet-2,subnet-1"),
					  rows[i].ports));
		line = lbsummary_line(&c, rows[i].begin);
		CHECK(*line);
		if (!strstr(line, rows[i].want))
			CHECK_STR(line, rows[i].want);
	}
}

TEST(static_addresses_find_their_subnets)
{
	static const struct row rows[] = {
		{ IP PUBLIC A("eip-allocations", "eipalloc-1, eipalloc-2"), P80, "LB",
		  " subnet-2=eipalloc-1,subnet-1=eipalloc-2 " },
		{ IP A("private-ipv4-addresses", "172.16.0.9,172.16.32.9"), P80, "LB",
		  " subnet-2=172.16.32.9,subnet-1=172.16.0.9 " },
		{ IP DUAL A("ipv6-addresses", "2600:0:0:1::9,2600:0:0:2::9"), P80, "LB",
		  " subnet-2=2600:0:0:2::9,subnet-1=2600:0:0:1::9 " },
		{ IP DUAL PUBLIC A("ipv6-addresses", "2600:0:0:1::9,2600:0:0:2::9")
			  A("eip-allocations", "eipalloc-1,eipalloc-2"),
		  P80, "LB",
		  " subnet-2=eipalloc-1=2600:0:0:2::9,subnet-1=eipalloc-2=2600:0:0:1::9 " },
		{ IP DUAL A("enable-prefix-for-ipv6-source-nat", "on")
			  A("source-nat-ipv6-prefixes", "auto_assigned,2600:0:0:1:5::/80"),
		  P80, "LB", " nat=on subnet-2=auto_assigned,subnet-1=2600:0:0:1:5::/80 " },
		{ IP A("eip-allocations", ""), P80, "LB", " subnet-2,subnet-1 " },
	};

	check_rows(rows, COUNT(rows));
}

#define NAT DUAL A("enable-prefix-for-ipv6-source-nat", "on")

TEST(static_addresses_that_fit_no_subnet_are_refused)
{
	static const struct row rows[] = {
		{ IP A("eip-allocations", "eipalloc-1,eipalloc-2"), P80, "",
		  "EIP allocations can only be set for internet facing load balancers (" },
		{ IP PUBLIC A("eip-allocations", "eipalloc-1"), P80, "",
		  "count of EIP allocations (1) and subnets (2) must match (" },
		{ IP PUBLIC A("eip-allocations", "eipalloc-1,x"), P80, "",
		  "no id of an EIP allocation: x (" },
		{ IP PUBLIC A("private-ipv4-addresses", "172.16.0.9,172.16.32.9"), P80, "",
		  "private IPv4 addresses can only be set for internal load balancers (" },
		{ IP A("private-ipv4-addresses", "172.16.0.9"), P80, "",
		  "count of private IPv4 addresses (1) and subnets (2) must match (" },
		{ IP A("private-ipv4-addresses", "172.16.0.9,172.16.0.10"), P80, "",
		  "expect one private IPv4 address configured for subnet: subnet-2 (" },
		{ IP A("private-ipv4-addresses", "172.16.0.9,172.16.32"), P80, "",
		  "private IPv4 addresses must be valid IPv4 address: 172.16.32 (" },
		{ IP A("private-ipv4-addresses", "172.16.0.9,2600::1"), P80, "",
		  "private IPv4 addresses must be valid IPv4 address: 2600::1 (" },
		{ IP A("ipv6-addresses", "2600:0:0:1::9,2600:0:0:2::9"), P80, "",
		  "IPv6 addresses can only be set for dualstack load balancers (" },
		{ IP DUAL A("ipv6-addresses", "2600:0:0:1::9"), P80, "",
		  "count of IPv6 addresses (1) and subnets (2) must match (" },
		{ IP DUAL A("ipv6-addresses", "2600:0:0:1::9,2600:0:0:3::9"), P80, "",
		  "expect one IPv6 address configured for subnet: subnet-2 (" },
		{ IP DUAL A("ipv6-addresses", "2600:0:0:1::9,1.2.3.4"), P80, "",
		  "IPv6 addresses must be valid IPv6 address: 1.2.3.4 (" },
		{ IP A("enable-prefix-for-ipv6-source-nat", "on"), P80, "",
		  "source NAT prefixes can only be enabled for dualstack load balancers (" },
		{ IP DUAL A("source-nat-ipv6-prefixes", "auto_assigned,auto_assigned"), P80, "",
		  "source NAT prefixes can only be set with enable-prefix-for-ipv6-source-nat on" },
		{ IP A("source-nat-ipv6-prefixes", "auto_assigned,auto_assigned"), P80, "",
		  "source NAT prefixes can only be set for dualstack load balancers (" },
		{ IP NAT A("source-nat-ipv6-prefixes", "auto_assigned,x"), P80, "",
		  "must be auto_assigned or valid IPv6 CIDRs: x (" },
		{ IP NAT A("source-nat-ipv6-prefixes", "auto_assigned,2600:0:0:1::"), P80, "",
		  "must be auto_assigned or valid IPv6 CIDRs: 2600:0:0:1:: (" },
		{ IP NAT A("source-nat-ipv6-prefixes", "auto_assigned,10.0.0.0/8"), P80, "",
		  "must be auto_assigned or valid IPv6 CIDRs: 10.0.0.0/8 (" },
		{ IP NAT A("source-nat-ipv6-prefixes", "auto_assigned,2600:0:0:1::/64"), P80, "",
		  "source NAT prefixes must have a length of 80: 2600:0:0:1::/64 (" },
		{ IP NAT A("source-nat-ipv6-prefixes", "auto_assigned,2600:0:0:2::/80"), P80, "",
		  "source NAT prefix is not within the CIDRs of subnet-1: 2600:0:0:2::/80 (" },
		{ IP NAT A("source-nat-ipv6-prefixes", "auto_assigned"), P80, "",
		  "count of source NAT prefixes (1) and subnets (2) must match (" },
	};

	check_rows(rows, COUNT(rows));
}

#define LISTS A("security-group-prefix-lists", "pl-1, pl-2")
#define ICMP A("enable-icmp-for-path-mtu-discovery", "on")
#define RANGE ",'SB/load-balancer-source-ranges':'10.0.0.0/8'"

TEST(the_managed_group_lets_in_who_may_connect)
{
	static const struct row rows[] = {
		{ IP, P80, "SG", " tcp:80<0.0.0.0/0" },
		{ IP DUAL, P80, "SG", " tcp:80<0.0.0.0/0 tcp:80<::/0" },
		{ IP LISTS, P80, "SG", "-9147327b99 tcp:80<pl-1 tcp:80<pl-2" },
		{ IP LISTS RANGE, P80 "," PORT("81", ""), "SG",
		  " tcp:80<10.0.0.0/8 tcp:80<pl-1 tcp:80<pl-2 tcp:81<10.0.0.0/8 tcp:81<pl-1 "
		  "tcp:81<pl-2" },
		{ IP DUAL ICMP, P80, "SG",
		  " tcp:80<0.0.0.0/0 icmp:3-4<0.0.0.0/0 tcp:80<::/0 icmpv6:2-0<::/0" },
		{ IP LISTS ICMP, P80, "SG", " tcp:80<pl-1 tcp:80<pl-2" },
	};

	check_rows(rows, COUNT(rows));
}

#define CERT A("ssl-cert", "arn:one,arn:two")
#define UDP(n) "{'port':" n ",'protocol':'UDP','nodePort':4" n "}"
#define MERGE A("enable-tcp-udp-listener", "true")

TEST(listeners_speak_what_ports_and_certificates_say)
{
	static const struct row rows[] = {
		{ IP, P80, "L 8", "L 80 TCP $TG" },
		{ IP CERT, P80, "L 8", "L 80 TLS $TG ELBSecurityPolicy-2016-08 arn:one,arn:two" },
		{ IP CERT A("ssl-negotiation-policy", "P") A("alpn-policy", "HTTP2Only"), P80,
		  "L 8", "L 80 TLS $TG P arn:one,arn:two HTTP2Only" },
		{ IP A("alpn-policy", "odd"), P80, "L 8", "L 80 TCP $TG" },
		{ IP CERT A("alpn-policy", "odd"), P80, "", "error: unknown ALPN policy" },
		{ IP CERT, UDP("80"), "L 8", "L 80 UDP $TG" },
		{ IP CERT A("ssl-ports", "web"), PORT("80", ",'name':'web'"), "L 8", "L 80 TLS " },
		{ IP CERT A("ssl-ports", "81"), P80 "," PORT("81", ""), "L 80", "L 80 TCP $TG" },
		{ IP CERT A("ssl-ports", "81"), P80 "," PORT("81", ""), "L 81", "L 81 TLS " },
		{ IP CERT A("ssl-ports", "80, 85, 90, arbitrary-name, 85"), P80 "," PORT("83", ""),
		  "", "error: Unused port in ssl-ports annotation [85 90 arbitrary-name] (" },
		{ IP CERT A("backend-protocol", "ssl"), P80, "TG", " ip:80/TLS " },
		{ IP CERT A("backend-protocol", "tcp"), P80, "TG", " ip:80/TCP " },
		{ IP A("backend-protocol", "ssl"), P80, "TG", " ip:80/TCP " },
		{ IP A("listener-attributes.TCP-80", "tcp.idle_timeout.seconds=400"), P80, "L 8",
		  "L 80 TCP $TG {tcp.idle_timeout.seconds=400}" },
		{ IP A("listener-attributes.TCP-80", "nonsense"), P80, "",
		  "listener-attributes.TCP-80: nonsense" },
		{ IP CERT A("listener-attributes.TLS-80", "nonsense"), P80, "L 8", "L 80 TLS " },
		{ IP A("ssl-cert", "cert"), P80, "", "error: no ARN of a certificate: cert (" },
		{ IP A("ssl-negotiation-policy", ""), P80, "",
		  "error: the security policy cannot be empty (" },
	};

	check_rows(rows, COUNT(rows));
}

TEST(two_protocols_on_one_number_are_merged_when_asked_for)
{
	static const struct row rows[] = {
		{ IP MERGE, P80 "," UDP("80"), "L 8", "L 80 TCP_UDP $TG" },
		{ IP MERGE, UDP("80") "," P80, "L 8", "L 80 TCP_UDP $TG" },
		{ IP MERGE, UDP("80") "," P80, "TG", " ip:80/TCP_UDP " },
		{ IP A("listener-attributes.TCP_UDP-80", "k=v") MERGE, P80 "," UDP("80"), "L 8",
		  "L 80 TCP_UDP $TG {k=v}" },
		/* otherwise the first has it */
		{ IP, UDP("80") "," P80, "L 8", "L 80 UDP $TG" },
		{ IP, UDP("80") "," P80, "SG", " udp:80<0.0.0.0/0 tcp:80<0.0.0.0/0" },
		{ IP A("enable-tcp-udp-listener", "perhaps"), P80 "," UDP("80"), "L 8",
		  "L 80 TCP $TG" },
		{ IP MERGE, P80 "," P80, "", "error: port 80: TCP twice: a listener has TCP, UDP" },
		{ IP MERGE, UDP("80") "," UDP("80"), "", "error: port 80: UDP twice" },
		{ IP MERGE, P80 "," UDP("80") "," P80, "", "error: port 80: 3 protocols" },
		{ IP, "{'port':80,'protocol':'SCTP'}", "",
		  "error: port 80: unsupported protocol SCTP: a listener has TCP or UDP" },
	};

	check_rows(rows, COUNT(rows));
}

TEST(the_gate_for_merging_is_overridden_both_ways)
{
	static const struct {
		const char *gate, *annotation, *want;
	} rows[] = { { "true", "", "TCP_UDP" },
		     { "true", A("enable-tcp-udp-listener", "false"), "TCP" },
		     { "false", MERGE, "TCP_UDP" } };

	for (size_t i = 0; i < COUNT(rows); i++) {
		auto_lbcase struct lbcase c;

		lbcase_init(&c);
		lbcase_text(&c, vpc);
		lbcase_text(&c,
			    arena_fmt(&c.a,
				      "[{'kind':'Case','flags':{'feature-gates':"
				      "{'EnableTCPUDPListener':%s}},'facts':{'routes':{'main':[]"
				      "}}},{'kind':'Service','metadata':{'name':'web',"
				      "'annotations':{'x':'y'" IP "%s}},'spec':{'ports':[" P80
				      "," UDP("80") "]}}]",
				      rows[i].gate, rows[i].annotation));
		CHECK_STR(lbsummary_line(&c, "L "), arena_fmt(&c.a, "L 80 %s $TG", rows[i].want));
	}
}

TEST(services_are_ours_by_class_or_annotation)
{
	static const struct {
		const char *annotations, *spec;
		bool gate, ours;
	} rows[] = {
		{ IP, "", false, true },
		{ A("type", "external"), "", false, false },
		{ A("type", "external") A("nlb-target-type", "ip"), "", false, true },
		{ A("type", "external") A("nlb-target-type", "instance"), "", false, true },
		{ A("type", "external") A("nlb-target-type", "IP"), "", false, false },
		{ A("type", "nlb-ddd") A("nlb-target-type", "instance"), "", false, false },
		{ A("type", "nlb") A("nlb-target-type", "ip"), "", false, false },
		{ "", "'type':'LoadBalancer'", false, false },
		{ "", "'loadBalancerClass':'service.k8s.aws/nlb'", false, true },
		{ IP, "'loadBalancerClass':'other'", false, false },
		{ IP, "'type':'ClusterIP'", false, true },
		{ IP, "'type':'ClusterIP'", true, false },
		{ IP, "'type':'LoadBalancer'", true, true },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		auto_lbcase struct lbcase c;

		lbcase_init(&c);
		c.config.gates[GATE_SERVICE_LB_ONLY] = rows[i].gate;
		lbcase_text(&c, arena_fmt(&c.a,
					  "{'kind':'Service','metadata':{'name':'w','annotations':"
					  "{'x':'y'%s}},'spec':{%s}}",
					  rows[i].annotations, rows[i].spec));
		CHECK(service_ours(&c.config, lbcase_first(&c, KUBE_SERVICE)) == rows[i].ours);
	}
}

/* What no value is nonsense for: free text, and what the original, too, takes for unset. */
static bool takes_anything(int id)
{
	switch (id) {
	case A_NLB_NAME: /* of up to 32 characters */
	case A_NLB_TYPE:
	case A_NLB_TARGET_TYPE:
	case A_NLB_ICMP:
	case A_NLB_ACCESS_LOG_BUCKET:
	case A_NLB_ACCESS_LOG_PREFIX:
	case A_NLB_BACKEND_PROTOCOL:
	case A_NLB_TCP_UDP:
	case A_NLB_SSL_POLICY: /* only AWS knows them */
	case A_NLB_HC_PATH:
	case A_NLB_HC_CODES:
		return true;
	default:
		return annots[id].nothing && strcmp(annots[id].nothing, "*") == 0;
	}
}

/* The annotation has a value, beside what makes it count. */
static const char *with(struct lbcase *c, int id, const char *value)
{
	bool dotted = str_suffix(annots[id].suffix, ".");
	const char *tail = !dotted ? "" : id == A_NLB_TG_ATTRIBUTES_PORT ? "80" : "TCP-80";
	const char *tls = id == A_NLB_ALPN ? CERT : "";
	const char *scheme = id == A_NLB_SCHEME ? "" : PUBLIC;

	lbcase_init(c);
	lbcase_text(c, vpc);
	lbcase_text(c, arena_fmt(&c->a,
				 "[{'kind':'Case','facts':{'routes':{'main':['igw-1']}}},"
				 "{'kind':'Service','metadata':{'name':'web','annotations':{"
				 "'SB/%s%s':'%s'%s%s}},'spec':{'type':'LoadBalancer',"
				 "'loadBalancerClass':'service.k8s.aws/nlb','ports':[" P80 "]}}]",
				 annots[id].suffix, tail, value, tls,
				 id == A_NLB_INTERNAL ? "" : scheme));
	return lbsummary(c);
}

TEST(nonsense_in_any_annotation_of_a_service_is_refused_by_name_and_value)
{
	static const char *const nonsense[] = { "%%", "x=y=z,,q", "-1, no", "\xff\xfe",
						"99999999999999999999" };
	int refused = 0;

	for (int id = 0; id < ANNOTS; id++) {
		for (size_t k = 0; k < COUNT(nonsense); k++) {
			auto_lbcase struct lbcase c;
			const char *said;

			if (!(annots[id].scope & ON_SERVICE))
				continue;
			said = with(&c, id, nonsense[k]);
			if (takes_anything(id))
				continue; /* it must only not crash */
			if (!str_prefix(said, "error: ") || !strstr(said, annots[id].suffix) ||
			    !strstr(said, nonsense[k]))
				CHECK_STR(said, arena_fmt(&c.a, "an error that names %s: %s",
							  annots[id].suffix, nonsense[k]));
			refused++;
		}
	}
	CHECK(refused > 100);
}

/* n times the text. */
static const char *times(struct lbcase *c, const char *text, int n)
{
	auto_buf struct buf b = { 0 };

	for (int i = 0; i < n; i++)
		buf_fmt(&b, "%s%s", i ? "," : "", text);
	return arena_str(&c->a, b.p);
}

TEST(more_than_aws_ever_grants_is_refused_with_what_to_do)
{
	static const struct {
		int ports, ranges, subnets;
		const char *annotations, *want;
	} rows[] = {
		{ 501, 1, 2, IP, "error: 501 ports, and an NLB has at most 500 listeners: spread" },
		{ 1, 1001, 2, IP,
		  "error: spec.loadBalancerSourceRanges: 1001 CIDRs, and a security group has at "
		  "most 1000 rules: use a prefix list" },
		{ 11, 91, 2, IP,
		  "error: 11 ports for 91 CIDRs and prefix lists are 1001 rules, and a security "
		  "group has at most 1000: give fewer" },
		{ 1, 1, 101, IP, "error: 101 subnets are asked for, a load balancer has at most" },
		{ 1, 1001, 2,
		  IP A("disable-nlb-sg", "true")
			  A("target-group-attributes", "preserve_client_ip.enabled=1"),
		  "error: spec.loadBalancerSourceRanges: 1001 CIDRs" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		auto_lbcase struct lbcase c;

		lbcase_init(&c);
		lbcase_text(&c, vpc);
		lbcase_text(&c,
			    arena_fmt(&c.a,
				      "{'kind':'Service','metadata':{'name':'web','annotations'"
				      ":{'x':'y'%s,'SB/aws-load-balancer-subnets':'%s'}},'spec':"
				      "{'loadBalancerSourceRanges':[%s],'ports':[%s]}}",
				      rows[i].annotations,
				      rows[i].subnets == 2 ? "subnet-1,subnet-2"
							   : times(&c, "x", rows[i].subnets),
				      times(&c, "'10.0.0.0/8'", rows[i].ranges),
				      times(&c, "{'port':80}", rows[i].ports)));
		if (!strstr(lbsummary(&c), rows[i].want))
			CHECK_STR(lbsummary(&c), rows[i].want);
	}
}

TEST(an_annotation_as_long_as_an_object_may_be_is_read)
{
	auto_lbcase struct lbcase c;
	auto_buf struct buf b = { 0 };
	struct tags t;

	lbcase_init(&c);
	for (int i = 0; i < 30000; i++)
		buf_fmt(&b, "%sk%d=v", i ? "," : "", i % 20000);
	CHECK(annot_parse_map(b.p, &t, &c.a) == 0);
	CHECK_INT(t.n, 20000);
	CHECK_INT(annot_parse_list(b.p, &c.a).n, 30000);
}
