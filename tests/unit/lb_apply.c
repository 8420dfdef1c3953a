/* SPDX-License-Identifier: Apache-2.0 */
/* lb_apply.c - plans carried out against a fake AWS and a fake API server: references, waits,
 * refusals. */
#include <errno.h>

#include "apply.h"
#include "awscase.h"
#include "fakekube.h"

#define XMLNS " xmlns=\"http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/\">"
#define META "<ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata>"
#define SAYS(action, result)                                                               \
	"<" action "Response" XMLNS "<" action "Result>" result "</" action "Result>" META \
	"</" action "Response>"
#define SENT(action) "Action=" action "&Version=2015-12-01"
#define REFUSAL(code, text)                                                       \
	{                                                                         \
		400, "<ErrorResponse><Error><Type>Sender</Type><Code>" code       \
		     "</Code><Message>" text                                      \
		     "</Message></Error><RequestId>r</RequestId></ErrorResponse>" \
	}
#define DONE(action)                                                                    \
	{                                                                               \
		200, "<" action "Response" XMLNS "<" action "Result/>" META "</" action \
		     "Response>"                                                        \
	}
#define MADE(action, list, inner)                                                    \
	{                                                                            \
		200, SAYS(action, "<" list "><member>" inner "</member></" list ">") \
	}
#define LB_REF "#/resources/" STACK_LB "/LoadBalancer/status/loadBalancerARN"
#define TG_REF "#/resources/" STACK_TG "/a/b:80/status/targetGroupARN"
#define TGB "/apis/elbv2.k8s.aws/v1beta1/namespaces/ns/targetgroupbindings"

struct applycase {
	struct awscase aws;
	struct plan p;
	struct step v[16];
	struct apply_values made;
	int64_t paused;
	int told, give_up;
};

static int pause_for(void *arg, int64_t ms)
{
	struct applycase *x = arg;

	x->paused += ms;
	return x->give_up && x->paused > x->give_up ? -1 : 0;
}

static void tell(void *arg, const struct step *s, size_t nth, const struct err *done)
{
	struct applycase *x = arg;

	CHECK(s == &x->p.v[nth]);
	x->told += done ? 1 : 0;
}

static struct step *add(struct applycase *x, enum step_effect effect, enum elb_action_row row,
			const void *in)
{
	x->p.v = x->v;
	x->v[x->p.n] = (struct step) {
		.effect = effect, .title = "the thing", .action = &elb_actions[row], .in = in
	};
	return &x->v[x->p.n++];
}

static int carry_out(struct applycase *x, struct kube *k)
{
	const struct apply how = { .aws = x->aws.w,
				   .kube = k,
				   .deadline = awscase_soon(),
				   .tell = tell,
				   .arg = x,
				   .pause = pause_for };

	return apply_plan(&how, &x->p, &x->made, &x->aws.a, &x->aws.e);
}

static void start(struct applycase *x, const struct fakeaws_answer *answers, size_t n)
{
	awscase_start(&x->aws, answers, n);
}
static void end(struct applycase *x)
{
	awscase_end(&x->aws);
}
#define auto_applycase AUTO(end)

static const struct elb_create_load_balancer new_lb = { .name = "n" };
static const struct elb_rule_ref rule[] = { { "rule-0" }, { "rule-1" } };
static const struct elb_create_rule new_rule[] = { { .listener = "l", .priority = 7 },
						   { .listener = "l", .priority = 8 } };

TEST(what_a_step_makes_goes_into_those_behind_it)
{
	static const struct fakeaws_answer answers[] = {
		MADE("CreateLoadBalancer", "LoadBalancers",
		     "<LoadBalancerArn>arn:lb</LoadBalancerArn><DNSName>N.aws</DNSName>"),
		DONE("SetIpAddressType"),
	};
	static const struct elb_set_ip_address_type in = { LB_REF, "ipv4" };
	auto_applycase struct applycase x = { 0 };

	start(&x, answers, 2);
	add(&x, STEP_CREATE, ELB_create_load_balancer, &new_lb)->gives = LB_REF;
	add(&x, STEP_CHANGE, ELB_set_ip_address_type, &in);
	CHECK(carry_out(&x, NULL) == 0);
	CHECK_STR(x.aws.e.msg, "");
	CHECK_INT(x.told, 2);
	CHECK_STR(apply_value(&x.made, LB_REF), "arn:lb");
	CHECK_STR(apply_value(&x.made, "#/resources/" STACK_LB "/LoadBalancer/status/dnsName"),
		  "N.aws");
	CHECK_STR(apply_value(&x.made, "#/other"), NULL);
	awscase_sent(&x.aws,
		     SENT("SetIpAddressType") "&LoadBalancerArn=arn%3Alb&IpAddressType=ipv4");
}

