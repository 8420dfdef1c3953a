/* SPDX-License-Identifier: Apache-2.0 */
/* elbv2_rules.c - listeners, their certificates, and rules with every kind of action, condition and
 * transform: what is sent, whole, and what is read. */
#include <errno.h>

#include "elbcase.h"

PUTS(delete_listener, "DeleteListener", "ListenerArn=a", (struct elb_listener_ref) { "a" })
PUTS(add_listener_certificates, "AddListenerCertificates",
     "ListenerArn=a&Certificates.member.1.CertificateArn=c",
     (struct elb_listener_certificates) { "a", MANY(elb_certificate, { "c", true }) })
PUTS(remove_listener_certificates, "RemoveListenerCertificates",
     "ListenerArn=a&Certificates.member.1.CertificateArn=c",
     (struct elb_listener_certificates) { "a", MANY(elb_certificate, { .arn = "c" }) })
PUTS(modify_listener_attributes, "ModifyListenerAttributes",
     "ListenerArn=a&Attributes.member.1.Key=k&Attributes.member.1.Value=v",
     (struct elb_modify_listener_attributes) { "a", MANY(tag, { "k", "v" }) })
PUTS(modify_listener, "ModifyListener",
     "ListenerArn=a&Port=443&Protocol=HTTPS&SslPolicy=p&Certificates.member.1.CertificateArn=c"
     "&DefaultActions.member.1.Type=fixed-response&DefaultActions.member.1.Order=1"
     "&DefaultActions.member.1.FixedResponseConfig.StatusCode=404"
     "&DefaultActions.member.1.FixedResponseConfig.MessageBody="
     "&AlpnPolicy.member.1=None&MutualAuthentication.Mode=verify"
     "&MutualAuthentication.TrustStoreArn=t&MutualAuthentication.IgnoreClientCertificateExpiry="
     "false"
     "&MutualAuthentication.AdvertiseTrustStoreCaNames=off",
     (struct elb_modify_listener) {
	     .arn = "a",
	     .port = 443,
	     .protocol = "HTTPS",
	     .ssl_policy = "p",
	     .certificates = MANY(elb_certificate, { .arn = "c" }),
	     .actions = MANY(elb_action,
			     { .type = "fixed-response",
			       .order = 1,
			       .fixed_response = &(struct elb_fixed_response) { .status = "404",
										.body = "" } }),
	     .alpn = LISTED("None"),
	     .mutual_auth = &(struct elb_mutual_auth) { "verify", "t", FLAG_NO, "off", "active" } })
PUTS(modify_rule, "ModifyRule",
     "RuleArn=a&Conditions.member.1.Field=path-pattern&Conditions.member.1.PathPatternConfig."
     "Values.member.1=p"
     "&Actions.member.1.Type=forward&Actions.member.1.TargetGroupArn=g&ResetTransforms=true",
     (struct elb_modify_rule) {
	     .arn = "a",
	     .conditions = MANY(elb_condition, { .field = "path-pattern", .paths = LISTED("p") }),
	     .actions = MANY(elb_action, { .type = "forward", .target_group = "g" }),
	     .reset_transforms = true })
PUTS(delete_rule, "DeleteRule", "RuleArn=a", (struct elb_rule_ref) { "a" })
PUTS(set_rule_priorities, "SetRulePriorities",
     "RulePriorities.member.1.RuleArn=a&RulePriorities.member.1.Priority=50000"
     "&RulePriorities.member.2.RuleArn=b&RulePriorities.member.2.Priority=1",
     (struct elb_set_rule_priorities) { MANY(elb_rule_rank, { "a", 50000 }, { "b", 1 }) })

