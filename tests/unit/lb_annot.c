/* SPDX-License-Identifier: Apache-2.0 */
/* lb_annot.c - annotations: the parsers' vectors, precedence, and what is refused until it is
 * built.
 */
#include <errno.h>

#include "annot.h"
#include "tagset.h"
#include "test.h"

static struct annotations on(const char *prefix, const struct tags *t)
{
	return (struct annotations) { prefix, { t, NULL } };
}

TEST(maps_unescape_commas_trim_and_keep_inner_equals)
{
	auto_arena struct arena a = { 0 };
	struct tags t;

	CHECK(annot_parse_map("key1=value1\\,valueOne, key2= value2, key4/empty-value=", &t, &a) ==
	      0);
	CHECK_INT(t.n, 3);
	CHECK_STR(tag_get(&t, "key1"), "value1,valueOne");
	CHECK_STR(tag_get(&t, "key2"), "value2");
	CHECK_STR(tag_get(&t, "key4/empty-value"), "");
	CHECK(annot_parse_map("key1=Mjk5NzkyNDU4Cg==, foo=ZGF=0=ZQo=", &t, &a) == 0);
	CHECK_STR(tag_get(&t, "key1"), "Mjk5NzkyNDU4Cg==");
	CHECK_STR(tag_get(&t, "foo"), "ZGF=0=ZQo=");
	CHECK(annot_parse_map("", &t, &a) == 0 && t.n == 0);
	CHECK(annot_parse_map("k=1,k=2", &t, &a) == 0 && t.n == 1);
	CHECK_STR(tag_get(&t, "k"), "2");
	CHECK(annot_parse_map("b=1,a=2", &t, &a) == 0);
	CHECK_STR(t.v[0].key, "a");
	CHECK(annot_parse_map("\xc2\xa0k\xe3\x80\x80=\tv\n", &t, &a) == 0);
	CHECK_STR(tag_get(&t, "k"), "v");
}

TEST(a_comma_at_a_maps_end_is_part_of_the_value)
{
	auto_arena struct arena a = { 0 };
	struct tags t;

	CHECK(annot_parse_map("a=1, b=2,", &t, &a) == 0);
	CHECK_STR(tag_get(&t, "b"), "2,");
	CHECK(annot_parse_map("a=1\\", &t, &a) == 0);
	CHECK_STR(tag_get(&t, "a"), "1");
}

TEST(maps_without_key_or_equals_are_refused)
{
	static const char *const bad[] = {
		"key1,key2", "=value", "k1=v1, malformed",       "k", "a=1,=2,b=3",
		" ",         ",",      "k1=v1, malformed, k2=v2"
	};
	auto_arena struct arena a = { 0 };
	struct tags t;

	for (size_t i = 0; i < COUNT(bad) - 1; i++)
		CHECK(annot_parse_map(bad[i], &t, &a) < 0);
	CHECK(annot_parse_map(bad[COUNT(bad) - 1], &t, &a) < 0);
}

TEST(lists_trim_and_drop_what_is_empty)
{
	auto_arena struct arena a = { 0 };
	struct strs l = annot_parse_list(" a ,, b b,\xe2\x80\x83"
					 "c\t,",
					 &a);

	CHECK_INT(l.n, 3);
	CHECK_STR(l.v[0], "a");
	CHECK_STR(l.v[1], "b b");
	CHECK_STR(l.v[2], "c");
	CHECK_INT(annot_parse_list(" , ,", &a).n, 0);
}

TEST(a_list_that_is_empty_is_present)
{
	auto_arena struct arena a = { 0 };
	struct tag v[] = { { "alb.ingress.kubernetes.io/subnets", "" } };
	struct tags t = { v, 1 };
	struct annotations l = on(ANNOT_INGRESS, &t);
	struct strs out = { 0 };

	CHECK_INT(annot_list(&l, A_SUBNETS, &out, &a), 1);
	CHECK_INT(out.n, 0);
	CHECK_INT(annot_list(&l, A_INBOUND_CIDRS, &out, &a), 0);
}