TEST(a_reference_that_nothing_makes_is_refused_before_anything_is_sent)
{
	static const struct fakeaws_answer none[] = { DONE("X") };
	static const struct elb_set_ip_address_type in = { LB_REF, "ipv4" };
	auto_applycase struct applycase x = { 0 };

	start(&x, none, 1);
	add(&x, STEP_CHANGE, ELB_set_ip_address_type, &in);
	CHECK(carry_out(&x, NULL) < 0);
	CHECK_INT(x.aws.e.num, EINVAL);
	CHECK_STR(x.aws.e.msg, "the thing needs " LB_REF ", which no step before it makes");
	x.v[0] = (struct step) { .title = "binding",
				 .method = "POST",
				 .path = TGB,
				 .body = "{\"spec\":{\"targetGroupARN\":\"" TG_REF "\"}}" };
	CHECK(carry_out(&x, NULL) < 0);
	CHECK_STR(x.aws.e.msg, "binding needs " TG_REF ", which no step before it makes");
	CHECK_INT(x.aws.f.asked, 0);
}

TEST(an_answer_without_what_was_made_is_an_error)
{
	static const struct fakeaws_answer answers[] = { { 200, SAYS("CreateLoadBalancer", "") } };
	auto_applycase struct applycase x = { 0 };

	start(&x, answers, 1);
	add(&x, STEP_CREATE, ELB_create_load_balancer, &new_lb)->gives = LB_REF;
	CHECK(carry_out(&x, NULL) < 0);
	CHECK_INT(x.aws.e.num, EBADMSG);
	CHECK_STR(x.aws.e.msg, "the thing: CreateLoadBalancer: nothing in the answer");
}

TEST(a_target_group_in_use_is_waited_for_and_no_longer_than_that)
{
	static const struct fakeaws_answer soon[] = { REFUSAL("ResourceInUse", "busy"),
						      REFUSAL("ResourceInUse", "busy"),
						      DONE("DeleteTargetGroup") };
	static const struct elb_target_group_ref in = { "tg" };
	auto_applycase struct applycase x = { 0 }, y = { 0 };

	start(&x, soon, 3);
	add(&x, STEP_DELETE, ELB_delete_target_group, &in);
	CHECK(carry_out(&x, NULL) == 0);
	CHECK_INT(x.paused, 4000);
	start(&y, soon, 1);
	y.give_up = 3000;
	add(&y, STEP_DELETE, ELB_delete_target_group, &in);
	CHECK(carry_out(&y, NULL) < 0);
	CHECK_INT(y.aws.e.num, EBUSY); /* not EAGAIN: planning again would not help */
	CHECK(strstr(y.aws.e.msg, "the thing: ") && strstr(y.aws.e.msg, "busy"));
}

TEST(at_the_limit_of_rules_one_goes_before_one_comes)
{
	static const struct fakeaws_answer answers[] = {
		REFUSAL("TooManyRules", "full"),
		DONE("DeleteRule"),
		MADE("CreateRule", "Rules", "<RuleArn>a</RuleArn>"),
		DONE("DeleteRule"), /* without asking first */
		MADE("CreateRule", "Rules", "<RuleArn>b</RuleArn>"),
	};
	auto_applycase struct applycase x = { 0 };

	start(&x, answers, 5);
	add(&x, STEP_CREATE, ELB_create_rule, &new_rule[0]);
	add(&x, STEP_CREATE, ELB_create_rule, &new_rule[1]);
	add(&x, STEP_DELETE, ELB_delete_rule, &rule[0]);
	add(&x, STEP_DELETE, ELB_delete_rule, &rule[1]);
	CHECK(carry_out(&x, NULL) == 0);
	CHECK_STR(x.aws.e.msg, "");
	CHECK_INT(x.told, 4);
	CHECK_INT(x.aws.f.asked, 5);
	CHECK(fakeaws_got(&x.aws.f, "Priority=8"));
}