#define LISTENER_1                                                                                 \
	"<ListenerArn>arn:l/1</ListenerArn><LoadBalancerArn>arn:lb/1</LoadBalancerArn><Port>443</" \
	"Port>"                                                                                    \
	"<Protocol>HTTPS</Protocol><SslPolicy>p</"                                                 \
	"SslPolicy>\n<Certificates><member><CertificateArn>c"                                      \
	"</CertificateArn><IsDefault>true</IsDefault></member></"                                  \
	"Certificates><DefaultActions><member>"                                                    \
	"<Type>forward</Type><Order>1</Order><TargetGroupArn>g</TargetGroupArn><ForwardConfig>"    \
	"<TargetGroupStickinessConfig><Enabled>false</Enabled></TargetGroupStickinessConfig>"      \
	"<TargetGroups><member><TargetGroupArn>g</TargetGroupArn><Weight>0</Weight></"             \
	"member><member>"                                                                          \
	"<TargetGroupArn>h</TargetGroupArn></member></TargetGroups></ForwardConfig></member>"      \
	"</DefaultActions><AlpnPolicy><member>HTTP2Preferred</member></AlpnPolicy>"                \
	"<MutualAuthentication><Mode>verify</Mode><TrustStoreArn>t</TrustStoreArn>"                \
	"<IgnoreClientCertificateExpiry>true</IgnoreClientCertificateExpiry>"                      \
	"<TrustStoreAssociationStatus>active</TrustStoreAssociationStatus></MutualAuthentication>"

static void is_listener_1(const struct elb_listener *l)
{
	const struct elb_forward *f;

	CHECK_STR(l->arn, "arn:l/1");
	CHECK_STR(l->load_balancer, "arn:lb/1");
	CHECK_INT(l->port, 443);
	CHECK_STR(l->protocol, "HTTPS");
	CHECK_STR(l->ssl_policy, "p");
	CHECK(l->certificates.n == 1 && l->certificates.v[0].is_default);
	CHECK(l->alpn.n == 1 && strcmp(l->alpn.v[0], "HTTP2Preferred") == 0);
	CHECK(l->mutual_auth && l->actions.n == 1 && l->actions.v[0].forward);
	if (!l->mutual_auth || l->actions.n != 1 || !l->actions.v[0].forward)
		return;
	CHECK_STR(l->mutual_auth->mode, "verify");
	CHECK_STR(l->mutual_auth->trust_store, "t");
	CHECK_STR(l->mutual_auth->status, "active");
	CHECK_STR(l->mutual_auth->advertise_ca_names, NULL);
	CHECK_INT(l->mutual_auth->ignore_expiry, FLAG_YES);
	CHECK_STR(l->actions.v[0].target_group, "g");
	f = l->actions.v[0].forward;
	CHECK_INT(f->sticky, FLAG_NO);
	CHECK(!f->sticky_s.set && f->groups.n == 2);
	CHECK(f->groups.v[0].weight.set && f->groups.v[0].weight.v == 0 &&
	      !f->groups.v[1].weight.set);
	CHECK(!l->actions.v[0].redirect && !l->actions.v[0].oidc && !l->actions.v[0].jwt);
}

TEST(elb_describe_listeners_reads_every_page)
{
	static const struct fakeaws_answer answers[] = {
		{ 200,
		  SAYS("DescribeListeners", "<Listeners><member>" LISTENER_1
					    "</member></Listeners><NextMarker>m</NextMarker>") },
		{ 200,
		  SAYS("DescribeListeners", "<Listeners><member><ListenerArn>arn:l/2</"
					    "ListenerArn></member></Listeners><NextMarker/>") }
	};
	auto_awscase struct awscase x = { 0 };
	struct elb_listeners l;

	awscase_start(&x, answers, 2);
	CHECK(elb_describe_listeners(x.w, &(struct elb_describe_listeners) { .load_balancer = "a" },
				     &l, &x.a, awscase_soon(), &x.e) == 0);
	CHECK_INT(l.n, 2);
	if (l.n != 2)
		return;
	is_listener_1(&l.v[0]);
	CHECK(!l.v[1].mutual_auth && !l.v[1].actions.n && !l.v[1].alpn.n);
	awscase_sent(&x, SENT("DescribeListeners") "&LoadBalancerArn=a&Marker=m");
}

