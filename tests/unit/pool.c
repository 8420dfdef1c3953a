/* SPDX-License-Identifier: Apache-2.0 */
/* pool.c - ENIs, addresses and leases, with a clock made of numbers. */
#include <errno.h>

#include "pool.h"
#include "test.h"

static struct cidr host(const char *s)
{
	struct ip ip = { 0 };

	CHECK(ip_parse(s, &ip));
	return cidr_host(ip);
}

static void add_eni(struct pool *p, const char *id, int device)
{
	struct pool_eni eni = { .device = device,
				.table = device ? (uint32_t)device + 1 : 254,
				.primary = device == 0,
				.ready = true };
	struct err e = { 0 };

	snprintf(eni.id, sizeof(eni.id), "%s", id);
	CHECK(pool_eni_add(p, &eni, &e) == 0);
	CHECK_STR(e.msg, "");
}

static void add_ip(struct pool *p, const char *eni, const char *ip)
{
	struct err e = { 0 };

	CHECK(pool_net_add(p, eni, host(ip), &e) == 0);
	CHECK_STR(e.msg, "");
}

/* The address that a container gets; "" when there is none. */
static struct ip_text assign(struct pool *p, const char *container, int64_t now)
{
	struct pool_key k = { "net0", container, "eth0" };
	struct pool_place at = { 0 };
	bool fresh;
	struct err e;

	if (pool_assign(p, &k, "default", container, now, 1, &at, &fresh, &e) < 0) {
		CHECK_INT(e.num, EDQUOT);
		CHECK_STR(e.msg, "AssignPodIPAddress: no available IP/Prefix addresses");
		return (struct ip_text) { "" };
	}
	return ip_text(at.ip);
}

static struct ip_text release(struct pool *p, const char *container, int64_t now)
{
	struct pool_key k = { "net0", container, "eth0" };
	struct pool_place at = { 0 };
	struct err e;

	if (pool_release(p, &k, now, &at, &e) < 0) {
		CHECK_INT(e.num, ENOENT);
		CHECK_STR(e.msg, "datastore: unknown pod");
		return (struct ip_text) { "" };
	}
	return ip_text(at.ip);
}

static void check_stats(struct pool *p, int64_t now, size_t total, size_t assigned, size_t cooling)
{
	struct pool_stats s = pool_stats(p, now);

	CHECK_INT((long long)s.total, (long long)total);
	CHECK_INT((long long)s.assigned, (long long)assigned);
	CHECK_INT((long long)s.cooling, (long long)cooling);
}

/* ---- ENIs */

TEST(pool_has_each_eni_once_in_order_of_device)
{
	auto_pool struct pool p = { 0 };
	struct pool_eni again = { .id = "eni-1", .device = 7 },
			clash = { .id = "eni-9", .device = 1 };
	struct err e;

	add_eni(&p, "eni-1", 1);
	add_eni(&p, "eni-0", 0);
	add_eni(&p, "eni-2", 2);
	CHECK_INT((long long)p.nenis, 3);
	CHECK_STR(p.enis[0].id, "eni-0");
	CHECK_STR(p.enis[2].id, "eni-2");
	CHECK(pool_eni_add(&p, &again, &e) < 0);
	CHECK_INT(e.num, EEXIST);
	CHECK_STR(e.msg, "data store: duplicate ENI");
	CHECK(pool_eni_add(&p, &clash, &e) < 0);
	CHECK_INT(e.num, EEXIST);
	CHECK_INT((long long)p.nenis, 3);
	CHECK(pool_eni_get(&p, "eni-2") == &p.enis[2]);
	CHECK(pool_eni_get(&p, "eni-3") == NULL);
}

TEST(pool_removes_an_eni_in_use_only_by_force)
{
	auto_pool struct pool p = { 0 };
	struct pool_key k = { "net0", "sandbox-1", "eth0" };
	struct pool_place at;
	bool fresh;
	struct err e;

	add_eni(&p, "eni-1", 0);
	add_eni(&p, "eni-2", 1);
	add_eni(&p, "eni-3", 2);
	CHECK(pool_eni_remove(&p, "eni-2", false, &e) == 0);
	CHECK_INT((long long)p.nenis, 2);
	CHECK(pool_eni_remove(&p, "eni-2", true, &e) < 0);
	CHECK_INT(e.num, ENOENT);
	CHECK_STR(e.msg, "datastore: unknown ENI");
	add_ip(&p, "eni-1", "1.1.1.1");
	CHECK(pool_assign(&p, &k, "a", "b", 1, 1, &at, &fresh, &e) == 0);
	CHECK_STR(ip_text(at.ip).s, "1.1.1.1");
	CHECK_INT(at.device, 0);
	CHECK_INT(at.table, 254);
	CHECK(pool_eni_remove(&p, "eni-1", false, &e) < 0);
	CHECK_INT(e.num, EBUSY);
	CHECK_STR(e.msg, "datastore: ENI is used and can not be deleted");
	check_stats(&p, 1, 1, 1, 0);
	CHECK(pool_eni_remove(&p, "eni-1", true, &e) == 0);
	check_stats(&p, 1, 0, 0, 0);
	CHECK_INT((long long)p.nleases, 0);
}

