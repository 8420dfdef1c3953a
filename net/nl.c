/* SPDX-License-Identifier: Apache-2.0 */
/* nl.c - the conversation: requests out, acknowledgements and objects in. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "netns.h"
#include "nl.h"

static int open_here(struct nl *nl, int proto, uint32_t groups, struct err *e)
{
	int one = 1;

	nl->sock = mnl_socket_open2(proto, SOCK_CLOEXEC);
	if (!nl->sock)
		return fail(e, errno, "netlink socket:");
	/* Both only add detail; a kernel without them is served as well. */
	mnl_socket_setsockopt(nl->sock, NETLINK_EXT_ACK, &one, sizeof(one));
	mnl_socket_setsockopt(nl->sock, NETLINK_GET_STRICT_CHK, &one, sizeof(one));
	if (mnl_socket_bind(nl->sock, groups, MNL_SOCKET_AUTOPID) < 0) {
		fail(e, errno, "netlink bind:");
		nl_close(nl);
		return -1;
	}
	nl->port = mnl_socket_get_portid(nl->sock);
	return 0;
}

int nl_open_proto(struct nl *nl, int proto, uint32_t groups, int netns_fd, struct err *e)
{
	auto_netns int back = 0;

	if (netns_fd && netns_enter(netns_fd, &back, e) < 0)
		return -1;
	return open_here(nl, proto, groups, e);
}

int nl_open(struct nl *nl, int netns_fd, struct err *e)
{
	return nl_open_proto(nl, NETLINK_ROUTE, 0, netns_fd, e);
}

int nl_fd(const struct nl *nl)
{
	return mnl_socket_get_fd(nl->sock);
}

void nl_close(struct nl *nl)
{
	if (nl->sock)
		mnl_socket_close(nl->sock);
	nl->sock = NULL;
}

static int transmit(struct nl *nl, size_t n, struct err *e)
{
	ssize_t sent;

	nl->rx = NLMSG_ALIGN(n);
	do
		sent = send(nl_fd(nl), nl->bytes, n, 0);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? fail(e, errno, "netlink send:") : 0;
}

static const struct nlmsghdr *answers(const struct nl *nl)
{
	return (const struct nlmsghdr *)(nl->bytes + nl->rx);
}

/* One datagram of answers; *n is 0 when somebody else than the kernel sent it. */
static int receive(struct nl *nl, int flags, int *n, struct err *e)
{
	struct sockaddr_nl from = { 0 };
	socklen_t len = sizeof(from);
	ssize_t got;

	do
		got = recvfrom(nl_fd(nl), nl->bytes + nl->rx, NL_BUF, flags | MSG_TRUNC,
			       (struct sockaddr *)&from, &len);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return fail(e, errno, "netlink receive:");
	if (got == 0) /* never from a kernel; going on would spin */
		return fail(e, EBADMSG, "empty netlink message");
	if (got > NL_BUF)
		return fail(e, EMSGSIZE, "netlink message of %zd bytes:", got);
	*n = from.nl_pid ? 0 : (int)got;
	return 0;
}

/* Record what the message m says of failure num; `skip` bytes of payload precede its attributes. */
static int refused(const struct nlmsghdr *m, size_t skip, int num, struct err *e)
{
	const struct nlattr *tb[NLMSGERR_ATTR_MAX + 1] = { NULL };
	const char *sentence;

	if (m->nlmsg_flags & NLM_F_ACK_TLVS && !nl_attrs(m, skip, tb, NLMSGERR_ATTR_MAX, e))
		return -1;
	sentence = nl_str(tb[NLMSGERR_ATTR_MSG]);
	return *sentence ? fail(e, num, "%s:", sentence) : fail(e, num, "%s", strerror(num));
}

/* An NLMSG_ERROR, or the NLMSG_DONE of a dump: 0 when it reports success. */
static int verdict(const struct nlmsghdr *m, struct err *e)
{
	size_t skip = m->nlmsg_type == NLMSG_DONE ? sizeof(int) : sizeof(struct nlmsgerr);
	const struct nlmsgerr *r = mnl_nlmsg_get_payload(m);

	if (mnl_nlmsg_get_payload_len(m) < skip)
		return m->nlmsg_type == NLMSG_DONE ? 0 : fail(e, EBADMSG, "short netlink answer");
	if (r->error == 0)
		return 0;
	if (r->error > 0 || r->error < -4095)
		return fail(e, EBADMSG, "netlink answer with error %d", r->error);
	/* The request comes back in full before the attributes, unless the kernel capped it. */
	if (m->nlmsg_type == NLMSG_ERROR && !(m->nlmsg_flags & NLM_F_CAPPED) &&
	    r->msg.nlmsg_len > NLMSG_HDRLEN)
		skip += NLMSG_ALIGN(r->msg.nlmsg_len) - NLMSG_HDRLEN;
	return refused(m, skip, -r->error, e);
}

int nl_talk(struct nl *nl, int ok, nl_say *what, struct err *e)
{
	size_t i = nl->nqueued++;

	if (i == COUNT(nl->queued))
		die("netlink batch of more than %zu requests", i);
	nl->queued[i].at = (uint32_t)nl->start;
	nl->queued[i].ok = ok;
	nl->queued[i].what = what;
	nl->used = nl->start + NLMSG_ALIGN(nl_msg(nl)->nlmsg_len);
	return nl->batching ? 0 : nl_commit(nl, e);
}

void nl_begin(struct nl *nl)
{
	if (nl->batching)
		die("netlink batch inside a batch");
	nl->batching = true;
	nl->start = nl->used = nl->nqueued = 0;
}

