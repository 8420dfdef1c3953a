/* SPDX-License-Identifier: Apache-2.0 */
/* lab_elb_rule.c - rules of the lab's load balancers: conditions, actions, priorities. */
#include "labask.h"

struct app {
	const char *lb, *listener, *group;
};

static struct app app_new(struct fix *f)
{
	struct app a = { .lb = elb_new_lb(f, "a", "application", ""),
			 .group = elb_new_group(f, "g", "HTTP", "") };

	a.listener = elb_new_listener(f, a.lb, "HTTP", 80, a.group);
	return a;
}

#define PATH "&Conditions.member.1.Field=path-pattern&Conditions.member.1.Values.member.1=/x"
#define FIXED                                                     \
	"&Actions.member.1.Type=fixed-response&Actions.member.1." \
	"FixedResponseConfig.StatusCode=404"

static const char *rule_new_at(struct fix *f, const struct app *a, int priority)
{
	const struct xml *x = elb_ask(f, "CreateRule", "ListenerArn=%s&Priority=%d" PATH FIXED,
				      a->listener, priority);

	CHECK(x);
	return xml_text(x, "Rules/member/RuleArn");
}

TEST(elb_makes_a_rule_and_shows_both_forms_of_its_condition)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	struct app a = app_new(f);
	const struct xml *x =
		elb_ask(f, "CreateRule",
			"ListenerArn=%s&Priority=7&Conditions.member.1.Field=host-header"
			"&Conditions.member.1.HostHeaderConfig.Values.member.1=*.example.com"
			"&Conditions.member.2.Field=query-string"
			"&Conditions.member.2.QueryStringConfig.Values.member.1.Key=k"
			"&Conditions.member.2.QueryStringConfig.Values.member.1.Value=v"
			"&Actions.member.1.Type=forward&Actions.member.1.ForwardConfig."
			"TargetGroups.member.1.TargetGroupArn=%s&Tags.member.1.Key=t",
			a.listener, a.group);
	const struct xml *c;

	x = xml_get(x, "Rules/member");
	CHECK(strstr(xml_text(x, "RuleArn"), ":listener-rule/app/a/"));
	CHECK_STR(xml_text(x, "Priority"), "7");
	CHECK_STR(xml_text(x, "IsDefault"), "false");
	c = xml_get(x, "Conditions/member");
	CHECK_STR(xml_text(c, "Values/member"), "*.example.com");
	CHECK_STR(xml_text(c, "HostHeaderConfig/Values/member"), "*.example.com");
	c = xml_next(c);
	CHECK_STR(xml_text(c, "QueryStringConfig/Values/member/Key"), "k");
	CHECK(!xml_get(c, "Values"));
	CHECK_STR(xml_text(x, "Actions/member/TargetGroupArn"), a.group);
	CHECK_STR(xml_text(x, "Actions/member/ForwardConfig/TargetGroups/member/Weight"), "1");
	CHECK(f->elb.rules->next->tags);
}

TEST(elb_fills_in_the_parts_of_a_redirect)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	struct app a = app_new(f);
	const struct xml *x;

#define TO "CreateRule", "ListenerArn=%s&Priority=1" PATH "&Actions.member.1.Type=redirect&%s"
#define R "Actions.member.1.RedirectConfig."
	x = elb_ask(f, TO, a.listener, R "Protocol=HTTPS&" R "Port=443&" R "StatusCode=HTTP_301");
	x = xml_get(x, "Rules/member/Actions/member/RedirectConfig");
	CHECK_STR(xml_text(x, "Protocol"), "HTTPS");
	CHECK_STR(xml_text(x, "Port"), "443");
	CHECK_STR(xml_text(x, "Host"), "#{host}");
	CHECK_STR(xml_text(x, "Path"), "/#{path}");
	CHECK_STR(xml_text(x, "Query"), "#{query}");
	CHECK_REFUSED(f, "InvalidLoadBalancerAction", "must change", TO, a.listener,
		      R "StatusCode=HTTP_301");
	CHECK_REFUSED(f, "ValidationError", "status code", TO, a.listener, R "Port=443");
	CHECK_REFUSED(f, "ValidationError", "statusCode", TO, a.listener,
		      R "Port=443&" R "StatusCode=301");
	CHECK_REFUSED(f, "ValidationError", "port '0'", TO, a.listener,
		      R "Port=0&" R "StatusCode=HTTP_301");
	CHECK_REFUSED(f, "ValidationError", "path 'x'", TO, a.listener,
		      R "Path=x&" R "StatusCode=HTTP_301");
	CHECK_REFUSED(f, "ValidationError", "protocol", TO, a.listener,
		      R "Protocol=FTP&" R "StatusCode=HTTP_301");
	CHECK_REFUSED(f, "ValidationError", "RedirectConfig", TO, a.listener, "");