TEST(elb_create_listener_sends_all_and_gives_the_one)
{
	static const struct fakeaws_answer answer = { 200, SAYS("CreateListener",
								"<Listeners><member>" LISTENER_1
								"</member></Listeners>") };
	const struct elb_forward forward = { MANY(elb_weighted_group, { "g", { 0, true } },
						  { "h", { 0 } }),
					     FLAG_YES,
					     { 60, true } };
	const struct elb_create_listener in = {
		.load_balancer = "a",
		.port = 443,
		.protocol = "TLS",
		.ssl_policy = "p",
		.certificates = MANY(elb_certificate, { .arn = "c" }),
		.actions = MANY(elb_action, { .type = "forward", .order = 1, .forward = &forward }),
		.alpn = LISTED("HTTP2Optional"),
		.mutual_auth = &(struct elb_mutual_auth) { .mode = "off" },
		.tags = MANY(tag, { "k", "v" }),
	};
	auto_awscase struct awscase x = { 0 };
	struct elb_listener l;

	awscase_start(&x, &answer, 1);
	CHECK(elb_create_listener(x.w, &in, &l, &x.a, awscase_soon(), &x.e) == 0);
	is_listener_1(&l);
#define A1 "DefaultActions.member.1."
	awscase_sent(
		&x,
		SENT("CreateListener") "&LoadBalancerArn=a&Port=443&Protocol=TLS&SslPolicy=p&"
				       "Certificates.member.1.CertificateArn=c"
				       "&" A1 "Type=forward&" A1 "Order=1&" A1
				       "ForwardConfig.TargetGroups.member.1.TargetGroupArn=g&" A1
				       "ForwardConfig.TargetGroups.member.1.Weight=0&" A1
				       "ForwardConfig.TargetGroups.member.2.TargetGroupArn=h&" A1
				       "ForwardConfig.TargetGroupStickinessConfig.Enabled=true&" A1
				       "ForwardConfig.TargetGroupStickinessConfig.DurationSeconds="
				       "60"
				       "&AlpnPolicy.member.1=HTTP2Optional&MutualAuthentication."
				       "Mode=off"
				       "&Tags.member.1.Key=k&Tags.member.1.Value=v");
}

TEST(elb_describes_certificates_and_attributes_of_listeners)
{
	static const struct fakeaws_answer answers[] = {
		{ 200, SAYS("DescribeListenerCertificates",
			    "<Certificates><member><CertificateArn>c</"
			    "CertificateArn><IsDefault>true</IsDefault></member>"
			    "</Certificates><NextMarker>m</NextMarker>") },
		{ 200,
		  SAYS("DescribeListenerCertificates", "<Certificates><member><CertificateArn>d</"
						       "CertificateArn></member></Certificates>") },
		{ 200,
		  SAYS("DescribeListenerAttributes", "<Attributes><member><Key>k</Key><Value>v</"
						     "Value></member></Attributes>") }
	};
	auto_awscase struct awscase x = { 0 };
	struct elb_listener_ref in = { "a" };
	struct elb_certificates c;
	struct tags t;

	awscase_start(&x, answers, 3);
	CHECK(elb_describe_listener_certificates(x.w, &in, &c, &x.a, awscase_soon(), &x.e) == 0);
	CHECK(c.n == 2 && c.v[0].is_default && !c.v[1].is_default && strcmp(c.v[1].arn, "d") == 0);
	CHECK(fakeaws_got(&x.f, "Marker=m") && fakeaws_got(&x.f, "ListenerArn=a"));
	CHECK(elb_describe_listener_attributes(x.w, &in, &t, &x.a, awscase_soon(), &x.e) == 0);
	CHECK_STR(tag_get(&t, "k"), "v");
	awscase_sent(&x, SENT("DescribeListenerAttributes") "&ListenerArn=a");
}

/* ---- rules */

