/* SPDX-License-Identifier: Apache-2.0 */
/* acm.c - AWS Certificate Manager. */
#include "acm.h"

SHAPE_TABLE(acm_include, ACM_INCLUDES)
SHAPE_TABLE(acm_list_certificates, ACM_LIST_CERTIFICATES)
SHAPE_TABLE(acm_certificate, ACM_SUMMARY)
SHAPE_TABLE(acm_describe_certificate, ACM_DESCRIBE_CERTIFICATE)
SHAPE_TABLE(acm_detail, ACM_DETAIL)

static const struct shape_field list_field = {
	SHAPE_LIST, 0, &acm_certificate_shape, { "", "CertificateSummaryList" }
};
static const struct shape list_answer = { sizeof(struct acm_certificates), &list_field, 1 };

int acm_list_certificates(struct aws *w, const struct acm_list_certificates *in,
			  struct acm_certificates *out, struct arena *a, int64_t deadline,
			  struct err *e)
{
	static const struct aws_action row = {
		AWS_ACM,     "ListCertificates", &acm_list_certificates_shape, &list_answer, true,
		"NextToken", "NextToken",        "CertificateSummaryList"
	};

	return aws_all(w, &row, in, out, a, deadline, e);
}

int acm_describe_certificate(struct aws *w, const struct acm_describe_certificate *in,
			     struct acm_detail *out, struct arena *a, int64_t deadline,
			     struct err *e)
{
	static const struct aws_action row = { .service = AWS_ACM,
					       .name = "DescribeCertificate",
					       .in = &acm_describe_certificate_shape,
					       .out = &acm_detail_shape,
					       .repeatable = true };

	return aws_do(w, &row, in, out, a, deadline, e);
}
