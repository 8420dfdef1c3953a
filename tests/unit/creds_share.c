/* SPDX-License-Identifier: Apache-2.0 */
/* creds_share.c - many threads and one set of credentials. Also under ThreadSanitizer. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "creds.h"
#include "test.h"
#include "web.h"

enum { THREADS = 16 };

struct agent {
	struct httpd_call *held; /* the first call, until it is answered */
	int asked, status;
	char until[21];
	bool hold;
	pthread_mutex_t lock;
	pthread_cond_t came;
};

static void reply(struct httpd_call *c, const struct agent *g)
{
	char text[200];

	snprintf(text, sizeof(text),
		 "{\"AccessKeyId\":\"A%d\",\"SecretAccessKey\":\"s\",\"Token\":\"t\","
		 "\"Expiration\":\"%s\"}",
		 g->asked, g->until);
	httpd_reply(c, g->status, NULL, text, strlen(text));
}

static void serve(struct httpd_call *c)
{
	struct agent *g = c->arg;

	pthread_mutex_lock(&g->lock);
	g->asked++;
	if (g->hold)
		g->held = c;
	else
		reply(c, g);
	pthread_cond_signal(&g->came);
	pthread_mutex_unlock(&g->lock);
}

struct caller {
	pthread_t thread;
	struct creds *c;
	int64_t deadline;
	int rc;
	struct err e;
	char id[16];
	bool refresh; /* as the job that looks ahead */
};

static void *call(void *arg)
{
	struct caller *i = arg;
	auto_arena struct arena a = { 0 };
	struct aws_keys k = { 0 };

	if (i->refresh) {
		i->rc = creds_refresh(i->c, i->deadline, &i->e);
		return NULL;
	}
	i->rc = creds_get(i->c, &k, &a, i->deadline, &i->e);
	snprintf(i->id, sizeof(i->id), "%s", i->rc == 0 ? k.id : "");
	return NULL;
}

static void call_all(struct creds *c, struct caller *all)
{
	for (int i = 0; i < THREADS; i++) {
		all[i] = (struct caller) { .c = c, .deadline = now_ms() + 20000 };
		CHECK(pthread_create(&all[i].thread, NULL, call, &all[i]) == 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(all[i].thread, NULL);
}

static void start(struct agent *g, struct web *w, struct creds **c, int64_t life_s)
{
	struct err e;

	pthread_mutex_init(&g->lock, NULL);
	pthread_cond_init(&g->came, NULL);
	g->status = g->status ? g->status : 200;
	time_rfc3339(wall_s() + life_s, g->until);
	web_serve(w, serve, g);
	setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", w->url, 1);
	CHECK(creds_new(c, &(struct creds_options) { .no_imds = true }, &e) == 0);
}

static void stop(struct agent *g, struct web *w)
{
	web_stop(w);
	unsetenv("AWS_CONTAINER_CREDENTIALS_FULL_URI");
	pthread_cond_destroy(&g->came);
	pthread_mutex_destroy(&g->lock);
}

TEST(creds_of_many_threads_are_fetched_once)
{
	struct agent g = { 0 };
	auto_creds struct creds *c = NULL;
	auto_web struct web w = { 0 };
	struct caller all[THREADS];

	start(&g, &w, &c, 3600);
	call_all(c, all);
	for (int i = 0; i < THREADS; i++)
		CHECK_STR(all[i].id, "A1");
	CHECK(creds_due(c) > 3000 * 1000 && creds_due(c) <= 3300 * 1000);
	CHECK(creds_expired(c, "A1") && creds_expired(c, "A1"));
	CHECK_INT(creds_due(c), 0);
	call_all(c, all);
	for (int i = 0; i < THREADS; i++)
		CHECK_STR(all[i].id, "A2");
	stop(&g, &w);
	CHECK_INT(g.asked, 2);
}

/* One thread's fetch hangs; those who come meanwhile need not wait for it. */
TEST(creds_that_are_still_good_serve_while_others_are_fetched)
{
	struct agent g = { 0 };
	auto_creds struct creds *c = NULL;
	auto_web struct web w = { 0 };
	struct caller first = { 0 }, all[THREADS];

	start(&g, &w, &c, 200);
	call_all(c, all);
	pthread_mutex_lock(&g.lock);
	g.hold = true;
	pthread_mutex_unlock(&g.lock);
	first = (struct caller) { .c = c, .deadline = now_ms() + 20000, .refresh = true };
	CHECK(pthread_create(&first.thread, NULL, call, &first) == 0);
	pthread_mutex_lock(&g.lock);
	while (!g.held)
		pthread_cond_wait(&g.came, &g.lock);
	pthread_mutex_unlock(&g.lock);
	call_all(c, all);
	for (int i = 0; i < THREADS; i++)
		CHECK(all[i].rc == 0);
	stop(&g, &w); /* the agent goes without an answer */
	httpd_reply(g.held, 200, NULL, "", 0);
	pthread_join(first.thread, NULL);
	CHECK(first.rc < 0);
	CHECK_INT(g.asked, 2);
}

TEST(creds_failures_reach_all_who_wait)
{
	struct agent g = { .status = 403 };
	auto_creds struct creds *c = NULL;
	auto_web struct web w = { 0 };
	struct caller all[THREADS];

	start(&g, &w, &c, 3600);
	call_all(c, all);
	for (int i = 0; i < THREADS; i++)
		CHECK(all[i].rc < 0 && all[i].e.num == EACCES && strstr(all[i].e.msg, "403"));
	stop(&g, &w);
	CHECK(g.asked >= 1 && g.asked <= THREADS);
}

TEST(creds_waiters_give_up_at_their_deadline)
{
	struct agent g = { .hold = true };
	auto_creds struct creds *c = NULL;
	auto_web struct web w = { 0 };
	struct caller first, late;

	start(&g, &w, &c, 3600);
	first = (struct caller) { .c = c, .deadline = now_ms() + 20000 };
	CHECK(pthread_create(&first.thread, NULL, call, &first) == 0);
	pthread_mutex_lock(&g.lock);
	while (!g.held)
		pthread_cond_wait(&g.came, &g.lock);
	pthread_mutex_unlock(&g.lock);
	late = (struct caller) { .c = c, .deadline = now_ms() + 50 };
	call(&late);
	CHECK(late.rc < 0 && late.e.num == ETIMEDOUT);
	stop(&g, &w);
	httpd_reply(g.held, 200, NULL, "", 0);
	pthread_join(first.thread, NULL);
	CHECK(first.rc < 0);
}

TEST(creds_serve_to_their_end_while_new_ones_are_refused)
{
	struct agent g = { 0 };
	auto_creds struct creds *c = NULL;
	auto_web struct web w = { 0 };
	struct caller all[THREADS];
	struct err e = { 0 };

	start(&g, &w, &c, 200);
	call_all(c, all);
	pthread_mutex_lock(&g.lock);
	g.status = 403;
	pthread_mutex_unlock(&g.lock);
	CHECK(creds_refresh(c, now_ms() + 20000, &e) < 0 && strstr(e.msg, "status 403"));
	CHECK(creds_due(c) > 0 && creds_due(c) <= 10000);
	call_all(c, all); /* in the pause: nobody asks */
	for (int i = 0; i < THREADS; i++)
		CHECK_STR(all[i].id, "A1");
	CHECK(creds_expired(c, "A1"));
	call(&all[0]);
	CHECK(all[0].rc < 0 && strstr(all[0].e.msg, "status 403"));
	stop(&g, &w);
	CHECK_INT(g.asked, 3);
}
