/* SPDX-License-Identifier: Apache-2.0 */
/* lb_rules.c - paths, conditions and actions of rules, and what is left out because it cannot match
 * (spec-lbc-alb 14, 15). */
#include "lbfixture.h"

#define FLAG(name, value) "{'kind':'Case','flags':{'" name "':" value "}}"
#define GATE(name, on) "{'kind':'Case','flags':{'feature-gates':{'" name "':" on "}}}"
#define TO1 FIX_TO("svc-1", FIX_HTTP)
#define TYPED(path, type) "{'path':'" path "','pathType':'" type "','backend':" TO1 "}"
#define ING(more, paths) FIX_INGRESS("i", more, FIX_ONE(paths))
#define F1 " > forward $TG-ns-1/i-svc-1:http\n"
#define ERROR(words) "error: ingress: ns-1/i: " words
#define P(s) TYPED(s, "Prefix")

TEST(paths_are_sorted_by_type_and_length)
{
	static const struct fix_row rows[] = {
		{ "R",
		  { ING("", P("/abc") "," TYPED("/aaa",
						"Exact") "," P("/aaa/bbb") "," P("/abc/abc/abc")) },
		  "R 80:1 path=/aaa" F1 "R 80:2 path=/abc/abc/abc,/abc/abc/abc/*" F1
		  "R 80:3 path=/aaa/bbb,/aaa/bbb/*" F1 "R 80:4 path=/abc,/abc/*" F1 },
		{ "R",
		  { ING("", P("/abc") "," P("/example") "," P("/tea")) },
		  "R 80:1 path=/example,/example/*" F1 "R 80:2 path=/abc,/abc/*" F1
		  "R 80:3 path=/tea,/tea/*" F1 },
		{ "R",
		  { ING("", FIX_PATH("/b*", TO1) "," TYPED("/a/*", "ImplementationSpecific") "," P(
				    "/") "," FIX_PATH("", TO1)) },
		  "R 80:1 path=/*" F1 "R 80:2 path=/b*" F1 "R 80:3 path=/a/*" F1
		  "R 80:4 path=/*" F1 },
		{ "R", { ING("", P("/abc/")) }, "R 80:1 path=/abc,/abc/*" F1 },
		{ "R", { ING("", TYPED("/", "Exact")) }, "R 80:1 path=/" F1 },
		{ "", { ING("", TYPED("/a", "Regex")) }, ERROR("unknown pathType for path /a") },
		{ "",
		  { ING("", P("/abc*")) },
		  ERROR("prefix path shouldn't contain wildcards: /abc*") },
		{ "",
		  { ING("", TYPED("/a?", "Exact")) },
		  ERROR("exact path shouldn't contain wildcards: /a?") },
	};
	fix_check(rows, COUNT(rows));
}

#define REGEX ",'AI/use-regex-path-match':'true'"

TEST(paths_may_be_regular_expressions)
{
	static const struct fix_row rows[] = {
		{ "R",
		  { ING(REGEX, FIX_PATH("/^api/.+$", TO1) "," P("/a")) },
		  "R 80:1 path=/a,/a/*" F1 "R 80:2 path~^api/.+$" F1 },
		{ "",
		  { ING(",'AI/use-regex-path-match':'yes'", P("/a")) },
		  ERROR("failed to parse bool annotation, alb.ingress.kubernetes.io/"
			"use-regex-path-match: yes: strconv.ParseBool: parsing \"yes\": invalid "
			"syntax") },
	};
	fix_check(rows, COUNT(rows));
}

#define COND(json) ",'AI/conditions.svc-1':'" json "'"
#define FIELD(field, config, rest) "{\\'field\\':\\'" field "\\',\\'" config "\\':{" rest "}}"
#define VALUES(v) "\\'values\\':[\\'" v "\\']"
#define REGEXES(v) "\\'regexValues\\':[\\'" v "\\']"
#define HOSTED(more, path) \
	FIX_INGRESS("i", more, "'rules':[{'host':'example.com','http':{'paths':[" path "]}}]")

