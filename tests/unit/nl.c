/* SPDX-License-Identifier: Apache-2.0 */
/* nl.c - netlink conversations, with the kernel and with a scripted one that misbehaves. */
#include <errno.h>
#include <unistd.h>

#include "addr.h"
#include "iface.h"
#include "neigh.h"
#include "nlscript.h"
#include "nstest.h"
#include "route.h"
#include "rule.h"
#include "test.h"

static const struct veth pair = { .name = "a0", .peer = "b0" };

/* A request that the kernel refuses with a sentence of its own. */
static void bad_route(struct nl *nl)
{
	struct rtmsg *r = nl_request(nl, RTM_NEWROUTE, NLM_F_CREATE, sizeof(*r));

	r->rtm_family = AF_INET;
	r->rtm_dst_len = 33;
}

/* What it is, read back from itself. */
static void say_try(const struct nlmsghdr *m, struct buf *out)
{
	const struct rtmsg *r = mnl_nlmsg_get_payload(m);

	buf_fmt(out, "try %d bits", r->rtm_dst_len);
}

TEST(netlink_failure_keeps_the_kernels_own_sentence)
{
	auto_nl struct nl nl = { 0 };
	struct err e = { 0 };

	ns_open(&nl);
	bad_route(&nl);
	CHECK(nl_talk(&nl, 0, say_try, &e) == -1);
	CHECK_INT(e.num, EINVAL);
	CHECK_STR(e.msg, "try 33 bits: Invalid prefix length: Invalid argument");
	CHECK(iface_del(&nl, 99, &e) == -1);
	CHECK_INT(e.num, ENODEV);
	CHECK_STR(e.msg, "delete link 99: No such device");
}

TEST(netlink_answer_that_is_expected_is_success)
{
	auto_nl struct nl nl = { 0 };
	struct err e = { 0 };

	ns_open(&nl);
	bad_route(&nl);
	CHECK(nl_talk(&nl, EINVAL, NULL, &e) == 0);
	bad_route(&nl);
	CHECK(nl_talk(&nl, EEXIST, NULL, &e) == -1);
	CHECK_STR(e.msg, "Invalid prefix length: Invalid argument");
}

TEST(netlink_batch_names_its_first_failure_and_does_the_rest)
{
	auto_nl struct nl nl = { 0 };
	const struct iface_set up = { .up = true };
	struct iface i;
	struct err e = { 0 };

	ns_open(&nl);
	nl_begin(&nl);
	CHECK(veth_add(&nl, &pair, &e) == 0);
	bad_route(&nl);
	CHECK(nl_talk(&nl, 0, say_try, &e) == 0);
	CHECK(iface_change_name(&nl, "a0", &up, &e) == 0);
	bad_route(&nl);
	CHECK(nl_talk(&nl, 0, NULL, &e) == 0);
	CHECK(nl_commit(&nl, &e) == -1);
	CHECK_INT(nl.failed, 1);
	CHECK_STR(e.msg, "try 33 bits: Invalid prefix length: Invalid argument");
	CHECK(iface_get(&nl, "a0", &i, &e) == 0 && i.flags & IFF_UP);
}

TEST(netlink_batch_forgives_what_each_request_forgives)
{
	auto_nl struct nl nl = { 0 };
	struct iface i;
	struct err e = { 0 };

	ns_open(&nl);
	nl_begin(&nl);
	bad_route(&nl);
	CHECK(nl_talk(&nl, EINVAL, NULL, &e) == 0);
	CHECK(veth_add(&nl, &pair, &e) == 0);
	CHECK(iface_del_name(&nl, "a0", &e) == 0 && iface_del_name(&nl, "a0", &e) == 0);
	CHECK(nl_commit(&nl, &e) == 0);
	CHECK(iface_get(&nl, "a0", &i, &e) == -1 && e.num == ENODEV);
	nl_begin(&nl);
	CHECK(nl_commit(&nl, &e) == 0); /* an empty one */
	CHECK(iface_get(&nl, "lo", &i, &e) == 0);
}

static int count_links(const struct nlmsghdr *m, void *arg, struct err *e)
{
	int *n = arg;

	(void)e;
	*n += m->nlmsg_type == RTM_NEWLINK;
	return 0;
}

TEST(netlink_notifications_arrive_without_waiting)
{
	auto_nl struct nl nl = { 0 }, ear = { 0 };
	auto_fd int ns = ns_new(&nl);
	struct err e = { 0 };
	int links = 0;

	CHECK(nl_open_proto(&ear, NETLINK_ROUTE, RTMGRP_LINK, ns, &e) == 0);
	CHECK(nl_receive(&ear, count_links, &links, &e) == 0);
	CHECK(veth_add(&nl, &pair, &e) == 0);
	while (nl_receive(&ear, count_links, &links, &e) > 0)
		;
	CHECK(links >= 2);
}

