/* SPDX-License-Identifier: Apache-2.0 */
/* lb_admission_binding.c - what the webhooks put into TargetGroupBindings, and what they refuse. */
#include "lbreview.h"
#include "test.h"

#define ARN "arn:aws:elasticloadbalancing:r:1:targetgroup/tg/1"
#define GROUP(arn, name, type, ip, protocol)                                           \
	"{'TargetGroupArn':'" arn "','TargetGroupName':'" name "','TargetType':'" type \
	"','VpcId':'vpc-0123456789abcdef0','IpAddressType':'" ip "','Protocol':'" protocol "'}"
#define IP_GROUP GROUP(ARN, "tg", "ip", "ipv4", "TCP")
#define VPC "'vpcID':'vpc-0123456789abcdef0'"
#define FULL                                                                       \
	"'targetGroupARN':'" ARN "','targetType':'ip','ipAddressType':'ipv4'," VPC \
	",'targetGroupProtocol':'TCP'"
#define B(spec) \
	"{'metadata':{'name':'b','uid':'me'},'spec':{'serviceRef':{'name':'s','port':80}," spec "}}"
#define SET(field, value) "{'op':'add','path':'/spec/" field "','value':'" value "'}"

static void check_patch(const struct lbreview *r, const char *want)
{
	char text[1024];
	size_t n = 0;

	for (; *want; want++)
		text[n++] = *want == '\'' ? '"' : *want;
	text[n] = '\0';
	CHECK_STR(r->patch, text);
}

TEST(what_a_binding_leaves_out_comes_from_its_target_group)
{
	static const struct {
		const char *spec, *groups, *patch;
		size_t asked;
	} rows[] = {
		{ FULL, NULL, "", 0 },
		{ "'targetGroupARN':'" ARN "'", "[" IP_GROUP "]",
		  "[" SET("targetType", "ip") "," SET("ipAddressType", "ipv4") "," SET(
			  "vpcID", "vpc-0123456789abcdef0") "," SET("targetGroupProtocol",
								    "TCP") "]",
		  1 },
		{ "'targetGroupName':'tg','targetType':'instance'",
		  "[" GROUP(ARN, "tg", "instance", "", "TLS") "]",
		  "[" SET("targetGroupARN", ARN) "," SET("ipAddressType", "ipv4") "," SET(
			  "vpcID", "vpc-0123456789abcdef0") "," SET("targetGroupProtocol",
								    "TLS") "]",
		  1 },
		{ "'targetGroupARN':'" ARN "','targetType':'ip'," VPC
		  ",'targetGroupProtocol':'TCP'",
		  "[" GROUP(ARN, "tg", "ip", "ipv6", "TCP") "]",
		  "[" SET("ipAddressType", "ipv6") "]", 1 },
		/* an ARN wins over a name */
		{ FULL ",'targetGroupName':'other'", "[]", "", 0 },
	};
	auto_lbreview struct lbreview r = { 0 };

	lbreview_start(&r);
	for (size_t i = 0; i < COUNT(rows); i++) {
		char object[600];

		snprintf(object, sizeof(object), B("%s"), rows[i].spec);
		r.groups = rows[i].groups;
		r.asked = 0;
		CHECK(lbreview_ask(&r, HOOK_MUTATE_BINDING, object, NULL));
		check_patch(&r, rows[i].patch);
		CHECK_INT(r.asked, rows[i].asked);
		CHECK(lbreview_ask(&r, HOOK_MUTATE_BINDING, object, object));
		CHECK_STR(r.patch, "");
		CHECK_INT(r.asked, rows[i].asked);
	}
}

