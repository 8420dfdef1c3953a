/* SPDX-License-Identifier: Apache-2.0 */
/* lb_group.c - which Ingresses are ours and which group they are in (spec-lbc-alb 2, 3); members
 * that are wrong, and what members must agree on. */
#include <errno.h>

#include "lbfixture.h"

#define CLASS(name, annotations, spec)                                                     \
	"{'kind':'IngressClass','metadata':{'name':'" name "','annotations':{" annotations \
	"}},'spec':{" spec "}}"
#define OURS "'controller':'ingress.k8s.aws/alb'"
#define DEFAULT "'ingressclass.kubernetes.io/is-default-class':'true'"
#define PLAIN(annotations, spec)                                                         \
	"{'kind':'Ingress','metadata':{'namespace':'ns-1','name':'ing-1','annotations':" \
	"{" annotations "}},'spec':{" spec "}}"
#define FLAG(name, value) "{'kind':'Case','flags':{'" name "':" value "}}"

/* The group of the first Ingress: "ns/name", "name", "none", or what is wrong. */
static const char *group_text(struct lbcase *c)
{
	struct ingress_group_id id = { 0 };
	const struct kube_class_params *params;
	struct err e = { 0 };
	int r = ingress_group_of(&c->config, &c->objects, lbcase_first(c, KUBE_INGRESS), &id,
				 &params, &c->a, &e);

	if (r < 0)
		return arena_fmt(&c->a, "%s%s%s", e.code, *e.code ? ": " : "", e.msg);
	if (!r)
		return "none";
	return *id.ns ? arena_fmt(&c->a, "%s/%s", id.ns, id.name) : id.name;
}

struct row {
	const char *docs[5], *want;
};
static void check_groups(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		auto_lbcase struct lbcase c;

		lbcase_init(&c);
		for (size_t k = 0; rows[i].docs[k]; k++)
			lbcase_text(&c, rows[i].docs[k]);
		CHECK_STR(group_text(&c), rows[i].want);
	}
}

#define LEGACY(value) PLAIN("'kubernetes.io/ingress.class':'" value "'", "'ingressClassName':'x'")
#define ANY_CLASS FLAG("ingress-class", "''")
#define NAMED(class) PLAIN("", "'ingressClassName':'" class "'")
#define WITH_PARAMS(group, kind) \
	CLASS("c", "", OURS ",'parameters':{'apiGroup':'" group "','kind':'" kind "','name':'p'}")
#define PARAMS(spec) "{'kind':'IngressClassParams','metadata':{'name':'p'},'spec':{" spec "}}"
#define OUR_PARAMS WITH_PARAMS("elbv2.k8s.aws", "IngressClassParams")
#define SELECTOR "'namespaceSelector':{'matchLabels':{'team':'a'}}"
#define TEAM(t) "{'kind':'Namespace','metadata':{'name':'ns-1','labels':{'team':'" t "'}}}"

