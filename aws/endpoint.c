/* SPDX-License-Identifier: Apache-2.0 */
/* endpoint.c - URLs of services: what somebody has set, else what a partition's domains make. Facts
 * as in botocore's partitions.json and endpoint rule sets; tests/aws/endpoints.sh compares. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "endpoint.h"
#include "http.h"
#include "str.h"

struct partition {
	const char *region; /* what its regions begin with */
	const char *id, *domain, *dual;
};

/* The last one is for all that no other matches. */
static const struct partition partitions[] = {
	{ "cn-", "aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn" },
	{ "us-gov-", "aws-us-gov", "amazonaws.com", "api.aws" },
	{ "us-iso-", "aws-iso", "c2s.ic.gov", "api.aws.ic.gov" },
	{ "us-isob-", "aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud" },
	{ "eu-isoe-", "aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk" },
	{ "us-isof-", "aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov" },
	{ "eusc-", "aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu" },
	{ "", "aws", "amazonaws.com", "api.aws" },
};

static const struct partition *partition_of(const char *region)
{
	const struct partition *p = partitions;

	while (!str_prefix(region, p->region))
		p++;
	return p;
}

const char *endpoint_partition(const char *region)
{
	return partition_of(region)->id;
}

/* ---- what is set */

struct setting {
	const char *value, *from; /* from: for errors; "" when nothing is set */
};

static const char *get(const struct endpoint_conf *c, const char *key)
{
	return c->profiles && c->profile ? profiles_get(c->profiles, c->profile, key) : "";
}

/* A variable, or else a key of the profile. */
static struct setting lookup(const struct endpoint_conf *c, const char *name, const char *key,
			     struct arena *a)
{
	if (*str_env(name))
		return (struct setting) { str_env(name), name };
	if (*get(c, key))
		return (struct setting) { get(c, key),
					  arena_fmt(a, "%s of profile %s", key, c->profile) };
	return (struct setting) { "", "" };
}

/* Absent is false; the SDKs know no other words than these two. */
static int is_on(const struct endpoint_conf *c, const char *name, const char *key, bool *out,
		 struct arena *a, struct err *e)
{
	struct setting s = lookup(c, name, key, a);

	*out = strcasecmp(s.value, "true") == 0;
	if (*out || !*s.value || strcasecmp(s.value, "false") == 0)
		return 0;
	return fail(e, EINVAL, "%s: '%.40s' is neither true nor false", s.from, s.value);
}

/* "Elastic Load Balancing v2" in capitals, or small, with underscores. */
static const char *spelt(const char *sdk_id, int (*as)(int), struct arena *a)
{
	char *name = arena_str(a, sdk_id);

	for (char *p = name; *p; p++)
		*p = *p == ' ' ? '_' : (char)as((unsigned char)*p);
	return name;
}

/* The value of a service among "EC2=https://...,STS=...". */
static const char * override(const char *text, const char *sdk_id, struct arena *a)
{
	struct strs list = str_split(text, ",", a);
	size_t n = strlen(sdk_id);

	for (size_t i = 0; i < list.n; i++)
		if (strncmp(list.v[i], sdk_id, n) == 0 && list.v[i][n] == '=')
			return list.v[i] + n + 1;
	return "";
}

/* From environment and profile, as all SDKs have it. */
static struct setting configured(const char *sdk_id, const struct endpoint_conf *c, struct arena *a)
{
	const char *own = arena_fmt(a, "AWS_ENDPOINT_URL_%s", spelt(sdk_id, toupper, a));
	const char *section = get(c, "services"), *v = "";

	if (*str_env(own))
		return (struct setting) { str_env(own), own };
	if (*str_env("AWS_ENDPOINT_URL"))
		return (struct setting) { str_env("AWS_ENDPOINT_URL"), "AWS_ENDPOINT_URL" };
	if (*section)
		v = profiles_service(c->profiles, section, spelt(sdk_id, tolower, a),
				     "endpoint_url");
	if (*v)
		return (struct setting) { v, arena_fmt(a, "endpoint_url of services %s", section) };
	return lookup(c, "", "endpoint_url", a);
}

static int find(enum aws_service s, const struct endpoint_conf *c, struct setting *out,
		struct arena *a, struct err *e)
{
	const char *sdk_id = aws_services[s].sdk_id;
	bool ignore;

	*out = (struct setting) { override(c->overrides ? c->overrides : "", sdk_id, a),
				  "--aws-api-endpoints" };
	if (*out->value)
		return 0;
	if (is_on(c, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls",
		  &ignore, a, e) < 0)
		return -1;
	if (!ignore)
		*out = configured(sdk_id, c, a);
	/* Amazon's CNI's own; the profile's come behind it */
	if (s == AWS_EC2 && *str_env("AWS_EC2_ENDPOINT") && !str_prefix(out->from, "AWS_"))
		*out = (struct setting) { str_env("AWS_EC2_ENDPOINT"), "AWS_EC2_ENDPOINT" };
	return 0;
}

/* ---- URLs */

static int usable(const struct setting *s, const char **url, struct arena *a, struct err *e)
{
	struct http_client c = { .host = "" };
	const char *path;

	*url = strstr(s->value, "://") ? s->value : arena_fmt(a, "https://%s", s->value);
	if (http_url(&c, *url, &path, e) < 0)
		return wrap(e, "%s", s->from);
	if (strpbrk(path, "?#"))
		return fail(e, EINVAL, "%s: '%.100s' has a query, of which nothing can be made",
			    s->from, *url);
	return 0;
}

int endpoint_url(enum aws_service s, const struct endpoint_conf *c, const char **url,
		 struct arena *a, struct err *e)
{
	const struct partition *p = partition_of(c->region);
	struct setting set = { "", "" };
	bool fips, dual;

	if (is_on(c, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", &fips, a, e) < 0 ||
	    is_on(c, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint", &dual, a, e) < 0 ||
	    find(s, c, &set, a, e) < 0)
		return -1;
	if (*set.value && (fips || dual))
		return fail(e, ENOTSUP,
			    "%s sets a URL, and %s is wanted as well: they exclude each other",
			    set.from, fips ? "a FIPS endpoint" : "a dual-stack endpoint");
	if (*set.value)
		return usable(&set, url, a, e);
	/* The plain endpoints of GovCloud are its FIPS endpoints, with this exception. */
	if (fips && !dual && strcmp(p->id, "aws-us-gov") == 0 && s != AWS_TAGGING)
		fips = false;
	*url = arena_fmt(a, "https://%s%s.%s.%s", aws_services[s].prefix, fips ? "-fips" : "",
			 c->region, dual ? p->dual : p->domain);
	return 0;
}

int aws_endpoints_check(const char *text, struct err *e)
{
	auto_arena struct arena a = { 0 };
	struct strs list = str_split(text, ",", &a);

	for (size_t i = 0; i < list.n; i++) {
		const char *at = strchr(list.v[i], '='), *url;
		struct setting s = { at ? at + 1 : "", "its URL" };

		if (!*s.value)
			return fail(e, EINVAL, "'%.100s' is not SERVICE ID=URL", list.v[i]);
		if (aws_service_find(arena_fmt(&a, "%.*s", (int)(at - list.v[i]), list.v[i])) < 0)
			return fail(e, EINVAL, "'%.100s': no such service", list.v[i]);
		if (usable(&s, &url, &a, e) < 0)
			return wrap(e, "'%.100s'", list.v[i]);
	}
	return 0;
}