TEST(conditions_join_what_a_rule_says_of_host_and_path)
{
	static const struct fix_row rows[] = {
		{ "R",
		  { HOSTED(COND("[" FIELD("host-header", "hostHeaderConfig",
					  VALUES("another-example.com")) "]"),
			   P("/api")) },
		  "R 80:1 host=example.com,another-example.com path=/api,/api/*" F1 },
		{ "R",
		  { ING(COND("[" FIELD("path-pattern", "pathPatternConfig",
				       VALUES("/another-api/*")) "]"),
			P("/api")) },
		  "R 80:1 path=/api,/api/*,/another-api/*" F1 },
		{ "R",
		  { ING(REGEX COND("[" FIELD("path-pattern", "pathPatternConfig",
					     REGEXES("^/another.api/.+$")) "]"),
			FIX_PATH("/^api/.+$", TO1)) },
		  "R 80:1 path~^api/.+$,^/another.api/.+$" F1 },
		{ "R",
		  { ING(COND("[" FIELD("http-header", "httpHeaderConfig", "\\'httpHeaderName\\':\\'H\\'," VALUES("v*")) "," FIELD(
				"http-request-method", "HttpRequestMethodConfig",
				VALUES("GET")) "," FIELD("query-string", "queryStringConfig",
							 "\\'values\\':[{\\'key\\':\\'k\\',\\'"
							 "value\\':\\'v\\'},{\\'Value\\':\\'w\\'}"
							 "]") "," FIELD("source-ip",
									"sourceIpConfig",
									VALUES("10.0.0.0/8")) "," FIELD("weather",
													"any",
													"") "]"),
			FIX_PATH("", TO1)) },
		  "R 80:1 header:H=v* method=GET query:k=v query:=w source=10.0.0.0/8" F1 },
		{ "",
		  { HOSTED(COND("[" FIELD("host-header", "hostHeaderConfig", REGEXES("x")) "]"),
			   P("/")) },
		  ERROR("host condition must specify exactly one of Values and RegexValues, got "
			"both "
			"Values [example.com] and RegexValues [x]") },
		{ "",
		  { ING(COND("[" FIELD("path-pattern", "pathPatternConfig", REGEXES("x")) "]"),
			P("/a")) },
		  ERROR("path condition must specify exactly one of Values and RegexValues, got "
			"both "
			"Values [/a /a/*] and RegexValues [x]") },
	};
	fix_check(rows, COUNT(rows));
}

/* Each with the words that it is refused with; the annotation and its value stand behind them. */
static void check_refused(const char *annotation, const char *shown, const char *const (*rows)[2],
			  size_t n, const char *backend)
{
	for (size_t i = 0; i < n; i++) {
		auto_lbcase struct lbcase c;
		const char *got, *doc;

		fix_case(&c, (const char *const[]) { NULL });
		doc = arena_fmt(&c.a,
				FIX_INGRESS("i", ",'AI/%s':'%s'", FIX_ONE(FIX_PATH("/", "%s"))),
				annotation, rows[i][0], backend);
		lbcase_text(&c, doc);
		got = lbingress(&c, "");
		if (!strstr(got, rows[i][1]) || !strstr(got, shown))
			CHECK_STR(got, rows[i][1]);
	}
}