#undef TO
#undef R
}

TEST(elb_refuses_actions_that_cannot_be)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	struct app a = app_new(f);
	const char *net = elb_new_lb(f, "n", "network", "");
	const char *other = elb_new_group(f, "o", "HTTP", "");
	char body[1100] = { 0 };

#define RULE "CreateRule", "ListenerArn=%s&Priority=1" PATH "&%s"
#define A "Actions.member.1."
	CHECK_REFUSED(f, "ValidationError", "'magic'", RULE, a.listener, A "Type=magic");
	CHECK_REFUSED(f, "ValidationError", "status code '302'", RULE, a.listener,
		      A "Type=fixed-response&" A "FixedResponseConfig.StatusCode=302");
	CHECK_REFUSED(f, "ValidationError", "contentType", RULE, a.listener,
		      A "Type=fixed-response&" A "FixedResponseConfig.StatusCode=200&" A
			"FixedResponseConfig.ContentType=image/png");
	memset(body, 'b', 1025);
	CHECK_REFUSED(f, "ValidationError", "1024 bytes", RULE "%s", a.listener,
		      A "Type=fixed-response&" A "FixedResponseConfig.StatusCode=200&" A
			"FixedResponseConfig.MessageBody=",
		      body);
	CHECK_REFUSED(f, "ValidationError", "target group ARN must", RULE, a.listener,
		      A "Type=forward");
	CHECK_REFUSED(f, "ValidationError", "must be the only one", RULE "%s&%s%s", a.listener,
		      A "Type=forward&" A "TargetGroupArn=", a.group,
		      A "ForwardConfig.TargetGroups.member.1.TargetGroupArn=", other);
#define G A "ForwardConfig.TargetGroups.member."
	CHECK_REFUSED(f, "ValidationError", "Weight '1000'", RULE "%s&%s", a.listener,
		      A "Type=forward&" G "1.TargetGroupArn=", a.group, G "1.Weight=1000");
	CHECK_REFUSED(f, "ValidationError", "is there twice", RULE "%s&%s%s", a.listener,
		      A "Type=forward&" G "1.TargetGroupArn=", a.group,
		      G "2.TargetGroupArn=", a.group);
	CHECK_REFUSED(f, "ValidationError", "stickiness duration", RULE "%s&%s", a.listener,
		      A "Type=forward&" G "1.TargetGroupArn=", a.group,
		      A "ForwardConfig.TargetGroupStickinessConfig.Enabled=true");
	f->elb.c.quota[ELB_MAX_ALB_ACTION_GROUPS] = 1;
	CHECK_REFUSED(f, "TooManyTargetGroups", "at most 1", RULE "%s&%s%s", a.listener,
		      A "Type=forward&" G "1.TargetGroupArn=", a.group,
		      G "2.TargetGroupArn=", other);
	f->elb.c.quota[ELB_MAX_ALB_GROUPS] = 1;
	CHECK_REFUSED(f, "TooManyUniqueTargetGroupsPerLoadBalancer", ": 1", RULE "%s", a.listener,
		      A "Type=forward&" G "1.TargetGroupArn=", other);
	CHECK_REFUSED(f, "InvalidLoadBalancerAction", "only on HTTPS", RULE, a.listener,
		      A "Type=authenticate-oidc");
	CHECK_REFUSED(f, "InvalidLoadBalancerAction", "last action", RULE FIXED, a.listener,
		      "Actions.member.2.Type=fixed-response&Actions.member.2."
		      "FixedResponseConfig.StatusCode=404");
	CHECK_REFUSED(f, "InvalidLoadBalancerAction", "different orders", RULE FIXED, a.listener,
		      A "Order=2&Actions.member.2.Order=2&Actions.member.2.Type=fixed-response&"
			"Actions.member.2.FixedResponseConfig.StatusCode=404");
	CHECK_REFUSED(f, "InvalidLoadBalancerAction", "forward actions alone", "CreateListener",
		      "LoadBalancerArn=%s&Port=80&Protocol=TCP&DefaultActions.member.1.Type="
		      "redirect",
		      net);
	CHECK_REFUSED(f, "TooManyActions", ": 5", RULE, a.listener,
		      "Actions.member.1.Order=1&Actions.member.2.Order=1&Actions.member.3.Order=1&"
		      "Actions.member.4.Order=1&Actions.member.5.Order=1&Actions.member.6.Order=1");
	CHECK(f->elb.rules && !f->elb.rules->next);