TEST(ingresses_are_ours_by_class_or_by_the_older_annotation)
{
	static const struct row rows[] = {
		{ { LEGACY("alb") }, "ns-1/ing-1" },
		{ { LEGACY("nginx") }, "none" },
		{ { ANY_CLASS, LEGACY("") }, "ns-1/ing-1" },
		{ { ANY_CLASS, LEGACY("alb") }, "ns-1/ing-1" },
		{ { ANY_CLASS, LEGACY("nginx") }, "none" },
		{ { PLAIN("", "") }, "none" },
		{ { ANY_CLASS, PLAIN("", "") }, "ns-1/ing-1" },
		{ { CLASS("c", "", OURS), NAMED("c") }, "ns-1/ing-1" },
		{ { CLASS("c", "", "'controller':'k8s.io/nginx'"), NAMED("c") }, "none" },
		{ { CLASS("c", DEFAULT, OURS), PLAIN("", "") }, "ns-1/ing-1" },
		{ { CLASS("c", DEFAULT, OURS), CLASS("d", DEFAULT, OURS), PLAIN("", "") },
		  "multiple default IngressClasses found" },
		{ { CLASS("c", DEFAULT, OURS), CLASS("d", DEFAULT, OURS), NAMED("d") },
		  "ns-1/ing-1" },
		{ { NAMED("awesome-class") },
		  "InvalidIngressClass: invalid ingress class: IngressClass.networking.k8s.io "
		  "\"awesome-class\" not found" },
		{ { OUR_PARAMS, NAMED("c") },
		  "InvalidIngressClass: invalid ingress class: IngressClassParams.elbv2.k8s.aws "
		  "\"p\" not found" },
		{ { WITH_PARAMS("example.com", "IngressClassParams"), NAMED("c") },
		  "InvalidIngressClass: invalid ingress class: IngressClass c references unknown "
		  "parameters" },
		{ { WITH_PARAMS("elbv2.k8s.aws", "Other"), NAMED("c") },
		  "InvalidIngressClass: invalid ingress class: IngressClass c references unknown "
		  "parameters" },
		{ { OUR_PARAMS, PARAMS(SELECTOR), TEAM("a"), NAMED("c") }, "ns-1/ing-1" },
		{ { OUR_PARAMS, PARAMS(SELECTOR), TEAM("b"), NAMED("c") },
		  "InvalidIngressClass: invalid ingress class: namespaceSelector of "
		  "IngressClassParams p mismatch" },
		{ { OUR_PARAMS, PARAMS("'namespaceSelector':{}"), NAMED("c") }, "ns-1/ing-1" },
		{ { OUR_PARAMS,
		    PARAMS("'namespaceSelector':{'matchExpressions':[{'key':'k','operator':"
			   "'Near','values':['v']}]}"),
		    NAMED("c") },
		  "InvalidIngressClass: invalid ingress class: namespaceSelector of "
		  "IngressClassParams p: selector k: 'Near' is no operator" },
		{ { "{'kind':'Ingress','metadata':{'name':'i','deletionTimestamp':'x','annotations'"
		    ":"
		    "{'kubernetes.io/ingress.class':'alb'}}}" },
		  "none" },
	};
	check_groups(rows, COUNT(rows));
}

#define GROUP(name) PLAIN("'kubernetes.io/ingress.class':'alb','AI/group.name':'" name "'", "")
#define D10 "0123456789"
#define BAD_NAME(name)                                                                      \
	"InvalidIngressGroup: invalid ingress group: groupName must consist of lower case " \
	"alphanumeric characters, '-' or '.', and must start and end with an alphanumeric " \
	"character (alb.ingress.kubernetes.io/group.name: " name ")"

TEST(group_names_are_checked_and_a_class_beats_the_annotation)
{
	static const struct row rows[] = {
		{ { GROUP("group") }, "group" },
		{ { GROUP("42") }, "42" },
		{ { GROUP("m00nf1sh") }, "m00nf1sh" },
		{ { GROUP("group-m00nf1sh") }, "group-m00nf1sh" },
		{ { GROUP("aaaa-.cc-c.c") }, "aaaa-.cc-c.c" },
		{ { GROUP(D10 D10 D10 D10 D10 D10 "abc") }, D10 D10 D10 D10 D10 D10 "abc" },
		{ { GROUP("GROUP") }, BAD_NAME("GROUP") },
		{ { GROUP("-abcdef") }, BAD_NAME("-abcdef") },
		{ { GROUP("") }, BAD_NAME("") },
		{ { GROUP(D10 D10 D10 D10 D10 D10 "abcd") },
		  "InvalidIngressGroup: invalid ingress group: groupName must be no more than 63 "
		  "characters (alb.ingress.kubernetes.io/group.name: " D10 D10 D10 D10 D10 D10
		  "abcd)" },
		{ { OUR_PARAMS, PARAMS("'group':{'name':'of-class'}"),
		    PLAIN("'AI/group.name':'own'", "'ingressClassName':'c'") },
		  "of-class" },
	};
	check_groups(rows, COUNT(rows));
}

/* Members in order, then "-" and those that leave; "error: ..." */
static const char *members_text(struct lbcase *c, const struct ingress_group_id *id)
{
	auto_buf struct buf out = { 0 };
	struct ingress_group g;
	struct err e = { 0 };

	if (ingress_group_load(&c->config, &c->objects, id, &g, &c->a, &e) < 0)
		return arena_fmt(&c->a, "error: %s", e.msg);
	for (size_t i = 0; i < g.n; i++)
		buf_fmt(&out, "%s%s", i ? " " : "", g.members[i].ingress->name);
	for (size_t i = 0; i < g.ninactive; i++)
		buf_fmt(&out, " -%s", g.inactive[i]->name);
	return arena_str(&c->a, out.p ? out.p : "");
}