TEST(conditions_that_are_nonsense_are_refused_by_name)
{
	static const char *const rows[][2] = {
		{ "[", "failed to parse json annotation, " },
		{ "{}", "no list" },
		{ "[1]", "no list of objects" },
		{ "[{\\'field\\':1}]", "field: no string" },
		{ "[{\\'field\\':\\'host-header\\'}]", "missing hostHeaderConfig" },
		{ "[{\\'field\\':\\'host-header\\',\\'hostHeaderConfig\\':1}]",
		  "hostHeaderConfig: no object" },
		{ "[{\\'field\\':\\'host-header\\',\\'hostHeaderConfig\\':{}}]",
		  "invalid hostHeaderConfig: values or regexValues must be specified" },
		{ "[" FIELD("path-pattern", "pathPatternConfig", VALUES("a") "," REGEXES("b")) "]",
		  "invalid pathPatternConfig: precisely one of values and regexValues can "
		  "be specified" },
		{ "[" FIELD("path-pattern", "pathPatternConfig", "\\'values\\':\\'a\\'") "]",
		  "values: no list" },
		{ "[" FIELD("path-pattern", "pathPatternConfig", "\\'values\\':[1]") "]",
		  "values: no list of strings" },
		{ "[{\\'field\\':\\'http-header\\'}]", "missing httpHeaderConfig" },
		{ "[" FIELD("http-header", "httpHeaderConfig", VALUES("a")) "]",
		  "invalid httpHeaderConfig: httpHeaderName cannot be empty" },
		{ "[" FIELD("http-request-method", "httpRequestMethodConfig", "") "]",
		  "invalid httpRequestMethodConfig: values cannot be empty" },
		{ "[" FIELD("source-ip", "sourceIPConfig", "") "]",
		  "invalid sourceIPConfig: values cannot be empty" },
		{ "[" FIELD("query-string", "queryStringConfig", "") "]",
		  "invalid queryStringConfig: Values cannot be empty" },
		{ "[" FIELD("query-string", "queryStringConfig", "\\'values\\':[{}]") "]",
		  "invalid queryStringConfig: value cannot be empty" },
		{ "[" FIELD("query-string", "queryStringConfig", "\\'values\\':[1]") "]",
		  "values: no list of objects" },
		{ "[" FIELD("path-pattern", "pathPatternConfig",
			    "\\'values\\':[\\'/a\\',\\'/b\\',\\'/c\\',\\'/d\\',\\'/"
			    "e\\',\\'/f\\']") "]",
		  "too many condition values of a rule: 7, and AWS allows 5" },
		{ "[" FIELD("path-pattern", "pathPatternConfig",
			    "\\'values\\':[\\'*?*?*?*\\']") "]",
		  "too many wildcards in the conditions of a rule: 7, and AWS allows 6" },
	};

	check_refused("conditions.svc-1", "ns-1/i", rows, COUNT(rows), TO1);
}

/* ---- actions */

#define USE(name) FIX_TO(name, "'name':'use-annotation'")
#define ACT(json, more) ING(",'AI/actions.x':'" json "'" more, FIX_PATH("/", USE("x")))
#define S(name, value) "\\'" name "\\':\\'" value "\\'"
#define N(name, value) "\\'" name "\\':" value

TEST(actions_are_what_their_annotation_says)
{
	static const struct fix_row rows[] = {
		{ "R",
		  { ACT("{" S("type", "fixed-response") "," N(
				"fixedResponseConfig",
				"{" S("contentType", "text/plain") "," S("statusCode", "503") "," S(
					"messageBody", "down") "}") "}",
			"") },
		  "R 80:1 path=/ > fixed-response 503 type=text/plain body=down\n" },
		/* the older spelling */
		{ "R",
		  { ACT("{" S("Type", "redirect") "," N("RedirectConfig",
							"{" S("Host", "new.example.com") "," S(
								"StatusCode", "HTTP_302") "}") "}",
			"") },
		  "R 80:1 path=/ > redirect HTTP_302 host=new.example.com\n" },
		{ "R",
		  { ACT("{" S("type", "forward") "," S("TargetGroupArn", "arn:t") "}", "") },
		  "R 80:1 path=/ > forward arn:t\n" },
		{ "R",
		  { "{'kind':'Case','facts':{'targetGroups':{'mine':'arn:mine'}}}",
		    ACT("{" S("type", "forward") "," S("targetGroupName", "mine") "}", "") },
		  "R 80:1 path=/ > forward arn:mine\n" },
		{ "R TG",
		  { ACT("{" S("type", "forward") "," N(
				"forwardConfig",
				"{" N("targetGroups",
				      "[{" S("serviceName", "svc-1") "," S("servicePort", "80") "," N("weight", "20") "},{" S(
					      "targetGroupARN",
					      "arn:t") "," N("weight",
							     "0") "}]") "," N("targetGroupStickines"
									      "sConfig",
									      "{" N("enabled",
										    "tru"
										    "e") "," N("dur"
											       "ati"
											       "onS"
											       "eco"
											       "nd"
											       "s",
											       "20"
											       "0") "}") "}") "}",
			"") },
		  "R 80:1 path=/ > forward $TG-ns-1/i-svc-1:80*20 arn:t*0 sticky=1/200\n"
		  "TG ns-1/i-svc-1:80 k8s-ns1-svc1-4d45ad5c83 instance:32768/HTTP/HTTP1 ipv4 "
		  "HTTP:traffic-port/=200 15/5/2/2\n" },
	};
	fix_check(rows, COUNT(rows));
}