#define RULE_1                                                                                     \
	"<RuleArn>arn:r/1</RuleArn><Priority>7</Priority><IsDefault>false</IsDefault><Conditions>" \
	"<member><Field>host-header</Field><Values><member>h</member></"                           \
	"Values><HostHeaderConfig><Values>"                                                        \
	"<member>h</member><member>*.h</member></Values></HostHeaderConfig></member>"              \
	"<member><Field>path-pattern</Field><PathPatternConfig><RegexValues><member>^/a</"         \
	"member></RegexValues>"                                                                    \
	"</PathPatternConfig></member>"                                                            \
	"<member><Field>http-header</Field><HttpHeaderConfig><HttpHeaderName>X</"                  \
	"HttpHeaderName><Values><member>v"                                                         \
	"</member></Values></HttpHeaderConfig></member>"                                           \
	"<member><Field>query-string</Field><QueryStringConfig><Values><member><Key>k</"           \
	"Key><Value>v</Value></member>"                                                            \
	"<member><Value>w</Value></member></Values></QueryStringConfig></member>"                  \
	"<member><Field>http-request-method</Field><HttpRequestMethodConfig><Values><member>GET</" \
	"member></Values>"                                                                         \
	"</HttpRequestMethodConfig></member>"                                                      \
	"<member><Field>source-ip</Field><SourceIpConfig><Values><member>192.0.2.0/24</member></"  \
	"Values></SourceIpConfig>"                                                                 \
	"</member></Conditions><Actions><member><Type>authenticate-oidc</Type><Order>1</"          \
	"Order><AuthenticateOidcConfig>"                                                           \
	"<Issuer>i</Issuer><AuthorizationEndpoint>a</AuthorizationEndpoint><TokenEndpoint>t</"     \
	"TokenEndpoint>"                                                                           \
	"<UserInfoEndpoint>u</UserInfoEndpoint><ClientId>c</ClientId><SessionCookieName>s</"       \
	"SessionCookieName>"                                                                       \
	"<Scope>openid</Scope><SessionTimeout>604800</"                                            \
	"SessionTimeout><AuthenticationRequestExtraParams><entry>"                                 \
	"<key>display</key><value>page</value></entry></AuthenticationRequestExtraParams>"         \
	"<OnUnauthenticatedRequest>deny</OnUnauthenticatedRequest></AuthenticateOidcConfig></"     \
	"member>"                                                                                  \
	"<member><Type>redirect</Type><Order>2</Order><RedirectConfig><Host>#{host}</"             \
	"Host><StatusCode>HTTP_301"                                                                \
	"</StatusCode></RedirectConfig></member></Actions><Transforms><member><Type>url-rewrite</" \
	"Type><UrlRewriteConfig>"                                                                  \
	"<Rewrites><member><Regex>^/a</Regex><Replace>/b</Replace></member></Rewrites></"          \
	"UrlRewriteConfig></member>"                                                               \
	"</Transforms>"

static void are_conditions(const struct elb_conditions *c)
{
	CHECK_INT(c->n, 6);
	if (c->n != 6)
		return;
	CHECK_STR(c->v[0].field, "host-header");
	CHECK(c->v[0].hosts.n == 2 && strcmp(c->v[0].hosts.v[1], "*.h") == 0 &&
	      !c->v[0].host_regexes.n);
	CHECK(c->v[1].path_regexes.n == 1 && strcmp(c->v[1].path_regexes.v[0], "^/a") == 0 &&
	      !c->v[1].paths.n);
	CHECK_STR(c->v[2].header, "X");
	CHECK(c->v[2].header_values.n == 1 && !c->v[2].header_regexes.n);
	CHECK_INT(c->v[3].query.n, 2);
	CHECK_STR(c->v[3].query.v[0].key, "k");
	CHECK_STR(c->v[3].query.v[1].key, NULL);
	CHECK_STR(c->v[3].query.v[1].value, "w");
	CHECK(c->v[4].methods.n == 1 && c->v[5].sources.n == 1);
}