TEST(the_service_hides_the_ingress_even_with_nothing)
{
	struct tag s[] = { { "alb.ingress.kubernetes.io/target-type", "" } };
	struct tag i[] = { { "alb.ingress.kubernetes.io/target-type", "ip" },
			   { "alb.ingress.kubernetes.io/scheme", "internal" },
			   { "service.beta.kubernetes.io/scheme", "wrong prefix" } };
	struct tags ts = { s, 1 }, ti = { i, 3 };
	struct annotations l = { ANNOT_INGRESS, { &ts, &ti } };
	const char *out = "untouched";

	CHECK_INT(annot_str(&l, A_TARGET_TYPE, &out), 1);
	CHECK_STR(out, "");
	CHECK_INT(annot_str(&l, A_SCHEME, &out), 1);
	CHECK_STR(out, "internal");
	CHECK_INT(annot_str(&l, A_GROUP_NAME, &out), 0);
	CHECK_STR(out, "internal");
}

TEST(what_follows_a_suffix_with_a_dot_is_told)
{
	auto_arena struct arena a = { 0 };
	struct tag v[] = { { "alb.ingress.kubernetes.io/listener-attributes.HTTP-80", "k=v" },
			   { "alb.ingress.kubernetes.io/target-control-port.web.80", "90" } };
	struct tags t = { v, 2 }, out;
	struct annotations l = on(ANNOT_INGRESS, &t);
	struct err e = { 0 };
	int64_t n = 0;

	CHECK_INT(annot_map(&l, A_LISTENER_ATTRIBUTES, "HTTP-80", &out, &a, &e), 1);
	CHECK_STR(tag_get(&out, "k"), "v");
	CHECK_INT(annot_map(&l, A_LISTENER_ATTRIBUTES, "HTTP-8", &out, &a, &e), 0);
	CHECK_INT(annot_map(&l, A_LISTENER_ATTRIBUTES, "HTTP-800", &out, &a, &e), 0);
	CHECK_INT(annot_int_at(&l, A_CONTROL_PORT, "web.80", &n, &e), 1);
	CHECK_INT(n, 90);
}

TEST(nonsense_is_refused_in_the_originals_words)
{
	static const struct {
		enum annot_id id;
		const char *suffix, *value, *said;
	} rows[] = {
		{ A_REGEX_PATHS, "use-regex-path-match", "FalSe",
		  "failed to parse bool annotation, "
		  "alb.ingress.kubernetes.io/use-regex-path-match: "
		  "FalSe: strconv.ParseBool: parsing \"FalSe\": invalid syntax" },
		{ A_HC_TIMEOUT, "healthcheck-timeout-seconds", "ten",
		  "failed to parse int32 annotation, "
		  "alb.ingress.kubernetes.io/healthcheck-timeout-seconds: ten: strconv.ParseInt: "
		  "parsing \"ten\": invalid syntax" },
		{ A_HC_TIMEOUT, "healthcheck-timeout-seconds", "2147483648",
		  "failed to parse int32 annotation, "
		  "alb.ingress.kubernetes.io/healthcheck-timeout-seconds: 2147483648: "
		  "strconv.ParseInt: parsing \"2147483648\": value out of range" },
		{ A_HC_TIMEOUT, "healthcheck-timeout-seconds", " 5",
		  "failed to parse int32 annotation, "
		  "alb.ingress.kubernetes.io/healthcheck-timeout-seconds:  5: strconv.ParseInt: "
		  "parsing \" 5\": invalid syntax" },
		{ A_TAGS, "tags", "k1=v1, malformed",
		  "failed to parse stringMap annotation, alb.ingress.kubernetes.io/tags: k1=v1, "
		  "malformed" },
		{ A_LISTEN_PORTS, "listen-ports", "[{]",
		  "failed to parse json annotation, alb.ingress.kubernetes.io/listen-ports: "
		  "[{]: " },
	};
	auto_arena struct arena a = { 0 };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct tag v = { arena_fmt(&a, ANNOT_INGRESS "/%s", rows[i].suffix),
				 rows[i].value };
		struct tags t = { &v, 1 }, map;
		struct annotations l = on(ANNOT_INGRESS, &t);
		auto_json struct json *j = NULL;
		struct err e = { 0 };
		int64_t n = 7;
		bool b;
		int r = annots[rows[i].id].kind == ANNOT_BOOL  ? annot_bool(&l, rows[i].id, &b, &e)
			: annots[rows[i].id].kind == ANNOT_INT ? annot_int(&l, rows[i].id, &n, &e)
			: annots[rows[i].id].kind == ANNOT_MAP
				? annot_map(&l, rows[i].id, NULL, &map, &a, &e)
				: annot_json(&l, rows[i].id, NULL, &j, &e);

		CHECK_INT(r, -1);
		CHECK_INT(e.num, EINVAL);
		CHECK(n == 7 && str_prefix(e.msg, rows[i].said));
		if (annots[rows[i].id].kind != ANNOT_JSON)
			CHECK_STR(e.msg, rows[i].said);
	}
}

