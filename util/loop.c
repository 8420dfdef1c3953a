/* SPDX-License-Identifier: Apache-2.0 */
/* loop.c - epoll, timerfd, signalfd and a thread per job. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "loop.h"
#include "thread.h"

enum { BATCH = 16 };

struct loop {
	int ep;
	bool stop;
	struct epoll_event ev[BATCH]; /* the batch being dispatched */
	int n, i;
	struct watch wake;
	pthread_mutex_t lock; /* guards only what follows */
	pthread_cond_t idle;  /* running fell to 0 */
	size_t running;       /* jobs in run() */
	struct job *finished; /* run() has returned, done() is due */
	struct job **last;    /* where the next one is hung */
	struct post *posted, **last_post;
};

int watch_add(struct loop *l, struct watch *w, int fd, uint32_t events, struct err *e)
{
	struct epoll_event ev = { .events = events, .data.ptr = w };

	w->loop = NULL;
	w->fd = fd;
	if (epoll_ctl(l->ep, EPOLL_CTL_ADD, fd, &ev) < 0)
		return fail(e, errno, "epoll add fd %d:", fd);
	w->loop = l;
	return 0;
}

int watch_mod(struct watch *w, uint32_t events, struct err *e)
{
	struct epoll_event ev = { .events = events, .data.ptr = w };

	if (epoll_ctl(w->loop->ep, EPOLL_CTL_MOD, w->fd, &ev) < 0)
		return fail(e, errno, "epoll change fd %d:", w->fd);
	return 0;
}

/* Events already fetched for w are struck from the batch, so w can go at once. */
void watch_del(struct watch *w)
{
	struct loop *l = TAKE(w->loop);

	if (!l)
		return;
	epoll_ctl(l->ep, EPOLL_CTL_DEL, w->fd, NULL);
	for (int k = l->i + 1; k < l->n; k++)
		if (l->ev[k].data.ptr == w)
			l->ev[k].data.ptr = NULL;
}

void watch_close(struct watch *w)
{
	watch_del(w);
	fd_free(&w->fd);
}

/* Nothing to read: an earlier callback of the same batch has set the timer anew. */
static void on_timer(struct watch *w, uint32_t events)
{
	struct timer *t = OWNER(w, struct timer, w);
	uint64_t ticks;

	(void)events;
	if (read(w->fd, &ticks, sizeof(ticks)) == sizeof(ticks))
		t->fn(t);
}

static int timer_open(struct loop *l, struct timer *t, struct err *e)
{
	auto_fd int fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd < 0)
		return fail(e, errno, "timerfd:");
	t->w.fn = on_timer;
	if (watch_add(l, &t->w, fd, EPOLLIN, e) < 0) {
		t->w.fd = 0;
		return -1;
	}
	(void)TAKE(fd);
	return 0;
}

int timer_set(struct loop *l, struct timer *t, int64_t in_ms, struct err *e)
{
	struct itimerspec its = { .it_value = { in_ms / 1000, in_ms % 1000 * 1000000 } };

	if (in_ms <= 0) /* zero would disarm */
		its.it_value = (struct timespec) { 0, 1 };
	if (!t->w.fd && timer_open(l, t, e) < 0)
		return -1;
	if (timerfd_settime(t->w.fd, 0, &its, NULL) < 0)
		return fail(e, errno, "timerfd set:");
	return 0;
}

void timer_stop(struct timer *t)
{
	watch_close(&t->w);
}

int signals_add(struct loop *l, struct watch *w, const sigset_t *set, struct err *e)
{
	int rc = pthread_sigmask(SIG_BLOCK, set, NULL);
	auto_fd int fd = 0;

	if (rc != 0)
		return fail(e, rc, "block signals:");
	fd = signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return fail(e, errno, "signalfd:");
	if (watch_add(l, w, fd, EPOLLIN, e) < 0) {
		w->fd = 0;
		return -1;
	}
	(void)TAKE(fd);
	return 0;
}

int signals_take(struct watch *w)
{
	struct signalfd_siginfo si;

	return read(w->fd, &si, sizeof(si)) == sizeof(si) ? (int)si.ssi_signo : 0;
}

/* With the lock held, so that the loop is still there. */
static void wake(struct loop *l)
{
	uint64_t one = 1;

	if (write(l->wake.fd, &one, sizeof(one)) < 0)
		die("eventfd:");
}