TEST(what_a_rule_leads_to_may_be_missing_if_that_is_tolerated)
{
	static const struct fix_row rows[] = {
		{ "R",
		  { ING("", FIX_PATH("/", USE("absent"))) },
		  "R 80:1 path=/ > fixed-response 503 type=text/plain body=Backend action does not "
		  "exist\n" },
		{ "",
		  { FLAG("tolerate-non-existent-backend-action", "false"),
		    ING("", FIX_PATH("/", USE("non-exists"))) },
		  ERROR("missing actions.non-exists configuration") },
		{ "R",
		  { ING("", FIX_PATH("/", FIX_TO("absent", "'number':80"))) },
		  "R 80:1 path=/ > fixed-response 503 type=text/plain body=Backend service does "
		  "not exist\n" },
		{ "",
		  { FLAG("tolerate-non-existent-backend-service", "false"),
		    ING("", FIX_PATH("/", FIX_TO("absent", "'number':80"))) },
		  ERROR("Service \"absent\" not found") },
		/* of several, one that is missing is an error */
		{ "",
		  { ACT("{" S("type", "forward") "," N(
				"forwardConfig",
				"{" N("targetGroups",
				      "[{" S("serviceName", "svc-1") "," N("servicePort", "80") "," N(
					      "weight",
					      "1") "},{" S("serviceName",
							   "absent") "," N("servicePort",
									   "80") "," N("weight",
										       "1") "}]") "}") "}",
			"") },
		  ERROR("Service \"absent\" not found") },
		{ "",
		  { ING("", FIX_PATH("/", "{'resource':{'kind':'Bucket','name':'b'}}")) },
		  ERROR("missing required \"service\" field") },
		{ "L",
		  { FIX_INGRESS("i", "", "'defaultBackend':" TO1) },
		  "L 80 HTTP forward $TG-ns-1/i-svc-1:http\n" },
		{ "",
		  { FIX_INGRESS("i", "", "'defaultBackend':" FIX_TO("svc-1", "'name':'nope'")) },
		  "error: unable to find port nope on service ns-1/svc-1" },
		{ "",
		  { GATE("WeightedTargetGroups", "false"),
		    ACT("{" S("type", "forward") "," N(
				"forwardConfig",
				"{" N("targetGroups",
				      "[{" S("targetGroupARN", "a") "," N("weight", "1") "},{" S(
					      "targetGroupARN", "b") "," N("weight",
									   "1") "}]") "}") "}",
			"") },
		  ERROR("weighted target groups feature is disabled") },
	};
	fix_check(rows, COUNT(rows));
}

#define FWD(list) \
	"{" S("type", "forward") "," N("forwardConfig", "{" N("targetGroups", list) "}") "}"