#define MEMBER(ns, name, group, more, meta)                                                    \
	"{'kind':'Ingress','metadata':{'namespace':'" ns "','name':'" name "'" meta            \
	",'annotations':{'kubernetes.io/ingress.class':'alb','AI/group.name':'" group "'" more \
	"}}}"
#define ORDER(n) ",'AI/group.order':'" n "'"
#define HOLDS(finalizer) ",'finalizers':['" finalizer "']"

TEST(members_come_in_their_order_and_leavers_are_known_by_finalizer)
{
	auto_lbcase struct lbcase c;
	static const struct ingress_group_id awesome = { "", "awesome-group" };
	static const struct ingress_group_id lone = { "ns", "lone" };

	lbcase_init(&c);
	lbcase_text(&c, MEMBER("ns", "three", "awesome-group", ORDER("3"), ""));
	lbcase_text(&c, MEMBER("ns", "two", "awesome-group", ORDER("2"), ""));
	lbcase_text(&c, MEMBER("ns", "zero-b", "awesome-group", "", ""));
	lbcase_text(&c, MEMBER("ns", "zero-a", "awesome-group", "", ""));
	lbcase_text(&c, MEMBER("a-ns", "zero-z", "awesome-group", "", ""));
	lbcase_text(&c, MEMBER("ns", "minus", "awesome-group", ORDER("-1000"), ""));
	lbcase_text(&c, MEMBER("ns", "moved", "other", "",
			       HOLDS("group.ingress.k8s.aws/awesome-group")));
	lbcase_text(
		&c,
		MEMBER("ns", "going", "awesome-group", "",
		       HOLDS("group.ingress.k8s.aws/awesome-group") ",'deletionTimestamp':'x'"));
	lbcase_text(&c, MEMBER("ns", "bad-name", "BAD", "",
			       HOLDS("group.ingress.k8s.aws/awesome-group")));
	lbcase_text(&c, MEMBER("ns", "gone", "awesome-group", "", ",'deletionTimestamp':'x'"));
	lbcase_text(&c, MEMBER("ns", "implicit", "other", "", HOLDS("ingress.k8s.aws/resources")));
	CHECK_STR(members_text(&c, &awesome),
		  "minus zero-z zero-a zero-b two three -moved -going -bad-name");
	CHECK_STR(members_text(&c, &lone), "");
	lbcase_text(&c, MEMBER("ns", "lone", "other", "", HOLDS("ingress.k8s.aws/resources")));
	CHECK_STR(members_text(&c, &lone), " -lone");
	CHECK_STR(ingress_finalizer(&awesome, &c.a), "group.ingress.k8s.aws/awesome-group");
	CHECK_STR(ingress_finalizer(&lone, &c.a), "ingress.k8s.aws/resources");
}

TEST(a_class_that_went_away_does_not_tear_a_load_balancer_down)
{
	auto_lbcase struct lbcase c;
	static const struct ingress_group_id lone = { "default", "i" };

	lbcase_init(&c);
	lbcase_text(&c, "{'kind':'Ingress','metadata':{'name':'other'},'spec':{"
			"'ingressClassName':'absent'}}");
	CHECK_STR(members_text(&c, &lone), "");
	lbcase_text(&c, "{'kind':'Ingress','metadata':{'name':'i','finalizers':["
			"'ingress.k8s.aws/resources']},'spec':{'ingressClassName':'absent'}}");
	CHECK_STR(members_text(&c, &lone),
		  "error: Ingress: default/i: Ingress has invalid IngressClass configuration: "
		  "invalid ingress class: IngressClass.networking.k8s.io \"absent\" not found");
	lbcase_text(&c, CLASS("x", DEFAULT, OURS));
	lbcase_text(&c, CLASS("y", DEFAULT, OURS));
	lbcase_text(&c, "{'kind':'Ingress','metadata':{'name':'plain'}}");
	CHECK_STR(members_text(&c, &(struct ingress_group_id) { "default", "plain" }),
		  "error: multiple default IngressClasses found");
}

/* ---- one member is wrong, and the others go on */

#define G ",'AI/group.name':'g'"
#define GOOD FIX_INGRESS("good", G, FIX_SIMPLE)
#define BAD(more, spec) FIX_INGRESS("bad", G more, spec)
#define GOOD_RULE "R 80:1 path=/ > forward $TG-ns-1/good-svc-1:http\n"