TEST(elb_describe_rules_reads_all)
{
	static const struct fakeaws_answer answer = {
		200, SAYS("DescribeRules", "<Rules><member>" RULE_1 "</member>\n"
					   "<member><Priority>default</Priority><IsDefault>true"
					   "</IsDefault></member></Rules>")
	};
	const struct elb_describe_rules in = { "l", LISTED("a") };
	auto_awscase struct awscase x = { 0 };
	const struct elb_oidc *o;
	struct elb_rules l;

	awscase_start(&x, &answer, 1);
	CHECK(elb_describe_rules(x.w, &in, &l, &x.a, awscase_soon(), &x.e) == 0);
	CHECK(l.n == 2 && l.v[0].actions.n == 2 && l.v[0].actions.v[0].oidc &&
	      l.v[0].actions.v[1].redirect);
	if (l.n != 2 || l.v[0].actions.n != 2 || !l.v[0].actions.v[0].oidc ||
	    !l.v[0].actions.v[1].redirect)
		return;
	CHECK_STR(l.v[0].arn, "arn:r/1");
	CHECK_STR(l.v[0].priority, "7");
	CHECK(!l.v[0].is_default && l.v[1].is_default);
	are_conditions(&l.v[0].conditions);
	o = l.v[0].actions.v[0].oidc;
	CHECK_STR(o->issuer, "i");
	CHECK_STR(o->user_info_endpoint, "u");
	CHECK_STR(o->client_secret, NULL);
	CHECK_STR(o->on_unauthenticated, "deny");
	CHECK(o->timeout_s.set && o->timeout_s.v == 604800);
	CHECK_STR(tag_get(&o->extra, "display"), "page");
	CHECK_STR(l.v[0].actions.v[1].redirect->host, "#{host}");
	CHECK_STR(l.v[0].actions.v[1].redirect->path, NULL);
	CHECK(l.v[0].transforms.n == 1 && l.v[0].transforms.v[0].urls.n == 1 &&
	      !l.v[0].transforms.v[0].hosts.n);
	CHECK_STR(l.v[1].priority, "default");
	awscase_sent(&x, SENT("DescribeRules") "&ListenerArn=l&RuleArns.member.1=a");
}

static const char rule_sent[] =
	"Action=CreateRule&Version=2015-12-01&ListenerArn=l&Priority=3"
	"&Conditions.member.1.Field=f&Conditions.member.1.HostHeaderConfig.Values.member.1=h"
	"&Conditions.member.1.HostHeaderConfig.RegexValues.member.1=r"
	"&Conditions.member.2.PathPatternConfig.Values.member.1=p"
	"&Conditions.member.2.PathPatternConfig.RegexValues.member.1=r"
	"&Conditions.member.3.HttpHeaderConfig.HttpHeaderName=X"
	"&Conditions.member.3.HttpHeaderConfig.Values.member.1=v"
	"&Conditions.member.3.HttpHeaderConfig.RegexValues.member.1=r"
	"&Conditions.member.4.HttpRequestMethodConfig.Values.member.1=GET"
	"&Conditions.member.5.QueryStringConfig.Values.member.1.Key=k"
	"&Conditions.member.5.QueryStringConfig.Values.member.1.Value=v"
	"&Conditions.member.5.QueryStringConfig.Values.member.2.Value=w"
	"&Conditions.member.6.SourceIpConfig.Values.member.1=s&Actions.member.1.Type=t"
	"&Actions.member.1.AuthenticateOidcConfig.Issuer=i"
	"&Actions.member.1.AuthenticateOidcConfig.AuthorizationEndpoint=a"
	"&Actions.member.1.AuthenticateOidcConfig.TokenEndpoint=t"
	"&Actions.member.1.AuthenticateOidcConfig.UserInfoEndpoint=u"
	"&Actions.member.1.AuthenticateOidcConfig.ClientId=c"
	"&Actions.member.1.AuthenticateOidcConfig.ClientSecret=s"
	"&Actions.member.1.AuthenticateOidcConfig.SessionCookieName=k"
	"&Actions.member.1.AuthenticateOidcConfig.Scope=o"
	"&Actions.member.1.AuthenticateOidcConfig.SessionTimeout=1"
	"&Actions.member.1.AuthenticateOidcConfig.AuthenticationRequestExtraParams.entry.1.key=x"
	"&Actions.member.1.AuthenticateOidcConfig.AuthenticationRequestExtraParams.entry.1.value=y"
	"&Actions.member.1.AuthenticateOidcConfig.AuthenticationRequestExtraParams.entry.2.key=z"
	"&Actions.member.1.AuthenticateOidcConfig.AuthenticationRequestExtraParams.entry.2.value="
	"&Actions.member.1.AuthenticateOidcConfig.OnUnauthenticatedRequest=allow"
	"&Actions.member.2.AuthenticateCognitoConfig.UserPoolArn=p"
	"&Actions.member.2.AuthenticateCognitoConfig.UserPoolClientId=c"
	"&Actions.member.2.AuthenticateCognitoConfig.UserPoolDomain=d"
	"&Actions.member.2.AuthenticateCognitoConfig.Scope=o"
	"&Actions.member.3.JwtValidationConfig.JwksEndpoint=j"
	"&Actions.member.3.JwtValidationConfig.Issuer=i"
	"&Actions.member.3.JwtValidationConfig.AdditionalClaims.member.1.Name=n"
	"&Actions.member.3.JwtValidationConfig.AdditionalClaims.member.1.Format=single-string"
	"&Actions.member.3.JwtValidationConfig.AdditionalClaims.member.1.Values.member.1=v"
	"&Actions.member.4.RedirectConfig.Protocol=HTTPS"
	"&Actions.member.4.RedirectConfig.Port=443&Actions.member.4.RedirectConfig.Host=h"
	"&Actions.member.4.RedirectConfig.Path=%2Fp&Actions.member.4.RedirectConfig.Query=q"
	"&Actions.member.4.RedirectConfig.StatusCode=HTTP_302"
	"&Transforms.member.1.Type=url-rewrite"
	"&Transforms.member.1.UrlRewriteConfig.Rewrites.member.1.Regex=r"
	"&Transforms.member.1.UrlRewriteConfig.Rewrites.member.1.Replace="
	"&Transforms.member.2.HostHeaderRewriteConfig.Rewrites.member.1.Regex=r"
	"&Transforms.member.2.HostHeaderRewriteConfig.Rewrites.member.1.Replace=s"
	"&Tags.member.1.Key=k&Tags.member.1.Value=v";