TEST(pool_takes_an_address_once_whatever_the_eni)
{
	auto_pool struct pool p = { 0 };
	struct err e;

	add_eni(&p, "eni-1", 0);
	add_eni(&p, "eni-2", 1);
	add_ip(&p, "eni-1", "1.1.1.1");
	CHECK(pool_net_add(&p, "eni-1", host("1.1.1.1"), &e) < 0);
	CHECK_INT(e.num, EEXIST);
	CHECK_STR(e.msg, "datastore: IP already in data store");
	CHECK(pool_net_add(&p, "eni-2", host("1.1.1.1"), &e) < 0);
	CHECK_INT(e.num, EEXIST);
	check_stats(&p, 1, 1, 0, 0);
	add_ip(&p, "eni-1", "1.1.1.2");
	check_stats(&p, 1, 2, 0, 0);
	add_ip(&p, "eni-2", "1.1.2.1");
	check_stats(&p, 1, 3, 0, 0);
	CHECK(pool_net_add(&p, "dummy-eni", host("1.1.2.2"), &e) < 0);
	CHECK_INT(e.num, ENOENT);
	CHECK_STR(e.msg, "datastore: unknown ENI");
	CHECK_INT((long long)pool_eni_get(&p, "eni-1")->nnets, 2);
	check_stats(&p, 1, 3, 0, 0);
}

TEST(pool_removes_an_address_in_use_only_by_force)
{
	auto_pool struct pool p = { 0 };
	struct err e;

	add_eni(&p, "eni-1", 0);
	add_ip(&p, "eni-1", "1.1.1.1");
	add_ip(&p, "eni-1", "1.1.1.2");
	add_ip(&p, "eni-1", "1.1.1.3");
	CHECK_STR(assign(&p, "c1", 1).s, "1.1.1.1");
	CHECK(pool_net_remove(&p, "eni-1", host("1.1.1.2"), false, &e) == 0);
	check_stats(&p, 1, 2, 1, 0);
	CHECK(pool_net_remove(&p, "eni-1", host("10.10.10.10"), true, &e) < 0);
	CHECK_STR(e.msg, "datastore: unknown IP");
	CHECK(pool_net_remove(&p, "eni-7", host("1.1.1.1"), true, &e) < 0);
	CHECK_STR(e.msg, "datastore: unknown ENI");
	CHECK(pool_net_remove(&p, "eni-1", host("1.1.1.1"), false, &e) < 0);
	CHECK_INT(e.num, EBUSY);
	CHECK_STR(e.msg, "datastore: IP is used and can not be deleted");
	CHECK(pool_net_remove(&p, "eni-1", host("1.1.1.1"), true, &e) == 0);
	check_stats(&p, 1, 1, 0, 0);
	CHECK_STR(release(&p, "c1", 1).s, "");
}

/* ---- pods */

TEST(pool_gives_the_lowest_free_address_of_the_first_eni)
{
	auto_pool struct pool p = { 0 };

	add_eni(&p, "eni-2", 1);
	add_eni(&p, "eni-1", 0);
	add_ip(&p, "eni-2", "10.0.0.1");
	add_ip(&p, "eni-1", "10.0.0.200");
	add_ip(&p, "eni-1", "10.0.0.30");
	CHECK_STR(assign(&p, "a", 1).s, "10.0.0.30");
	CHECK_STR(assign(&p, "b", 1).s, "10.0.0.200");
	CHECK_STR(assign(&p, "c", 1).s, "10.0.0.1");
	CHECK_STR(assign(&p, "d", 1).s, "");
}