static const struct fix_row wrong_members[] = {
	{ "R TG out",
	  { GOOD, BAD("", FIX_ONE(FIX_PATH("/x", FIX_TO("svc-2", FIX_HTTP)) "," FIX_PATH(
				  "/y", FIX_TO("svc-1", "'name':'absent'")))) },
	  GOOD_RULE "TG ns-1/good-svc-1:http k8s-ns1-svc1-6661031324 "
		    "instance:32768/HTTP/HTTP1 ipv4 HTTP:traffic-port/=200 15/5/2/2\n"
		    "out ns-1/bad: ingress: ns-1/bad: unable to find port absent on service "
		    "ns-1/svc-1\n" },
	{ "R out",
	  { GOOD, BAD(",'AI/group.order':'1001'", FIX_SIMPLE) },
	  GOOD_RULE "out ns-1/bad: explicit Ingress group order must be within "
		    "[-1000:1000], Ingress: ns-1/bad, order: 1001 "
		    "(alb.ingress.kubernetes.io/group.order: 1001)\n" },
	{ "R out",
	  { GOOD, BAD(",'AI/group.order':'x'", FIX_SIMPLE) },
	  GOOD_RULE "out ns-1/bad: failed to load Ingress group order for ingress: "
		    "ns-1/bad: failed to parse int32 annotation, "
		    "alb.ingress.kubernetes.io/group.order: x: strconv.ParseInt: parsing "
		    "\"x\": invalid syntax\n" },
	{ "R out",
	  { GOOD, BAD(",'AI/auth-type':'oidc'", FIX_SIMPLE) },
	  GOOD_RULE "out ns-1/bad: alb.ingress.kubernetes.io/auth-type: oidc: "
		    "authentication by the load balancer: not built yet in vpcbox: take "
		    "the annotation away, or leave the object to "
		    "aws-load-balancer-controller\n" },
	/* its port stays open as long as it can be read; a listener that is there keeps
	 * what its default backend was */
	{ "L R out",
	  { GOOD, BAD(",'AI/listen-ports':'[{\\'HTTP\\':81}]'",
		      "'defaultBackend':" FIX_TO("svc-1", "'name':'absent'")) },
	  "L 80 HTTP fixed-response 404 type=text/plain\n"
	  "L 81 HTTP fixed-response 404 type=text/plain keep\n" GOOD_RULE
	  "out ns-1/bad: unable to find port absent on service ns-1/svc-1\n" },
	{ "L R out",
	  { GOOD, BAD(",'AI/listen-ports':'[{\\'TCP\\':81}]'", FIX_SIMPLE) },
	  "L 80 HTTP fixed-response 404 type=text/plain\n" GOOD_RULE
	  "out ns-1/bad: ingress: ns-1/bad: listen protocol must be within [HTTP, HTTPS]: "
	  "TCP (alb.ingress.kubernetes.io/listen-ports: [{\"TCP\":81}])\n" },
	/* of several wrong members each is told */
	{ "out",
	  { GOOD, BAD(",'AI/inbound-cidrs':'10.0.0.0/33'", FIX_SIMPLE),
	    FIX_INGRESS("worse", G ",'AI/tags':'x'", FIX_SIMPLE) },
	  "out ns-1/bad: ingress: ns-1/bad: invalid inbound-cidrs settings on Ingress: "
	  "ns-1/bad: invalid CIDR address: 10.0.0.0/33 "
	  "(alb.ingress.kubernetes.io/inbound-cidrs: 10.0.0.0/33)\n"
	  "out ns-1/worse: failed to parse stringMap annotation, "
	  "alb.ingress.kubernetes.io/tags: x\n" },
	{ "out",
	  { GOOD, BAD(",'AI/security-group-prefix-lists':'pl-1,some'", FIX_SIMPLE),
	    FIX_INGRESS("worse", G ",'AI/tags':'x'", FIX_SIMPLE) },
	  "out ns-1/bad: ingress: ns-1/bad: no id of a prefix list: some "
	  "(alb.ingress.kubernetes.io/security-group-prefix-lists: pl-1,some)\n"
	  "out ns-1/worse: failed to parse stringMap annotation, "
	  "alb.ingress.kubernetes.io/tags: x\n" },
	/* none is right */
	{ "",
	  { BAD(",'AI/tags':'x'", FIX_SIMPLE) },
	  "error: failed to parse stringMap annotation, alb.ingress.kubernetes.io/tags: "
	  "x" },
};

