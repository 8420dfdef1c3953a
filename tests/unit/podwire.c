/* SPDX-License-Identifier: Apache-2.0 */
/* podwire.c - what pod_setup() and pod_teardown() say when the kernel refuses one step, and what
 * they forgive: with scripted kernels in the place of the host's and the pod's. */
#include <errno.h>

#include "nlscript.h"
#include "nstest.h"
#include "pod.h"
#include "test.h"

enum { HOST, POD, REQUESTS = 12 };

/* How many requests precede the host's last, the search for rules 1536 that ends with "none". */
enum { HOST_SEARCH = 8 };

/* Acknowledge everything but request `seq`. */
static void script(struct script *s, int where, uint32_t seq, int num)
{
	script_open(s);
	for (uint32_t i = 1; i <= REQUESTS; i++) {
		if (i == seq)
			say_error(s, i, num);
		else if (where == POD && i == 2)
			say_link(s, 0, i, 3);
		else
			say_error(s, i, where == HOST && i >= HOST_SEARCH ? ENOENT : 0);
	}
}

static int setup(int where, uint32_t seq, int num, struct err *e)
{
	AUTO_SCRIPT struct script host = { 0 }, pod = { 0 };
	struct pod_ends n = { &host.nl, &pod.nl, 3, 3 };
	struct pod_if p = { .host = "eni8ea2c11fe35", .cont = "eth0", .table = 4, .index = 1 };

	CHECK(ip_parse("192.168.100.42", &p.ip));
	script(&host, HOST, where == HOST ? seq : 0, num);
	script(&pod, POD, where == POD ? seq : 0, num);
	return pod_setup(&n, &p, e);
}

#define PAIR "SetupPodNetwork: failed to setup veth pair: "
#define NETWORK PAIR "failed to setup veth network: "
#define WIRED "SetupPodNetwork: unable to setup IP based container routes and rules: "

