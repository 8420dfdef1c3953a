/* SPDX-License-Identifier: Apache-2.0 */
/* ipamd_refresh.c - the daemon's job that renews the AWS credentials. */
#include <stdlib.h>
#include <string.h>

#include "creds.h"
#include "file.h"
#include "ipamd.h"
#include "log.h"
#include "test.h"
#include "tmpdir.h"
#include "web.h"

enum { LOOK_MS = 5 };

struct agent {
	int asked, life_s, status;
};

static void serve(struct httpd_call *c)
{
	struct agent *g = c->arg;
	char text[200], until[21];

	time_rfc3339(wall_s() + g->life_s, until);
	g->asked++;
	snprintf(text, sizeof(text),
		 "{\"AccessKeyId\":\"A%d\",\"SecretAccessKey\":\"hush\",\"Token\":\"hush\","
		 "\"Expiration\":\"%s\"}",
		 g->asked, until);
	httpd_reply(c, g->status, NULL, text, strlen(text));
}

static void look(struct timer *t)
{
	struct ipamd *d = OWNER(t, struct ipamd, tick);
	struct err e;

	if (d->refreshing)
		CHECK(timer_set(d->loop, t, LOOK_MS, &e) == 0);
	else
		loop_stop(d->loop);
}

/* Until the job that was started, if any, is done. */
static void check(struct ipamd *d, bool starts)
{
	struct err e;

	d->tick.fn = look;
	refresh_check(d);
	CHECK(d->refreshing == starts);
	CHECK(timer_set(d->loop, &d->tick, 0, &e) == 0 && loop_run(d->loop, &e) == 0);
}

TEST(credentials_are_renewed_when_due_and_a_failure_is_logged_without_them)
{
	struct agent g = { .life_s = 3600, .status = 200 };
	auto_dir struct dir dir = dir_new();
	auto_web struct web w = { 0 };
	auto_ipamd struct ipamd d = { 0 };
	auto_buf struct buf log = { 0 };
	struct err e = { 0 };
	char path[100];

	snprintf(path, sizeof(path), "%s/log", dir.path);
	CHECK(log_open(path, LOG_DEBUG, &e) == 0);
	web_serve(&w, serve, &g);
	setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", w.url, 1);
	CHECK(aws_new(&d.aws, &(struct aws_options) { .region = "eu-central-1", .no_imds = true },
		      now_ms() + 20000, &e) == 0);
	d.loop = loop_new(&e);
	check(&d, true); /* there are none yet */
	check(&d, false);
	CHECK(creds_expired(aws_creds(d.aws), "A1"));
	check(&d, true);
	web_stop(&w);
	CHECK(creds_expired(aws_creds(d.aws), "A2"));
	check(&d, true);  /* nobody is there */
	check(&d, false); /* a pause */
	unsetenv("AWS_CONTAINER_CREDENTIALS_FULL_URI");
	CHECK_INT(g.asked, 2);
	log_close();
	CHECK(file_read(path, 1 << 20, &log, &e) == 0);
	CHECK(log.len && strstr(log.p, "AWS credentials are not renewed"));
	CHECK(log.len && !strstr(log.p, "hush"));
}
