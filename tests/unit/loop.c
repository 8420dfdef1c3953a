/* SPDX-License-Identifier: Apache-2.0 */
/* loop.c - watches, timers, signals and jobs. Every loop here has an end that does not hang on
 * time. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "buf.h"
#include "loop.h"
#include "test.h"

/* ---- watches */

struct pair {
	struct watch w;
	struct pair *other;
	int calls;
};

static void drop_other(struct watch *w, uint32_t ev)
{
	struct pair *p = OWNER(w, struct pair, w);

	(void)ev;
	p->calls++;
	watch_del(&p->other->w);
	memset(&p->other->w, 0xee, sizeof(p->other->w)); /* as if freed at once */
	loop_stop(w->loop);
}

TEST(a_callback_may_remove_a_watch_in_the_same_batch)
{
	struct err e = { 0 };
	auto_loop struct loop *l = loop_new(&e);
	struct pair a = { .w.fn = drop_other }, b = { .w.fn = drop_other };
	int p[2], q[2];

	a.other = &b;
	b.other = &a;
	CHECK(pipe2(p, O_CLOEXEC) == 0 && pipe2(q, O_CLOEXEC) == 0);
	CHECK(write(p[1], "x", 1) == 1 && write(q[1], "x", 1) == 1);
	CHECK(watch_add(l, &a.w, p[0], EPOLLIN, &e) == 0);
	CHECK(watch_add(l, &b.w, q[0], EPOLLIN, &e) == 0);
	CHECK(loop_run(l, &e) == 0);
	CHECK(a.calls + b.calls == 1);
	for (int i = 0; i < 2; i++) {
		close(p[i]);
		close(q[i]);
	}
}

struct end {
	struct watch w;
	struct buf log;
	struct err e;
	int reader;
};

/* The writing end of a pipe: there is room until nobody wants to know, and an error without a
 * reader. */
static void on_room(struct watch *w, uint32_t events)
{
	struct end *t = OWNER(w, struct end, w);

	buf_str(&t->log, events & EPOLLERR ? "error " : "room ");
	if (events & EPOLLERR)
		loop_stop(w->loop);
	CHECK(watch_mod(w, 0, &t->e) == 0);
	fd_free(&t->reader);
}

TEST(a_watch_may_change_what_it_waits_for)
{
	auto_loop struct loop *l = NULL;
	struct end t = { .w.fn = on_room };
	struct err e = { 0 };
	int p[2];

	l = loop_new(&e);
	CHECK(pipe2(p, O_CLOEXEC) == 0);
	t.reader = p[0];
	CHECK(watch_add(l, &t.w, p[1], EPOLLOUT, &e) == 0);
	CHECK(loop_run(l, &e) == 0);
	CHECK_STR(t.log.p, "room error ");
	watch_close(&t.w);
	CHECK(!t.w.loop && !t.w.fd);
	watch_close(&t.w);
	watch_del(&t.w);
	buf_free(&t.log);
}

TEST(what_cannot_be_watched_is_an_error)
{
	struct err e = { 0 };
	auto_loop struct loop *l = loop_new(&e);
	struct watch w = { 0 };

	CHECK(watch_add(l, &w, 987, EPOLLIN, &e) == -1 && e.num == EBADF);
	CHECK_STR(e.msg, "epoll add fd 987: Bad file descriptor");
	CHECK(!w.loop && w.fd == 987);
	watch_del(&w);
}

TEST(a_stop_before_the_run_counts_once)
{
	struct err e = { 0 };
	auto_loop struct loop *l = loop_new(&e);
	struct pair a = { .w.fn = drop_other }, b = { 0 };
	int p[2];

	a.other = &b;
	CHECK(pipe2(p, O_CLOEXEC) == 0 && write(p[1], "x", 1) == 1);
	CHECK(watch_add(l, &a.w, p[0], EPOLLIN, &e) == 0);
	loop_stop(l);
	CHECK(loop_run(l, &e) == 0 && a.calls == 0);
	b.w.loop = NULL;
	CHECK(loop_run(l, &e) == 0 && a.calls == 1);
	close(p[0]);
	close(p[1]);
}

/* ---- timers */

struct clockwork {
	struct timer t, second;
	struct buf *log;
	const char *name;
	int left;
	struct err e;
};

static void on_tick(struct timer *t)
{
	struct clockwork *c = OWNER(t, struct clockwork, t);

	if (--c->left == 0)
		loop_stop(t->w.loop);
	else
		CHECK(timer_set(t->w.loop, t, c->left % 2, &c->e) == 0);
}

TEST(timers_rearm)
{
	struct err e = { 0 };
	auto_loop struct loop *l = loop_new(&e);
	struct clockwork c = { .t.fn = on_tick, .left = 5 };

	CHECK(timer_set(l, &c.t, -7, &e) == 0);
	CHECK(loop_run(l, &e) == 0);
	CHECK(c.left == 0);
	timer_stop(&c.t);
	CHECK(!c.t.w.fd && !c.t.w.loop);
	timer_stop(&c.t);
}

