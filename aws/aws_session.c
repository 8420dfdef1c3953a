/* SPDX-License-Identifier: Apache-2.0 */
/* aws_session.c - a session: its region, its endpoints, and what else it was told. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws_session.h"
#include "imds.h"
#include "proxy.h"
#include "str.h"

enum { ATTEMPTS = 3, MOST_ATTEMPTS = 100, PAUSE_MS = 1000, ATTEMPT_MS = 30000 };

static const char *of_profile(const struct aws *w, const char *key)
{
	return profiles_get(w->profiles, w->profile, key);
}

/* ---- region */

static int set_region(struct aws *w, const char *region, const char *from, struct err *e)
{
	if (!*region || strlen(region) > 31 ||
	    strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-") < strlen(region))
		return fail(e, EINVAL, "%s: '%.64s' is not a region", from, region);
	snprintf(w->region, sizeof(w->region), "%s", region);
	return 0;
}

static int region_of_instance(struct aws *w, int64_t deadline, struct err *e)
{
	static const char path[] = "/latest/dynamic/instance-identity/document";
	auto_arena struct arena a = { 0 };
	auto_imds struct imds m = { 0 };
	auto_json struct json *j = NULL;
	const char *text;

	if (imds_init(&m, e) < 0 || imds_get(&m, path, &text, &a, deadline, e) < 0)
		return wrap(e, "the instance's region (AWS_REGION is not set)");
	j = json_parse(text, strlen(text), e);
	if (!j)
		return wrap(e, "instance identity document");
	return set_region(w, json_str(j, "region", ""), "region in the instance identity document",
			  e);
}

static int find_region(struct aws *w, const struct aws_options *o, int64_t deadline, struct err *e)
{
	static const char *const names[] = { "AWS_REGION", "AWS_DEFAULT_REGION" };
	char from[128];

	if (o->region && *o->region)
		return set_region(w, o->region, "region", e);
	for (size_t i = 0; i < COUNT(names); i++)
		if (*str_env(names[i]))
			return set_region(w, str_env(names[i]), names[i], e);
	snprintf(from, sizeof(from), "region of profile %.80s", w->profile);
	if (*of_profile(w, "region"))
		return set_region(w, of_profile(w, "region"), from, e);
	if (o->no_imds)
		return fail(e, EINVAL, "no region: set AWS_REGION");
	return region_of_instance(w, deadline, e);
}

/* ---- the rest */

static int find_attempts(struct aws *w, const struct aws_options *o, struct err *e)
{
	const char *from = "AWS_MAX_ATTEMPTS", *text = str_env(from);
	uint64_t n = ATTEMPTS;

	if (!*text) {
		from = "max_attempts of the profile";
		text = of_profile(w, "max_attempts");
	}
	if (o->attempts > 0)
		n = (uint64_t)o->attempts;
	else if (*text && (!str_u64(text, &n) || !n))
		return fail(e, EINVAL, "%s: '%.40s' is not a number above zero", from, text);
	w->attempts = n < MOST_ATTEMPTS ? (int)n : MOST_ATTEMPTS;
	return 0;
}

static int find_endpoint(struct aws *w, enum aws_service s, const struct endpoint_conf *c,
			 struct err *e)
{
	struct aws_endpoint *p = &w->endpoints[s];
	const char *url, *path;

	if (endpoint_url(s, c, &url, &w->mem, e) < 0 || http_url(&p->at, url, &path, e) < 0 ||
	    http_use_proxy(&p->at, e) < 0)
		return wrap(e, "endpoint of %s", aws_services[s].prefix);
	p->base = *path ? arena_str(&w->mem, path) : "/";
	return 0;
}

/* A service that cannot be reached is no harm for those who do not call it. */
static int find_endpoints(struct aws *w, const char *overrides, struct err *e)
{
	const struct endpoint_conf c = { overrides, w->profiles, w->profile, w->region };

	if (overrides && aws_endpoints_check(overrides, e) < 0)
		return wrap(e, "--aws-api-endpoints");
	for (int s = 0; s < AWS_SERVICES; s++)
		(void)!find_endpoint(w, (enum aws_service)s, &c, &w->endpoints[s].e);
	return 0;
}

static int find_profile(struct aws *w, const struct aws_options *o, struct err *e)
{
	const char *name = o->profile && *o->profile ? o->profile : str_env("AWS_PROFILE");
	struct err said = { 0 };

	w->profile = arena_str(&w->mem, *name ? name : "default");
	if (profiles_load(&w->profiles, &said) == 0)
		return 0;
	*e = said;
	return -1;
}

static int set_up(struct aws *w, const struct aws_options *o, int64_t deadline, struct err *e)
{
	struct creds_options c = { .no_imds = o->no_imds, .session = w };

	w->agent = arena_str(&w->mem, o->agent ? o->agent : "vpcbox/" VERSION);
	w->log = o->log;
	w->ended = o->ended;
	w->ended_arg = o->ended_arg;
	w->no_quota = o->no_quota;
	w->pause_ms = PAUSE_MS;
	w->attempt_ms = o->attempt_ms > 0 ? o->attempt_ms : ATTEMPT_MS;
	if (find_profile(w, o, e) < 0 || find_region(w, o, deadline, e) < 0 ||
	    find_attempts(w, o, e) < 0 || find_endpoints(w, o->endpoints, e) < 0)
		return -1;
	if (ratelimit_new(&w->limit, o->throttle, e) < 0)
		return wrap(e, "--aws-api-throttle");
	c.profiles = w->profiles;
	c.profile = w->profile;
	c.profile_asked = (o->profile && *o->profile) || *str_env("AWS_PROFILE");
	return creds_new(&w->creds, &c, e);
}

int aws_new(struct aws **out, const struct aws_options *o, int64_t deadline, struct err *e)
{
	static const struct aws_options none = { 0 };
	auto_aws struct aws *w = xalloc(sizeof(*w));

	if (set_up(w, o ? o : &none, deadline, e) < 0)
		return -1;
	*out = TAKE(w);
	return 0;
}

void aws_free(struct aws **w)
{
	struct aws *gone = TAKE(*w);

	if (!gone)
		return;
	http_pool_free(&gone->pool);
	creds_free(&gone->creds);
	sigv4_forget(&gone->key);
	ratelimit_free(&gone->limit);
	profiles_free(&gone->profiles);
	arena_free(&gone->mem);
	free(gone);
}

void aws_idle(struct aws *w)
{
	http_pool_close(&w->pool);
}

const char *aws_region(const struct aws *w)
{
	return w->region;
}

struct creds *aws_creds(struct aws *w)
{
	return w->creds;
}