TEST(netlink_message_of_another_process_is_no_answer)
{
	auto_nl struct nl nl = { 0 }, liar = { 0 };
	auto_fd int ns = ns_new(&nl);
	struct sockaddr_nl to = { .nl_family = AF_NETLINK, .nl_pid = nl.port };
	struct {
		struct nlmsghdr h;
		struct nlmsgerr r;
	} lie = { { sizeof(lie), NLMSG_ERROR, 0, nl.seq + 1, nl.port }, { .error = -EPERM } };
	struct iface i;
	struct err e = { 0 };

	CHECK(nl_open(&liar, ns, &e) == 0);
	CHECK(sendto(nl_fd(&liar), &lie, sizeof(lie), 0, (struct sockaddr *)&to, sizeof(to)) ==
	      (ssize_t)sizeof(lie));
	CHECK(iface_get(&nl, "lo", &i, &e) == 0 && i.index == 1);
}

struct seen {
	int n, last;
};

static int see(const struct iface *i, void *arg)
{
	struct seen *s = arg;

	s->n++;
	s->last = i->index;
	return 0;
}

TEST(netlink_dump_that_was_interrupted_is_read_anew)
{
	AUTO_SCRIPT struct script s = { 0 };
	struct seen seen = { 0 };
	struct err e = { 0 };

	script_open(&s);
	say_link(&s, NLM_F_MULTI, 1, 5);
	say_link(&s, NLM_F_MULTI | NLM_F_DUMP_INTR, 1, 6);
	say_done(&s, 0, 1);
	say_link(&s, NLM_F_MULTI, 2, 8);
	say_done(&s, NLM_F_DUMP_INTR, 2); /* the last word counts as well */
	say_link(&s, NLM_F_MULTI, 1, 9);  /* stale */
	say_link(&s, NLM_F_MULTI, 3, 7);
	say_done(&s, 0, 3);
	CHECK(iface_each(&s.nl, see, &seen, &e) == 0);
	CHECK_INT(seen.n, 1);
	CHECK_INT(seen.last, 7);
}

TEST(netlink_answer_to_another_port_is_not_ours)
{
	AUTO_SCRIPT struct script s = { 0 };
	struct iface i;
	struct err e = { 0 };

	script_open(&s);
	s.nl.port = 78;
	say_link(&s, 0, 1, 5);
	say_error(&s, 2, EPERM);
	s.nl.port = 77;
	say_link(&s, 0, 1, 6);
	say_error(&s, 2, 0);
	CHECK(iface_get(&s.nl, "x", &i, &e) == 0);
	CHECK_INT(i.index, 6);
	CHECK(iface_del(&s.nl, 6, &e) == 0);
}

TEST(netlink_dump_that_is_always_interrupted_fails_after_five_attempts)
{
	AUTO_SCRIPT struct script s = { 0 };
	struct seen seen = { 0 };
	struct err e = { 0 };

	script_open(&s);
	for (uint32_t seq = 1; seq <= 6; seq++)
		say_done(&s, NLM_F_DUMP_INTR, seq);
	CHECK(iface_each(&s.nl, see, &seen, &e) == -1);
	CHECK_INT(e.num, EINTR);
	CHECK_STR(e.msg, "list links: netlink operation interruption persisted after 5 attempts");
	CHECK_INT(seen.n, 0);
}

TEST(netlink_dump_may_succeed_at_the_fifth_attempt)
{
	AUTO_SCRIPT struct script s = { 0 };
	struct seen seen = { 0 };
	struct err e = { 0 };

	script_open(&s);
	for (uint32_t seq = 1; seq <= 4; seq++)
		say_done(&s, NLM_F_DUMP_INTR, seq);
	say_link(&s, NLM_F_MULTI, 5, 7);
	say_done(&s, 0, 5);
	CHECK(iface_each(&s.nl, see, &seen, &e) == 0);
	CHECK_INT(seen.n, 1);
}

TEST(netlink_dump_that_fails_is_not_asked_again)
{
	AUTO_SCRIPT struct script s = { 0 };
	struct seen seen = { 0 };
	const int num = -ENOBUFS;
	struct err e = { 0 };

	script_open(&s);
	say(&s, NLMSG_DONE, NLM_F_MULTI, 1, &num, sizeof(num));
	say_done(&s, 0, 2);
	CHECK(iface_each(&s.nl, see, &seen, &e) == -1);
	CHECK_INT(e.num, ENOBUFS);
}