TEST(at_the_limit_with_no_rule_left_to_delete_the_original_words_are_said)
{
	static const struct fakeaws_answer answers[] = { REFUSAL("TooManyRules", "full") };
	auto_applycase struct applycase x = { 0 };

	start(&x, answers, 1);
	add(&x, STEP_CREATE, ELB_create_rule, &new_rule[0]);
	CHECK(carry_out(&x, NULL) < 0);
	CHECK_INT(x.aws.e.num, EDQUOT);
	CHECK(strstr(x.aws.e.msg,
		     "Unable to synthesize listener rules, there's too many attached."));
	CHECK_INT(x.aws.f.asked, 1);
}

TEST(a_protected_load_balancer_is_unprotected_and_deleted)
{
	static const struct fakeaws_answer answers[] = {
		REFUSAL("OperationNotPermitted", "deletion protection is enabled"),
		DONE("ModifyLoadBalancerAttributes"), DONE("DeleteLoadBalancer")
	};
	static const struct fakeaws_answer no[] = {
		REFUSAL("OperationNotPermitted", "deletion protection is enabled"),
		REFUSAL("AccessDenied", "no"),
	};
	static const struct fakeaws_answer other[] = { REFUSAL("OperationNotPermitted", "no") };
	static const struct elb_load_balancer_ref in = { "lb" };
	auto_applycase struct applycase x = { 0 }, y = { 0 }, z = { 0 };

	start(&x, answers, 3);
	add(&x, STEP_DELETE, ELB_delete_load_balancer, &in);
	CHECK(carry_out(&x, NULL) == 0);
	awscase_sent(&x.aws, SENT("DeleteLoadBalancer") "&LoadBalancerArn=lb");
	start(&y, no, 2);
	add(&y, STEP_DELETE, ELB_delete_load_balancer, &in);
	CHECK(carry_out(&y, NULL) < 0);
	CHECK_INT(y.aws.e.num, EACCES);
	CHECK_INT(y.aws.f.asked, 2);
	start(&z, other, 1);
	add(&z, STEP_DELETE, ELB_delete_load_balancer, &in);
	CHECK(carry_out(&z, NULL) < 0);
	CHECK_INT(z.aws.f.asked, 1);
}

TEST(what_is_gone_is_deleted_and_what_should_be_changed_is_planned_again)
{
	static const struct fakeaws_answer answers[] = { REFUSAL("RuleNotFound", "gone") };
	static const struct fakeaws_answer taken[] = { REFUSAL("PriorityInUse", "taken") };
	static const struct fakeaws_answer user[] = { REFUSAL("CertificateNotFound", "which") };
	/* Another pass has made the shared security group meanwhile. */
	static const struct fakeaws_answer twice[] = { REFUSAL("InvalidGroup.Duplicate", "there") };
	static const struct elb_modify_rule change = { .arn = "r" };
	static const struct ec2_group_change group = { .name = "k8s-traffic-c" };
	auto_applycase struct applycase x = { 0 }, y = { 0 }, z = { 0 }, w = { 0 };

	start(&x, answers, 1);
	add(&x, STEP_DELETE, ELB_delete_rule, &rule[0]);
	CHECK(carry_out(&x, NULL) == 0);
	x.p.n = 0;
	add(&x, STEP_CHANGE, ELB_modify_rule, &change);
	add(&x, STEP_DELETE, ELB_delete_rule, &rule[0]);
	CHECK(carry_out(&x, NULL) < 0);
	CHECK_INT(x.aws.e.num, EAGAIN);
	CHECK_INT(x.aws.f.asked, 2); /* and nothing behind it */
	start(&y, taken, 1);
	add(&y, STEP_CREATE, ELB_create_rule, &new_rule[0]);
	CHECK(carry_out(&y, NULL) < 0);
	CHECK_INT(y.aws.e.num, EAGAIN);
	start(&w, twice, 1);
	w.p.v = w.v;
	w.v[w.p.n++] = (struct step) { .effect = STEP_CREATE,
				       .title = "security group",
				       .action = &ec2_actions[EC2_CREATE_GROUP],
				       .in = &group };
	CHECK(carry_out(&w, NULL) < 0);
	CHECK_INT(w.aws.e.num, EAGAIN);
	start(&z, user, 1);
	add(&z, STEP_CHANGE, ELB_modify_rule, &change);
	CHECK(carry_out(&z, NULL) < 0);
	CHECK_INT(z.aws.e.num, ENOENT);
}

