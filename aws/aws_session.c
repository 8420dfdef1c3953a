/* SPDX-License-Identifier: Apache-2.0 */
/* aws_session.c - a session: its region, and what it was told. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws_session.h"
#include "imds.h"
#include "json.h"

enum { ATTEMPTS = 3, PAUSE_MS = 1000 };

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

	if (o->region && *o->region)
		return set_region(w, o->region, "region", e);
	for (size_t i = 0; i < COUNT(names); i++) {
		const char *v = getenv(names[i]);

		if (v && *v)
			return set_region(w, v, names[i], e);
	}
	if (o->no_imds)
		return fail(e, EINVAL, "no region: set AWS_REGION");
	return region_of_instance(w, deadline, e);
}

static int set_up(struct aws *w, const struct aws_options *o, int64_t deadline, struct err *e)
{
	struct creds_options c = { .profile = o->profile, .no_imds = o->no_imds, .session = w };

	pthread_mutex_init(&w->lock, NULL);
	w->agent = arena_str(&w->mem, o->agent ? o->agent : "vpcbox/" VERSION);
	w->attempts = o->attempts > 0 ? o->attempts : ATTEMPTS;
	w->log = o->log;
	w->pause_ms = PAUSE_MS;
	if (find_region(w, o, deadline, e) < 0)
		return -1;
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
	http_close(&gone->idle);
	creds_free(&gone->creds);
	pthread_mutex_destroy(&gone->lock);
	arena_free(&gone->mem);
	free(gone);
}

void aws_idle(struct aws *w)
{
	pthread_mutex_lock(&w->lock);
	http_close(&w->idle);
	pthread_mutex_unlock(&w->lock);
}

const char *aws_region(const struct aws *w)
{
	return w->region;
}

struct creds *aws_creds(struct aws *w)
{
	return w->creds;
}