TEST(pool_story_of_four_pods)
{
	auto_pool struct pool p = { .cooldown_ms = 30000 };
	auto_arena struct arena a = { 0 };
	struct leases l;

	add_eni(&p, "eni-1", 1);
	add_eni(&p, "eni-2", 2);
	add_ip(&p, "eni-1", "1.1.1.1");
	add_ip(&p, "eni-2", "1.1.2.2");
	CHECK_STR(assign(&p, "k1", 1).s, "1.1.1.1");
	CHECK_STR(assign(&p, "k1", 1).s, "1.1.1.1");
	check_stats(&p, 1, 2, 1, 0);
	CHECK_STR(assign(&p, "k2", 1).s, "1.1.2.2");
	add_ip(&p, "eni-1", "1.1.1.2");
	CHECK_STR(assign(&p, "k3", 1).s, "1.1.1.2");
	CHECK_STR(assign(&p, "k4", 1).s, "");
	CHECK_STR(release(&p, "k4", 1).s, "");
	CHECK_STR(release(&p, "k2", 1).s, "1.1.2.2");
	check_stats(&p, 1, 3, 2, 1);
	l = pool_leases(&p, &a);
	CHECK_INT((long long)l.n, 2);
	CHECK_STR(l.v[0].container, "k1");
	CHECK_STR(l.v[1].container, "k3");
	CHECK_INT(l.v[0].interfaces, 1);
	CHECK_STR(l.v[0].network, "net0");
	CHECK_STR(l.v[0].pod_ns, "default");
	CHECK_STR(release(&p, "k2", 1).s, "");
}

TEST(pool_tells_where_a_pod_is_wired)
{
	auto_pool struct pool p = { 0 };
	struct pool_key k = { "net0", "c", "eth0" };
	struct pool_place at;
	bool fresh;
	struct err e;

	add_eni(&p, "eni-1", 3);
	add_ip(&p, "eni-1", "10.0.0.5");
	CHECK(pool_assign(&p, &k, "", "", 1, 77, &at, &fresh, &e) == 0);
	CHECK(fresh);
	CHECK_INT(at.device, 3);
	CHECK_INT(at.table, 4);
	CHECK_INT(at.interfaces, 1);
	CHECK(pool_assign(&p, &k, "", "", 1, 78, &at, &fresh, &e) == 0);
	CHECK(!fresh);
	CHECK_INT(at.table, 4);
	CHECK(pool_release(&p, &k, 1, &at, &e) == 0);
	CHECK_INT(at.device, 3);
	CHECK_INT(at.table, 4);
}

TEST(pool_tells_pods_apart_by_every_part_of_the_key)
{
	static const struct pool_key keys[] = { { "n", "c", "eth0" },
						{ "m", "c", "eth0" },
						{ "n", "d", "eth0" },
						{ "n", "c", "eth1" } };
	auto_pool struct pool p = { 0 };
	struct pool_place at;
	bool fresh;
	struct err e;

	add_eni(&p, "eni-1", 0);
	add_ip(&p, "eni-1", "10.0.0.1");
	add_ip(&p, "eni-1", "10.0.0.2");
	add_ip(&p, "eni-1", "10.0.0.3");
	add_ip(&p, "eni-1", "10.0.0.4");
	for (size_t i = 0; i < COUNT(keys); i++) {
		CHECK(pool_assign(&p, &keys[i], "", "", 1, 1, &at, &fresh, &e) == 0);
		CHECK(fresh);
	}
	check_stats(&p, 1, 4, 4, 0);
}

TEST(pool_lets_an_address_cool_before_it_gives_it_again)
{
	auto_pool struct pool p = { .cooldown_ms = 1000 };

	add_eni(&p, "eni-1", 0);
	add_ip(&p, "eni-1", "10.0.0.1");
	add_ip(&p, "eni-1", "10.0.0.2");
	CHECK_STR(assign(&p, "a", 5000).s, "10.0.0.1");
	CHECK_STR(assign(&p, "b", 5000).s, "10.0.0.2");
	check_stats(&p, 5000, 2, 2, 0);
	CHECK_STR(release(&p, "a", 6000).s, "10.0.0.1");
	check_stats(&p, 6000, 2, 1, 1);
	CHECK_STR(assign(&p, "c", 6000).s, "");
	CHECK_STR(assign(&p, "c", 7000).s, ""); /* until the last millisecond */
	check_stats(&p, 7000, 2, 1, 1);
	check_stats(&p, 7001, 2, 1, 0);
	CHECK_STR(assign(&p, "c", 7001).s, "10.0.0.1");
	check_stats(&p, 7001, 2, 2, 0);
}

