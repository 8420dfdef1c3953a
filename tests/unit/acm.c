/* SPDX-License-Identifier: Apache-2.0 */
/* acm.c - certificates: what is sent, and what is read from answers as ACM writes them. */
#include <errno.h>

#include "acm.h"
#include "awscase.h"

TEST(acm_list_certificates_reads_every_page)
{
	static const struct fakeaws_answer answers[] = {
		{ 200, "{\"CertificateSummaryList\":[{\"CertificateArn\":\"arn:c/"
		       "1\",\"DomainName\":\"a.example\","
		       "\"SubjectAlternativeNameSummaries\":[\"a.example\",\"*.a.example\"],"
		       "\"HasAdditionalSubjectAlternativeNames\":true,\"Status\":\"ISSUED\","
		       "\"Type\":\"IMPORTED\","
		       "\"NotBefore\":1.7E9,\"KeyUsages\":[\"ANY\"],\"InUse\":false}],"
		       "\"NextToken\":\"t/1\"}" },
		{ 200, "{\"CertificateSummaryList\":[],\"NextToken\":\"t/2\"}" },
		{ 200, "{\"CertificateSummaryList\":[{\"CertificateArn\":\"arn:c/"
		       "2\"}],\"NextToken\":null}" },
	};
	const struct acm_include includes = { LISTED("RSA_4096", "EC_prime256v1") };
	const struct acm_list_certificates in = { LISTED("ISSUED"), &includes };
	auto_awscase struct awscase x = { 0 };
	struct acm_certificates l;

	awscase_start(&x, answers, 3);
	CHECK(acm_list_certificates(x.w, &in, &l, &x.a, awscase_soon(), &x.e) == 0);
	CHECK_STR(x.e.msg, "");
	CHECK_INT(l.n, 2);
	if (l.n != 2)
		return;
	CHECK_STR(l.v[0].arn, "arn:c/1");
	CHECK_STR(l.v[0].domain, "a.example");
	CHECK(l.v[0].names.n == 2 && l.v[0].more_names);
	CHECK_STR(l.v[0].status, "ISSUED");
	CHECK_STR(l.v[0].type, "IMPORTED");
	CHECK_STR(l.v[1].arn, "arn:c/2");
	CHECK(!l.v[1].names.n && !l.v[1].more_names);
	awscase_sent(
		&x,
		"{\"CertificateStatuses\":[\"ISSUED\"],\"Includes\":{\"keyTypes\":[\"RSA_4096\","
		"\"EC_prime256v1\"]},\"NextToken\":\"t/2\"}");
	CHECK_INT(x.f.asked, 3);
}

TEST(acm_describe_certificate_reads_all)
{
	static const struct fakeaws_answer answer = {
		200,
		"{\"Certificate\":{\"CertificateArn\":\"arn:c/1\",\"DomainName\":\"a.example\","
		"\"SubjectAlternativeNames\":[\"a.example\",\"b.example\"],\"Status\":\"ISSUED\","
		"\"Type\":\"PRIVATE\","
		"\"CertificateAuthorityArn\":\"arn:ca\",\"InUseBy\":[\"arn:lb/1\"],"
		"\"DomainValidationOptions\":[{\"DomainName\":\"a.example\"}]}}"
	};
	auto_awscase struct awscase x = { 0 };
	struct acm_detail d;

	awscase_start(&x, &answer, 1);
	CHECK(acm_describe_certificate(x.w, &(struct acm_describe_certificate) { "arn:c/1" }, &d,
				       &x.a, awscase_soon(), &x.e) == 0);
	CHECK_STR(d.arn, "arn:c/1");
	CHECK_STR(d.domain, "a.example");
	CHECK(d.names.n == 2 && strcmp(d.names.v[1], "b.example") == 0);
	CHECK_STR(d.status, "ISSUED");
	CHECK_STR(d.type, "PRIVATE");
	CHECK_STR(d.authority, "arn:ca");
	CHECK(d.in_use_by.n == 1 && strcmp(d.in_use_by.v[0], "arn:lb/1") == 0);
	awscase_sent(&x, "{\"CertificateArn\":\"arn:c/1\"}");
}

TEST(acm_refusals_have_their_class)
{
	static const struct {
		const char *body;
		int num;
	} cases[] = {
		{ "{\"__type\":\"ResourceNotFoundException\",\"message\":\"m\"}", ENOENT },
		{ "{\"__type\":\"com.amazonaws.acm#InvalidArnException\",\"Message\":\"m\"}",
		  EINVAL },
		{ "{\"__type\":\"ValidationException:http://internal.amazon.com/"
		  "\",\"message\":\"m\"}",
		  EINVAL },
		{ "{\"__type\":\"ResourceInUseException\"}", EAGAIN },
		{ "{\"__type\":\"LimitExceededException\"}", EDQUOT },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct fakeaws_answer answer = { 400, cases[i].body };
		auto_awscase struct awscase x = { 0 };
		struct acm_detail d;

		awscase_start(&x, &answer, 1);
		CHECK(acm_describe_certificate(x.w, &(struct acm_describe_certificate) { "a" }, &d,
					       &x.a, awscase_soon(), &x.e) < 0);
		CHECK_INT(x.e.num, cases[i].num);
		CHECK(strstr(cases[i].body, x.e.code) && *x.e.code);
	}
}

TEST(acm_answers_of_another_form_are_refused_by_name)
{
	static const struct {
		const char *body, *want;
	} cases[] = {
		{ "{\"CertificateSummaryList\":{}}", "CertificateSummaryList" },
		{ "{\"CertificateSummaryList\":[7]}", "CertificateSummaryList" },
		{ "{\"CertificateSummaryList\":[{\"CertificateArn\":\"arn:c/"
		  "1\",\"SubjectAlternativeNameSummaries\":\"a\"}]}",
		  "SubjectAlternativeNameSummaries" },
		{ "{\"CertificateSummaryList\":[{\"HasAdditionalSubjectAlternativeNames\":"
		  "\"maybe\"}]}",
		  "HasAdditionalSubjectAlternativeNames" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct fakeaws_answer answer = { 200, cases[i].body };
		auto_awscase struct awscase x = { 0 };
		struct acm_certificates l;

		awscase_start(&x, &answer, 1);
		CHECK(acm_list_certificates(x.w, &(struct acm_list_certificates) { { 0 }, NULL },
					    &l, &x.a, awscase_soon(), &x.e) < 0);
		CHECK_INT(x.e.num, EBADMSG);
		CHECK(strstr(x.e.msg, "ListCertificates: ") && strstr(x.e.msg, cases[i].want));
	}
}
