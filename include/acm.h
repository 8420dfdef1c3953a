/* SPDX-License-Identifier: Apache-2.0 */
/* acm.h - AWS Certificate Manager: finding certificates for host names (spec-lbc-alb 13). What is
 * sent and read is as in elbv2.h. */
#pragma once
#include "shape_call.h"

#define ACM_INCLUDES(F, T) F(T, STRS, key_types, 0, "keyTypes")
SHAPE_STRUCT(acm_include, ACM_INCLUDES)

/* statuses: ISSUED ... Without key types, ACM leaves out certificates with others than RSA_1024 and
 * RSA_2048. */
#define ACM_LIST_CERTIFICATES(F, T)                    \
	F(T, STRS, statuses, 0, "CertificateStatuses") \
	F(T, ONE, includes, acm_include, "Includes")
SHAPE_STRUCT(acm_list_certificates, ACM_LIST_CERTIFICATES)

/* names: the first 100; more_names says that there are others. */
#define ACM_SUMMARY(F, T)                                                 \
	F(T, STR, arn, 0, "CertificateArn")                               \
	F(T, STR, domain, 0, "DomainName")                                \
	F(T, STRS, names, 0, "SubjectAlternativeNameSummaries")           \
	F(T, BOOL, more_names, 0, "HasAdditionalSubjectAlternativeNames") \
	F(T, STR, status, 0, "Status")                                    \
	F(T, STR, type, 0, "Type")
SHAPE_STRUCT(acm_certificate, ACM_SUMMARY)

/* Every page. */
MUST int acm_list_certificates(struct aws *w, const struct acm_list_certificates *in,
			       struct acm_certificates *out, struct arena *a, int64_t deadline,
			       struct err *e);

#define ACM_DESCRIBE_CERTIFICATE(F, T) F(T, STR, arn, 0, "CertificateArn")
SHAPE_STRUCT(acm_describe_certificate, ACM_DESCRIBE_CERTIFICATE)

/* type: IMPORTED, AMAZON_ISSUED, PRIVATE. names: the domain is one of them. authority: "" unless
 * the certificate is private. */
#define ACM_DETAIL(F, T)                                                   \
	F(T, STR, arn, 0, "", "Certificate/CertificateArn")                \
	F(T, STR, domain, 0, "", "Certificate/DomainName")                 \
	F(T, STRS, names, 0, "", "Certificate/SubjectAlternativeNames")    \
	F(T, STR, status, 0, "", "Certificate/Status")                     \
	F(T, STR, type, 0, "", "Certificate/Type")                         \
	F(T, STR, authority, 0, "", "Certificate/CertificateAuthorityArn") \
	F(T, STRS, in_use_by, 0, "", "Certificate/InUseBy")
SHAPE_STRUCT(acm_detail, ACM_DETAIL)

/* ENOENT when there is none. */
MUST int acm_describe_certificate(struct aws *w, const struct acm_describe_certificate *in,
				  struct acm_detail *out, struct arena *a, int64_t deadline,
				  struct err *e);