TEST(elb_create_rule_sends_every_kind_of_action_condition_and_transform)
{
	static const struct fakeaws_answer answer = {
		200, SAYS("CreateRule", "<Rules><member>" RULE_1 "</member></Rules>")
	};
	const struct elb_oidc oidc = { .issuer = "i",
				       .authorization_endpoint = "a",
				       .token_endpoint = "t",
				       .user_info_endpoint = "u",
				       .client_id = "c",
				       .client_secret = "s",
				       .cookie = "k",
				       .scope = "o",
				       .timeout_s = { 1, true },
				       .extra = MANY(tag, { "x", "y" }, { "z", "" }),
				       .on_unauthenticated = "allow" };
	const struct elb_cognito cognito = {
		.user_pool = "p", .client_id = "c", .domain = "d", .scope = "o"
	};
	const struct elb_jwt jwt = { "j", "i",
				     MANY(elb_claim, { "n", "single-string", LISTED("v") }) };
	const struct elb_redirect redirect = { "HTTPS", "443", "h", "/p", "q", "HTTP_302" };
	const struct elb_create_rule in = {
		.listener = "l",
		.priority = 3,
		.conditions =
			MANY(elb_condition,
			     { .field = "f", .hosts = LISTED("h"), .host_regexes = LISTED("r") },
			     { .paths = LISTED("p"), .path_regexes = LISTED("r") },
			     { .header = "X",
			       .header_values = LISTED("v"),
			       .header_regexes = LISTED("r") },
			     { .methods = LISTED("GET") },
			     { .query = MANY(elb_query_value, { "k", "v" }, { NULL, "w" }) },
			     { .sources = LISTED("s") }),
		.actions = MANY(elb_action, { .type = "t", .oidc = &oidc }, { .cognito = &cognito },
				{ .jwt = &jwt }, { .redirect = &redirect }),
		.transforms =
			MANY(elb_transform,
			     { .type = "url-rewrite", .urls = MANY(elb_rewrite, { "r", "" }) },
			     { .hosts = MANY(elb_rewrite, { "r", "s" }) }),
		.tags = MANY(tag, { "k", "v" }),
	};
	auto_awscase struct awscase x = { 0 };
	struct elb_rule r;

	awscase_start(&x, &answer, 1);
	CHECK(elb_create_rule(x.w, &in, &r, &x.a, awscase_soon(), &x.e) == 0);
	CHECK_STR(r.arn, "arn:r/1");
	are_conditions(&r.conditions);
	awscase_sent(&x, rule_sent);
}