static void on_named(struct timer *t)
{
	struct clockwork *c = OWNER(t, struct clockwork, t);

	buf_str(c->log, c->name);
	if (c->left)
		loop_stop(t->w.loop);
	timer_stop(t);
	memset(t, 0xee, sizeof(*t)); /* as if freed at once */
}

TEST(timers_fire_in_order_of_time_and_may_go_in_their_own_callback)
{
	struct err e = { 0 };
	auto_loop struct loop *l = loop_new(&e);
	auto_buf struct buf log = { 0 };
	struct clockwork late = { .t.fn = on_named, .log = &log, .name = "late ", .left = 1 };
	struct clockwork soon = { .t.fn = on_named, .log = &log, .name = "soon " };
	struct clockwork never = { .t.fn = on_named, .log = &log, .name = "never " };
	struct clockwork moved = { .t.fn = on_named, .log = &log, .name = "moved " };

	CHECK(timer_set(l, &moved.t, 3600000, &e) == 0);
	CHECK(timer_set(l, &soon.t, 1, &e) == 0);
	CHECK(timer_set(l, &never.t, 2, &e) == 0);
	CHECK(timer_set(l, &moved.t, 5, &e) == 0);
	CHECK(timer_set(l, &late.t, 6, &e) == 0);
	timer_stop(&never.t);
	CHECK(loop_run(l, &e) == 0);
	CHECK_STR(log.p, "soon moved late ");
}

/* Both timers are due in one batch; whichever comes first puts the other one off. */
static void put_off(struct clockwork *c, struct timer *other)
{
	if (c->left++ == 0)
		CHECK(timer_set(other->w.loop, other, 3600000, &c->e) == 0);
	loop_stop(other->w.loop);
}

static void first_due(struct timer *t)
{
	struct clockwork *c = OWNER(t, struct clockwork, t);

	put_off(c, &c->second);
}

static void second_due(struct timer *t)
{
	struct clockwork *c = OWNER(t, struct clockwork, second);

	put_off(c, &c->t);
}

TEST(a_timer_put_off_in_the_same_batch_does_not_fire)
{
	struct err e = { 0 };
	auto_loop struct loop *l = loop_new(&e);
	struct clockwork c = { .t.fn = first_due, .second.fn = second_due };

	CHECK(timer_set(l, &c.t, 0, &e) == 0 && timer_set(l, &c.second, 0, &e) == 0);
	CHECK(loop_run(l, &e) == 0);
	CHECK(c.left == 1);
	timer_stop(&c.t);
	timer_stop(&c.second);
}

/* ---- signals */

struct caught {
	struct watch w;
	int first, second, third;
};

static void on_signal(struct watch *w, uint32_t events)
{
	struct caught *c = OWNER(w, struct caught, w);

	(void)events;
	c->first = signals_take(w);
	c->second = signals_take(w);
	c->third = signals_take(w);
	loop_stop(w->loop);
}