TEST(a_member_that_is_wrong_loses_its_rules_and_the_others_go_on)
{
	fix_check(wrong_members, COUNT(wrong_members));
}

TEST(a_stack_without_a_members_rules_says_that_it_is_partial)
{
	auto_lbcase struct lbcase c, d;

	fix_case(&c, (const char *const[]) { GOOD, NULL });
	CHECK(!lbingress_stack(&c)->partial);
	fix_case(&d, (const char *const[]) { GOOD, BAD(",'AI/tags':'x'", FIX_SIMPLE), NULL });
	CHECK(lbingress_stack(&d)->partial);
}

/* What AWS does not answer is no member's fault. */
TEST(a_fact_that_cannot_be_had_ends_the_building)
{
	static const struct fix_row rows[] = {
		{ "",
		  { GOOD,
		    BAD(",'AI/listen-ports':'[{\\'HTTPS\\':443}]'",
			"'tls':[{'hosts':['a.example.com']}]"),
		    "{'kind':'Case','facts':{'fail':{'certificates':'no answer'}}}" },
		  "error: ingress: ns-1/bad: no answer" },
		{ "",
		  { GOOD, "{'kind':'Case','facts':{'fail':{'loadBalancer':'no answer'}}}" },
		  "error: no answer" },
		{ "",
		  { GOOD, "{'kind':'Case','facts':{'fail':{'backendSecurityGroup':'no answer'}}}" },
		  "error: no answer" },
	};
	fix_check(rows, COUNT(rows));
}

/* ---- what members must agree on */

#define A(more) FIX_INGRESS("a", G more, FIX_SIMPLE)
#define B(more) FIX_INGRESS("b", G more, FIX_SIMPLE)
#define AGREE(a, b, words)                                                  \
	{                                                                   \
		"", { A(",'AI/" a "'"), B(",'AI/" b "'") }, "error: " words \
	}
#define MERGE(port) "failed to merge listenPort config for port: " port ": "

TEST(what_is_the_load_balancers_must_be_agreed_on)
{
	static const struct fix_row rows[] = {
		AGREE("scheme':'internal", "scheme':'internet-facing",
		      "conflicting scheme: map[internal:{} internet-facing:{}]"),
		AGREE("ip-address-type':'ipv4", "ip-address-type':'dualstack",
		      "conflicting IPAddressType: [dualstack ipv4]"),
		AGREE("load-balancer-name':'foo", "load-balancer-name':'baz",
		      "conflicting load balancer name: map[baz:{} foo:{}]"),
		AGREE("subnets':'subnet-a,subnet-b", "subnets':'subnet-a",
		      "conflicting subnets: [subnet-a subnet-b] | [subnet-a]"),
		AGREE("security-groups':'sg-1", "security-groups':'sg-2",
		      "conflicting securityGroups: [sg-1] | [sg-2]"),
		AGREE("customer-owned-ipv4-pool':'b", "customer-owned-ipv4-pool':'a",
		      "conflicting CustomerOwnedIPv4Pool: [a b]"),
		AGREE("load-balancer-attributes':'idle_timeout.timeout_seconds=30",
		      "load-balancer-attributes':'idle_timeout.timeout_seconds=60",
		      "conflicting load balancer attributes idle_timeout.timeout_seconds: 30 | "
		      "60"),
		AGREE("minimum-load-balancer-capacity':'CapacityUnits=500",
		      "minimum-load-balancer-capacity':'CapacityUnits=200",
		      "conflicting capacity reservation CapacityUnits: 500 | 200"),
		AGREE("ipam-ipv4-pool-id':'a", "ipam-ipv4-pool-id':'b",
		      "conflicting ipv4 ipam pools a: b"),
		AGREE("tags':'k=1", "tags':'k=2", "conflicting tag k: 1 | 2"),
		AGREE("listen-ports':'[{\\'HTTP\\':80}]", "listen-ports':'[{\\'HTTPS\\':80}]",
		      MERGE("80") "conflicting protocol, ns-1/a: HTTP | ns-1/b: HTTPS"),
		AGREE("inbound-cidrs':'10.0.0.0/8,::/0", "inbound-cidrs':'10.0.0.0/9",
		      MERGE("80") "conflicting inbound-cidrs, ns-1/a: [10.0.0.0/8 ::/0] | "
				  "ns-1/b: [10.0.0.0/9]"),
		AGREE("security-group-prefix-lists':'pl-1", "security-group-prefix-lists':'pl-2",
		      MERGE("80") "conflicting inbound-prefix-lists, ns-1/a: [pl-1] | ns-1/b: "
				  "[pl-2]"),
		AGREE("certificate-arn':'x','AI/ssl-policy':'p",
		      "certificate-arn':'x','AI/ssl-policy':'q",
		      MERGE("443") "conflicting sslPolicy, ns-1/a: p | ns-1/b: q"),
		AGREE("listener-attributes.HTTP-80':'k=1", "listener-attributes.HTTP-80':'k=2",
		      "conflicting listener attributes k: 1 | 2 for ingress ns-1/b"),
		AGREE("certificate-arn':'x','AI/"
		      "listen-ports':'[{\\'HTTPS\\':443},{\\'HTTPS\\':8443}]"
		      "','AI/ssl-redirect':'8443",
		      "ssl-redirect':'443", "conflicting sslRedirect port: [443 8443]"),
		{ "",
		  { FIX_INGRESS("a", G, "'defaultBackend':" FIX_TO("svc-1", FIX_HTTP)),
		    FIX_INGRESS("b", G, "'defaultBackend':" FIX_TO("svc-1", FIX_HTTP)) },
		  "error: multiple ingress defined default backend: [ns-1/a ns-1/b]" },
		{ "",
		  { "{'kind':'Case','facts':{'groups':[{'id':'sg-1'}]}}",
		    A(",'AI/security-groups':'sg-1','AI/manage-backend-security-group-rules':"
		      "'true'"),
		    B(",'AI/manage-backend-security-group-rules':'false'") },
		  "error: conflicting manage backend security group rules settings" },
	};
	fix_check(rows, COUNT(rows));
}

