/* SPDX-License-Identifier: Apache-2.0 */
/* lb_admission.c - the frame of the webhooks; pods, Services, Ingresses and their classes. */
#include <errno.h>

#include "lbreview.h"
#include "test.h"

/* ---- the frame */

TEST(what_is_no_review_for_the_hook_is_refused_in_words)
{
	static const struct {
		const char *review, *words;
	} rows[] = {
		{ "[]", "no AdmissionReview" },
		{ "'x'", "no AdmissionReview" },
		{ "{'kind':'Pod'}", "no AdmissionReview" },
		{ "{'kind':'AdmissionReview','apiVersion':'admission.k8s.io/v1beta1'}",
		  "'admission.k8s.io/v1beta1'" },
		{ "{'kind':'AdmissionReview','apiVersion':'admission.k8s.io/v1'}", "request.uid" },
		{ "{'kind':'AdmissionReview','apiVersion':'admission.k8s.io/v1','request':{'uid':"
		  "'u','kind':{'kind':'Secret'},'operation':'CREATE'}}",
		  "request.kind is 'Secret'" },
		{ "{'kind':'AdmissionReview','apiVersion':'admission.k8s.io/v1','request':{'uid':"
		  "'u','kind':{'kind':'Pod'},'operation':'CREATE'}}",
		  "request.object is nothing" },
		{ "{'kind':'AdmissionReview','apiVersion':'admission.k8s.io/v1','request':{'uid':"
		  "'u','kind':{'kind':'Pod'},'operation':'CREATE','object':[1]}}",
		  "request.object is" },
		{ "{'kind':'AdmissionReview','apiVersion':'admission.k8s.io/v1','request':{'uid':"
		  "'u','kind':{'kind':'Pod'},'operation':'UPDATE','object':{}}}",
		  "request.oldObject is" },
	};
	auto_lbreview struct lbreview r = { 0 };

	lbreview_start(&r);
	for (size_t i = 0; i < COUNT(rows); i++) {
		CHECK(!lbreview_raw(&r, HOOK_POD, rows[i].review));
		CHECK_INT(r.rc, -1);
		CHECK_INT(r.e.num, EBADMSG);
		if (!strstr(r.e.msg, rows[i].words))
			CHECK_STR(r.e.msg, rows[i].words);
	}
}

TEST(other_operations_and_subresources_pass)
{
	auto_lbreview struct lbreview r = { 0 };

	lbreview_start(&r);
	CHECK(lbreview_raw(&r, HOOK_VALIDATE_BINDING,
			   "{'kind':'AdmissionReview','apiVersion':'admission.k8s.io/"
			   "v1','request':{'uid':'u-1','operation':'DELETE','kind':{'kind':"
			   "'TargetGroupBinding'}}}"));
	CHECK(lbreview_raw(&r, HOOK_VALIDATE_BINDING,
			   "{'kind':'AdmissionReview','apiVersion':'admission.k8s.io/"
			   "v1','request':{'uid':'u-1','operation':'CREATE','subResource':'status',"
			   "'kind':{'kind':'TargetGroupBinding'}}}"));
	CHECK_INT(json_int(r.answer, "response.status.code", 0), 200);
}

TEST(what_is_not_built_yet_passes_with_a_warning)
{
	auto_lbreview struct lbreview r = { 0 };

	lbreview_start(&r);
	CHECK(lbreview_ask(&r, HOOK_QUIC, "{}", NULL));
	CHECK(strstr(r.warning, "/mutate-v1-pod-server-id is not built yet"));
	CHECK_STR(r.patch, "");
}

TEST(each_path_is_one_hook)
{
	for (int i = 0; i < HOOKS; i++)
		CHECK_INT(admission_find(admission_rows[i].path), i);
	CHECK_INT(admission_find("/"), -1);
	CHECK_INT(admission_find("/mutate-v1-pod/"), -1);
}

