/* SPDX-License-Identifier: Apache-2.0 */
/* lab_acm.c - Certificate Manager in the lab; calls that fail on request, and in bursts. */
#include "apifault.h"
#include "hash.h"
#include "labask.h"
#include "testcert.h"

#define LIST "ListCertificates"

TEST(acm_issues_what_is_requested_after_a_while)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const struct json *j =
		acm_ask(f, "RequestCertificate",
			"{\"DomainName\":\"example.com\",\"SubjectAlternativeNames\":"
			"[\"*.example.com\",\"example.com\"],\"ValidationMethod\":\"DNS\"}");
	const char *arn = arena_str(&f->a, json_str(j, "CertificateArn", ""));
	const char *of = arena_fmt(&f->a, "{\"CertificateArn\":\"%s\"}", arn);

	CHECK(str_prefix(arn, "arn:aws:acm:ap-northeast-2:") && strlen(strrchr(arn, '/')) == 37);
	j = json_get(acm_ask(f, "DescribeCertificate", of), "Certificate");
	CHECK_STR(json_str(j, "Status", ""), "PENDING_VALIDATION");
	CHECK_STR(json_str(j, "Type", ""), "AMAZON_ISSUED");
	CHECK(json_count(json_get(j, "SubjectAlternativeNames")) == 2);
	CHECK(json_count(json_get(acm_ask(f, LIST, "{\"CertificateStatuses\":[\"ISSUED\"]}"),
				  "CertificateSummaryList")) == 0);
	f->elb.now += f->elb.c.certificate_ms;
	j = json_first(json_get(acm_ask(f, LIST, "{\"CertificateStatuses\":[\"ISSUED\"]}"),
				"CertificateSummaryList"));
	CHECK_STR(json_str(j, "CertificateArn", ""), arn);
	CHECK_STR(json_str(j, "DomainName", ""), "example.com");
	CHECK(json_count(json_get(j, "SubjectAlternativeNameSummaries")) == 2);
	CHECK(!json_bool(j, "HasAdditionalSubjectAlternativeNames", true));
}

TEST(acm_lists_keys_of_2048_bits_unless_others_are_asked_for)
{
	auto_fix struct fix *f = fix_new("t3.medium");

	CHECK(acm_ask(f, "RequestCertificate", "{\"DomainName\":\"a.example.com\"}"));
	CHECK(acm_ask(f, "RequestCertificate",
		      "{\"DomainName\":\"b.example.com\",\"KeyAlgorithm\":\"EC_prime256v1\"}"));
	CHECK(json_count(json_get(acm_ask(f, LIST, ""), "CertificateSummaryList")) == 1);
	CHECK(json_count(json_get(acm_ask(f, LIST,
					  "{\"Includes\":{\"keyTypes\":[\"RSA_2048\","
					  "\"EC_prime256v1\"]}}"),
				  "CertificateSummaryList")) == 2);
	CHECK(json_count(json_get(acm_ask(f, LIST, "{\"Includes\":{\"keyTypes\":[\"RSA_4096\"]}}"),
				  "CertificateSummaryList")) == 0);
}

TEST(acm_pages_meet_every_certificate_once)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *token = "";
	size_t seen = 0, pages = 0;

	for (int i = 0; i < 5; i++)
		acm_new(f, arena_fmt(&f->a, "%d.example.com", i));
	do {
		const struct json *j = acm_ask(
			f, LIST, arena_fmt(&f->a, "{\"MaxItems\":2,\"NextToken\":\"%s\"}", token));

		seen += json_count(json_get(j, "CertificateSummaryList"));
		token = arena_str(&f->a, json_str(j, "NextToken", ""));
	} while (++pages < 9 && *token);
	CHECK(seen == 5 && pages == 3);
	CHECK(!acm_ask(f, LIST, "{\"MaxItems\":0}"));
	CHECK(acm_refused(f, "ValidationException", "maxItems"));
	CHECK(!acm_ask(f, LIST, "{\"NextToken\":\"x\"}"));
	CHECK(acm_refused(f, "ValidationException", "nextToken"));
}