TEST(members_of_json_have_no_case_and_the_last_counts)
{
	struct tag v = { "alb.ingress.kubernetes.io/actions.x",
			 "{\"Type\":\"a\",\"TargetGroupArn\":\"b\",\"type\":\"c\"}" };
	struct tags t = { &v, 1 };
	struct annotations l = on(ANNOT_INGRESS, &t);
	auto_json struct json *j = NULL;
	struct err e = { 0 };

	CHECK_INT(annot_json(&l, A_ACTIONS, "x", &j, &e), 1);
	CHECK_STR(json_text(annot_member(j, "type")), "c");
	CHECK_STR(json_text(annot_member(j, "targetGroupARN")), "b");
	CHECK_INT(annot_json(&l, A_ACTIONS, "y", &j, &e), 0);
	CHECK(!annot_member(j, "nothing") && !annot_member(annot_member(j, "type"), "type"));
}

TEST(blame_names_an_annotation_once)
{
	struct tag v = { "service.beta.kubernetes.io/aws-load-balancer-scheme", "public" };
	struct tags t = { &v, 1 };
	struct annotations l = on(ANNOT_SERVICE, &t);
	struct err e = { 0 };

	fail(&e, EINVAL, "unknown scheme: public");
	CHECK_INT(annot_blame(&l, A_NLB_SCHEME, NULL, &e), -1);
	CHECK_STR(e.msg, "unknown scheme: public "
			 "(service.beta.kubernetes.io/aws-load-balancer-scheme: public)");
	CHECK_INT(annot_blame(&l, A_NLB_SCHEME, NULL, &e), -1);
	CHECK_STR(e.msg, "unknown scheme: public "
			 "(service.beta.kubernetes.io/aws-load-balancer-scheme: public)");
	fail(&e, EINVAL, "words");
	CHECK_INT(annot_blame(&l, A_NLB_NAME, NULL, &e), -1);
	CHECK_STR(e.msg, "words");
}