#define WRONG(annotation, value, words)                                                          \
	{                                                                                        \
		"", { A(",'AI/" annotation "':'" value "'"), B("") },                            \
			"error: " words " (alb.ingress.kubernetes.io/" annotation ": " value ")" \
	}
#define NONSENSE(kind, annotation, value)                                               \
	{                                                                               \
		"", { A(",'AI/" annotation "':'" value "'"), B("") },                   \
			"error: failed to parse " kind                                  \
			" annotation, alb.ingress.kubernetes.io/" annotation ": " value \
	}

/* To go on without it could replace the load balancer. */
TEST(nonsense_about_the_load_balancer_changes_nothing_at_all)
{
	static const struct fix_row rows[] = {
		WRONG("scheme", "private", "unknown scheme: private"),
		WRONG("ip-address-type", "ipv5", "unknown IPAddressType: ipv5"),
		WRONG("load-balancer-name", "a23456789b23456789c23456789d23456",
		      "load balancer name cannot be longer than 32 characters"),
		WRONG("load-balancer-name", "", "load balancer name cannot be empty"),
		WRONG("minimum-load-balancer-capacity", "Units=1",
		      "invalid key to set the capacity: Units, Expected key: CapacityUnits"),
		WRONG("minimum-load-balancer-capacity", "CapacityUnits=-1",
		      "invalid value to set the capacity: -1"),
		NONSENSE("stringMap", "load-balancer-attributes", "x"),
		NONSENSE("stringMap", "minimum-load-balancer-capacity", "x"),
		{ "",
		  { A(",'AI/customer-owned-ipv4-pool':''") },
		  "error: cannot use empty value for customer-owned-ipv4-pool annotation, ingress: "
		  "ns-1/a" },
		{ "", { A(",'AI/subnets':''") }, "error: unable to resolve at least one subnet" },
		{ "",
		  { A(",'AI/subnets':'subnet-a'") },
		  "error: subnets count less than minimal required count: 1 < 2" },
		{ "",
		  { "{'kind':'Case','facts':{'groups':[{'id':'sg-1'}]}}",
		    A(",'AI/security-groups':'sg-1','AI/manage-backend-security-group-rules':"
		      "'yes'") },
		  "error: failed to parse bool annotation, "
		  "alb.ingress.kubernetes.io/manage-backend-security-group-rules: yes: "
		  "strconv.ParseBool: parsing \"yes\": invalid syntax" },
		{ "",
		  { A(",'AI/ssl-redirect':'https'") },
		  "error: failed to parse int32 annotation, alb.ingress.kubernetes.io/"
		  "ssl-redirect: https: strconv.ParseInt: parsing \"https\": invalid syntax" },
	};
	fix_check(rows, COUNT(rows));
}