TEST(acm_keeps_what_a_listener_uses)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *cert = acm_new(f, "a.example.com"), *lb = elb_new_lb(f, "n", "network", "");
	const char *of = arena_fmt(&f->a, "{\"CertificateArn\":\"%s\"}", cert);
	const struct json *j;

	CHECK(elb_ask(f, "CreateListener",
		      "LoadBalancerArn=%s&Protocol=TLS&Port=443"
		      "&Certificates.member.1.CertificateArn=%s"
		      "&DefaultActions.member.1.Type=forward"
		      "&DefaultActions.member.1.TargetGroupArn=%s",
		      lb, cert, elb_new_group(f, "g", "TLS", "")));
	j = acm_ask(f, "DescribeCertificate", of);
	CHECK_STR(json_text(json_first(json_get(j, "Certificate.InUseBy"))), lb);
	CHECK(!acm_ask(f, "DeleteCertificate", of));
	CHECK(acm_refused(f, "ResourceInUseException", cert));
	CHECK(elb_ask(f, "DeleteLoadBalancer", "LoadBalancerArn=%s", lb));
	CHECK(acm_ask(f, "DeleteCertificate", of));
	CHECK(!acm_ask(f, "DescribeCertificate", of));
	CHECK(acm_refused(f, "ResourceNotFoundException", cert));
}

TEST(acm_refuses_what_is_no_request)
{
	static const struct {
		const char *action, *body, *code, *words;
	} cases[] = {
		{ "DescribeCertificate", "{\"CertificateArn\":\"x\"}", "InvalidArnException",
		  "'x'" },
		{ "DescribeCertificate", "{", "SerializationException", "no JSON" },
		{ "DescribeCertificate", "[]", "SerializationException", "no JSON" },
		{ "RequestCertificate", "{}", "ValidationException", "domainName" },
		{ "RequestCertificate", "{\"DomainName\":\"a b.c\"}", "ValidationException",
		  "'a b.c'" },
		{ "RequestCertificate", "{\"DomainName\":\"a.b\",\"SubjectAlternativeNames\":[1]}",
		  "ValidationException", "subjectAlternativeNames" },
		{ "RequestCertificate", "{\"DomainName\":\"a.b\",\"KeyAlgorithm\":\"DES\"}",
		  "ValidationException", "'DES'" },
		{ "Colour", "{}", "InvalidAction", "Colour" },
	};
	auto_fix struct fix *f = fix_new("t3.medium");
	auto_buf struct buf many = { 0 };

	for (size_t i = 0; i < COUNT(cases); i++) {
		CHECK(!acm_ask(f, cases[i].action, cases[i].body));
		CHECK(acm_refused(f, cases[i].code, cases[i].words));
	}
	buf_str(&many, "{\"DomainName\":\"a.b\",\"SubjectAlternativeNames\":[\"a.b\"");
	for (int i = 0; i < 100; i++)
		buf_fmt(&many, ",\"%d.b\"", i);
	buf_str(&many, "]}");
	CHECK(!acm_ask(f, "RequestCertificate", many.p));
	CHECK(acm_refused(f, "LimitExceededException", "at most 100"));
	CHECK(!f->acm.certs);
}

/* A request to import, with more of its JSON behind. */
static const char *import(struct fix *f, const char *pem, const char *rest)
{
	auto_buf struct buf b = { 0 };

	base64(pem, strlen(pem), &b);
	return arena_fmt(&f->a, "{\"Certificate\":\"%s\"%s}", b.len ? b.p : "", rest);
}
#define WITH_KEY ",\"PrivateKey\":\"aHVzaA==\""

TEST(acm_imports_certificates_with_the_names_in_them)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const struct json *j = acm_ask(f, "ImportCertificate", import(f, TEST_CERT_EC, WITH_KEY));
	const char *arn = arena_str(&f->a, json_str(j, "CertificateArn", ""));
	const char *of = arena_fmt(&f->a, "{\"CertificateArn\":\"%s\"}", arn);
	const char *again = arena_fmt(&f->a, WITH_KEY ",\"CertificateArn\":\"%s\"", arn);

	j = json_get(acm_ask(f, "DescribeCertificate", of), "Certificate");
	CHECK_STR(json_str(j, "Status", ""), "ISSUED");
	CHECK_STR(json_str(j, "Type", ""), "IMPORTED");
	CHECK_STR(json_str(j, "DomainName", ""), "www.example.com");
	CHECK_STR(json_str(j, "KeyAlgorithm", ""), "EC_prime256v1");
	CHECK(json_count(json_get(j, "SubjectAlternativeNames")) == 2);
	CHECK(acm_ask(f, "ImportCertificate", import(f, TEST_CERT_RSA, again)));
	j = json_get(acm_ask(f, "DescribeCertificate", of), "Certificate");
	CHECK_STR(json_str(j, "DomainName", ""), "old.example.com");
	CHECK(json_count(json_get(j, "SubjectAlternativeNames")) == 1);
	CHECK(!f->acm.certs->next);
}