TEST(pool_cools_thirty_seconds_and_not_two_minutes)
{
	static const struct {
		int64_t later;
		size_t cooling;
	} cases[] = { { 0, 1 }, { 30000, 1 }, { 30001, 0 }, { 120000, 0 } };
	auto_pool struct pool p = { .cooldown_ms = 30000 };

	add_eni(&p, "eni-1", 0);
	add_ip(&p, "eni-1", "10.0.0.1");
	check_stats(&p, 1000, 1, 0, 0); /* never held, never cooling */
	CHECK_STR(assign(&p, "a", 1000).s, "10.0.0.1");
	CHECK_STR(release(&p, "a", 1000).s, "10.0.0.1");
	for (size_t i = 0; i < COUNT(cases); i++)
		check_stats(&p, 1000 + cases[i].later, 1, 0, cases[i].cooling);
}

TEST(pool_without_cooldown_gives_an_address_again_at_once)
{
	auto_pool struct pool p = { .cooldown_ms = 0 };

	add_eni(&p, "eni-1", 0);
	add_ip(&p, "eni-1", "10.0.0.1");
	CHECK_STR(assign(&p, "a", 9).s, "10.0.0.1");
	CHECK_STR(release(&p, "a", 9).s, "10.0.0.1");
	CHECK_STR(assign(&p, "b", 9).s, "10.0.0.1");
}

TEST(pool_forgets_an_assignment_that_was_not_written)
{
	auto_pool struct pool p = { .cooldown_ms = 30000 };
	struct ip ip = { 0 };

	add_eni(&p, "eni-1", 0);
	add_ip(&p, "eni-1", "10.0.0.1");
	CHECK_STR(assign(&p, "a", 1).s, "10.0.0.1");
	CHECK(ip_parse("10.0.0.1", &ip));
	pool_unassign(&p, ip);
	check_stats(&p, 1, 1, 0, 0); /* it does not even cool */
	CHECK_STR(release(&p, "a", 1).s, "");
	CHECK_STR(assign(&p, "b", 1).s, "10.0.0.1");
}

TEST(pool_takes_back_a_release_that_was_not_written)
{
	auto_pool struct pool p = { .cooldown_ms = 30000 };
	struct ip ip = { 0 };

	add_eni(&p, "eni-1", 0);
	add_ip(&p, "eni-1", "10.0.0.1");
	CHECK_STR(assign(&p, "a", 1).s, "10.0.0.1");
	CHECK_STR(release(&p, "a", 2).s, "10.0.0.1");
	CHECK(ip_parse("10.0.0.1", &ip));
	pool_unrelease(&p, ip);
	check_stats(&p, 3, 1, 1, 0);
	CHECK_STR(assign(&p, "a", 3).s, "10.0.0.1");
	CHECK_STR(release(&p, "a", 3).s, "10.0.0.1");
}

TEST(pool_uses_no_eni_that_is_not_wired)
{
	auto_pool struct pool p = { 0 };

	add_eni(&p, "eni-1", 1);
	add_ip(&p, "eni-1", "10.0.0.1");
	p.enis[0].ready = false;
	check_stats(&p, 1, 0, 0, 0);
	CHECK_STR(assign(&p, "a", 1).s, "");
	p.enis[0].ready = true;
	check_stats(&p, 1, 1, 0, 0);
	CHECK_STR(assign(&p, "a", 1).s, "10.0.0.1");
}

/* ---- restored leases */

static struct lease lease(const char *container, const char *ip)
{
	return (struct lease) { "net0", container, "eth0", host(ip).ip, 5, "ns", "pod", 2 };
}

TEST(pool_restores_a_lease_where_its_address_is)
{
	auto_pool struct pool p = { 0 };
	struct lease l = lease("c", "10.0.0.1");
	struct pool_key k = { "net0", "c", "eth0" };
	struct pool_place at;
	struct err e;

	add_eni(&p, "eni-1", 1);
	add_ip(&p, "eni-1", "10.0.0.1");
	p.enis[0].ready = false; /* pods stay, wired or not */
	CHECK(pool_restore(&p, &l, &e) == 0);
	CHECK(pool_restore(&p, &l, &e) < 0);
	CHECK_INT(e.num, EEXIST);
	CHECK_STR(e.msg, "datastore: IP already in data store");
	p.enis[0].ready = true;
	check_stats(&p, 1, 1, 1, 0);
	CHECK(pool_release(&p, &k, 1, &at, &e) == 0);
	CHECK_INT(at.interfaces, 2);
	CHECK_INT(at.table, 2);
}