#undef RULE
#undef A
#undef G
}

TEST(elb_weighs_target_groups_and_never_tells_a_secret)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	struct app a = app_new(f);
	const char *two = elb_new_group(f, "two", "HTTP", ""), *cert = acm_new(f, "a.example.com");
	const struct xml *x;

	x = elb_ask(f, "CreateRule",
		    "ListenerArn=%s&Priority=1" PATH "&Actions.member.1.Type=forward"
		    "&Actions.member.1.ForwardConfig.TargetGroups.member.1.TargetGroupArn=%s"
		    "&Actions.member.1.ForwardConfig.TargetGroups.member.1.Weight=0"
		    "&Actions.member.1.ForwardConfig.TargetGroups.member.2.TargetGroupArn=%s",
		    a.listener, a.group, two);
	x = xml_get(x, "Rules/member/Actions/member");
	CHECK(!xml_get(x, "TargetGroupArn"));
	x = xml_get(x, "ForwardConfig/TargetGroups/member");
	CHECK_STR(xml_text(x, "Weight"), "0");
	CHECK_STR(xml_text(xml_next(x), "Weight"), "1");
	CHECK(elb_ask(f, "ModifyListener",
		      "ListenerArn=%s&Protocol=HTTPS&Certificates.member.1.CertificateArn=%s",
		      a.listener, cert));
	x = elb_ask(f, "CreateRule",
		    "ListenerArn=%s&Priority=2" PATH "&Actions.member.1.Type=authenticate-oidc"
		    "&Actions.member.1.AuthenticateOidcConfig.ClientId=me"
		    "&Actions.member.1.AuthenticateOidcConfig.ClientSecret=hush"
		    "&Actions.member.2.Type=forward&Actions.member.2.TargetGroupArn=%s",
		    a.listener, two);
	CHECK_STR(xml_text(x, "Rules/member/Actions/member/AuthenticateOidcConfig/ClientId"), "me");
	CHECK(!strstr(f->r.body, "hush"));
}

