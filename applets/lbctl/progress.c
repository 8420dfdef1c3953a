/* SPDX-License-Identifier: Apache-2.0 */
/* progress.c - a thread that speaks up when nothing moves. */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "progress.h"
#include "words.h"

struct progress {
	const char *command;
	int fd;
	int64_t after_ms;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t moved;
	char now[256];
	unsigned turn; /* of what is done now */
	bool end;
};

static struct timespec after(int64_t ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += ms % 1000 * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

static void tell(struct progress *p)
{
	auto_buf struct buf out = { 0 };

	buf_fmt(&out, "lbctl %s: ", p->command);
	words_plain(p->now, &out);
	buf_str(&out, " ...\n");
	/* Whoever has closed it does not want to know. */
	if (write(p->fd, out.p, out.len) < 0)
		p->end = true;
}

/* Wait until something is done, then until that takes too long, then until something else is. */
static void *watch(void *arg)
{
	struct progress *p = arg;
	unsigned told = 0;

	pthread_mutex_lock(&p->lock);
	while (!p->end) {
		unsigned turn = p->turn;
		struct timespec until = after(p->after_ms);
		int rc = 0;

		if (turn == told) {
			pthread_cond_wait(&p->moved, &p->lock);
			continue;
		}
		while (rc == 0 && !p->end && p->turn == turn)
			rc = pthread_cond_timedwait(&p->moved, &p->lock, &until);
		if (rc == 0)
			continue;
		if (p->turn == turn && !p->end) {
			tell(p);
			told = turn;
		}
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

struct progress *progress_new(const char *command, int fd, int64_t after_ms)
{
	struct progress *p = xalloc(sizeof(*p));
	pthread_condattr_t how;

	*p = (struct progress) { .command = command, .fd = fd, .after_ms = after_ms };
	pthread_mutex_init(&p->lock, NULL);
	pthread_condattr_init(&how);
	pthread_condattr_setclock(&how, CLOCK_MONOTONIC);
	pthread_cond_init(&p->moved, &how);
	pthread_condattr_destroy(&how);
	if (pthread_create(&p->thread, NULL, watch, p) == 0)
		return p;
	pthread_cond_destroy(&p->moved);
	pthread_mutex_destroy(&p->lock);
	free(p);
	return NULL;
}

void progress_say(struct progress *p, const char *fmt, ...)
{
	va_list ap;

	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	va_start(ap, fmt);
	vsnprintf(p->now, sizeof(p->now), fmt, ap);
	va_end(ap);
	p->turn++;
	pthread_cond_signal(&p->moved);
	pthread_mutex_unlock(&p->lock);
}

void progress_free(struct progress **at)
{
	struct progress *p = TAKE(*at);

	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->end = true;
	pthread_cond_signal(&p->moved);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->thread, NULL);
	pthread_cond_destroy(&p->moved);
	pthread_mutex_destroy(&p->lock);
	free(p);
}