static int give_up(const struct nlmsghdr *m, void *arg, struct err *e)
{
	return fail(e, E2BIG, "object %d of type %u", ++*(int *)arg, m->nlmsg_type);
}

TEST(netlink_dump_that_its_reader_gives_up_is_still_read_to_its_end)
{
	AUTO_SCRIPT struct script s = { 0 };
	struct iface i;
	struct err e = { 0 };
	int n = 0;

	script_open(&s);
	say_link(&s, NLM_F_MULTI, 1, 5);
	say_link(&s, NLM_F_MULTI, 1, 6);
	say_done(&s, 0, 1);
	say_link(&s, 0, 2, 3);
	nl_request(&s.nl, RTM_GETLINK, NLM_F_DUMP, sizeof(struct ifinfomsg));
	CHECK(nl_query(&s.nl, give_up, NULL, &n, &e) == -1);
	CHECK_STR(e.msg, "object 1 of type 16");
	CHECK(iface_get(&s.nl, "x", &i, &e) == 0);
	CHECK_INT(i.index, 3);
}

TEST(netlink_answers_that_are_malformed_are_named)
{
	static const struct {
		uint16_t type;
		int error;
		size_t n;
		const char *want;
	} cases[] = {
		{ NLMSG_ERROR, -1, 3, "short netlink answer" },
		{ NLMSG_ERROR, 7, sizeof(struct nlmsgerr), "netlink answer with error 7" },
		{ NLMSG_ERROR, INT32_MIN, sizeof(struct nlmsgerr),
		  "netlink answer with error -2147483648" },
		{ NLMSG_ERROR, -EPERM, sizeof(struct nlmsgerr), "Operation not permitted" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_SCRIPT struct script s = { 0 };
		struct nlmsgerr r = { .error = cases[i].error };
		struct err e = { 0 };

		script_open(&s);
		say(&s, cases[i].type, 0, 1, &r, cases[i].n);
		nl_request(&s.nl, RTM_NEWLINK, 0, sizeof(struct ifinfomsg));
		CHECK(nl_talk(&s.nl, 0, NULL, &e) == -1);
		CHECK_STR(e.msg, cases[i].want);
	}
}

TEST(netlink_socket_that_ends_is_a_failure_and_not_a_loop)
{
	AUTO_SCRIPT struct script s = { 0 };
	struct iface i;
	struct err e = { 0 };

	script_open(&s);
	say_link(&s, 0, 9, 3);
	CHECK(shutdown(s.kernel, SHUT_WR) == 0);
	CHECK(iface_get(&s.nl, "x", &i, &e) == -1);
	CHECK_INT(e.num, EBADMSG);
}

/* Random bytes behind a valid header, as links, as errors with attributes and as the end of a dump:
 * nothing may be read outside of the message (the sanitizers tell). */
TEST(netlink_messages_of_random_bytes_do_no_harm)
{
	static const uint16_t types[] = { RTM_NEWLINK, NLMSG_ERROR, NLMSG_DONE };
	unsigned rnd = 1;

	for (int round = 0; round < 3000; round++) {
		AUTO_SCRIPT struct script s = { 0 };
		struct seen seen = { 0 };
		uint8_t junk[96];
		struct err e = { 0 };

		script_open(&s);
		for (size_t i = 0; i < sizeof(junk); i++) {
			rnd = rnd * 1103515245 + 12345;
			junk[i] = (uint8_t)(rnd >> 16) & (round & 1 ? 0xff : 0x0f);
		}
		if (round & 2)
			memset(junk, 0xff, 4); /* a plausible error: the attributes are reached */
		say(&s, types[round % 3], NLM_F_MULTI | NLM_F_ACK_TLVS, 1, junk,
		    (size_t)round % sizeof(junk));
		for (uint32_t seq = 1; seq <= 2; seq++)
			say_done(&s, 0, seq);
		if (iface_each(&s.nl, see, &seen, &e) < 0)
			CHECK(e.num && e.msg[0]);
	}
}

TEST(netlink_attributes_are_sorted_and_the_crooked_ones_left_out)
{
	struct {
		struct nlmsghdr h;
		struct {
			struct nlattr a;
			uint8_t v[4];
		} at[4];
	} m = { { sizeof(m), RTM_NEWLINK, 0, 1, 1 },
		{ { { 8, 1 }, { 1, 0, 0, 0 } },
		  { { 6, 2 | NLA_F_NESTED }, { 7, 9, 0, 0 } },
		  { { 8, 60000 }, { 5 } },
		  { { 200, 3 }, { 5 } } } };
	const struct nlattr *tb[4];
	struct err e = { 0 };

	CHECK(nl_attrs(&m.h, 0, tb, 3, &e) != NULL);
	CHECK(!tb[0] && tb[1] && tb[2] && !tb[3]);
	CHECK(nl_u8(tb[1]) == 0 && nl_u16(tb[2]) != 0 && nl_u32(tb[2]) == 0);
	CHECK(nl_u32(tb[1]) != 0 && nl_ip(tb[1], IP_V4).family == IP_V4);
	CHECK(nl_ip(tb[1], IP_V6).family == 0 && nl_ip(tb[3], IP_V4).family == 0);
	CHECK_STR(nl_str(tb[2]), ""); /* no NUL at its end */
	CHECK(nl_attrs(&m.h, 64, tb, 3, &e) == NULL && e.num == EBADMSG);
}

TEST(netlink_opened_in_what_is_no_namespace_fails)
{
	struct nl nl = { 0 };
	auto_fd int fd = dup(2);
	struct err e = { 0 };

	CHECK(nl_open(&nl, fd, &e) == -1 && e.num == EINVAL && !nl.sock);
	nl_close(&nl);
}

/* ---- what a refused request was */

static void refuse_all(struct nl *nl, struct err e[15])
{
	const struct cidr pod = { { IP_V4, { 10, 0, 0, 7 } }, 32 };
	const struct route v4 = { .dst = pod, .oif = 5, .table = 300 };
	const struct route v6 = { .family = IP_V6, .via = { IP_V6, { 0xfe, 0x80, [15] = 1 } } };
	const struct rule to = { .prio = 512, .table = 254, .dst = pod };
	const struct rule from = { .prio = 1536, .table = 300, .src = pod };
	const struct addr a = { .index = 9, .ip = pod };
	const struct neigh n = { .index = 9, .ip = pod.ip };
	const struct iface_set up = { .up = true }, named = { .rename = "b0" };

	CHECK(route_add(nl, &v4, &e[0]) == -1);
	CHECK(route_replace(nl, &v6, &e[1]) == -1);
	CHECK(route_remove(nl, &v4, &e[2]) == -1);
	CHECK(rule_ensure(nl, &to, &e[3]) == -1);
	CHECK(rule_remove(nl, &from, NULL, &e[4]) == -1);
	CHECK(addr_ensure(nl, &a, &e[5]) == -1);
	CHECK(addr_remove(nl, &a, &e[6]) == -1);
	CHECK(neigh_add(nl, &n, &e[7]) == -1);
	CHECK(neigh_replace(nl, &n, &e[8]) == -1);
	CHECK(neigh_remove(nl, &n, &e[9]) == -1);
	CHECK(iface_change(nl, 9, &named, &e[10]) == -1);
	CHECK(iface_change_name(nl, "a0", &up, &e[11]) == -1);
	CHECK(iface_del(nl, 9, &e[12]) == -1);
	CHECK(iface_del_name(nl, "a0", &e[13]) == -1);
	CHECK(veth_add(nl, &pair, &e[14]) == -1);
}

#define NO ": Operation not permitted"

TEST(netlink_requests_that_are_refused_say_what_they_were)
{
	static const char *const want[] = {
		"add route 10.0.0.7/32 dev 5 table 300" NO,
		"replace route default via fe80::1 table 254" NO,
		"remove route 10.0.0.7/32 dev 5 table 300" NO,
		"add rule 512 from all to 10.0.0.7/32 table 254" NO,
		"remove rule 1536 from 10.0.0.7/32 table 300" NO,
		"add address 10.0.0.7/32 to link 9" NO,
		"remove address 10.0.0.7/32 from link 9" NO,
		"add neighbour 10.0.0.7 dev 9" NO,
		"replace neighbour 10.0.0.7 dev 9" NO,
		"remove neighbour 10.0.0.7 dev 9" NO,
		"change link 9" NO,
		"change link a0" NO,
		"delete link 9" NO,
		"delete link a0" NO,
		"create veth pair a0/b0" NO,
	};
	AUTO_SCRIPT struct script s = { 0 };
	struct err e[COUNT(want)] = { 0 };

	script_open(&s);
	for (uint32_t i = 0; i < COUNT(want); i++)
		say_error(&s, i + 1, EPERM);
	refuse_all(&s.nl, e);
	for (size_t i = 0; i < COUNT(want); i++)
		CHECK_STR(e[i].msg, want[i]);
}