TEST(acm_refuses_what_cannot_be_imported)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *asked = arena_fmt(&f->a, WITH_KEY ",\"CertificateArn\":\"%s\"",
				      acm_new(f, "a.example.com"));

	CHECK(!acm_ask(f, "ImportCertificate", import(f, "hush", WITH_KEY)));
	CHECK(acm_refused(f, "ValidationException", "none that can be read"));
	CHECK(!acm_ask(f, "ImportCertificate", "{\"Certificate\":\"%%%\"}"));
	CHECK(acm_refused(f, "ValidationException", "none that can be read"));
	CHECK(!acm_ask(f, "ImportCertificate", import(f, TEST_CERT_EC, "")));
	CHECK(acm_refused(f, "ValidationException", "privateKey"));
	CHECK(!acm_ask(f, "ImportCertificate", import(f, TEST_CERT_EC, asked)));
	CHECK(acm_refused(f, "ValidationException", "was not imported"));
	CHECK(!acm_ask(f, "ImportCertificate",
		       import(f, TEST_CERT_EC, WITH_KEY ",\"CertificateArn\":\"x\"")));
	CHECK(acm_refused(f, "InvalidArnException", "'x'"));
}

/* ---- faults ---- */

TEST(api_calls_fail_as_they_are_told_to)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	struct err e = { 0 };

	CHECK(api_faults(&f->api, "DescribeTags:2=InternalFailure,DescribeVpcs=Nope", &f->a, &e) ==
	      0);
	CHECK_REFUSED(f, "ValidationError", "At least one resource", "DescribeTags", "%s", "");
	CHECK(!elb_ask(f, "DescribeTags", "%s", ""));
	CHECK(f->r.status == 500);
	CHECK_STR(xml_text(f->x, "Error/Code"), "InternalFailure");
	CHECK_REFUSED(f, "ValidationError", "At least one resource", "DescribeTags", "%s", "");
	for (int i = 0; i < 2; i++) {
		CHECK(!ask(f, "DescribeVpcs", ""));
		CHECK(ask_refused(f, 400, "Nope", "asked to fail"));
	}
	api_rules_free(&f->api.faults);
	CHECK(ask(f, "DescribeVpcs", ""));
	CHECK(api_faults(&f->api, "CreateTargetGroup:1=InternalFailure/done", &f->a, &e) == 0);
	CHECK(!elb_ask(f, "CreateTargetGroup", "Name=g&Protocol=TCP&Port=80&VpcId=%s",
		       f->w.vpc_id));
	CHECK(f->r.status == 500 && f->elb.groups);
	CHECK(elb_ask(f, "CreateTargetGroup", "Name=g&Protocol=TCP&Port=80&VpcId=%s", f->w.vpc_id));
	CHECK(!f->elb.groups->next);
	api_rules_free(&f->api.faults);
}

TEST(api_buckets_refuse_what_comes_too_fast)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	struct err e = { 0 };

	CHECK(api_buckets(&f->api, "DescribeT=0.001:2,Describe=0.001:1", &f->a, &e) == 0);
	for (int i = 0; i < 2; i++)
		CHECK(elb_ask(f, "DescribeTargetGroups", "%s", ""));
	CHECK_REFUSED(f, "Throttling", "Rate exceeded", "DescribeTargetGroups", "%s", "");
	CHECK(ask(f, "DescribeVpcs", ""));
	CHECK(!ask(f, "DescribeSubnets", ""));
	CHECK(ask_refused(f, 503, "RequestLimitExceeded", "limit exceeded"));
	f->api.buckets->next->at -= 2000000; /* two thousand seconds later */
	CHECK(ask(f, "DescribeSubnets", ""));
	CHECK(!ask(f, "DescribeSubnets", ""));
	api_rules_free(&f->api.buckets);
	CHECK(api_buckets(&f->api, "aws", &f->a, &e) == 0);
	CHECK(ask(f, "DescribeSubnets", ""));
	api_rules_free(&f->api.buckets);
}

TEST(api_faults_and_buckets_are_spelt_right)
{
	static const char *const faults[] = { "A", "A=B=C", "A:0=B", "A:x=B", "A:1:2=B", "A=B/x" };
	static const char *const buckets[] = {
		"A=1", "A=0:1", "A=1:0", "A=1:2:3", "A=x:1", "=1:1"
	};
	auto_fix struct fix *f = fix_new("t3.medium");

	for (size_t i = 0; i < COUNT(faults); i++) {
		struct err e = { 0 };

		CHECK(api_faults(&f->api, faults[i], &f->a, &e) < 0 && strstr(e.msg, faults[i]));
	}
	for (size_t i = 0; i < COUNT(buckets); i++) {
		struct err e = { 0 };

		CHECK(api_buckets(&f->api, buckets[i], &f->a, &e) < 0 && strstr(e.msg, buckets[i]));
	}
	CHECK(!f->api.faults && !f->api.buckets);
}