TEST(elb_refuses_conditions_that_cannot_be)
{
	static const struct {
		const char *form, *words;
	} cases[] = {
		{ "", "At least one condition" },
		{ "&Conditions.member.1.Field=colour", "'colour' is not valid" },
		{ "&Conditions.member.1.Field=host-header", "must have a value" },
		{ "&Conditions.member.1.Field=source-ip&Conditions.member.1.Values.member.1=1",
		  "Values is for host-header" },
		{ "&Conditions.member.1.Field=source-ip&Conditions.member.1.SourceIpConfig.Values."
		  "member.1=10.0.0.0",
		  "CIDR block '10.0.0.0'" },
		{ "&Conditions.member.1.Field=path-pattern&Conditions.member.1.Values.member.1=/ x",
		  "not allowed" },
		{ "&Conditions.member.1.Field=path-pattern&Conditions.member.1.Values.member.1=/x"
		  "&Conditions.member.1.PathPatternConfig.Values.member.1=/y",
		  "either Values or" },
		{ "&Conditions.member.1.Field=path-pattern&Conditions.member.1.HostHeaderConfig."
		  "Values.member.1=x",
		  "cannot have a configuration of 'host-header'" },
		{ PATH "&Conditions.member.1.SourceIpConfig.Values.member.1=10.0.0.0/8",
		  "cannot have a configuration of 'source-ip'" },
		{ "&Conditions.member.1.Field=http-request-method&Conditions.member.1."
		  "HttpRequestMethodConfig.Values.member.1=get",
		  "'get' has characters" },
		{ "&Conditions.member.1.Field=http-header&Conditions.member.1.HttpHeaderConfig."
		  "HttpHeaderName=a:b&Conditions.member.1.HttpHeaderConfig.Values.member.1=x",
		  "header name 'a:b'" },
		{ "&Conditions.member.1.Field=query-string&Conditions.member.1.QueryStringConfig."
		  "Values.member.1.Key=x",
		  "query string 'x='" },
		{ PATH "&Conditions.member.2.Field=path-pattern&Conditions.member.2.Values.member."
		       "1=/y",
		  "only have one 'path-pattern'" },
		{ PATH "&Conditions.member.1.Values.member.2=/2&Conditions.member.1.Values.member."
		       "3=/3&Conditions.member.1.Values.member.4=/4&Conditions.member.1.Values."
		       "member.5=/5&Conditions.member.1.Values.member.6=/6",
		  "only have '5' condition values" },
		{ "&Conditions.member.1.Field=path-pattern&Conditions.member.1.Values.member.1="
		  "/*?*?*?*",
		  "condition wildcards" },
	};
	auto_fix struct fix *f = fix_new("t3.medium");
	struct app a = app_new(f);

	for (size_t i = 0; i < COUNT(cases); i++)
		CHECK_REFUSED(f, "ValidationError", cases[i].words, "CreateRule",
			      "ListenerArn=%s&Priority=1%s" FIXED, a.listener, cases[i].form);
	CHECK(!f->elb.rules->next);
}

TEST(elb_priorities_are_taken_once_and_there_is_room_for_as_many_rules_as_the_quota_says)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	struct app a = app_new(f);

#define AT "CreateRule", "ListenerArn=%s&Priority=%d" PATH FIXED
	rule_new_at(f, &a, 50000);
	CHECK_REFUSED(f, "PriorityInUse", "'50000'", AT, a.listener, 50000);
	CHECK_REFUSED(f, "ValidationError", "'1-50000'", AT, a.listener, 50001);
	CHECK_REFUSED(f, "ValidationError", "'1-50000'", AT, a.listener, 0);
	f->elb.c.quota[ELB_MAX_ALB_RULES] = 1;
	CHECK_REFUSED(f, "TooManyRules", ": 1", AT, a.listener, 1);
	CHECK_REFUSED(f, "ListenerNotFound", "/x/", AT, "arn:x:listener/app/x/1/2", 1);
	CHECK_REFUSED(f, "UnsupportedOperation", "application", AT,
		      elb_new_listener(f, elb_new_lb(f, "n", "network", ""), "TCP", 80,
				       elb_new_group(f, "t", "TCP", "")),
		      1);
#undef AT
}

TEST(elb_sets_priorities_all_or_none)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	struct app a = app_new(f);
	const char *one = rule_new_at(f, &a, 1), *two = rule_new_at(f, &a, 2);
	const char *three = rule_new_at(f, &a, 3), *l2;
	const struct xml *x;

#define TWO                                                                                   \
	"SetRulePriorities", "RulePriorities.member.1.RuleArn=%s&RulePriorities.member.1."    \
			     "Priority=%d&RulePriorities.member.2.RuleArn=%s&RulePriorities." \
			     "member.2.Priority=%d"
	x = elb_ask(f, TWO, one, 2, two, 1);
	CHECK(xml_count(x, "Rules/member") == 2);
	x = elb_ask(f, "DescribeRules", "ListenerArn=%s", a.listener);
	CHECK_STR(xml_text(x, "Rules/member/RuleArn"), two);
	CHECK(xml_count(x, "Rules/member") == 4);
	CHECK_REFUSED(f, "PriorityInUse", "'3'", TWO, one, 9, two, 3);
	CHECK_REFUSED(f, "PriorityInUse", "'9'", TWO, one, 9, two, 9);
	CHECK_REFUSED(f, "ValidationError", "is there twice", TWO, one, 9, one, 8);
	CHECK_REFUSED(f, "ValidationError", "'1-50000'", TWO, one, 9, two, 50001);
	CHECK_REFUSED(f, "RuleNotFound", "/x/", TWO, one, 9, "arn:x:listener-rule/app/x/1/2/3", 8);
	CHECK_REFUSED(f, "OperationNotPermitted", "no priority", TWO, one, 9, f->elb.rules->v->arn,
		      8);
	CHECK_REFUSED(f, "ValidationError", "At least one rule", "SetRulePriorities", "%s", "");
	l2 = elb_new_listener(f, a.lb, "HTTP", 81, a.group);
	x = elb_ask(f, "CreateRule", "ListenerArn=%s&Priority=1" PATH FIXED, l2);
	CHECK_REFUSED(f, "ValidationError", "same listener", TWO, one, 9,
		      xml_text(x, "Rules/member/RuleArn"), 8);
	x = elb_ask(f, "DescribeRules", "RuleArns.member.1=%s&RuleArns.member.2=%s", one, three);
	CHECK_STR(xml_text(x, "Rules/member/Priority"), "2");