/* ---- what is asked twice, and what not; what is refused */

#define NOT_NOW "<ErrorResponse><Error><Code>InternalFailure</Code></Error></ErrorResponse>"

TEST(elb_a_rule_is_not_created_twice_a_listener_may_be)
{
	static const struct fakeaws_answer
		rule[] = { { 500, NOT_NOW },
			   { 200, SAYS("CreateRule", "<Rules><member/></Rules>") } },
		listener[] = { { 500, NOT_NOW },
			       { 200,
				 SAYS("CreateListener", "<Listeners><member/></Listeners>") } };
	auto_awscase struct awscase x = { 0 }, y = { 0 };
	struct elb_listener l;
	struct elb_rule r;

	awscase_start(&x, rule, 2);
	CHECK(elb_create_rule(x.w, &(struct elb_create_rule) { .priority = 1 }, &r, &x.a,
			      awscase_soon(), &x.e) < 0);
	web_stop(&x.f.web);
	CHECK_INT(x.f.asked, 1);
	awscase_start(&y, listener, 2);
	CHECK(elb_create_listener(y.w, &(struct elb_create_listener) { .port = 1 }, &l, &y.a,
				  awscase_soon(), &y.e) == 0);
	web_stop(&y.f.web);
	CHECK_INT(y.f.asked, 2);
}

TEST(elb_codes_that_the_controller_acts_upon_are_told)
{
	static const struct {
		const char *code;
		int num;
	} cases[] = { { "ListenerNotFound", ENOENT },      { "TargetGroupNotFound", ENOENT },
		      { "ResourceInUse", EAGAIN },         { "TooManyRules", EDQUOT },
		      { "ValidationError", EINVAL },       { "InvalidTarget", EINVAL },
		      { "OperationNotPermitted", EACCES }, { "PriorityInUse", EEXIST },
		      { "RuleNotFound", ENOENT } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_awscase struct awscase x = { 0 };
		struct fakeaws_answer answer = { 400, NULL };

		answer.body = arena_fmt(
			&x.a,
			"<ErrorResponse" XMLNS
			"<Error><Type>Sender</Type><Code>%s</Code><Message>you must specify an "
			"Availability "
			"Zone</Message></Error><RequestId>r-2</RequestId></ErrorResponse>",
			cases[i].code);
		awscase_start(&x, &answer, 1);
		CHECK(elb_delete_rule(x.w, &(struct elb_rule_ref) { "a" }, &x.a, awscase_soon(),
				      &x.e) < 0);
		CHECK_INT(x.e.num, cases[i].num);
		CHECK_STR(x.e.code, cases[i].code);
		CHECK_STR(x.e.msg, arena_fmt(&x.a,
					     "DeleteRule: %s: you must specify an Availability "
					     "Zone (request id r-2)",
					     cases[i].code));
		web_stop(&x.f.web);
		CHECK_INT(x.f.asked, 1);
	}
}

TEST(elb_what_cannot_be_read_is_named)
{
	static const struct fakeaws_answer answer = {
		200,
		SAYS("DescribeListeners", "<Listeners><member><ListenerArn>arn:l/1</"
					  "ListenerArn><Port>many</Port></member></Listeners>")
	};
	auto_awscase struct awscase x = { 0 };
	struct elb_listeners l;

	awscase_start(&x, &answer, 1);
	CHECK(elb_describe_listeners(x.w, &(struct elb_describe_listeners) { 0 }, &l, &x.a,
				     awscase_soon(), &x.e) < 0);
	CHECK_INT(x.e.num, EBADMSG);
	CHECK_STR(x.e.msg, "DescribeListeners: arn:l/1: Port 'many' is not a whole number");
}
