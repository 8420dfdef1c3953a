/* SPDX-License-Identifier: Apache-2.0 */
/* kube_room.c - watches, leases and events where no descriptor is left: nothing is half begun. */
#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

#include "kubeevent.h"
#include "kubelease.h"
#include "kubewatch.h"
#include "test.h"

/* As many descriptors as there are, and n more; returns what to give back to setrlimit(). */
static struct rlimit leave_room(unsigned n)
{
	struct rlimit before = { 0 }, few;
	int fd = dup(STDERR_FILENO);

	close(fd);
	getrlimit(RLIMIT_NOFILE, &before);
	few = (struct rlimit) { (rlim_t)fd + n, before.rlim_max };
	CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
	return before;
}

TEST(without_descriptors_no_watch_begins)
{
	struct err e = { 0 };
	auto_loop struct loop *l = loop_new(&e);
	const struct kubewatch_options o = { .loop = l, .kind = KUBE_SERVICE, .ns = "" };
	struct kubewatch *w = NULL;
	struct rlimit before = leave_room(0);

	CHECK(kubewatch_start(&w, &o, &e) < 0 && e.num == EMFILE && !w);
	setrlimit(RLIMIT_NOFILE, &before);
	CHECK_STR(e.msg, "watch services: eventfd: Too many open files");
}

TEST(without_descriptors_nobody_stands_for_leader)
{
	struct err e = { 0 };
	auto_loop struct loop *l = loop_new(&e);
	const struct kubelease_options o = { .loop = l, .ns = "a", .name = "b", .holder = "c" };
	struct kubelease *lease = NULL;
	struct rlimit before = leave_room(0);

	CHECK(kubelease_start(&lease, &o, &e) < 0 && e.num == EMFILE && !lease);
	setrlimit(RLIMIT_NOFILE, &before);
	CHECK_STR(e.msg, "Lease: eventfd: Too many open files");
}

TEST(without_descriptors_there_are_no_events)
{
	for (unsigned n = 0; n < 2; n++) {
		struct kubeevents *v = NULL;
		struct err e = { 0 };
		struct rlimit before = leave_room(n);

		CHECK(kubeevents_new(&v, NULL, "", &e) < 0 && e.num == EMFILE && !v);
		setrlimit(RLIMIT_NOFILE, &before);
		CHECK_STR(e.msg, "events: eventfd: Too many open files");
	}
}