TEST(at_the_limit_of_a_groups_rules_those_that_go_go_first)
{
	static const struct fakeaws_answer answers[] = {
		{ 400,
		  "<Response><Errors><Error><Code>RulesPerSecurityGroupLimitExceeded</Code>"
		  "<Message>full</Message></Error></Errors><RequestID>r</RequestID></Response>" },
		{ 200, "<RevokeSecurityGroupIngressResponse><return>true</return>"
		       "</RevokeSecurityGroupIngressResponse>" },
		{ 200, "<AuthorizeSecurityGroupIngressResponse><return>true</return>"
		       "</AuthorizeSecurityGroupIngressResponse>" },
	};
	static const struct ec2_group_change in = { .id = "sg-1" }, other = { .id = "sg-2" };
	auto_applycase struct applycase x = { 0 }, y = { 0 };

	start(&x, answers, 3);
	add(&x, STEP_CHANGE, ELB_modify_rule, &in)->action = &ec2_actions[EC2_AUTHORIZE_INGRESS];
	add(&x, STEP_CHANGE, ELB_modify_rule, &in)->action = &ec2_actions[EC2_REVOKE_INGRESS];
	CHECK(carry_out(&x, NULL) == 0);
	CHECK_INT(x.aws.f.asked, 3);
	CHECK(fakeaws_got(&x.aws.f, "Action=AuthorizeSecurityGroupIngress"));
	start(&y, answers, 1);
	add(&y, STEP_CHANGE, ELB_modify_rule, &in)->action = &ec2_actions[EC2_AUTHORIZE_INGRESS];
	add(&y, STEP_CHANGE, ELB_modify_rule, &other)->action = &ec2_actions[EC2_REVOKE_INGRESS];
	CHECK(carry_out(&y, NULL) < 0);
	CHECK(strstr(y.aws.e.msg, "RulesPerSecurityGroupLimitExceeded"));
}

TEST(bindings_are_made_with_what_aws_has_made_and_deleted_until_they_are_gone)
{
	static const struct fakeaws_answer answers[] = { MADE(
		"CreateTargetGroup", "TargetGroups", "<TargetGroupArn>arn:tg</TargetGroupArn>") };
	static const struct elb_create_target_group tg = { .name = "t" };
	auto_fakekube struct fakekube f = { 0 };
	auto_kube struct kube *k = NULL;
	auto_applycase struct applycase x = { 0 };

	fakekube_start(&f);
	k = fakekube_client(&f);
	start(&x, answers, 1);
	add(&x, STEP_CREATE, ELB_create_target_group, &tg)->gives = TG_REF;
	*add(&x, STEP_CREATE, ELB_create_rule, NULL) = (struct step) {
		.title = "binding",
		.method = "POST",
		.path = TGB,
		.body = "{\"apiVersion\":\"elbv2.k8s.aws/v1beta1\",\"kind\":\"TargetGroupBinding\","
			"\"metadata\":{\"name\":\"b\",\"namespace\":\"ns\"},"
			"\"spec\":{\"targetGroupARN\":\"" TG_REF "\",\"note\":\"#/no\\\"thing\"}}",
	};
	CHECK(carry_out(&x, k) == 0);
	CHECK_STR(x.aws.e.msg, "");
	CHECK(strstr(fakekube_get(&f, TGB "/b", &x.aws.a), "\"arn:tg\""));
	CHECK(strstr(fakekube_get(&f, TGB "/b", &x.aws.a), "#/no\\\"thing"));
	x.v[0] = (struct step) { .effect = STEP_DELETE,
				 .title = "binding",
				 .method = "DELETE",
				 .path = TGB "/b",
				 .gone = TGB "/b" };
	x.p.n = 1;
	CHECK(carry_out(&x, k) == 0);
	CHECK_STR(fakekube_get(&f, TGB "/b", &x.aws.a), "");
	CHECK(carry_out(&x, k) == 0); /* once more: it is gone */
	x.v[0] = (struct step) { .effect = STEP_CHANGE,
				 .title = "binding",
				 .method = "PATCH",
				 .path = TGB "/b",
				 .body = "{}" };
	CHECK(carry_out(&x, k) < 0);
	CHECK_INT(x.aws.e.num, EAGAIN);
	CHECK(carry_out(&x, NULL) < 0);
	CHECK_INT(x.aws.e.num, ENOTCONN);
}