static struct nlmsghdr *queued(struct nl *nl, size_t i)
{
	return (struct nlmsghdr *)(nl->bytes + nl->queued[i].at);
}

/* Take the answer m of a batch. *first: where the first failure so far is recorded. */
static void answered(struct nl *nl, const struct nlmsghdr *m, size_t *first, bool *done,
		     struct err *e)
{
	auto_buf struct buf what = { 0 };
	struct err why = { 0 };
	size_t i;

	for (i = 0; i < nl->nqueued && queued(nl, i)->nlmsg_seq != m->nlmsg_seq; i++)
		;
	if (i == nl->nqueued || m->nlmsg_pid != nl->port || m->nlmsg_type != NLMSG_ERROR)
		return; /* meant for a request we gave up on */
	*done = i + 1 == nl->nqueued;
	if (verdict(m, &why) == 0 || why.num == nl->queued[i].ok || i >= *first)
		return;
	*first = i;
	*e = why;
	if (nl->queued[i].what)
		nl->queued[i].what(queued(nl, i), &what);
	if (what.len)
		wrap(e, "%s", what.p);
}

int nl_commit(struct nl *nl, struct err *e)
{
	size_t n = nl->nqueued, first = n;
	bool done = n == 0;

	nl->batching = false;
	if (n) {
		/* Failures are answered in any case and in order, so the last answer says that all
		 * is done. */
		queued(nl, n - 1)->nlmsg_flags |= NLM_F_ACK;
		done = transmit(nl, nl->used, e) < 0;
		first = done ? 0 : n;
	}
	while (!done) {
		const struct nlmsghdr *m = answers(nl);
		int left;

		if (receive(nl, 0, &left, e) < 0) {
			first = 0;
			break;
		}
		for (; mnl_nlmsg_ok(m, left); m = mnl_nlmsg_next(m, &left))
			answered(nl, m, &first, &done, e);
	}
	nl->failed = first;
	nl->start = nl->used = nl->nqueued = 0;
	return first < n ? -1 : 0;
}

/* A query under way. */
struct query {
	nl_fn *fn;
	void *arg;
	bool done, interrupted, failed;
};

/* One message for it. After a failure the rest is still read, or the next request would meet it. */
static void heard(struct nl *nl, struct query *q, const struct nlmsghdr *m, struct err *e)
{
	struct err why = { 0 };
	int rc;

	if (m->nlmsg_seq != nl_msg(nl)->nlmsg_seq || m->nlmsg_pid != nl->port)
		return; /* meant for a request we gave up on */
	if (m->nlmsg_flags & NLM_F_DUMP_INTR)
		q->interrupted = true;
	if (m->nlmsg_type == NLMSG_DONE || m->nlmsg_type == NLMSG_ERROR) {
		q->done = true;
		rc = verdict(m, &why);
	} else {
		q->done = !(m->nlmsg_flags & NLM_F_MULTI);
		rc = q->failed || q->interrupted || m->nlmsg_type < NLMSG_MIN_TYPE
			     ? 0
			     : q->fn(m, q->arg, &why);
	}
	if (rc < 0 && !q->failed) {
		q->failed = true;
		*e = why;
	}
}

static int ask(struct nl *nl, struct query *q, struct err *e)
{
	if (transmit(nl, nl_msg(nl)->nlmsg_len, e) < 0)
		return -1;
	while (!q->done) {
		const struct nlmsghdr *m = answers(nl);
		int left;

		if (receive(nl, 0, &left, e) < 0)
			return -1;
		for (; mnl_nlmsg_ok(m, left) && !q->done; m = mnl_nlmsg_next(m, &left))
			heard(nl, q, m, e);
	}
	return q->failed ? -1 : 0;
}

int nl_query(struct nl *nl, nl_fn *fn, void (*restart)(void *arg), void *arg, struct err *e)
{
	if (nl->batching)
		die("netlink query inside a batch");
	for (int i = 0; i < NL_TRIES; i++) {
		struct query q = { .fn = fn, .arg = arg };
		int rc = ask(nl, &q, e);

		if (rc < 0 || !q.interrupted)
			return rc;
		if (restart)
			restart(arg);
		nl_msg(nl)->nlmsg_seq = ++nl->seq;
	}
	return fail(e, EINTR, "netlink operation interruption persisted after %d attempts",
		    NL_TRIES);
}

struct list {
	size_t size;
	nl_parse *parse;
	struct buf *out;
};

static int list_add(const struct nlmsghdr *m, void *arg, struct err *e)
{
	struct list *l = arg;
	char *elem = buf_room(l->out, l->size);
	int rc;

	memset(elem, 0, l->size);
	rc = l->parse(m, elem, e);
	if (rc > 0)
		l->out->len += l->size;
	return rc < 0 ? -1 : 0;
}

static void list_restart(void *arg)
{
	struct list *l = arg;

	l->out->len = 0;
}

int nl_list(struct nl *nl, size_t size, nl_parse *parse, struct buf *out, struct err *e)
{
	struct list l = { size, parse, out };

	out->len = 0;
	return nl_query(nl, list_add, list_restart, &l, e);
}

int nl_receive(struct nl *nl, nl_fn *fn, void *arg, struct err *e)
{
	const struct nlmsghdr *m = answers(nl);
	int left, seen = 0;

	if (receive(nl, MSG_DONTWAIT, &left, e) < 0)
		return e->num == EAGAIN ? 0 : -1;
	for (; mnl_nlmsg_ok(m, left); m = mnl_nlmsg_next(m, &left)) {
		if (m->nlmsg_type < NLMSG_MIN_TYPE)
			continue;
		if (fn(m, arg, e) < 0)
			return -1;
		seen = 1;
	}
	return seen;
}
