/* SPDX-License-Identifier: Apache-2.0 */
/* loop_post.c - what other threads leave for the loop to do. */
#include "buf.h"
#include "loop.h"
#include "test.h"

struct letter {
	struct post p;
	struct letter *other;
	struct loop *loop;
	struct buf *log;
	const char *name;
	struct job j;
	int times;
};

static void on_letter(struct post *p)
{
	struct letter *t = OWNER(p, struct letter, p);

	buf_str(t->log, t->name);
	if (t->other)
		loop_unpost(t->loop, &t->other->p);
	if (t->times && --t->times)
		loop_post(t->loop, p);
}

static void stop_after(struct post *p)
{
	struct letter *t = OWNER(p, struct letter, p);

	on_letter(p);
	if (!t->times)
		loop_stop(t->loop);
}

TEST(posts_come_once_in_their_order_and_one_may_take_another_back)
{
	struct err e = { 0 };
	auto_loop struct loop *l = loop_new(&e);
	auto_buf struct buf log = { 0 };
	struct letter a = { .p.fn = on_letter, .loop = l, .log = &log, .name = "a " };
	struct letter b = { .p.fn = on_letter, .loop = l, .log = &log, .name = "b " };
	struct letter c = { .p.fn = on_letter, .loop = l, .log = &log, .name = "c " };
	struct letter end = {
		.p.fn = stop_after, .loop = l, .log = &log, .name = "end ", .times = 3
	};

	a.other = &b;
	loop_unpost(l, &a.p);
	loop_post(l, &c.p);
	loop_post(l, &a.p);
	loop_post(l, &c.p);
	loop_post(l, &end.p);
	loop_post(l, &b.p);
	CHECK(loop_run(l, &e) == 0);
	CHECK_STR(log.p, "c a end end end ");
	loop_post(l, &b.p);
	loop_post(l, &c.p);
	loop_unpost(l, &c.p);
	loop_post(l, &end.p);
	CHECK(loop_run(l, &e) == 0);
	CHECK_STR(log.p, "c a end end end b end ");
}

static void post_twice(struct job *j)
{
	struct letter *t = OWNER(j, struct letter, j);

	for (int i = 0; i < 1000; i++)
		loop_post(t->loop, &t->p);
	loop_post(t->loop, &t->other->p);
}

static void note_done(struct job *j)
{
	struct letter *t = OWNER(j, struct letter, j);

	buf_str(t->log, "done ");
	loop_stop(t->loop);
}

static void on_first(struct post *p)
{
	struct letter *t = OWNER(p, struct letter, p);

	if (!t->times++)
		buf_str(t->log, t->name);
}

TEST(posts_of_a_job_come_before_its_end)
{
	struct err e = { 0 };
	auto_loop struct loop *l = loop_new(&e);
	auto_buf struct buf log = { 0 };
	struct letter second = { .p.fn = on_first, .log = &log, .name = "second " };
	struct letter first = { .p.fn = on_first,
				.log = &log,
				.name = "first ",
				.loop = l,
				.other = &second,
				.j = { .run = post_twice, .done = note_done } };

	CHECK(job_start(l, &first.j, &e) == 0);
	CHECK(loop_run(l, &e) == 0);
	CHECK_STR(log.p, "first second done ");
	CHECK(first.times >= 1 && first.times <= 1000 && second.times == 1);
}
