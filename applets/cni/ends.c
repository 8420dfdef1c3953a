/* SPDX-License-Identifier: Apache-2.0 */
/* ends.c - the network namespaces at the two ends of a pod's wire. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>

#include "cni.h"
#include "netns.h"

int cni_ends_open(struct cni *c, struct err *e)
{
	bool allowed = strcmp(c->override, "1") == 0 || strcasecmp(c->override, "true") == 0;
	int self;

	if (netns_open(c->netns, &c->netns_fd, e) < 0) {
		wrap(e, "CNI_NETNS");
		return CNI_FAILED;
	}
	/* we are one thread: this is less work than what netns_self() must do */
	self = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (self < 0) {
		fail(e, errno, "open /proc/self/ns/net:");
		return CNI_FAILED;
	}
	c->self = self;
	if (allowed || !netns_same(c->netns_fd, c->self))
		return 0;
	fail(e, EINVAL, "plugin's netns and netns from CNI_NETNS should not be the same: %s",
	     c->netns);
	return CNI_BAD_NETNS;
}

int cni_ends_talk(struct cni *c, struct err *e)
{
	int rc;

	if (!c->here.sock && nl_open(&c->here, 0, e) < 0)
		return -1;
	if (!c->netns_fd || c->there.sock)
		return 0;
	if (netns_go(c->netns_fd, e) < 0)
		return -1;
	rc = nl_open(&c->there, 0, e);
	if (netns_go(c->self, e) < 0)
		die("return to own network namespace:"); /* or we wire the wrong machine */
	return rc;
}

struct pod_ends cni_ends(struct cni *c)
{
	return (struct pod_ends) { &c->here, &c->there, c->self, c->netns_fd };
}

void cni_ends_close(struct cni *c)
{
	nl_close(&c->here);
	nl_close(&c->there);
	fd_free(&c->self);
	fd_free(&c->netns_fd);
}
