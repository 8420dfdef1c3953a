/* SPDX-License-Identifier: Apache-2.0 */
/* ipamd_grow.c - the pool grows: what is asked of EC2, what becomes of the answer, what of
 * failures. */
#include <errno.h>
#include <string.h>

#include "fakevpc.h"
#include "hostnet.h"
#include "ipamd.h"
#include "nstest.h"
#include "pod.h"
#include "quiet.h"

/* A node in a namespace of its own with one ENI, as the daemon has it after its start. */
struct world {
	struct fake f;
	struct ipamd d;
	struct nl nl;
	int ns, back;
};

static void world_free(struct world *w)
{
	ipamd_free(&w->d);
	fake_stop(&w->f);
	nl_close(&w->nl);
	netns_leave(&w->back);
	fd_free(&w->ns);
}
#define auto_world AUTO(world_free)

static struct attached read_eni(struct world *w, const char *id, struct arena *a)
{
	struct attached x = { 0 };
	struct err e = { 0 };

	CHECK(attached_wait(&w->d.imds, &w->d.node, id, 0, &x, a, &e) == 0);
	return x;
}

static void world_new(struct world *w, struct target target)
{
	auto_arena struct arena a = { 0 };
	struct attached x;
	struct err e = { 0 };

	w->ns = ns_new(&w->nl);
	CHECK(netns_enter(w->ns, &w->back, &e) == 0);
	fake_start(&w->f);
	w->d.config = (struct config) { .target = target,
					.cluster = "",
					.subnet_discovery = true,
					.manage_untagged = true,
					.host.mtu = 1500 };
	w->d.grow_pause = (struct backoff) { 5000, 120000, 0.15, 0 };
	CHECK(imds_init(&w->d.imds, &e) == 0 &&
	      aws_new(&w->d.aws, NULL, now_ms() + 20000, &e) == 0 &&
	      nodefacts_read(&w->d.node, &w->d.config, &w->d.imds, &e) == 0);
	CHECK_STR(e.msg, "");
	x = read_eni(w, "eni-0", &a);
	CHECK_INT(pool_adopt(&w->d.pool, &x, true), 0);
}

/* The link of a secondary ENI, which EC2 would plug in. */
static void plug(struct world *w, const char *name, uint8_t mac)
{
	struct nlattr *info;
	struct err e = { 0 };

	nl_request(&w->nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));
	nl_put_str(&w->nl, IFLA_IFNAME, name);
	nl_put(&w->nl, IFLA_ADDRESS, (uint8_t[]) { 2, 0, 0, 0, 0, mac }, 6);
	info = nl_nest(&w->nl, IFLA_LINKINFO);
	nl_put_str(&w->nl, IFLA_INFO_KIND, "bridge");
	nl_end(&w->nl, info);
	CHECK(nl_talk(&w->nl, 0, NULL, &e) == 0);
}

/* Pods that take so many addresses. */
static void take(struct world *w, int n)
{
	struct pool_place at;
	bool fresh;
	struct err e;

	for (; n > 0; n--) {
		char name[16];
		struct pool_key k = { "n", name, "eth0" };

		snprintf(name, sizeof(name), "pod-%d", n);
		CHECK(pool_assign(&w->d.pool, &k, "", "", 1, 1, &at, &fresh, &e) == 0);
	}
}

static void fault(struct world *w, const char *action, const char *code, int times)
{
	size_t i = 0;

	while (w->f.faults[i].action)
		i++;
	w->f.faults[i] = (struct fake_fault) { action, code, NULL, times, false };
}

static size_t total(struct world *w)
{
	return pool_stats(&w->d.pool, now_ms()).total;
}

TEST(grow_fills_the_first_eni_by_eni_or_by_ip_targets)
{
	static const struct {
		struct target t;
		size_t total;
		const char *log;
	} cases[] = {
		{ { 1, 0, 0 }, 3, "AssignPrivateIpAddresses(3) " },
		{ { 1, 2, 0 }, 2, "AssignPrivateIpAddresses(2) " },
		{ { 1, 0, 1 }, 1, "AssignPrivateIpAddresses(1) " },
		{ { 1, 9, 0 }, 3, "AssignPrivateIpAddresses(3) " },
	};
	auto_quiet bool q0 = quiet();

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_world struct world w = { 0 };
		struct err e = { 0 };

		world_new(&w, cases[i].t);
		CHECK(grow_first(&w.d, &e) == 0);
		CHECK_INT((long long)total(&w), (long long)cases[i].total);
		CHECK_STR(w.f.log, cases[i].log);
	}
}

TEST(grow_asks_nothing_when_there_is_enough)
{
	auto_quiet bool q0 = quiet();
	auto_world struct world w = { 0 };
	struct err e = { 0 };

	world_new(&w, (struct target) { 0, 0, 0 });
	CHECK(grow_first(&w.d, &e) == 0); /* none at all is too few even so */
	CHECK_INT((long long)total(&w), 3);
	take(&w, 2);
	w.f.log[0] = '\0';
	CHECK(grow_first(&w.d, &e) == 0);
	CHECK_STR(w.f.log, "");
	CHECK(!w.d.full);
}