TEST(a_binding_whose_target_group_cannot_be_found_out_is_refused)
{
	static const struct {
		const char *spec, *groups, *why;
	} rows[] = {
		{ "'x':1", "[]", "spec.targetGroupARN or spec.targetGroupName must be set" },
		{ "'targetGroupName':'tg'", "[]",
		  "searching TargetGroup with name tg: found 0, not exactly one" },
		{ "'targetGroupName':'tg'", "[" IP_GROUP "," IP_GROUP "]",
		  "searching TargetGroup with name tg: found 2, not exactly one" },
		{ "'targetGroupName':'tg'", NULL,
		  "searching TargetGroup with name tg: DescribeTargetGroups: AccessDenied: no" },
		{ "'targetGroupARN':'" ARN "'", NULL,
		  "searching TargetGroup with ARN " ARN
		  ": DescribeTargetGroups: AccessDenied: no" },
		{ "'targetGroupARN':'" ARN "'", "[" GROUP(ARN, "tg", "lambda", "", "") "]",
		  "unsupported TargetType: lambda" },
		{ "'targetGroupARN':'" ARN "'", "[" GROUP(ARN, "tg", "ip", "ipx", "") "]",
		  "unsupported IPAddressType: ipx" },
	};
	auto_lbreview struct lbreview r = { 0 };

	lbreview_start(&r);
	for (size_t i = 0; i < COUNT(rows); i++) {
		char object[600];

		snprintf(object, sizeof(object), B("%s"), rows[i].spec);
		r.groups = rows[i].groups;
		CHECK(!lbreview_ask(&r, HOOK_MUTATE_BINDING, object, NULL));
		CHECK_STR(r.why, rows[i].why);
		CHECK_STR(r.patch, "");
	}
}

#define UNIQUE(names)                                                                         \
	"TargetGroup " ARN " is already bound to following TargetGroupBindings [" names "]. " \
	"Please enable MultiCluster mode on all TargetGroupBindings referencing " ARN         \
	" or choose a different Target Group ARN."
#define OTHER(name, multi)                                                                     \
	"{'kind':'TargetGroupBinding','apiVersion':'elbv2.k8s.aws/v1beta1','metadata':{"       \
	"'namespace':'far','name':'" name "','uid':'" name "'},'spec':{'targetGroupARN':'" ARN \
	"','multiClusterTargetGroup':" multi ",'serviceRef':{'name':'s','port':1}}}"

struct verdict {
	const char *spec, *old, *cluster, *group, *why;
};

static void judge(const struct verdict *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		auto_lbreview struct lbreview r = { 0 };
		char object[800], old[800];

		lbreview_start(&r);
		r.cluster.config.vpc = "vpc-0123456789abcdef0";
		if (v[i].cluster)
			lbcase_text(&r.cluster, v[i].cluster);
		r.groups = v[i].group ? v[i].group : "[" IP_GROUP "]";
		snprintf(object, sizeof(object), B("%s"), v[i].spec);
		snprintf(old, sizeof(old), B("%s"), v[i].old ? v[i].old : "");
		CHECK_INT(lbreview_ask(&r, HOOK_VALIDATE_BINDING, object, v[i].old ? old : NULL),
			  !*v[i].why);
		CHECK_STR(r.why, v[i].why);
	}
}