TEST(pool_keeps_a_lease_whose_eni_is_missing)
{
	auto_pool struct pool p = { .cooldown_ms = 30000 };
	auto_arena struct arena a = { 0 };
	struct lease l = lease("c", "10.0.0.1");
	struct pool_key k = { "net0", "c", "eth0" };
	struct pool_place at;
	struct err e;

	CHECK(pool_owner(&p, l.ip) == NULL);
	CHECK(pool_restore(&p, &l, &e) == 0);
	check_stats(&p, 1, 0, 0, 0);
	CHECK_INT((long long)pool_leases(&p, &a).n, 1);
	add_eni(&p, "eni-1", 1); /* here it is again */
	add_ip(&p, "eni-1", "10.0.0.1");
	CHECK(pool_owner(&p, l.ip) == &p.enis[0]);
	check_stats(&p, 1, 1, 1, 0);
	CHECK_STR(assign(&p, "d", 1).s, "");
	CHECK(pool_eni_remove(&p, "eni-1", true, &e) == 0);
	CHECK(pool_restore(&p, &l, &e) == 0);
	CHECK(pool_release(&p, &k, 1, &at, &e) == 0);
	CHECK_STR(ip_text(at.ip).s, "10.0.0.1");
	CHECK_INT(at.table, 0); /* any, to the plugin */
}

TEST(pool_knows_pods_of_the_days_before_the_checkpoint)
{
	auto_pool struct pool p = { 0 };
	struct lease old = {
		"_migrated-from-cri", "c", "unknown", host("10.0.0.1").ip, 5, "", "", 0
	};
	struct pool_key k = { "aws-cni", "c", "eth0" }, other = { "aws-cni", "d", "eth0" };
	struct pool_place at;
	struct err e;

	add_eni(&p, "eni-1", 0);
	add_ip(&p, "eni-1", "10.0.0.1");
	CHECK(pool_restore(&p, &old, &e) == 0);
	CHECK(pool_release(&p, &other, 1, &at, &e) < 0);
	CHECK(pool_release(&p, &k, 1, &at, &e) == 0);
	CHECK_INT(at.interfaces, 1);
	check_stats(&p, 1, 1, 0, 0);
}

TEST(pool_keeps_its_own_copy_of_names)
{
	auto_pool struct pool p = { 0 };
	auto_arena struct arena a = { 0 };
	char name[] = "container";
	struct pool_key k = { name, name, name };
	struct pool_place at;
	bool fresh;
	struct err e;

	add_eni(&p, "eni-1", 0);
	add_ip(&p, "eni-1", "10.0.0.1");
	CHECK(pool_assign(&p, &k, name, name, 1, 1, &at, &fresh, &e) == 0);
	name[0] = 'X';
	CHECK_STR(pool_leases(&p, &a).v[0].pod, "container");
	CHECK_STR(pool_leases(&p, &a).v[0].network, "container");
}

/* Two hundred and fifty pods come and go in any order, and the books always balance. */
TEST(pool_balances_under_a_storm)
{
	enum { PODS = 250, TURNS = 5000 };
	auto_pool struct pool p = { .cooldown_ms = 20 };
	bool held[PODS] = { false };
	uint32_t dice = 12345;
	size_t n = 0;

	for (int i = 0; i < 15; i++) {
		char id[16];

		snprintf(id, sizeof(id), "eni-%d", i);
		add_eni(&p, id, i);
		for (int k = 0; k < 20; k++)
			CHECK(pool_net_add(&p, id,
					   cidr_host(ip_v4(0x0a000000 + (uint32_t)(i * 256 + k))),
					   &(struct err) { 0 }) == 0);
	}
	for (int turn = 0; turn < TURNS; turn++) {
		char name[16];
		size_t pod;

		dice = dice * 1103515245 + 12345;
		pod = dice / 65536 % PODS;
		snprintf(name, sizeof(name), "pod-%zu", pod);
		CHECK((*(held[pod] ? release(&p, name, turn + 1) : assign(&p, name, turn + 1)).s !=
		       '\0'));
		n = held[pod] ? n - 1 : n + 1;
		held[pod] = !held[pod];
		CHECK_INT((long long)pool_stats(&p, turn + 1).assigned, (long long)n);
	}
	for (size_t i = 1; i < p.nleases; i++)
		CHECK(ip_cmp(p.leases[i - 1].l.ip, p.leases[i].l.ip) < 0);
	check_stats(&p, TURNS, 300, n, pool_stats(&p, TURNS).cooling);
}
