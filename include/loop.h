/* SPDX-License-Identifier: Apache-2.0 */
/* loop.h - one thread owns all state; slow work is a job that owns only itself.
 * Watches, timers and jobs are embedded in their owner, who finds himself again with OWNER(). Every
 * function here but loop_post() is for the loop's own thread. Nothing is freed here that the caller
 * made. */
#pragma once
#include <signal.h>

#include "base.h"

struct loop;
struct watch {
	struct loop *loop; /* NULL: not watched */
	int fd;
	void (*fn)(struct watch *w, uint32_t events); /* EPOLLIN, EPOLLOUT, EPOLLHUP ... */
};
struct timer {
	struct watch w;
	void (*fn)(struct timer *t);
};
struct job {
	struct job *next;
	struct loop *loop;
	void (*run)(struct job *j); /* worker thread: may block, touches only *j */
	void (*done)(
		struct job *j); /* loop thread: may touch everything, never blocks; may free j */
};
/* Zero-initialise, then set fn. */
struct post {
	struct post *next;
	bool queued;
	void (*fn)(struct post *p); /* loop thread: may touch everything, never blocks */
};

MUST struct loop *loop_new(struct err *e);
/* Call back until loop_stop(), which may also come before; what is ready by then is still served.
 */
MUST int loop_run(struct loop *l, struct err *e);
void loop_stop(struct loop *l);
/* Waits until no job is in run() any more, so that none meets freed memory; done() is not called
 * for them. Watches and timers must be gone, or never be touched again. */
void loop_free(struct loop **l);
#define auto_loop AUTO(loop_free)

/* Call w->fn whenever one of events (level-triggered) holds for fd, which becomes w->fd even when
 * this fails, and stays the owner's to close. */
MUST int watch_add(struct loop *l, struct watch *w, int fd, uint32_t events, struct err *e);
MUST int watch_mod(struct watch *w, uint32_t events, struct err *e);
/* Safe from any callback; w may be freed at once. Call it before fd is closed. No watch is fine. */
void watch_del(struct watch *w);
/* watch_del(), and the descriptor is closed. */
void watch_close(struct watch *w);

/* Call t->fn once, in_ms from now on CLOCK_BOOTTIME (at once if not positive); a timer that is set
 * already is set anew. The first call opens a descriptor: timer_stop() must follow some day. */
MUST int timer_set(struct loop *l, struct timer *t, int64_t in_ms, struct err *e);
/* Disarm and close; safe in a callback, even the timer's own; t may be freed at once. */
void timer_stop(struct timer *t);

/* Block the signals of set in this thread and call w->fn when one is pending: take them there with
 * signals_take(). End with watch_close(). */
MUST int signals_add(struct loop *l, struct watch *w, const sigset_t *set, struct err *e);
/* The number of the next pending signal, or 0. */
int signals_take(struct watch *w);

/* Run j->run(j) in a thread of its own (512 KiB of stack, all signals blocked), then j->done(j)
 * here. Jobs are done in the order in which they end. The thread is not started on failure. */
MUST int job_start(struct loop *l, struct job *j, struct err *e);

/* From any thread: call p->fn(p) on the loop thread, once however often it was posted before that;
 * posts in their order, and before done() of a job that posted them. p must stay until then, or
 * until loop_unpost(), which the loop thread calls when nobody can post any more. */
void loop_post(struct loop *l, struct post *p);
void loop_unpost(struct loop *l, struct post *p);