static int note_eni_rule(const struct rule *r, void *arg)
{
	if (r->prio == PRIO_ENI)
		*(uint32_t *)arg = r->table;
	return 0;
}

TEST(grow_adds_an_eni_and_wires_it)
{
	auto_quiet bool q0 = quiet();
	auto_world struct world w = { 0 };
	struct pool_eni *made;
	uint32_t table = 0;
	struct err e = { 0 };

	world_new(&w, (struct target) { 1, 0, 0 });
	plug(&w, "ens6", 20);
	CHECK(grow_first(&w.d, &e) == 0);
	take(&w, 1);
	CHECK(grow_first(&w.d, &e) == 0);
	CHECK_STR(w.f.log, "AssignPrivateIpAddresses(3) DescribeSubnets CreateNetworkInterface(3) "
			   "DescribeInstances AttachNetworkInterface(1) "
			   "ModifyNetworkInterfaceAttribute ");
	made = pool_eni_get(&w.d.pool, "eni-new0");
	CHECK(made && made->ready);
	CHECK_INT(made->device, 1);
	CHECK_INT(made->table, 2);
	CHECK_INT((long long)total(&w), 6);
	CHECK(rule_each(&w.nl, IP_V4, note_eni_rule, &table, &e) == 0);
	CHECK_INT(table, 2);
}

TEST(grow_stops_at_the_limit_and_remembers)
{
	auto_quiet bool q0 = quiet();
	auto_world struct world w = { 0 };
	struct err e = { 0 };

	world_new(&w, (struct target) { 1, 0, 0 });
	w.d.unmanaged = 2; /* of three */
	CHECK(grow_first(&w.d, &e) == 0);
	take(&w, 3);
	w.f.log[0] = '\0';
	CHECK(grow_first(&w.d, &e) == 0);
	CHECK_STR(w.f.log, "");
	CHECK(w.d.full);
	w.d.unmanaged = 0;
	w.d.node.max_pods = 3; /* nobody could use more */
	CHECK(grow_first(&w.d, &e) == 0);
	CHECK_STR(w.f.log, "");
}

TEST(grow_goes_to_a_new_eni_when_the_subnet_is_full)
{
	auto_quiet bool q0 = quiet();
	auto_world struct world w = { 0 };
	struct err e = { 0 };

	world_new(&w, (struct target) { 1, 0, 0 });
	plug(&w, "ens6", 20);
	fault(&w, "AssignPrivateIpAddresses", "InsufficientFreeAddressesInSubnet", 2);
	CHECK(grow_first(&w.d, &e) == 0);
	CHECK(strstr(w.f.log, "AssignPrivateIpAddresses(3) AssignPrivateIpAddresses(1) "
			      "DescribeSubnets CreateNetworkInterface(3)") == w.f.log);
	CHECK_INT((long long)total(&w), 3);
	CHECK(w.d.grow_at <= now_ms());
	CHECK_INT(w.d.grow_err.num, 0); /* the first refusal is of no account */
}

TEST(grow_rests_two_minutes_when_the_only_subnet_is_full)
{
	auto_quiet bool q0 = quiet();
	auto_world struct world w = { 0 };
	struct err e = { 0 };

	world_new(&w, (struct target) { 1, 0, 0 });
	w.d.config.subnet_discovery = false;
	fault(&w, "AssignPrivateIpAddresses", "InsufficientFreeAddressesInSubnet", 2);
	CHECK(grow_first(&w.d, &e) == 0); /* no reason to give up the start */
	CHECK(strstr(w.f.log, "CreateNetworkInterface") == NULL);
	CHECK(w.d.grow_at > now_ms() + 100000);
	CHECK_STR(w.d.grow_err.code, "InsufficientFreeAddressesInSubnet");
	CHECK(strstr(w.d.grow_err.msg, "(request id "));
	w.f.log[0] = '\0';
	grow_check(&w.d);
	CHECK(!w.d.growing);
}

TEST(grow_rests_longer_with_each_failure)
{
	auto_quiet bool q0 = quiet();
	auto_world struct world w = { 0 };
	int64_t first;
	struct err e = { 0 };

	world_new(&w, (struct target) { 1, 0, 0 });
	fault(&w, "AssignPrivateIpAddresses", "UnauthorizedOperation", 4);
	CHECK(grow_first(&w.d, &e) < 0);
	CHECK_STR(e.code, "UnauthorizedOperation");
	first = w.d.grow_at - now_ms();
	CHECK(first > 0 && first <= 6000);
	CHECK(grow_first(&w.d, &e) < 0);
	CHECK(w.d.grow_at - now_ms() > first);
	CHECK_STR(w.d.grow_err.code, "UnauthorizedOperation");
	CHECK(grow_first(&w.d, &e) == 0);
	CHECK_INT((long long)w.d.grow_pause.next_ms, 0);
	CHECK_INT(w.d.grow_err.num, 0);
}