TEST(an_object_in_the_wrong_shape_is_denied)
{
	auto_lbreview struct lbreview r = { 0 };

	lbreview_start(&r);
	CHECK(!lbreview_ask(&r, HOOK_POD, "{'metadata':{'labels':[1]}}", NULL));
	CHECK_INT(r.rc, 0);
	CHECK_INT(json_int(r.answer, "response.status.code", 0), 403);
	CHECK_STR(r.category, "decode_error");
	CHECK(strstr(r.why, "Pod: "));
}

/* ---- pods */

#define BINDING(name, type, service)                                                         \
	"{'kind':'TargetGroupBinding','apiVersion':'elbv2.k8s.aws/v1beta1','metadata':{"     \
	"'namespace':'ns','name':'" name "'},'spec':{'targetType':'" type "','serviceRef':{" \
	"'name':'" service "','port':80}}}"
#define SERVICE(name, selector)                                                                \
	"{'kind':'Service','apiVersion':'v1','metadata':{'namespace':'ns','name':'" name "'}," \
	"'spec':{'selector':" selector "}}"
#define GATES(list) "[{'op':'add','path':'/spec/readinessGates','value':[" list "]}]"
#define WEB "{'metadata':{'labels':{'app':'web','x':'y'}},'spec':{}}"

static void check_patch(const struct lbreview *r, const char *want)
{
	char text[1024];
	size_t n = 0;

	for (; *want; want++)
		text[n++] = *want == '\'' ? '"' : *want;
	text[n] = '\0';
	CHECK_STR(r->patch, text);
}

TEST(a_pod_gets_a_gate_for_each_ip_binding_that_selects_it)
{
	auto_lbreview struct lbreview r = { 0 };

	lbreview_start(&r);
	lbcase_text(
		&r.cluster,
		"[" BINDING("b1", "ip", "web") "," BINDING("b2", "ip", "web") "," BINDING("nodes", "instance", "web") "," BINDING(
			"lost", "ip",
			"gone") "," BINDING("none", "ip",
					    "all") "," BINDING("other", "ip",
							       "api") "," SERVICE("web",
										  "{'app':'"
										  "web'}") "," SERVICE("all",
												       "{}") "," SERVICE("api",
															 "{'app':'web','x':'z'}") "]");
	CHECK(lbreview_ask(&r, HOOK_POD, WEB, NULL));
	check_patch(&r, GATES("{'conditionType':'target-health.elbv2.k8s.aws/b1'},"
			      "{'conditionType':'target-health.elbv2.k8s.aws/b2'}"));
	CHECK(lbreview_ask(&r, HOOK_POD, WEB, WEB)); /* an update */
	CHECK_STR(r.patch, "");
	CHECK(lbreview_ask(&r, HOOK_POD, "{'metadata':{'labels':{'app':'db'}}}", NULL));
	CHECK_STR(r.patch, "");
	r.env.inject_gates = false;
	CHECK(lbreview_ask(&r, HOOK_POD, WEB, NULL));
	CHECK_STR(r.patch, "");
}

TEST(gates_that_are_there_stay_and_those_of_the_first_version_go)
{
	auto_lbreview struct lbreview r = { 0 };

	lbreview_start(&r);
	lbcase_text(&r.cluster,
		    "[" BINDING("b1", "ip", "web") "," SERVICE("web", "{'app':'web'}") "]");
	CHECK(lbreview_ask(
		&r, HOOK_POD,
		"{'metadata':{'labels':{'app':'web'}},'spec':{'readinessGates':[{"
		"'conditionType':'mine'},{'conditionType':'target-health.alb.ingress.k8s."
		"aws/x_y_80'}]}}",
		NULL));
	check_patch(&r, GATES("{'conditionType':'mine'},{'conditionType':'target-health.elbv2.k8s."
			      "aws/b1'}"));
	CHECK(lbreview_ask(&r, HOOK_POD,
			   "{'metadata':{'labels':{'app':'web'}},'spec':{'readinessGates':[{"
			   "'conditionType':'target-health.elbv2.k8s.aws/b1'}]}}",
			   NULL));
	CHECK_STR(r.patch, "");
	/* nobody binds it: not even the old one is taken */
	CHECK(lbreview_ask(&r, HOOK_POD,
			   "{'metadata':{},'spec':{'readinessGates':[{'conditionType':"
			   "'target-health.alb.ingress.k8s.aws/x_y_80'}]}}",
			   NULL));
	CHECK_STR(r.patch, "");
}

