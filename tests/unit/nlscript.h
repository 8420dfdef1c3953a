/* SPDX-License-Identifier: Apache-2.0 */
/* nlscript.h - a kernel that answers what the test wrote beforehand, for what the real one never
 * says. */
#pragma once
#include <sys/socket.h>
#include <sys/time.h>

#include "nl.h"
#include "test.h"

/* Answers are matched by sequence number; a conversation counts its requests from 1. */
struct script {
	struct nl nl;
	int kernel;
};

static inline void script_close(struct script *s)
{
	nl_close(&s->nl);
	fd_free(&s->kernel);
}
#define AUTO_SCRIPT AUTO(script_close)

static inline void script_open(struct script *s)
{
	/* who waits for words that the script has not got fails, and does not hang */
	const struct timeval patience = { .tv_sec = 10 };
	int fd[2];

	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) == 0);
	CHECK(setsockopt(fd[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0);
	s->nl.sock = mnl_socket_fdopen(fd[0]);
	s->nl.port = 77;
	s->kernel = fd[1];
}

static inline void say(struct script *s, uint16_t type, uint16_t flags, uint32_t seq, const void *p,
		       size_t n)
{
	char all[512] = { 0 };
	struct nlmsghdr h = { (uint32_t)(NLMSG_HDRLEN + n), type, flags, seq, s->nl.port };

	memcpy(all, &h, sizeof(h));
	memcpy(all + NLMSG_HDRLEN, p, n);
	CHECK(send(s->kernel, all, h.nlmsg_len, 0) == (ssize_t)h.nlmsg_len);
}

static inline void say_link(struct script *s, uint16_t flags, uint32_t seq, int index)
{
	struct ifinfomsg ifi = { .ifi_index = index };

	say(s, RTM_NEWLINK, flags, seq, &ifi, sizeof(ifi));
}

/* An acknowledgement, or with num a refusal. */
static inline void say_error(struct script *s, uint32_t seq, int num)
{
	struct nlmsgerr r = { .error = -num };

	say(s, NLMSG_ERROR, NLM_F_CAPPED, seq, &r, sizeof(r));
}

static inline void say_done(struct script *s, uint16_t flags, uint32_t seq)
{
	say(s, NLMSG_DONE, NLM_F_MULTI | flags, seq, "\0\0\0", 4);
}