TEST(signals_arrive_as_events)
{
	struct err e = { 0 };
	auto_loop struct loop *l = loop_new(&e);
	struct caught c = { .w.fn = on_signal };
	sigset_t set, before;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_SETMASK, NULL, &before);
	CHECK(signals_add(l, &c.w, &set, &e) == 0);
	CHECK(raise(SIGTERM) == 0 && raise(SIGUSR1) == 0);
	CHECK(loop_run(l, &e) == 0);
	CHECK(c.first + c.second == SIGTERM + SIGUSR1 && c.first != c.second && c.third == 0);
	watch_close(&c.w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Leave room for n more descriptors; returns what to give back to setrlimit(). */
static struct rlimit leave_room(int n)
{
	struct rlimit before = { 0 }, few;
	int fds[8] = { 0 };

	for (int i = 0; i <= n; i++)
		fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	getrlimit(RLIMIT_NOFILE, &before);
	few = (struct rlimit) { (rlim_t)fds[n], before.rlim_max };
	CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
	for (int i = 0; i <= n; i++)
		close(fds[i]);
	return before;
}

TEST(without_descriptors_nothing_is_half_made)
{
	struct err e = { 0 };
	auto_loop struct loop *l = loop_new(&e);
	struct timer t = { 0 };
	struct watch w = { 0 };
	struct rlimit before;
	sigset_t none;

	sigemptyset(&none);
	for (int room = 0; room < 2; room++) { /* at 1 the descriptor can be had and is not kept */
		before = leave_room(room);
		CHECK(!loop_new(&e) && e.num == EMFILE);
		setrlimit(RLIMIT_NOFILE, &before);
	}
	before = leave_room(0);
	CHECK(timer_set(l, &t, 1, &e) == -1 && e.num == EMFILE && !t.w.fd && !t.w.loop);
	CHECK(signals_add(l, &w, &none, &e) == -1 && e.num == EMFILE && !w.fd && !w.loop);
	setrlimit(RLIMIT_NOFILE, &before);
	before = leave_room(2);
	CHECK(timer_set(l, &t, 1, &e) == 0 && signals_add(l, &w, &none, &e) == 0);
	setrlimit(RLIMIT_NOFILE, &before);
	timer_stop(&t);
	watch_close(&w);
}

/* ---- jobs */

struct work {
	struct job j;
	struct tally *tally;
	int in, out;
};
struct tally {
	int sum, done, of;
	pthread_t loop_thread;
	struct err e;
};

static void square(struct job *j)
{
	struct work *w = OWNER(j, struct work, j);

	sched_yield();
	w->out = w->in * w->in;
}

static void add_up(struct job *j)
{
	struct work *w = OWNER(j, struct work, j);
	struct tally *t = w->tally;

	CHECK(pthread_equal(pthread_self(), t->loop_thread));
	t->sum += w->out;
	if (++t->done == t->of)
		loop_stop(j->loop);
	free(w);
}

static struct work *work_new(struct tally *t, int in)
{
	struct work *w = xalloc(sizeof(*w));

	*w = (struct work) { .j = { .run = square, .done = add_up }, .tally = t, .in = in };
	return w;
}

TEST(jobs_finish_on_the_loop_and_may_be_freed_there)
{
	struct tally t = { .of = 60, .loop_thread = pthread_self() };
	auto_loop struct loop *l = loop_new(&t.e);

	for (int i = 0; i < t.of; i++)
		CHECK(job_start(l, &work_new(&t, i)->j, &t.e) == 0);
	CHECK(loop_run(l, &t.e) == 0);
	CHECK(t.done == 60 && t.sum == 59 * 60 * 119 / 6);
}

static void again(struct job *j)
{
	struct work *w = OWNER(j, struct work, j);
	struct tally *t = w->tally;

	if (++t->done == t->of)
		loop_stop(j->loop);
	else
		CHECK(job_start(j->loop, j, &t->e) == 0);
}

TEST(a_job_may_be_started_again_when_it_is_done)
{
	struct tally t = { .of = 20 };
	auto_loop struct loop *l = loop_new(&t.e);
	struct work w = { .j = { .run = square, .done = again }, .tally = &t, .in = 3 };

	CHECK(job_start(l, &w.j, &t.e) == 0);
	CHECK(loop_run(l, &t.e) == 0);
	CHECK(t.done == 20 && w.out == 9);
}

static void never_done(struct job *j)
{
	(void)j;
	CHECK(!"done() after loop_free()");
}

static void dawdle(struct job *j)
{
	struct work *w = OWNER(j, struct work, j);

	for (int i = 0; i < 2000; i++)
		sched_yield();
	w->out = 1;
}

TEST(freeing_the_loop_waits_for_running_jobs)
{
	struct work w[8] = { 0 };
	struct err e = { 0 };
	struct loop *l = loop_new(&e);

	for (size_t i = 0; i < COUNT(w); i++) {
		w[i].j = (struct job) { .run = dawdle, .done = never_done };
		CHECK(job_start(l, &w[i].j, &e) == 0);
	}
	loop_free(&l);
	CHECK(!l);
	for (size_t i = 0; i < COUNT(w); i++)
		CHECK(w[i].out == 1);
	loop_free(&l);
}

static void look_at_mask(struct job *j)
{
	struct work *w = OWNER(j, struct work, j);
	sigset_t mask;

	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	w->out = sigismember(&mask, SIGTERM) && sigismember(&mask, SIGCHLD) &&
		 !sigismember(&mask, SIGSEGV);
}

TEST(jobs_leave_signals_to_the_loop)
{
	struct tally t = { .of = 1 };
	auto_loop struct loop *l = loop_new(&t.e);
	struct work w = { .j = { .run = look_at_mask, .done = again }, .tally = &t };
	sigset_t mask;

	CHECK(job_start(l, &w.j, &t.e) == 0);
	CHECK(loop_run(l, &t.e) == 0 && w.out == 1);
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	CHECK(!sigismember(&mask, SIGTERM));
}

static void use_stack(struct job *j)
{
	char big[400 * 1024];

	memset(big, 1, sizeof(big));
	OWNER(j, struct work, j)->out = big[sizeof(big) / 2];
}

TEST(jobs_have_the_stack_that_tls_needs)
{
	struct tally t = { .of = 1 };
	auto_loop struct loop *l = loop_new(&t.e);
	struct work w = { .j = { .run = use_stack, .done = again }, .tally = &t };

	CHECK(job_start(l, &w.j, &t.e) == 0);
	CHECK(loop_run(l, &t.e) == 0 && w.out == 1);
}