/* ---- Services */

TEST(a_service_of_type_LoadBalancer_gets_the_class)
{
	static const struct {
		const char *now, *before, *class;
	} rows[] = {
		{ "{'spec':{'type':'LoadBalancer'}}", NULL, "service.k8s.aws/nlb" },
		{ "{'spec':{'type':'LoadBalancer','loadBalancerClass':''}}", NULL,
		  "service.k8s.aws/nlb" },
		{ "{'spec':{'type':'LoadBalancer','loadBalancerClass':'x'}}", NULL, NULL },
		{ "{'spec':{'type':'ClusterIP'}}", NULL, NULL },
		{ "{}", NULL, NULL },
		{ "{'spec':{'type':'LoadBalancer'}}",
		  "{'spec':{'type':'LoadBalancer','loadBalancerClass':'old'}}", "old" },
		{ "{'spec':{'type':'LoadBalancer'}}", "{'spec':{'type':'LoadBalancer'}}", NULL },
		{ "{'spec':{'type':'LoadBalancer','loadBalancerClass':'new'}}",
		  "{'spec':{'type':'LoadBalancer','loadBalancerClass':'old'}}", NULL },
		{ "{'spec':{'type':'ClusterIP'}}",
		  "{'spec':{'type':'LoadBalancer','loadBalancerClass':'old'}}", NULL },
	};
	auto_lbreview struct lbreview r = { 0 };
	char want[200];

	lbreview_start(&r);
	for (size_t i = 0; i < COUNT(rows); i++) {
		CHECK(lbreview_ask(&r, HOOK_SERVICE, rows[i].now, rows[i].before));
		snprintf(want, sizeof(want),
			 "[{'op':'add','path':'/spec/loadBalancerClass','value':'%s'}]",
			 rows[i].class);
		check_patch(&r, rows[i].class ? want : "");
	}
}

/* ---- IngressClassParams */

TEST(what_IngressClassParams_may_not_say_is_named)
{
	static const struct {
		const char *spec, *why;
	} rows[] = {
		{ "{}", "" },
		{ "{'inboundCIDRs':['10.0.0.0/8','2001:db8::/32','0.0.0.0/0']}", "" },
		{ "{'inboundCIDRs':['10.0.0.1']}", "spec.inboundCIDRs[0]: Invalid value: "
						   "\"10.0.0.1\": Could not be parsed as a CIDR "
						   "(did you mean \"10.0.0.1/32\")" },
		{ "{'inboundCIDRs':['2001:db8::']}",
		  "spec.inboundCIDRs[0]: Invalid value: \"2001:db8::\": Could not be parsed as a "
		  "CIDR (did you mean \"2001:db8::/64\")" },
		{ "{'inboundCIDRs':['::/0','10.1.0.0/8']}",
		  "spec.inboundCIDRs[1]: Invalid value: \"10.1.0.0/8\": Network contains bits "
		  "outside prefix (did you mean \"10.0.0.0/8\")" },
		{ "{'inboundCIDRs':['a','b']}",
		  "[spec.inboundCIDRs[0]: Invalid value: \"a\": Could not be parsed as a CIDR, "
		  "spec.inboundCIDRs[1]: Invalid value: \"b\": Could not be parsed as a CIDR]" },
		{ "{'inboundCIDRs':[7]}", "spec.inboundCIDRs[0]: Invalid value: \"7\": Could not "
					  "be parsed as a CIDR" },
		{ "{'subnets':{'ids':['subnet-1','subnet-2']}}", "" },
		{ "{'subnets':{'tags':{'k':['a','b'],'l':['a']}}}", "" },
		{ "{'subnets':{}}", "spec.subnets: Required value: must have either `ids` or "
				    "`tags`" },
		{ "{'subnets':{'ids':['subnet-1','subnet-1'],'tags':{}}}",
		  "spec.subnets.tags: Forbidden: may not have both `ids` and `tags` set" },
		{ "{'subnets':{'tags':{}}}", "spec.subnets.tags: Required value: must have at "
					     "least one tag key" },
		{ "{'subnets':{'ids':['subnet-1','subnet-1','subnet-1']}}",
		  "[spec.subnets.ids[1]: Duplicate value: \"subnet-1\", spec.subnets.ids[2]: "
		  "Duplicate value: \"subnet-1\"]" },
		{ "{'subnets':{'tags':{'k':['a','a']}}}",
		  "spec.subnets.tags[k][1]: Duplicate value: \"a\"" },
	};
	auto_lbreview struct lbreview r = { 0 };
	char object[400];

	lbreview_start(&r);
	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(object, sizeof(object), "{'spec':%s}", rows[i].spec);
		CHECK_INT(lbreview_ask(&r, HOOK_CLASS_PARAMS, object, i % 2 ? "{}" : NULL),
			  !*rows[i].why);
		CHECK_STR(r.why, rows[i].why);
	}
}