TEST(a_binding_that_was_made_before_is_as_good_as_made_and_another_is_not)
{
	static const struct fakeaws_answer none[] = { DONE("X") };
	auto_fakekube struct fakekube f = { 0 };
	auto_kube struct kube *k = NULL;
	auto_applycase struct applycase x = { 0 };
	struct step *s;

	fakekube_start(&f);
	k = fakekube_client(&f);
	start(&x, none, 1);
	fakekube_put(&f, "{\"apiVersion\":\"elbv2.k8s.aws/v1beta1\",\"kind\":"
			 "\"TargetGroupBinding\",\"metadata\":{\"name\":\"b\",\"namespace\":\"ns\","
			 "\"labels\":{\"l\":\"1\",\"m\":\"2\"}},"
			 "\"spec\":{\"targetGroupARN\":\"arn\",\"vpcID\":\"v\"}}");
	s = add(&x, STEP_CREATE, ELB_create_rule, NULL);
	*s = (struct step) {
		.effect = STEP_CREATE,
		.title = "binding",
		.method = "POST",
		.path = TGB,
		.body = "{\"apiVersion\":\"elbv2.k8s.aws/v1beta1\",\"kind\":\"TargetGroupBinding\","
			"\"metadata\":{\"name\":\"b\",\"namespace\":\"ns\",\"labels\":{\"l\":\"1\"}"
			"},"
			"\"spec\":{\"targetGroupARN\":\"arn\"}}",
	};
	CHECK(carry_out(&x, k) == 0);
	CHECK_STR(x.aws.e.msg, "");
	s->body = "{\"apiVersion\":\"elbv2.k8s.aws/v1beta1\",\"kind\":\"TargetGroupBinding\","
		  "\"metadata\":{\"name\":\"b\",\"namespace\":\"ns\"},"
		  "\"spec\":{\"targetGroupARN\":\"another\"}}";
	CHECK(carry_out(&x, k) < 0);
	CHECK(strstr(x.aws.e.msg, "AlreadyExists"));
}

TEST(a_binding_that_does_not_go_is_waited_for_in_vain)
{
	auto_fakekube struct fakekube f = { 0 };
	auto_kube struct kube *k = NULL;
	auto_applycase struct applycase x = { 0 };
	static const struct fakeaws_answer none[] = { DONE("X") };

	fakekube_start(&f);
	k = fakekube_client(&f);
	start(&x, none, 1);
	fakekube_put(
		&f, "{\"apiVersion\":\"elbv2.k8s.aws/v1beta1\",\"kind\":\"TargetGroupBinding\","
		    "\"metadata\":{\"name\":\"b\",\"namespace\":\"ns\",\"finalizers\":[\"f/f\"]}}");
	x.give_up = 500;
	*add(&x, STEP_DELETE, ELB_create_rule, NULL) = (struct step) { .effect = STEP_DELETE,
								       .title = "binding",
								       .method = "DELETE",
								       .path = TGB "/b",
								       .gone = TGB "/b" };
	CHECK(carry_out(&x, k) < 0);
	CHECK_INT(x.aws.e.num, ETIMEDOUT);
	CHECK(strstr(x.aws.e.msg, "binding is still there"));
	CHECK_INT(x.paused, 600);
}