/* With the unlocking, the thread's last touch of the loop, loop_free() may go on. */
static void *job_thread(void *arg)
{
	struct job *j = arg;
	struct loop *l = j->loop;

	j->run(j);
	pthread_mutex_lock(&l->lock);
	*l->last = j;
	l->last = &j->next;
	wake(l);
	if (--l->running == 0)
		pthread_cond_signal(&l->idle);
	pthread_mutex_unlock(&l->lock);
	return NULL;
}

/* ---- posts */

void loop_post(struct loop *l, struct post *p)
{
	pthread_mutex_lock(&l->lock);
	if (!p->queued) {
		p->queued = true;
		p->next = NULL;
		*l->last_post = p;
		l->last_post = &p->next;
		wake(l);
	}
	pthread_mutex_unlock(&l->lock);
}

/* Take the post out that hangs at *at. */
static struct post *unhang(struct loop *l, struct post **at)
{
	struct post *p = *at;

	*at = p->next;
	if (l->last_post == &p->next)
		l->last_post = at;
	p->queued = false;
	return p;
}

void loop_unpost(struct loop *l, struct post *p)
{
	pthread_mutex_lock(&l->lock);
	for (struct post **at = &l->posted; *at; at = &(*at)->next)
		if (*at == p) {
			unhang(l, at);
			break;
		}
	pthread_mutex_unlock(&l->lock);
}

static struct post *next_post(struct loop *l)
{
	struct post *p = NULL;

	pthread_mutex_lock(&l->lock);
	if (l->posted)
		p = unhang(l, &l->posted);
	pthread_mutex_unlock(&l->lock);
	return p;
}

/* One by one, as any of them may call loop_unpost() for another; and no more than there were: the
 * next have woken the loop again. What a job has posted was there when the job had ended. */
static void on_wake(struct watch *w, uint32_t events)
{
	struct loop *l = OWNER(w, struct loop, wake);
	struct post *p;
	struct job *j;
	uint64_t count;
	size_t n = 0;

	(void)events;
	if (read(w->fd, &count, sizeof(count)) < 0)
		return;
	pthread_mutex_lock(&l->lock);
	for (p = l->posted; p; p = p->next)
		n++;
	j = TAKE(l->finished);
	l->last = &l->finished;
	pthread_mutex_unlock(&l->lock);
	while (n-- && (p = next_post(l)))
		p->fn(p);
	while (j) {
		struct job *next = j->next;

		j->done(j);
		j = next;
	}
}

static void count_running(struct loop *l, bool up)
{
	pthread_mutex_lock(&l->lock);
	if (up)
		l->running++;
	else
		l->running--;
	pthread_mutex_unlock(&l->lock);
}

int job_start(struct loop *l, struct job *j, struct err *e)
{
	pthread_t th;

	j->loop = l;
	j->next = NULL;
	count_running(l, true);
	if (thread_start(&th, job_thread, j, e) == 0) {
		pthread_detach(th);
		return 0;
	}
	count_running(l, false);
	return wrap(e, "job");
}

struct loop *loop_new(struct err *e)
{
	auto_loop struct loop *l = xalloc(sizeof(*l));
	int fd;

	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->idle, NULL);
	l->last = &l->finished;
	l->last_post = &l->posted;
	l->ep = epoll_create1(EPOLL_CLOEXEC);
	if (l->ep < 0)
		return fail(e, errno, "epoll:"), NULL;
	fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (fd < 0)
		return fail(e, errno, "eventfd:"), NULL;
	l->wake.fn = on_wake;
	if (watch_add(l, &l->wake, fd, EPOLLIN, e) < 0)
		return NULL;
	return TAKE(l);
}

static void dispatch(struct loop *l)
{
	for (l->i = 0; l->i < l->n; l->i++) {
		struct watch *w = l->ev[l->i].data.ptr;

		if (w)
			w->fn(w, l->ev[l->i].events);
	}
	l->n = 0;
}

int loop_run(struct loop *l, struct err *e)
{
	while (!TAKE(l->stop)) {
		l->n = epoll_wait(l->ep, l->ev, BATCH, -1);
		if (l->n < 0 && errno != EINTR)
			return fail(e, errno, "epoll wait:");
		dispatch(l);
	}
	return 0;
}

void loop_stop(struct loop *l)
{
	l->stop = true;
}

void loop_free(struct loop **lp)
{
	struct loop *l = TAKE(*lp);

	if (!l)
		return;
	pthread_mutex_lock(&l->lock);
	while (l->running)
		pthread_cond_wait(&l->idle, &l->lock);
	pthread_mutex_unlock(&l->lock);
	pthread_cond_destroy(&l->idle);
	pthread_mutex_destroy(&l->lock);
	fd_free(&l->wake.fd);
	fd_free(&l->ep);
	free(l);
}