#undef TWO
}

TEST(elb_modifies_rules_and_their_transforms)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	struct app a = app_new(f);
	const char *rule = rule_new_at(f, &a, 1);
	const struct xml *x;

#define T "Transforms.member.1."
	x = elb_ask(f, "ModifyRule",
		    "RuleArn=%s&" T "Type=url-rewrite&" T "UrlRewriteConfig.Rewrites.member.1."
		    "Regex=^/a&" T "UrlRewriteConfig.Rewrites.member.1.Replace=/b",
		    rule);
	x = xml_get(x, "Rules/member");
	CHECK_STR(xml_text(x, "Transforms/member/UrlRewriteConfig/Rewrites/member/Regex"), "^/a");
	CHECK_STR(xml_text(x, "Conditions/member/Values/member"), "/x");
	CHECK_STR(xml_text(x, "Actions/member/Type"), "fixed-response");
	CHECK_REFUSED(f, "ValidationError", "one rewrite", "ModifyRule",
		      "RuleArn=%s&" T "Type=url-rewrite", rule);
	CHECK_REFUSED(f, "ValidationError", "enum", "ModifyRule", "RuleArn=%s&" T "Type=rot13",
		      rule);
	CHECK_REFUSED(f, "ValidationError", "only have one 'url-rewrite'", "ModifyRule",
		      "RuleArn=%s&" T "Type=url-rewrite&" T "UrlRewriteConfig.Rewrites.member.1."
		      "Regex=a&Transforms.member.2.Type=url-rewrite&Transforms.member.2."
		      "UrlRewriteConfig.Rewrites.member.1.Regex=a",
		      rule);
	CHECK_REFUSED(f, "ValidationError", "either Transforms", "ModifyRule",
		      "RuleArn=%s&ResetTransforms=true&" T "Type=url-rewrite", rule);
	x = elb_ask(f, "ModifyRule", "RuleArn=%s&ResetTransforms=true", rule);
	CHECK(x && !xml_get(x, "Rules/member/Transforms"));
	x = elb_ask(f, "ModifyRule",
		    "RuleArn=%s&Actions.member.1.Type=forward&Actions.member.1.TargetGroupArn=%s",
		    rule, a.group);
	CHECK_STR(xml_text(x, "Rules/member/Actions/member/Type"), "forward");
	CHECK_REFUSED(f, "OperationNotPermitted", "Default rule", "ModifyRule", "RuleArn=%s" PATH,
		      f->elb.rules->v->arn);
	CHECK_REFUSED(f, "OperationNotPermitted", "Default rule", "DeleteRule", "RuleArn=%s",
		      f->elb.rules->v->arn);
	CHECK(elb_ask(f, "DeleteRule", "RuleArn=%s", rule));
	CHECK_REFUSED(f, "RuleNotFound", rule, "DeleteRule", "RuleArn=%s", rule);
	CHECK_REFUSED(f, "ValidationError", "listener rule ARN", "DeleteRule", "RuleArn=1");
	CHECK_REFUSED(f, "RuleNotFound", rule, "DescribeRules", "RuleArns.member.1=%s", rule);
	CHECK_REFUSED(f, "ValidationError", "either a listener", "DescribeRules", "%s", "");
#undef T
}