TEST(grow_wires_an_eni_that_is_not)
{
	auto_quiet bool q0 = quiet();
	auto_world struct world w = { 0 };
	auto_arena struct arena a = { 0 };
	struct attached x;
	struct err e = { 0 };

	world_new(&w, (struct target) { 0, 0, 0 });
	fake_add(&w.f, "eni-2", 2, 1);
	x = read_eni(&w, "eni-2", &a);
	CHECK_INT(pool_adopt(&w.d.pool, &x, false), 1);
	CHECK_INT((long long)total(&w), 0);
	plug(&w, "ens7", 2);
	CHECK(grow_first(&w.d, &e) == 0);
	CHECK_STR(w.f.log, ""); /* nothing that EC2 must do */
	CHECK(pool_eni_get(&w.d.pool, "eni-2")->ready);
	CHECK_INT((long long)total(&w), 1);
}

/* The link never comes: growing goes on, and wiring is tried again between. */
TEST(grow_is_not_kept_by_an_eni_that_cannot_be_wired)
{
	auto_quiet bool q0 = quiet();
	auto_world struct world w = { 0 };
	auto_arena struct arena a = { 0 };
	struct attached x;
	struct err e = { 0 };

	world_new(&w, (struct target) { 1, 0, 0 });
	fake_add(&w.f, "eni-2", 2, 1);
	x = read_eni(&w, "eni-2", &a);
	CHECK_INT(pool_adopt(&w.d.pool, &x, false), 1);
	w.d.wire_failed = true; /* a moment ago */
	CHECK(grow_first(&w.d, &e) == 0);
	CHECK_STR(w.f.log, "AssignPrivateIpAddresses(3) "); /* not for eni-2 */
	CHECK_INT((long long)pool_eni_get(&w.d.pool, "eni-2")->nnets, 1);
	CHECK_INT((long long)total(&w), 3);
	CHECK(!w.d.wire_failed);
	plug(&w, "ens7", 2);
	CHECK(grow_first(&w.d, &e) == 0);
	CHECK_INT((long long)total(&w), 4);
}

/* EC2 says that it gave addresses, and they are another ENI's: no reason to ask without end. */
TEST(grow_fails_when_nothing_new_comes_of_it)
{
	auto_quiet bool q0 = quiet();
	auto_world struct world w = { 0 };
	struct pool_eni other = { .id = "eni-9", .device = 9, .ready = true };
	struct err e = { 0 };

	world_new(&w, (struct target) { 1, 0, 2 });
	CHECK(pool_eni_add(&w.d.pool, &other, &e) == 0);
	CHECK(pool_net_add(&w.d.pool, "eni-9", cidr_host(ip_v4(0x0a00000b)), &e) == 0);
	CHECK(grow_first(&w.d, &e) < 0); /* 10.0.0.11 is what the fake gives */
	CHECK_INT(e.num, EEXIST);
	CHECK(w.d.grow_at > now_ms());
}

TEST(grow_waits_for_an_eni_that_imds_does_not_list_yet)
{
	auto_quiet bool q0 = quiet();
	auto_world struct world w = { 0 };
	struct late late = { "eni-2", 1 };
	struct err e = { 0 };

	world_new(&w, (struct target) { 0, 0, 0 });
	w.d.late = &late;
	w.d.nlate = 1;
	plug(&w, "ens7", 2);
	fake_add(&w.f, "eni-2", 2, 1);
	CHECK(grow_first(&w.d, &e) == 0);
	CHECK_INT((long long)w.d.nlate, 0);
	CHECK(pool_eni_get(&w.d.pool, "eni-2")->ready);
	CHECK_INT((long long)total(&w), 1);
}

TEST(grow_runs_one_job_at_a_time_until_there_is_enough)
{
	auto_quiet bool q0 = quiet();
	auto_world struct world w = { 0 };
	struct err e = { 0 };

	world_new(&w, (struct target) { 1, 0, 0 });
	w.d.loop = loop_new(&e);
	CHECK(w.d.loop != NULL);
	grow_check(&w.d);
	CHECK(w.d.growing);
	grow_check(&w.d);    /* starts no other */
	w.d.stopping = true; /* so that the end of the job ends the loop */
	CHECK(loop_run(w.d.loop, &e) == 0);
	CHECK(!w.d.growing);
	CHECK_INT((long long)total(&w), 3);
	CHECK_STR(w.f.log, "AssignPrivateIpAddresses(3) ");
	grow_check(&w.d); /* stopping: no more */
	CHECK(!w.d.growing);
}
