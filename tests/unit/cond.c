/* SPDX-License-Identifier: Apache-2.0 */
/* cond.c - waiting for another thread, or until a deadline. */
#include "cond.h"
#include "clock.h"
#include "test.h"

struct shared {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool done;
};

static void *do_it(void *arg)
{
	struct shared *s = arg;

	pthread_mutex_lock(&s->lock);
	s->done = true;
	pthread_cond_signal(&s->changed);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

TEST(cond_wait_hears_of_another_thread_and_of_the_deadline)
{
	struct shared s = { .done = false };
	int64_t deadline = now_ms() + 30;
	pthread_t thread;

	pthread_mutex_init(&s.lock, NULL);
	cond_init(&s.changed);
	pthread_mutex_lock(&s.lock);
	while (cond_wait(&s.changed, &s.lock, deadline))
		;
	CHECK(now_ms() >= deadline);
	CHECK(pthread_create(&thread, NULL, do_it, &s) == 0);
	while (!s.done)
		CHECK(cond_wait(&s.changed, &s.lock, now_ms() + 20000));
	pthread_mutex_unlock(&s.lock);
	CHECK(pthread_join(thread, NULL) == 0);
	pthread_cond_destroy(&s.changed);
	pthread_mutex_destroy(&s.lock);
}