static const struct verdict of_new[] = {
	{ FULL, NULL, NULL, NULL, "" },
	/* what must be there */
	{ "'targetGroupARN':'" ARN "'", NULL, NULL, NULL,
	  "TargetGroupBinding must specify these fields: spec.targetType" },
	{ "'targetType':'ip'", NULL, NULL, NULL,
	  "TargetGroupBinding must specify these fields: spec.targetGroupARN" },
	{ "'x':1", NULL, NULL, NULL,
	  "TargetGroupBinding must specify these fields: "
	  "spec.targetGroupARN,spec.targetType" },
	{ "'targetGroupName':'tg','targetType':'ip'", NULL, NULL, NULL, "" },
	{ "'targetGroupName':'no','targetType':'ip'", NULL, NULL, NULL,
	  "searching TargetGroup with name no: found 0, not exactly one" },
	/* nodes */
	{ FULL ",'nodeSelector':{}", NULL, NULL, NULL,
	  "TargetGroupBinding cannot set spec.nodeSelector when spec.targetType is ip" },
	{ "'targetGroupARN':'" ARN "','targetType':'instance','nodeSelector':{}", NULL, NULL, NULL,
	  "" },
	/* one binding a group */
	{ FULL, NULL, "[" OTHER("a", "false") "," OTHER("b", "true") "]", NULL,
	  UNIQUE("far/a far/b") },
	{ FULL ",'multiClusterTargetGroup':true", NULL,
	  "[" OTHER("a", "false") "," OTHER("b", "true") "]", NULL, UNIQUE("far/a") },
	{ FULL ",'multiClusterTargetGroup':true", NULL, OTHER("b", "true"), NULL, "" },
	{ FULL, NULL, OTHER("me", "false"), NULL, "" },
	/* address type */
	{ "'targetGroupARN':'" ARN "','targetType':'ip'", NULL, NULL, NULL, "" },
	{ "'targetGroupARN':'" ARN "','targetType':'ip'", NULL, NULL,
	  "[" GROUP(ARN, "tg", "ip", "ipv6", "TCP") "]",
	  "spec.ipAddressType is ipv4, but that of TargetGroup " ARN " is ipv6" },
	{ "'targetGroupARN':'" ARN "','targetType':'ip','ipAddressType':'ipv6'", NULL, NULL, NULL,
	  "spec.ipAddressType is ipv6, but that of TargetGroup " ARN " is ipv4" },
	{ "'targetGroupARN':'" ARN "','targetType':'ip','ipAddressType':'ipv6'", NULL, NULL,
	  "[" GROUP(ARN, "tg", "ip", "ipv6", "TCP") "]", "" },
	/* VPC */
	{ "'targetGroupARN':'" ARN "','targetType':'ip','vpcID':'vpc-01234567'", NULL, NULL, NULL,
	  "spec.vpcID is vpc-01234567, but that of TargetGroup " ARN " is vpc-0123456789abcdef0" },
	{ "'targetGroupARN':'" ARN
	  "','targetType':'ip','vpcID':'vpc-0123456789abcdef0123456789abcdef'",
	  NULL, NULL, NULL,
	  "spec.vpcID is vpc-0123456789abcdef0123456789abcdef, but that of TargetGroup " ARN
	  " is vpc-0123456789abcdef0" },
	{ "'targetGroupARN':'" ARN "','targetType':'ip','vpcID':'vpc-0123456'", NULL, NULL, NULL,
	  "spec.vpcID 'vpc-0123456' is no VPC: they are named vpc- and 8, 17 or 32 "
	  "hexadecimal digits in lower case" },
	{ "'targetGroupARN':'" ARN "','targetType':'ip','vpcID':'vpc-0123456G'", NULL, NULL, NULL,
	  "spec.vpcID 'vpc-0123456G' is no VPC: they are named vpc- and 8, 17 or 32 "
	  "hexadecimal digits in lower case" },
	{ "'targetGroupARN':'" ARN "','targetType':'ip','vpcID':'01234567'", NULL, NULL, NULL,
	  "spec.vpcID '01234567' is no VPC: they are named vpc- and 8, 17 or 32 "
	  "hexadecimal digits in lower case" },
	/* another account */
	{ "'targetGroupARN':'" ARN "','targetType':'instance','iamRoleArnToAssume':'arn:r'", NULL,
	  NULL, NULL,
	  "TargetGroupBinding cannot set spec.iamRoleArnToAssume when spec.targetType is "
	  "instance" },
	{ "'targetGroupARN':'" ARN "','targetType':'ip','iamRoleArnToAssume':'arn:r'", NULL, NULL,
	  NULL, "" },
	/* protocol */
	{ "'targetGroupARN':'" ARN "','targetType':'ip','targetGroupProtocol':'UDP'", NULL, NULL,
	  NULL, "spec.targetGroupProtocol is UDP, but that of TargetGroup " ARN " is TCP" },
	{ "'targetGroupARN':'" ARN "','targetType':'instance','targetGroupProtocol':'QUIC'", NULL,
	  NULL, "[" GROUP(ARN, "tg", "instance", "ipv4", "QUIC") "]",
	  "spec.targetGroupProtocol QUIC needs spec.targetType ip" },
	{ "'targetGroupARN':'" ARN "','targetType':'ip','targetGroupProtocol':'TCP_QUIC'", NULL,
	  NULL, "[" GROUP(ARN, "tg", "ip", "ipv4", "TCP_QUIC") "]", "" },
	/* AWS does not know it */
	{ FULL, NULL, NULL, "[]",
	  "searching TargetGroup with ARN " ARN ": found 0, not exactly one" },
};

TEST(a_new_binding_is_held_against_each_rule)
{
	judge(of_new, COUNT(of_new));
}

