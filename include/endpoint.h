/* SPDX-License-Identifier: Apache-2.0 */
/* endpoint.h - where a service of AWS is reached. Pure but for the environment. */
#pragma once
#include "aws.h"
#include "profile.h"

struct endpoint_conf {
	const char *overrides; /* --aws-api-endpoints; NULL: none */
	const struct profiles *profiles;
	const char *profile, *region;
};
/* The URL, in this order: the overrides, AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, for EC2
 * AWS_EC2_ENDPOINT, the profile's services section, its endpoint_url; else made of the partition's
 * domain, with AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT (or the profile's) applied. The
 * SDKs' own of these do not count with AWS_IGNORE_CONFIGURED_ENDPOINT_URLS (or the profile's
 * ignore_configured_endpoint_urls). A value without a scheme is https. EINVAL names where a value
 * that cannot be used came from. ENOTSUP: an URL is given and FIPS or dual-stack wanted, which
 * exclude each other in the SDKs too. */
MUST int endpoint_url(enum aws_service s, const struct endpoint_conf *c, const char **url,
		      struct arena *a, struct err *e);
/* The partition of a region, for ARNs: "aws", "aws-cn", "aws-us-gov", "aws-iso" ... */
const char *endpoint_partition(const char *region);
