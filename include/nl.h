/* SPDX-License-Identifier: Apache-2.0 */
/* nl.h - a netlink conversation: one socket, one sequence, the kernel's own words on failure.
 * The only door to libmnl together with the other files of net/. */
#pragma once
#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "base.h"
#include "buf.h"
#include "ip.h"

enum { NL_BUF = 16384, NL_BATCH = 24, NL_TRIES = 5 };

/* What a request is, for the text of an error: "add route 10.0.0.7/32 dev 5 table 254". It is read
 * back from the request itself, because nearly all succeed. */
typedef void nl_say(const struct nlmsghdr *m, struct buf *out);

/* About 33 KiB: a local variable in a one-shot program, a member in a daemon. Zero is closed. */
struct nl {
	struct mnl_socket *sock; /* belongs to the namespace it was opened in, for good */
	uint32_t seq, port;
	bool batching;
	size_t start, used; /* of the current and of all queued requests in bytes */
	size_t nqueued;
	size_t failed; /* after a failed nl_commit(): which request it was, counted from 0 */
	struct {
		uint32_t at; /* of the request in bytes */
		int ok;      /* an errno that counts as success */
		nl_say *what;
	} queued[NL_BATCH];
	/* At most NL_BUF of requests, and where rx says, right behind them, NL_BUF of answers: a
	 * page of memory that a short-lived program need not touch is time saved. */
	size_t rx;
	_Alignas(NLMSG_ALIGNTO) char bytes[2 * NL_BUF];
};
/* NETLINK_ROUTE in the namespace netns_fd, 0 for here. Extended acks and strict checking are on. */
MUST int nl_open(struct nl *nl, int netns_fd, struct err *e);
/* Any protocol (NETLINK_NETFILTER ...), multicast groups as a bit mask (RTMGRP_*), in the same way.
 */
MUST int nl_open_proto(struct nl *nl, int proto, uint32_t groups, int netns_fd, struct err *e);
int nl_fd(const struct nl *nl);
void nl_close(struct nl *nl);
#define auto_nl AUTO(nl_close)

/* Start a request; its fixed header (ifinfomsg, rtmsg ...) follows zeroed. Attributes follow with
 * nl_put*(); a request that outgrows the buffer is a bug and dies. */
void *nl_request(struct nl *nl, uint16_t type, uint16_t flags, size_t header);
struct nlmsghdr *nl_msg(struct nl *nl); /* the request being built */
void *nl_header(struct nl *nl,
		size_t n); /* one more fixed header, inside a nest (VETH_INFO_PEER) */
void nl_put(struct nl *nl, uint16_t attr, const void *data, size_t n);
void nl_put_u8(struct nl *nl, uint16_t attr, uint8_t v);
void nl_put_u16(struct nl *nl, uint16_t attr, uint16_t v);
void nl_put_u32(struct nl *nl, uint16_t attr, uint32_t v);
void nl_put_str(struct nl *nl, uint16_t attr, const char *s); /* with its NUL */
void nl_put_ip(struct nl *nl, uint16_t attr, struct ip ip);   /* nothing when there is no address */
struct nlattr *nl_nest(struct nl *nl, uint16_t attr);
void nl_end(struct nl *nl, struct nlattr *nest);

/* Send the request and wait for its acknowledgement. An answer of errno ok (0: none) is success
 * too. On failure e->num is the kernel's errno and e->msg "WHAT: kernel's sentence: strerror".
 * No WHAT when what is NULL.
 * While batching, only queue it and return 0. */
MUST int nl_talk(struct nl *nl, int ok, nl_say *what, struct err *e);
/* Between these, requests go out in one send and are answered in one go, in order. The kernel
 * carries on after a failed one; nl_commit() returns the first failure and leaves its place in
 * nl->failed. At most NL_BATCH requests; no query in between. */
void nl_begin(struct nl *nl);
MUST int nl_commit(struct nl *nl, struct err *e);

/* Send a query (one answer, or a dump when flags had NLM_F_DUMP); fn sees every object. A dump that
 * the kernel calls interrupted is restarted, NL_TRIES times at most (fn then sees objects again:
 * reset arg in restart, which may be NULL). Text of the last failure: "netlink operation
 * interruption persisted after 5 attempts". fn may not talk on nl, whose buffer it reads; nl_list()
 * lifts both burdens. */
typedef int nl_fn(const struct nlmsghdr *m, void *arg, struct err *e);
MUST int nl_query(struct nl *nl, nl_fn *fn, void (*restart)(void *arg), void *arg, struct err *e);
/* A query as an array: parse() makes of each object an element of `size` zeroed bytes; 1: keep it,
 * 0: skip it, -1: give up. out holds the elements of the last, whole dump. */
typedef int nl_parse(const struct nlmsghdr *m, void *elem, struct err *e);
MUST int nl_list(struct nl *nl, size_t size, nl_parse *parse, struct buf *out, struct err *e);
/* One datagram of notifications (a socket opened with groups), without waiting: 1 = fn saw
 * something, 0 = nothing there, ENOBUFS: some were lost, so read everything anew. */
MUST int nl_receive(struct nl *nl, nl_fn *fn, void *arg, struct err *e);

/* Reading a message, without trust: its fixed header (NULL and EBADMSG when it is shorter than
 * `header`), and the attributes by number in tb[0..max], NULL where absent; the last of equals
 * wins. */
const void *nl_attrs(const struct nlmsghdr *m, size_t header, const struct nlattr **tb,
		     uint16_t max, struct err *e);
/* The same for the attributes inside a (NULL: none). The second passes over a fixed header. */
void nl_nested(const struct nlattr *a, const struct nlattr **tb, uint16_t max);
void nl_nested_behind(const struct nlattr *a, size_t header, const struct nlattr **tb,
		      uint16_t max);
/* Values; zero, "" or no address when a is NULL or has another size than the value. */
uint8_t nl_u8(const struct nlattr *a);
uint16_t nl_u16(const struct nlattr *a);
uint32_t nl_u32(const struct nlattr *a);
const char *nl_str(const struct nlattr *a); /* lives as long as the message */
struct ip nl_ip(const struct nlattr *a, uint8_t family);
bool nl_bytes(const struct nlattr *a, void *out,
	      size_t n); /* false, out untouched, unless n long */