TEST(the_role_of_a_binding_is_the_one_that_asks)
{
	auto_lbreview struct lbreview r = { 0 };

	lbreview_start(&r);
	r.groups = "[" IP_GROUP "]";
	CHECK(lbreview_ask(&r, HOOK_MUTATE_BINDING,
			   B("'targetGroupName':'tg','iamRoleArnToAssume':'arn:r'"), NULL));
	CHECK_INT(r.asked, 1);
	CHECK_STR(r.role, "arn:r");
}

#define IMMUTABLE "TargetGroupBinding update may not change these immutable fields: "
#define BASE "'targetGroupARN':'" ARN "','targetType':'ip'"

TEST(a_changed_binding_is_held_against_each_rule)
{
	static const struct verdict rows[] = {
		{ BASE, BASE, NULL, "[]", "" },
		{ BASE ",'multiClusterTargetGroup':true", BASE, NULL, "[]", "" },
		{ "'targetGroupARN':'other','targetType':'ip'", BASE, NULL, NULL,
		  IMMUTABLE "spec.targetGroupARN" },
		{ "'targetGroupARN':'" ARN "','targetType':'instance'", BASE, NULL, NULL,
		  IMMUTABLE "spec.targetType" },
		{ BASE, "'targetGroupARN':'" ARN "'", NULL, NULL, IMMUTABLE "spec.targetType" },
		{ "'targetGroupARN':'" ARN "'", BASE, NULL, NULL,
		  "TargetGroupBinding must specify these fields: spec.targetType" },
		{ BASE ",'ipAddressType':'ipv4'", BASE, NULL, NULL, "" },
		{ BASE ",'ipAddressType':'ipv6'", BASE, NULL, NULL,
		  IMMUTABLE "spec.ipAddressType" },
		{ BASE, BASE ",'ipAddressType':'ipv4'", NULL, NULL,
		  IMMUTABLE "spec.ipAddressType" },
		{ BASE ",'ipAddressType':'ipv4'", BASE ",'ipAddressType':'ipv6'", NULL, NULL,
		  IMMUTABLE "spec.ipAddressType" },
		{ BASE "," VPC, BASE, NULL, NULL, "" },
		{ BASE ",'vpcID':'vpc-2'", BASE, NULL, NULL, IMMUTABLE "spec.vpcID" },
		{ BASE, BASE "," VPC, NULL, NULL, IMMUTABLE "spec.vpcID" },
		{ BASE ",'vpcID':'vpc-2'", BASE "," VPC, NULL, NULL, IMMUTABLE "spec.vpcID" },
		{ "'targetGroupARN':'o','targetType':'instance','ipAddressType':'ipv6','vpcID':'v'",
		  BASE, NULL, NULL,
		  IMMUTABLE "spec.targetGroupARN,spec.targetType,spec.ipAddressType,spec.vpcID" },
		{ BASE ",'nodeSelector':{}", BASE, NULL, NULL,
		  "TargetGroupBinding cannot set spec.nodeSelector when spec.targetType is ip" },
		{ "'targetGroupARN':'" ARN "','targetType':'instance','iamRoleArnToAssume':'r'",
		  "'targetGroupARN':'" ARN "','targetType':'instance'", NULL, NULL,
		  "TargetGroupBinding cannot set spec.iamRoleArnToAssume when spec.targetType is "
		  "instance" },
		{ BASE, BASE ",'multiClusterTargetGroup':true", OTHER("a", "true"), NULL,
		  UNIQUE("far/a") },
		/* nothing of the spec has changed: what was wrong before is in nobody's way */
		{ BASE, BASE, OTHER("a", "false"), NULL, "" },
	};

	judge(rows, COUNT(rows));
}

TEST(a_binding_that_goes_may_lose_its_finalizer_whatever_it_says)
{
	auto_lbreview struct lbreview r = { 0 };

	lbreview_start(&r);
	CHECK(lbreview_ask(&r, HOOK_VALIDATE_BINDING,
			   "{'metadata':{'deletionTimestamp':'2026-01-01T00:00:00Z'},'spec':{}}",
			   "{'metadata':{},'spec':{'targetGroupARN':'x'}}"));
	CHECK_INT(r.asked, 0);
}