TEST(what_is_not_built_is_refused_and_what_asks_for_nothing_is_not)
{
	static const struct {
		int scope;
		const char *suffix, *value, *why; /* why NULL: accepted */
	} rows[] = {
		{ ON_INGRESS, "auth-type", "oidc", "authentication by the load balancer" },
		{ ON_BACKEND, "auth-type", "cognito", "authentication by the load balancer" },
		{ ON_INGRESS, "auth-type", "none", NULL },
		{ ON_INGRESS, "auth-scope", "openid", NULL },
		{ ON_INGRESS, "auth-idp-oidc", "{}", NULL },
		{ ON_INGRESS, "jwt-validation", "{}", "validation of JWTs" },
		{ ON_INGRESS, "mutual-authentication", "[{\"port\":443,\"mode\":\"verify\"}]",
		  "mutual TLS" },
		{ ON_INGRESS, "mutual-authentication", "[{\"port\":443,\"Mode\":\"off\"}]", NULL },
		{ ON_INGRESS, "mutual-authentication", "[{\"port\":443}]", "mutual TLS" },
		{ ON_INGRESS, "enable-frontend-nlb", "true", "an NLB in front of the ALB" },
		{ ON_INGRESS, "enable-frontend-nlb", "false", NULL },
		{ ON_INGRESS, "frontend-nlb-scheme", "internal", NULL },
		{ ON_INGRESS, "wafv2-acl-arn", "arn:aws:wafv2:x", "AWS WAF" },
		{ ON_INGRESS, "wafv2-acl-arn", "none", NULL },
		{ ON_INGRESS, "wafv2-acl-name", "acl", "AWS WAF" },
		{ ON_INGRESS, "waf-acl-id", "id", "AWS WAF" },
		{ ON_INGRESS, "web-acl-id", "id", "AWS WAF" },
		{ ON_INGRESS, "shield-advanced-protection", "true", "AWS Shield" },
		{ ON_INGRESS, "shield-advanced-protection", "False", NULL },
		{ ON_INGRESS, "multi-cluster-target-group", "true", "multi-cluster target groups" },
		{ ON_INGRESS, "multi-cluster-target-group", "false", NULL },
		{ ON_INGRESS, "transforms.web", "[]", "transforms of requests" },
		{ ON_INGRESS, "create-acm-cert", "true", "certificates made in ACM" },
		{ ON_INGRESS, "create-acm-cert", "0", NULL },
		{ ON_INGRESS, "acm-pca-arn", "arn", NULL },
		{ ON_INGRESS, "no-such-thing", "x", NULL },
		{ ON_BACKEND, "create-acm-cert", "true", NULL },
		{ ON_SERVICE, "actions.TCP-80", "{}", "weighted target groups of an NLB" },
		{ ON_SERVICE, "aws-load-balancer-quic-enabled-ports", "443", "QUIC" },
		{ ON_SERVICE, "aws-load-balancer-quic-enabled-ports", " ,", NULL },
		{ ON_SERVICE, "aws-load-balancer-multi-cluster-target-group", "true",
		  "multi-cluster target groups" },
		{ ON_SERVICE, "aws-load-balancer-multi-cluster-target-group", "f", NULL },
	};
	auto_arena struct arena a = { 0 };

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *prefix = rows[i].scope == ON_SERVICE ? ANNOT_SERVICE : ANNOT_INGRESS;
		struct tag v = { arena_fmt(&a, "%s/%s", prefix, rows[i].suffix), rows[i].value };
		struct tags t = { &v, 1 };
		struct annotations l = on(prefix, &t);
		const char *why = NULL, *key = annot_later(&l, rows[i].scope, &why);
		struct err e = { 0 };

		CHECK_STR(why, rows[i].why);
		CHECK_STR(key, rows[i].why ? v.key : NULL);
		CHECK_INT(annot_built(&l, rows[i].scope, &e), rows[i].why ? -1 : 0);
		if (!rows[i].why)
			continue;
		CHECK_INT(e.num, EINVAL);
		CHECK_STR(e.code, "NotBuiltYet");
		CHECK(strstr(e.msg, v.key) && strstr(e.msg, v.value) &&
		      strstr(e.msg, "take the annotation away"));
	}
}

TEST(nonsense_in_what_is_not_built_is_still_nonsense)
{
	static const struct {
		const char *key, *value, *said;
	} rows[] = {
		{ ANNOT_INGRESS "/enable-frontend-nlb", "maybe", "failed to parse bool" },
		{ ANNOT_INGRESS "/jwt-validation", "{\"a\":", "failed to parse json" },
		{ ANNOT_INGRESS "/mutual-authentication", "x", "failed to parse json" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct tag v = { rows[i].key, rows[i].value };
		struct tags t = { &v, 1 };
		struct annotations l = on(ANNOT_INGRESS, &t);
		struct err e = { 0 };

		CHECK_INT(annot_built(&l, ON_INGRESS, &e), -1);
		CHECK(strstr(e.msg, rows[i].said) && strstr(e.msg, v.key) &&
		      strstr(e.msg, v.value));
	}
}

TEST(rows_of_one_prefix_have_suffixes_of_their_own)
{
	for (int i = 0; i < ANNOTS; i++) {
		CHECK(annots[i].words[0] && annots[i].suffix[0]);
		CHECK(!annots[i].feature == !annots[i].nothing);
		for (int k = 0; k < i; k++)
			CHECK(!(annots[i].scope & annots[k].scope) ||
			      strcmp(annots[i].suffix, annots[k].suffix) != 0);
	}
}

TEST(tags_are_put_once_merged_and_sorted)
{
	auto_arena struct arena a = { 0 };
	struct tags under = { 0 }, over = { 0 }, both;

	for (int i = 9; i > 0; i--)
		tagset_put(&under, arena_fmt(&a, "k%d", i), "u", &a);
	tagset_put(&over, "k3", "o", &a);
	tagset_put(&over, "k3", "p", &a);
	CHECK_INT(over.n, 1);
	both = tagset_merge(&under, &over, &a);
	CHECK_INT(both.n, 9);
	CHECK_STR(both.v[0].key, "k1");
	CHECK_STR(tag_get(&both, "k3"), "p");
	CHECK_STR(tag_get(&under, "k3"), "u");
}
