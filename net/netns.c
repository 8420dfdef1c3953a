/* SPDX-License-Identifier: Apache-2.0 */
/* netns.c - network namespaces: open, enter for a moment, create. */
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "netns.h"

static const char self_path[] = "/proc/thread-self/ns/net";

int netns_open(const char *path, int *fd, struct err *e)
{
	auto_fd int ns = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (ns < 0)
		return fail(e, errno, "open network namespace %s:", path);
	if (ioctl(ns, NS_GET_NSTYPE) != CLONE_NEWNET)
		return fail(e, EINVAL, "%s is not a network namespace", path);
	*fd = TAKE(ns);
	return 0;
}

int netns_self(int *fd, struct err *e)
{
	return netns_open(self_path, fd, e);
}

bool netns_same(int a, int b)
{
	struct stat sa, sb;

	return fstat(a, &sa) == 0 && fstat(b, &sb) == 0 && sa.st_dev == sb.st_dev &&
	       sa.st_ino == sb.st_ino;
}

int netns_go(int fd, struct err *e)
{
	return setns(fd, CLONE_NEWNET) < 0 ? fail(e, errno, "enter network namespace:") : 0;
}

int netns_enter(int fd, int *back, struct err *e)
{
	auto_fd int self = 0;

	if (netns_self(&self, e) < 0)
		return -1;
	if (netns_go(fd, e) < 0)
		return -1;
	*back = TAKE(self);
	return 0;
}

void netns_leave(int *back)
{
	if (*back <= 0)
		return;
	/* Going on in the wrong namespace would wire the wrong machine. */
	if (setns(*back, CLONE_NEWNET) < 0)
		die("return to own network namespace:");
	fd_free(back);
}

int netns_new(int *fd, struct err *e)
{
	auto_netns int back = 0;
	int self = 0;

	if (netns_self(&self, e) < 0)
		return -1;
	if (unshare(CLONE_NEWNET) < 0) {
		fail(e, errno, "create network namespace:");
		fd_free(&self);
		return -1;
	}
	back = self;
	return netns_self(fd, e);
}