TEST(pod_setup_says_which_step_was_refused)
{
	static const struct {
		int where;
		uint32_t seq;
		const char *want;
	} cases[] = {
		{ POD, 1, NETWORK "create veth pair eth0/eni8ea2c11fe35: Operation not permitted" },
		{ POD, 2,
		  NETWORK "setup NS network: failed to find link \"eth0\": find link eth0: "
			  "Operation not permitted" },
		{ HOST, 1,
		  NETWORK "setup NS network: failed to set host link \"eni8ea2c11fe35\" up: change "
			  "link 3: Operation not permitted" },
		{ HOST, 2,
		  WIRED "failed to setup container route, containerAddr=192.168.100.42/32, "
			"hostVeth=eni8ea2c11fe35, rtTable=main: replace route 192.168.100.42/32 "
			"dev 3 table 254: Operation not permitted" },
		{ HOST, 3,
		  WIRED "failed to setup toContainer rule, containerAddr=192.168.100.42/32, "
			"rtTable=main: add rule 512 from all to 192.168.100.42/32 table 254: "
			"Operation not permitted" },
		{ HOST, 4,
		  WIRED "failed to setup fromContainer rule, containerAddr=192.168.100.42/32, "
			"rtTable=4: add rule 1536 from 192.168.100.42/32 table 4: "
			"Operation not permitted" },
		{ POD, 3,
		  NETWORK "setup NS network: failed to set link \"eth0\" up: change link 3: "
			  "Operation not permitted" },
		{ POD, 4,
		  NETWORK "setup NS network: failed to add default gateway: replace route "
			  "169.254.1.2/32 dev 3 table 1: Operation not permitted" },
		{ POD, 5,
		  NETWORK "setup NS network: failed to add default route: add route default via "
			  "169.254.1.2 dev 3 table 1: Operation not permitted" },
		{ POD, 6,
		  NETWORK "setup NS network: failed to add IP addr to \"eth0\": add address "
			  "192.168.100.42/32 to link 3: Operation not permitted" },
		{ POD, 7,
		  NETWORK "setup NS network: failed to add static ARP: add neighbour 169.254.1.2 "
			  "dev 3: Operation not permitted" },
		{ POD, 8,
		  NETWORK "setup NS network: failed to add rule for 192.168.100.42: add rule 1 "
			  "from 192.168.100.42/32 table 1: Operation not permitted" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = { 0 };

		CHECK(setup(cases[i].where, cases[i].seq, EPERM, &e) == -1);
		CHECK_INT(e.num, EPERM);
		CHECK_STR(e.msg, cases[i].want);
	}
}

TEST(pod_setup_forgives_what_is_there_already)
{
	static const struct {
		int where;
		uint32_t seq;
		int num;
	} cases[] = {
		{ HOST, 0, 0 },      /* nothing refused; the host's end has no sysctls */
		{ HOST, 3, EEXIST }, /* rule 512 */
		{ HOST, 4, EEXIST }, /* rule 1536 */
		{ POD, 8, EEXIST },  /* the pod's rule */
	};
	struct err e = { 0 };

	for (size_t i = 0; i < COUNT(cases); i++)
		CHECK(setup(cases[i].where, cases[i].seq, cases[i].num, &e) == 0);
	CHECK(setup(POD, 7, EEXIST, &e) == -1); /* but no neighbour may have been there */
}

TEST(pod_setup_deletes_a_veth_that_is_in_the_way_once)
{
	static const struct {
		int deletion; /* what the host answers to it */
		const char *want;
	} cases[] = {
		{ EPERM, PAIR "failed to delete old hostVeth eni8ea2c11fe35: delete link "
			      "eni8ea2c11fe35: Operation not permitted" },
		{ 0, NETWORK "the pod's namespace has an interface eth0 already: create veth pair "
			     "eth0/eni8ea2c11fe35: File exists" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_SCRIPT struct script host = { 0 }, pod = { 0 };
		struct pod_ends n = { &host.nl, &pod.nl, 3, 3 };
		struct pod_if p = { .host = "eni8ea2c11fe35", .cont = "eth0", .table = 4 };
		struct err e = { 0 };

		CHECK(ip_parse("192.168.100.42", &p.ip));
		script_open(&host);
		script_open(&pod);
		say_error(&pod, 1, EEXIST);
		say_error(&host, 1, cases[i].deletion);
		say_error(&pod, 2, EEXIST);
		CHECK(pod_setup(&n, &p, &e) == -1);
		CHECK_STR(e.msg, cases[i].want);
	}
}

/* ---- the pair ahead of the rest */

struct ahead {
	struct script host, pod;
	struct pod_ends n;
	struct pod_if p;
};

static void ahead_close(struct ahead *a)
{
	script_close(&a->host);
	script_close(&a->pod);
}

static void ahead_open(struct ahead *a)
{
	a->n = (struct pod_ends) { &a->host.nl, &a->pod.nl, 3, 3 };
	a->p = (struct pod_if) { .host = "eni8ea2c11fe35", .cont = "eth0", .table = 4, .index = 1 };
	CHECK(ip_parse("192.168.100.42", &a->p.ip));
}

TEST(pod_unpair_removes_what_pod_pair_made_and_nothing_else)
{
	AUTO(ahead_close) struct ahead a = { 0 };
	struct err e = { 0 };

	ahead_open(&a);
	script_open(&a.host);
	script_open(&a.pod);
	CHECK(pod_unpair(&a.n, &a.p, &e) == 0); /* nothing was made */
	say_error(&a.pod, 1, EEXIST);
	CHECK(pod_pair(&a.n, &a.p, &e) == -1);
	CHECK_INT(e.num, EEXIST);
	CHECK(pod_unpair(&a.n, &a.p, &e) == 0); /* what is there is another's */
	CHECK_INT(a.pod.nl.seq, 1);
	say_error(&a.pod, 2, 0);
	CHECK(pod_pair(&a.n, &a.p, &e) == 0);
	say_error(&a.pod, 3, EPERM);
	CHECK(pod_unpair(&a.n, &a.p, &e) == -1);
	CHECK_STR(e.msg, "delete link eth0: Operation not permitted");
	CHECK(pod_unpair(&a.n, &a.p, &e) == 0); /* once */
	CHECK_INT(a.pod.nl.seq, 3);
	CHECK_INT(a.host.nl.seq, 0); /* that end may be another sandbox's by now */
}

TEST(pod_setup_takes_over_the_pair_that_was_made_ahead)
{
	AUTO(ahead_close) struct ahead a = { 0 };
	struct err e = { 0 };
	struct mac mac;

	ahead_open(&a);
	script(&a.host, HOST, 0, 0);
	script(&a.pod, POD, 0, 0);
	CHECK(pod_pair(&a.n, &a.p, &e) == 0);
	mac = a.p.host_mac;
	CHECK(a.p.paired && !mac_eq(mac, (struct mac) { 0 }));
	CHECK(pod_setup(&a.n, &a.p, &e) == 0);
	CHECK(!a.p.paired && mac_eq(mac, a.p.host_mac));
	CHECK_INT(a.pod.nl.seq, 8);             /* as many requests as without */
	CHECK(pod_unpair(&a.n, &a.p, &e) == 0); /* it is wired and stays */
	CHECK_INT(a.host.nl.seq, 4);
}

TEST(pod_setup_that_fails_takes_the_pair_made_ahead_away)
{
	AUTO(ahead_close) struct ahead a = { 0 };
	struct err e = { 0 };

	ahead_open(&a);
	script(&a.host, HOST, 0, 0);
	script(&a.pod, POD, 7, EPERM);
	CHECK(pod_pair(&a.n, &a.p, &e) == 0);
	CHECK(pod_setup(&a.n, &a.p, &e) == -1);
	CHECK_INT(a.pod.nl.seq, 8);
	CHECK(a.host.nl.seq > 1 && !a.p.paired);
}

/* A name below which the kernel has no folder of sysctls, so that writing there fails for another
 * reason than absence. */
#define NO_FOLDER "lo/mtu"

TEST(pod_setup_says_what_of_ipv6_was_refused)
{
	static const struct {
		const char *host, *cont;
		uint32_t refused; /* the pod's request */
		const char *want;
	} cases[] = {
		{ NO_FOLDER, "eth0", 0,
		  NETWORK "failed to disable IPv6 router advertisements: set sysctl "
			  "net/ipv6/conf/lo/mtu/accept_ra to 0: Not a directory" },
		{ "eni8ea2c11fe35", NO_FOLDER, 0,
		  NETWORK "setupVeth network: failed to enable IPv6 on container veth interface: "
			  "set sysctl net/ipv6/conf/lo/mtu/disable_ipv6 to 0: Not a directory" },
		{ "eni8ea2c11fe35", "eth0", 8,
		  NETWORK "setupVeth network: failed while waiting for v6 addresses to be stable: "
			  "could not list addresses: list addresses: Operation not permitted" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_SCRIPT struct script host = { 0 }, pod = { 0 };
		auto_nl struct nl unused = { 0 };
		auto_fd int ns = ns_new(&unused);
		struct pod_ends n = { &host.nl, &pod.nl, ns, ns };
		struct pod_if p = { .table = 4 };
		struct err e = { 0 };

		CHECK(ip_parse("2600::15", &p.ip));
		snprintf(p.host, sizeof(p.host), "%s", cases[i].host);
		snprintf(p.cont, sizeof(p.cont), "%s", cases[i].cont);
		script(&host, HOST, 0, 0);
		script(&pod, POD, cases[i].refused, EPERM);
		CHECK(pod_setup(&n, &p, &e) == -1);
		CHECK_STR(e.msg, cases[i].want);
	}
}

/* Requests: 1 rule 512, 2 route, 3 and on: rules 1536. */
static int teardown(uint32_t table, const int answers[4], struct err *e)
{
	AUTO_SCRIPT struct script s = { 0 };
	struct ip ip;

	CHECK(ip_parse("192.168.100.42", &ip));
	script_open(&s);
	for (uint32_t i = 0; i < 4; i++)
		say_error(&s, i + 1, answers[i]);
	return pod_teardown(&s.nl, ip, table, e);
}

#define DOWN "TeardownPodNetwork: unable to teardown IP based container routes and rules: "

TEST(pod_teardown_fails_only_for_rules)
{
	static const struct {
		uint32_t table;
		int answers[4];
		const char *want; /* "" success */
	} cases[] = {
		{ 4, { 0, 0, 0, ENOENT }, "" },
		{ 4, { ENOENT, ESRCH, ENOENT }, "" },
		{ 4, { 0, EPERM, ENOENT }, "" }, /* the kernel removes the route anyway */
		{ 1, { 0, 0, EPERM }, "" },      /* main: not asked */
		{ 254, { 0, 0, EPERM }, "" },
		{ 4,
		  { EPERM, EACCES, ENOENT },
		  DOWN "failed to delete toContainer rule, containerAddr=192.168.100.42/32, "
		       "rtTable=main: remove rule 512 from all to 192.168.100.42/32 table 254: "
		       "Operation not permitted" },
		{ 4,
		  { 0, 0, 0, EPERM },
		  DOWN "failed to delete fromContainer rule, containerAddr=192.168.100.42/32, "
		       "rtTable=4: remove rule 1536 from 192.168.100.42/32 table 4: "
		       "Operation not permitted" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = { 0 };
		int rc = teardown(cases[i].table, cases[i].answers, &e);

		CHECK_INT(rc, cases[i].want[0] ? -1 : 0);
		if (rc < 0)
			CHECK_STR(e.msg, cases[i].want);
	}
}