TEST(a_list_without_end_is_not_compared_with_itself)
{
	auto_lbreview struct lbreview r = { 0 };
	auto_buf struct buf object = { 0 };

	lbreview_start(&r);
	buf_str(&object, "{'spec':{'subnets':{'ids':['a'");
	for (int i = 0; i < 200000; i++)
		buf_str(&object, ",'a'");
	buf_str(&object, "]},'inboundCIDRs':['x'");
	for (int i = 0; i < 200000; i++)
		buf_fmt(&object, ",'%d'", i);
	buf_str(&object, "]}}");
	CHECK(!lbreview_ask(&r, HOOK_CLASS_PARAMS, object.p, NULL));
	CHECK(strlen(json_str(r.answer, "response.status.message", "")) < 4000);
}

/* ---- Ingresses */

#define CLASSES                                                                           \
	"[{'kind':'IngressClass','apiVersion':'networking.k8s.io/v1','metadata':{'name':" \
	"'alb'},'spec':{'controller':'ingress.k8s.aws/alb'}},"                            \
	"{'kind':'IngressClass','apiVersion':'networking.k8s.io/v1','metadata':{'name':"  \
	"'lost'},'spec':{'controller':'ingress.k8s.aws/alb','parameters':{'apiGroup':"    \
	"'elbv2.k8s.aws','kind':'IngressClassParams','name':'gone'}}},"                   \
	"{'kind':'IngressClass','apiVersion':'networking.k8s.io/v1','metadata':{'name':"  \
	"'nginx'},'spec':{'controller':'k8s.io/ingress-nginx'}}]"
#define INGRESS(class, annotations) \
	"{'metadata':{'name':'i','annotations':{" annotations "}},'spec':{" class "}}"
#define OF(class) "'ingressClassName':'" class "'"
#define PATHS                                                                                      \
	",'rules':[{'http':{'paths':[{'path':'/','backend':{'service':{'name':'web'}}},{'path':'/" \
	"r','backend':{'resource':{'kind':'Bucket','name':'b'}}}]}}]"

TEST(an_ingress_of_an_invalid_class_is_refused_when_the_class_is_new)
{
	auto_lbreview struct lbreview r = { 0 };

	lbreview_start(&r);
	lbcase_text(&r.cluster, CLASSES);
	CHECK(lbreview_ask(&r, HOOK_INGRESS, INGRESS(OF("alb"), ""), NULL));
	CHECK(lbreview_ask(&r, HOOK_INGRESS, INGRESS(OF("nginx"), ""), NULL));
	CHECK(!lbreview_ask(&r, HOOK_INGRESS, INGRESS(OF("nope"), ""), NULL));
	CHECK_STR(r.why,
		  "invalid ingress class: IngressClass.networking.k8s.io \"nope\" not found");
	CHECK_STR(r.category, "check_ingress_class_error");
	CHECK(!lbreview_ask(&r, HOOK_INGRESS, INGRESS(OF("lost"), ""), INGRESS(OF("alb"), "")));
	CHECK_STR(r.why,
		  "invalid ingress class: IngressClassParams.elbv2.k8s.aws \"gone\" not found");
	CHECK(lbreview_ask(&r, HOOK_INGRESS, INGRESS(OF("lost"), ""), INGRESS(OF("lost"), "")));
}

