/* SPDX-License-Identifier: Apache-2.0 */
/* refresh.c - the AWS credentials, fetched ahead of their expiry, in a job. */
#include <stdlib.h>

#include "creds.h"
#include "ipamd.h"
#include "log.h"

enum { FETCH_MS = 20000 };

struct refresh {
	struct job job;
	struct ipamd *d; /* for done() */
	struct creds *creds;
	int rc;
	struct err err;
};

static void refresh_run(struct job *j)
{
	struct refresh *r = OWNER(j, struct refresh, job);

	r->rc = creds_refresh(r->creds, now_ms() + FETCH_MS, &r->err);
}

static void refresh_done(struct job *j)
{
	struct refresh *r = OWNER(j, struct refresh, job);

	r->d->refreshing = false;
	if (r->rc < 0)
		log_warn("AWS credentials are not renewed reason=\"%s\"", r->err.msg);
	free(r);
}

void refresh_check(struct ipamd *d)
{
	struct creds *creds = aws_creds(d->aws);
	struct refresh *r;
	struct err e;

	if (d->refreshing || d->stopping || creds_due(creds) != 0)
		return;
	r = xalloc(sizeof(*r));
	*r = (struct refresh) { .job = { .run = refresh_run, .done = refresh_done },
				.d = d,
				.creds = creds };
	if (job_start(d->loop, &r->job, &e) < 0) {
		log_warn("AWS credentials are not renewed reason=\"%s\"", e.msg);
		free(r);
		return;
	}
	d->refreshing = true;
}
