/* SPDX-License-Identifier: Apache-2.0 */
/* lb_route.c - which rule a request meets. */
#include <errno.h>

#include "lbfixture.h"
#include "lbroute.h"

TEST(globs_know_stars_and_question_marks)
{
	static const struct {
		const char *pattern, *text;
		bool yes, fold;
	} rows[] = {
		{ "*", "", true, false },          { "", "", true, false },
		{ "", "a", false, false },         { "a", "A", false, false },
		{ "a", "A", true, true },          { "/a/*", "/a/", true, false },
		{ "/a/*", "/a", false, false },    { "/?", "/a", true, false },
		{ "/?", "/", false, false },       { "/?", "/ab", false, false },
		{ "*.b.*", "a.b.c", true, false }, { "*a*b", "xaybzb", true, false },
		{ "*a*b", "xaybz", false, false }, { "a**", "a", true, false },
		{ "*?", "", false, false },        { "a*c?e", "abcdcde", true, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (route_glob(rows[i].pattern, rows[i].text, rows[i].fold) != rows[i].yes)
			CHECK_STR(rows[i].pattern, rows[i].text);
}

#define TO(name) FIX_TO(name, "'name':'use-annotation'")
#define FIXED(name, code)                                                                      \
	",'AI/actions." name "':'{\\'type\\':\\'fixed-response\\',\\'fixedResponseConfig\\':{" \
	"\\'statusCode\\':\\'" code "\\'}}'"
#define COND(name, field, config, rest) \
	",'AI/conditions." name "':'[{\\'field\\':\\'" field "\\',\\'" config "\\':{" rest "}}]'"
#define VALUES(v) "\\'values\\':[\\'" v "\\']"
#define RULES                                                                                      \
	FIX_INGRESS(                                                                               \
		"i",                                                                               \
		FIXED("h", "201") COND("h", "http-header", "httpHeaderConfig",                     \
				       "\\'httpHeaderName\\':\\'X-A\\'," VALUES("one*"))           \
			FIXED("m", "202") COND("m", "http-request-method",                         \
					       "httpRequestMethodConfig", VALUES("POST"))          \
				FIXED("q", "203") COND("q", "query-string", "queryStringConfig",   \
						       "\\'values\\':[{\\'key\\':\\'v\\',"         \
						       "\\'value\\':\\'1?\\'},"                    \
						       "{\\'value\\':\\'any\\'}]")                 \
					FIXED("s", "204") COND("s", "source-ip", "sourceIPConfig", \
							       VALUES("10.0.0.0/8"))               \
						FIXED("p", "205"),                                 \
		"'rules':[{'host':'*.Example.com','http':{'paths':["                               \
		"{'path':'/p','pathType':'Prefix','backend':" TO(                                  \
			"p") "}]}},"                                                               \
			     "{'http':{'paths':[" FIX_PATH("/", TO("h")) "," FIX_PATH(             \
				     "/",                                                          \
				     TO("m")) "," FIX_PATH("/",                                    \
							   TO("q")) "," FIX_PATH("/",              \
										 TO("s")) "]}}]")

static struct route_request ask(const char *host, const char *path)
{
	return (struct route_request) { .host = host, .path = path };
}

/* The code of the answer: 404 is the default. */
static const char *answer(struct lbcase *c, const struct route_request *q)
{
	struct stack *s = lbingress_stack(c);
	struct route_answer out;
	struct err e = { 0 };

	if (route_match(s, &s->listeners[0], q, &out, &e) < 0)
		return arena_str(&c->a, e.msg);
	CHECK((out.rule == NULL) == (strcmp(out.actions->v[0].fixed_response->status, "404") == 0));
	return out.actions->v[0].fixed_response->status;
}

TEST(a_request_meets_the_first_rule_of_which_every_condition_holds)
{
	auto_lbcase struct lbcase c;
	struct tag tags[] = { { "x-b", "one" }, { "x-A", "ONE two" } };
	struct route_request q = ask("a.example.COM", "/p/x");

	fix_case(&c, (const char *const[]) { RULES, NULL });
	CHECK_STR(answer(&c, &q), "205");
	q = ask("a.example.com", "/P");
	CHECK_STR(answer(&c, &q), "404");
	q = ask("example.com", "/");
	CHECK_STR(answer(&c, &q), "404");
	q.headers = (struct tags) { tags, 1 };
	CHECK_STR(answer(&c, &q), "404");
	q.headers.n = 2;
	CHECK_STR(answer(&c, &q), "201");
	q = ask("x", "/");
	q.method = "POST";
	CHECK_STR(answer(&c, &q), "202");
	q.method = "post";
	CHECK_STR(answer(&c, &q), "404");
	q.query = "a=b&V=12";
	CHECK_STR(answer(&c, &q), "203");
	q.query = "z=ANY";
	CHECK_STR(answer(&c, &q), "203");
	q.query = "v=1&v";
	CHECK_STR(answer(&c, &q), "404");
	CHECK(ip_parse("10.1.2.3", &q.source));
	CHECK_STR(answer(&c, &q), "204");
	CHECK(ip_parse("11.1.2.3", &q.source));
	CHECK_STR(answer(&c, &q), "404");
	CHECK(ip_parse("::1", &q.source));
	CHECK_STR(answer(&c, &q), "404");
}

/* Of the path of a rule whose one condition it is. */
static const char *by_regex(const char *pattern, const char *path)
{
	static char text[512];
	struct strs l = { &pattern, 1 };
	struct elb_condition c = { .field = "path-pattern", .path_regexes = l };
	struct stack_rule r = { .id = "80:1", .port = 80, .spec = { .conditions = { &c, 1 } } };
	struct stack_listener at = { .spec = { .port = 80 } };
	struct stack s = { .rules = &r, .nrules = 1 };
	struct route_request q = ask("h", path);
	struct route_answer out;
	struct err e = { 0 };

	if (route_match(&s, &at, &q, &out, &e) == 0)
		return out.rule ? "yes" : "no";
	CHECK_INT(e.num, EINVAL);
	snprintf(text, sizeof(text), "%s", e.msg);
	return text;
}

TEST(regular_expressions_are_tried_with_those_of_posix)
{
	static const char *const rows[][3] = {
		{ "^/api/.+$", "/api/x", "yes" },
		{ "^/api/.+$", "/api/", "no" },
		{ "^/\\d+$", "/42", "yes" },
		{ "^/\\d+$", "/a", "no" },
		{ "^/\\D+$", "/a", "yes" },
		{ "^/[\\w.-]+$", "/a_b.c-d", "yes" },
		{ "^/[\\w]+$", "/a b", "no" },
		{ "^/(?:a|b)$", "/b", "yes" },
		{ "^/a\\.b$", "/a.b", "yes" },
		{ "^/a\\.b$", "/axb", "no" },
		{ "^/[^/]+/x$", "/a/x", "yes" },
		{ "^/[]a]$", "/]", "yes" },
		{ "^/a\\sb$", "/a b", "yes" },
		{ "/API", "/api", "no" },
		{ "/(", "/(",
		  "rule 80:1: '/(' is no regular expression that can be tried here (POSIX; AWS "
		  "takes "
		  "more)" },
		{ "/[", "/[",
		  "rule 80:1: '/[' is no regular expression that can be tried here (POSIX; AWS "
		  "takes "
		  "more)" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK_STR(by_regex(rows[i][0], rows[i][1]), rows[i][2]);
}