TEST(actions_that_are_nonsense_are_refused_by_name)
{
	static const char *const rows[][2] = {
		{ "[", "failed to parse json annotation, " },
		{ "[]", "no object" },
		{ "{" N("type", "1") "}", "type: no string" },
		{ "{" S("type", "drop") "}", "unknown action type: drop" },
		{ "{}", "unknown action type: " },
		{ "{" S("type", "fixed-response") "}", "missing FixedResponseConfig" },
		{ "{" S("type", "fixed-response") "," N("fixedResponseConfig", "{}") "}",
		  "invalid FixedResponseConfig: statusCode is required" },
		{ "{" S("type", "fixed-response") "," N("fixedResponseConfig",
							"{" N("statusCode", "503") "}") "}",
		  "statusCode: no string" },
		{ "{" S("type", "redirect") "}", "missing RedirectConfig" },
		{ "{" S("type", "redirect") "," N("redirectConfig", "null") "}",
		  "missing RedirectConfig" },
		{ "{" S("type", "redirect") "," N("redirectConfig", "{}") "}",
		  "invalid RedirectConfig: statusCode is required" },
		{ "{" S("type", "redirect") "," N("redirectConfig", "{" N("port", "443") "}") "}",
		  "port: no string" },
		{ "{" S("type", "forward") "}",
		  "missing ForwardConfig or TargetGroupARN/TargetGroupName" },
		{ "{" S("type", "forward") "," N("targetGroupARN", "1") "}",
		  "targetGroupARN: no string" },
		{ "{" S("type", "forward") "," S("targetGroupARN", "a") "," N("forwardConfig",
									      "{}") "}",
		  "either ForwardConfig or TargetGroupARN/TargetGroupName can be specified" },
		{ FWD("1"), "targetGroups: no list" },
		{ FWD("[]"), "invalid ForwardConfig: no targetGroups" },
		{ FWD("[1]"), "invalid ForwardConfig: targetGroups: no object" },
		{ FWD("[{}]"), "invalid ForwardConfig: invalid TargetGroupTuple: missing "
			       "serviceName or targetGroupARN/targetGroupName" },
		{ FWD("[{" S("serviceName", "a") "," S("targetGroupARN", "b") "}]"),
		  "invalid ForwardConfig: invalid TargetGroupTuple: either serviceName or "
		  "targetGroupARN/targetGroupName can be specified" },
		{ FWD("[{" S("serviceName", "a") "}]"),
		  "invalid ForwardConfig: invalid TargetGroupTuple: missing servicePort" },
		{ FWD("[{" S("serviceName", "a") "," N("servicePort", "true") "}]"),
		  "servicePort: no 32-bit integer" },
		{ FWD("[{" S("targetGroupARN", "a") "," N("weight", "1000") "}]"),
		  "weight must be within [0, 999]: 1000" },
		{ FWD("[{" S("targetGroupARN", "a") "," N("weight", "1.5") "}]"),
		  "weight: no 32-bit integer" },
		{ FWD("[{" S("targetGroupARN", "a") "},{" S("targetGroupARN", "b") "}]"),
		  "invalid ForwardConfig: weight must be set when route to multiple target "
		  "groups" },
		{ FWD("[{" S("targetGroupName", "nope") "}]"),
		  "searching TargetGroup with name nope: TargetGroupNotFound" },
		{ "{" S("type", "forward") "," N(
			  "forwardConfig",
			  "{" N("targetGroups", "[{" S("targetGroupARN", "a") "}]") "," N(
				  "targetGroupStickinessConfig",
				  "{" N("enabled", "1") "}") "}") "}",
		  "enabled: no boolean" },
	};

	check_refused("actions.x", "ns-1/i", rows, COUNT(rows), USE("x"));
}

TEST(a_name_of_a_target_group_needs_somebody_to_ask)
{
	auto_lbcase struct lbcase c;

	fix_case(&c, (const char *const[]) {
			     ACT("{" S("type", "forward") "," S("targetGroupName", "x") "}", ""),
			     NULL });
	c.facts.target_group = NULL;
	CHECK_STR(lbingress(&c, ""),
		  ERROR("searching TargetGroup with name x: there are no target groups"));
}
