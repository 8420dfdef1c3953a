/* SPDX-License-Identifier: Apache-2.0 */
/* aws_threads.c - one session, many threads: each gets its own answer. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "aws_session.h"
#include "clock.h"
#include "fakeaws.h"
#include "test.h"

enum { THREADS = 12, CALLS = 20 };

struct caller {
	struct aws *w;
	int id, good;
	pthread_t thread;
};

/* What was asked comes back; now and then a throttle, or a clock that is said to be wrong. */
static void echo(struct httpd_call *c)
{
	const char *n = strstr(c->body, "N=");
	const char *ok = arena_fmt(&c->a, "<DescribeXResponse><s><n>%s</n></s></DescribeXResponse>",
				   n ? n + 2 : "");
	static const char slow[] = "<R><Errors><Error><Code>Throttling</Code></Error></Errors></R>";
	int *asked = c->arg;

	if (++*asked % 7 == 0)
		httpd_reply(c, 503, NULL, slow, strlen(slow));
	else
		httpd_reply(c, 200, NULL, ok, strlen(ok));
}

static int take(const struct xml *item, void *arg, struct err *e)
{
	(void)e;
	*(int *)arg = (int)strtol(item->text, NULL, 10);
	return 0;
}

static void *call(void *arg)
{
	struct caller *me = arg;

	for (int i = 0; i < CALLS; i++) {
		auto_aws_params struct aws_params p = { 0 };
		auto_answer struct aws_answer r = { 0 };
		auto_arena struct arena a = { 0 };
		int want = me->id * 1000 + i, got = -1;
		struct aws_request q = { .service = i % 2 ? AWS_EC2 : AWS_STS,
					 .action = "DescribeX",
					 .items = i % 2 ? "s/n" : NULL,
					 .on_item = take,
					 .arg = &got };
		struct err e = { 0 };

		aws_param_int(&p, "N", want);
		q.body = p.body.p;
		if (aws_send(me->w, &q, &r, &a, now_ms() + 60000, &e) < 0)
			printf("#   %s\n", e.msg);
		else if (!q.items)
			got = (int)strtol(xml_text(r.xml, "s/n"), NULL, 10);
		me->good += got == want;
		if (i == CALLS / 2)
			aws_idle(me->w);
	}
	return NULL;
}

TEST(aws_session_serves_many_threads_at_once)
{
	struct caller callers[THREADS] = { 0 };
	auto_web struct web web = { 0 };
	auto_aws struct aws *w = NULL;
	int asked = 0;
	struct err e = { 0 };

	web_serve(&web, echo, &asked);
	fakeaws_env(web.url);
	CHECK(aws_new(&w, &(struct aws_options) { .attempts = 50, .log = false }, 0, &e) == 0);
	CHECK_STR(e.msg, "");
	w->pause_ms = 1;
	w->skew_s = 1;
	for (int i = 0; i < THREADS; i++) {
		callers[i].w = w;
		callers[i].id = i;
		CHECK(pthread_create(&callers[i].thread, NULL, call, &callers[i]) == 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(callers[i].thread, NULL);
		CHECK_INT(callers[i].good, CALLS);
	}
	aws_idle(w);
	web_stop(&web);
	fakeaws_env(NULL);
	CHECK(asked > THREADS * CALLS);
}