TEST(annotations_that_are_forbidden_may_stay_but_not_come)
{
	static const struct {
		const char *key, *value, *why;
	} rows[] = {
		{ "kubernetes.io/ingress.class", "alb",
		  "new usage of `kubernetes.io/ingress.class` annotation is forbidden" },
		{ "alb.ingress.kubernetes.io/group.name", "g",
		  "new usage of `alb.ingress.kubernetes.io/group.name` annotation is forbidden" },
	};
	auto_lbreview struct lbreview r = { 0 };
	char now[300], before[300];

	lbreview_start(&r);
	lbcase_text(&r.cluster, CLASSES);
	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(now, sizeof(now), INGRESS(OF("alb"), "'%s':'%s'"), rows[i].key,
			 rows[i].value);
		snprintf(before, sizeof(before), INGRESS(OF("alb"), "'%s':'was'"), rows[i].key);
		r.cluster.config.no_class_annotation = r.cluster.config.no_group_annotation = false;
		CHECK(lbreview_ask(&r, HOOK_INGRESS, now, NULL));
		r.cluster.config.no_class_annotation = r.cluster.config.no_group_annotation = true;
		CHECK(!lbreview_ask(&r, HOOK_INGRESS, now, NULL));
		CHECK_STR(r.why, rows[i].why);
		CHECK(!lbreview_ask(&r, HOOK_INGRESS, now, before));
		CHECK(!lbreview_ask(&r, HOOK_INGRESS, now, INGRESS(OF("alb"), "")));
		CHECK(lbreview_ask(&r, HOOK_INGRESS, now, now));
		/* going: nothing is in its way */
	}
	CHECK(lbreview_ask(&r, HOOK_INGRESS, INGRESS(OF("nginx"), "'AI/group.name':'g'"), NULL));
}

TEST(conditions_of_a_rules_service_must_be_readable)
{
	auto_lbreview struct lbreview r = { 0 };

	lbreview_start(&r);
	lbcase_text(&r.cluster, CLASSES);
	CHECK(lbreview_ask(&r, HOOK_INGRESS,
			   INGRESS(OF("alb") PATHS,
				   "'AI/conditions.web':'[{\\'field\\':\\'host-header\\',"
				   "\\'hostHeaderConfig\\':{\\'values\\':[\\'a.b\\']}}]'"),
			   NULL));
	CHECK(!lbreview_ask(&r, HOOK_INGRESS, INGRESS(OF("alb") PATHS, "'AI/conditions.web':'{'"),
			    NULL));
	CHECK(strstr(r.why, "ignoring Ingress ns/i since invalid "
			    "alb.ingress.kubernetes.io/conditions.web annotation: "));
	/* of a Service that no rule names */
	CHECK(lbreview_ask(&r, HOOK_INGRESS, INGRESS(OF("alb") PATHS, "'AI/conditions.api':'{'"),
			   NULL));
	/* not ours */
	CHECK(lbreview_ask(&r, HOOK_INGRESS, INGRESS(OF("nginx") PATHS, "'AI/conditions.web':'{'"),
			   NULL));
}

TEST(an_ingress_that_asks_for_what_is_not_built_yet_gets_a_warning)
{
	auto_lbreview struct lbreview r = { 0 };

	lbreview_start(&r);
	lbcase_text(&r.cluster, CLASSES);
	CHECK(lbreview_ask(&r, HOOK_INGRESS, INGRESS(OF("alb"), "'AI/auth-type':'oidc'"), NULL));
	CHECK(strstr(r.warning, "alb.ingress.kubernetes.io/auth-type"));
}
