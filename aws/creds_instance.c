/* SPDX-License-Identifier: Apache-2.0 */
/* creds_instance.c - the instance's role, from IMDS. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "creds_chain.h"
#include "str.h"

#define ROLES "/latest/meta-data/iam/security-credentials/"

static int open_imds(const struct creds_ask *q, struct err *e)
{
	if (!*q->imds_ready && imds_init(q->imds, e) < 0)
		return wrap(e, "credentials of the instance's role");
	*q->imds_ready = true;
	return 0;
}

int creds_from_instance(const struct creds_ask *q, struct creds_got *out, struct err *e)
{
	const char *role, *text, *from;

	if (q->no_imds || strcasecmp(str_env("AWS_EC2_METADATA_DISABLED"), "true") == 0)
		return 0;
	if (open_imds(q, e) < 0)
		return -1;
	if (imds_get(q->imds, ROLES, &role, q->a, q->deadline, e) < 0) {
		if (e->num != ENOENT)
			return wrap(e, "credentials of the instance's role");
		return fail(e, ENOENT,
			    "no credentials: none in the environment, none in the profile "
			    "'%.80s', and the instance has no IAM role (instance profile)",
			    q->profile);
	}
	role = arena_fmt(q->a, "%.*s", (int)strcspn(role, "\r\n"), role);
	from = arena_fmt(q->a, "credentials of role '%.100s'", role);
	if (imds_get(q->imds, arena_fmt(q->a, ROLES "%s", role), &text, q->a, q->deadline, e) < 0)
		return wrap(e, "%s", from);
	out->source = arena_fmt(q->a, "instance role %s", role);
	return creds_read(text, from, out, q->a, e) < 0 ? -1 : 1;
}
