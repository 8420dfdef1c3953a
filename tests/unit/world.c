/* SPDX-License-Identifier: Apache-2.0 */
/* world.c - the simulated VPC's model: the same seed gives the same VPC, and EC2's refusals. */
#include <errno.h>
#include <string.h>

#include "test.h"
#include "world.h"

struct told { /* what the hooks heard */
	int attached, detached, added, removed;
	struct ip last;
	struct instance *host;
};

static void on_attached(void *arg, struct eni *eni)
{
	struct told *t = arg;

	t->attached++;
	t->host = eni->host;
}

static void on_detached(void *arg, struct eni *eni)
{
	struct told *t = arg;

	t->detached++;
	t->host = eni->host;
}

static void on_address(void *arg, struct eni *eni, struct ip ip, bool added)
{
	struct told *t = arg;

	(void)eni;
	t->added += added;
	t->removed += !added;
	t->last = ip;
}

static struct world_config config(const char *type, int nodes, int zones)
{
	return (struct world_config) { .nodes = nodes,
				       .zones = zones,
				       .subnet_len = 24,
				       .hop_limit = 2,
				       .type = type,
				       .region = "ap-northeast-2",
				       .vpc = { ip_v4(0xc0a80000), 16 },
				       .seed = 7 };
}

/* Two t3.medium (3 ENIs of 6 addresses) in two zones. */
static struct world world_of(const char *type, int nodes, int zones)
{
	struct world_config c = config(type, nodes, zones);
	struct world w;
	struct err e = { 0 };

	CHECK(world_init(&w, &c, &e) == 0);
	CHECK_STR(e.msg, "");
	return w;
}

static struct eni *created(struct world *w, struct subnet *s, int secondary)
{
	struct eni *n = NULL;
	struct err e = { 0 };

	CHECK(world_create(w, s, "aws-K8S-test", secondary, &n, &e) == 0);
	return n;
}

static bool refused(int rc, const struct err *e, const char *code, const char *words)
{
	if (rc == 0 || strcmp(e->code, code) != 0 || !strstr(e->msg, words))
		printf("# rc %d, %s: %s\n", rc, e->code, e->msg);
	return rc < 0 && strcmp(e->code, code) == 0 && strstr(e->msg, words);
}

TEST(world_two_nodes_stand_in_two_zones)
{
	struct world w = world_of("t3.medium", 3, 2);

	CHECK(w.nsubnets == 2 && w.ninstances == 3);
	CHECK_STR(cidr_text(w.subnets[0].cidr).s, "192.168.1.0/24");
	CHECK_STR(cidr_text(w.subnets[1].cidr).s, "192.168.2.0/24");
	CHECK_STR(w.subnets[1].zone, "ap-northeast-2b");
	CHECK_STR(w.subnets[1].zone_id, "apne2-az2");
	CHECK(w.instances[0].subnet == &w.subnets[0] && w.instances[1].subnet == &w.subnets[1]);
	CHECK(w.instances[2].subnet == &w.subnets[0]);
	CHECK_STR(w.instances[2].name, "node3");
	CHECK_STR(ip_text(w.instances[2].public_ip).s, "203.0.113.13");
	CHECK(strlen(w.subnets[0].id) == strlen("subnet-") + 17);
	CHECK(strlen(w.account) == 12 && w.instances[0].hop_limit == 2);
	world_free(&w);
	CHECK(!w.enis && !w.instances);
}

TEST(world_a_node_begins_with_its_primary_eni)
{
	struct world w = world_of("t3.medium", 1, 1);
	struct instance *i = &w.instances[0];
	struct eni *n = i->primary;
	char name[96];

	CHECK(n && w.enis == n && !n->next && n->host == i && n->device == 0 && n->nips == 1);
	CHECK(n->attached && n->delete_on_termination && n->mac.b[0] == 0x02);
	snprintf(name, sizeof(name), "ip-192-168-1-%u.ap-northeast-2.compute.internal",
		 n->ips[0].ip.b[3]);
	CHECK_STR(i->hostname, name);
	CHECK(strlen(i->key_id) == 20 && strncmp(i->key_id, "ASIA", 4) == 0);
	CHECK(strlen(i->secret) == 40 && strlen(i->session) > 100);
	CHECK(world_by_key(&w, i->key_id) == i && !world_by_key(&w, "ASIA"));
	CHECK(world_instance(&w, "node1") == i && world_instance(&w, i->id) == i);
	CHECK(world_by_ip(&w, n->ips[0].ip) == n && world_by_ip(&w, i->public_ip) == n);
	CHECK(!world_by_ip(&w, ip_v4(0xc0a80102)));
	world_free(&w);
}

TEST(world_us_east_1_has_names_of_its_own)
{
	struct world_config c = config("t3.medium", 1, 1);
	struct world w;
	struct err e = { 0 };

	c.region = "us-east-1";
	CHECK(world_init(&w, &c, &e) == 0);
	CHECK_STR(w.subnets[0].zone_id, "use1-az1");
	CHECK_STR(world_private_dns(&w, ip_v4(0x0a000001)).s, "ip-10-0-0-1.ec2.internal");
	CHECK_STR(world_public_dns(&w, ip_v4(0x0a000001)).s,
		  "ec2-10-0-0-1.compute-1.amazonaws.com");
	world_free(&w);
}

TEST(world_the_same_seed_gives_the_same_world)
{
	struct world a = world_of("t3.medium", 2, 2), b = world_of("t3.medium", 2, 2);
	struct world_config c = config("t3.medium", 2, 2);
	struct eni *na = created(&a, &a.subnets[0], 5), *nb = created(&b, &b.subnets[0], 5);
	struct world other;
	struct err e = { 0 };

	CHECK_STR(a.vpc_id, b.vpc_id);
	CHECK_STR(a.instances[1].id, b.instances[1].id);
	CHECK_STR(a.instances[1].secret, b.instances[1].secret);
	CHECK_STR(na->id, nb->id);
	CHECK(mac_eq(na->mac, nb->mac));
	for (size_t i = 0; i < na->nips; i++)
		CHECK(ip_eq(na->ips[i].ip, nb->ips[i].ip));
	c.seed = 8;
	CHECK(world_init(&other, &c, &e) == 0);
	CHECK(strcmp(a.vpc_id, other.vpc_id) != 0);
	world_free(&a);
	world_free(&b);
	world_free(&other);
}

TEST(world_what_happens_in_one_zone_changes_nothing_in_another)
{
	struct world a = world_of("t3.medium", 2, 2), b = world_of("t3.medium", 2, 2);
	struct eni *na, *nb;

	created(&b, &b.subnets[1], 5);
	na = created(&a, &a.subnets[0], 5);
	nb = created(&b, &b.subnets[0], 5);
	CHECK_STR(na->id, nb->id);
	CHECK(na->nips == 6 && ip_eq(na->ips[5].ip, nb->ips[5].ip));
	world_free(&a);
	world_free(&b);
}

TEST(world_a_vpc_has_no_addresses_of_the_kernels_or_of_the_labs_internet)
{
	static const uint8_t taken[][2] = { { 8, 8 }, { 127, 0 }, { 169, 254 }, { 203, 0 } };

	for (size_t i = 0; i < COUNT(taken); i++) {
		struct world_config c = { .nodes = 1,
					  .zones = 1,
					  .region = "eu-west-1",
					  .type = "t3.medium",
					  .vpc = { { IP_V4, { taken[i][0], taken[i][1] } }, 16 },
					  .subnet_len = 24 };
		struct world w = { 0 };
		struct err e = { 0 };

		CHECK(world_init(&w, &c, &e) < 0);
		CHECK(strstr(e.msg, "is not for a VPC"));
		world_free(&w);
	}
}

#define ONE_NODE .nodes = 1, .zones = 1, .region = "eu-west-1", .type = "t3.medium"

TEST(world_wrong_configurations_are_named)
{
	static const struct {
		struct world_config c;
		const char *words;
	} cases[] = {
		{ { .nodes = 0 }, "nodes: 0" },
		{ { .nodes = 65 }, "nodes: 65" },
		{ { .nodes = 1, .zones = 7 }, "zones: 7" },
		{ { .nodes = 1, .zones = 1, .region = "seoul" }, "region: 'seoul'" },
		{ { .nodes = 1, .zones = 1 }, "region: ''" },
		{ { .nodes = 1, .zones = 1, .region = "eu-west-1", .type = "t3.meduim" },
		  "'t3.meduim' is not known; did you mean t3.medium?" },
		{ { ONE_NODE }, "vpc cidr: ''" },
		{ { ONE_NODE, .vpc = { { IP_V4, { 10 } }, 24 } }, "'10.0.0.0/24'" },
		{ { ONE_NODE, .vpc = { { IP_V4, { 10, 0, 1 } }, 16 } },
		  "did you mean 10.0.0.0/16?" },
		{ { ONE_NODE, .vpc = { { IP_V4, { 10 } }, 16 }, .subnet_len = 19 },
		  "/19 must be /20 to /24" },
		{ { .nodes = 1,
		    .zones = 4,
		    .region = "eu-west-1",
		    .type = "t3.medium",
		    .vpc = { { IP_V4, { 10 } }, 18 },
		    .subnet_len = 20 },
		  "4 of them and one for services" },
		{ { ONE_NODE, .vpc = { { IP_V4, { 10 } }, 16 }, .subnet_len = 24 },
		  "hop limit: 0" },
		{ { ONE_NODE, .vpc = { { IP_V4, { 10 } }, 16 }, .subnet_len = 24, .hop_limit = 2,
		    .call_ms = -1 },
		  "below 0" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct world w;
		struct err e = { 0 };

		CHECK(world_init(&w, &cases[i].c, &e) == -1 && e.num == EINVAL);
		CHECK(strstr(e.msg, cases[i].words));
		world_free(&w);
	}
}

TEST(world_an_eni_is_created_attached_detached_deleted)
{
	struct world w = world_of("t3.medium", 1, 1);
	struct told told = { 0 };
	struct instance *i = &w.instances[0];
	struct eni *n = created(&w, &w.subnets[0], 2);
	struct err e = { 0 };
	char id[WORLD_ID], attachment[WORLD_ID + 8];

	w.hooks = (struct world_hooks) { .attached = on_attached,
					 .detached = on_detached,
					 .address = on_address,
					 .arg = &told };
	memcpy(id, n->id, sizeof(id));
	CHECK(strlen(id) == strlen("eni-") + 17 && world_eni(&w, id) == n);
	CHECK(n->nips == 3 && !n->host && n != i->primary);
	CHECK(world_attach(&w, n, i, 1, 0, &e) == 0);
	memcpy(attachment, n->attachment, sizeof(attachment));
	CHECK(strlen(attachment) == strlen("eni-attach-") + 17);
	CHECK(n->host == i && !n->attached && told.attached == 0);
	CHECK(world_eni_attachment(&w, attachment) == n);
	world_link_up(&w, n);
	world_link_up(&w, n);
	CHECK(n->attached && told.attached == 1 && told.host == i);
	told.host = NULL;
	CHECK(world_detach(&w, n, &e) == 0);
	CHECK(told.detached == 1 && told.host == i && !n->host && !n->attached);
	CHECK(!world_eni_attachment(&w, attachment));
	CHECK(world_delete(&w, n, &e) == 0 && !world_eni(&w, id));
	world_free(&w);
}

TEST(world_a_link_that_was_never_up_tells_nobody_of_its_end)
{
	struct world w = world_of("t3.medium", 1, 1);
	struct told told = { 0 };
	struct eni *n = created(&w, &w.subnets[0], 0);
	struct err e = { 0 };
	size_t first;

	w.hooks = (struct world_hooks) { .attached = on_attached,
					 .detached = on_detached,
					 .address = on_address,
					 .arg = &told };
	CHECK(world_attach(&w, n, &w.instances[0], 1, 0, &e) == 0);
	CHECK(world_assign(&w, n, 2, NULL, &first, &e) == 0);
	CHECK(world_detach(&w, n, &e) == 0);
	world_link_up(&w, n);
	CHECK(!told.attached && !told.detached && !told.added && !n->attached);
	world_free(&w);
}

TEST(world_addresses_come_and_go)
{
	struct world w = world_of("t3.medium", 1, 1);
	struct told told = { 0 };
	struct eni *n = w.instances[0].primary;
	struct ip gone, named = ip_v4(0xc0a80104);
	struct err e = { 0 };
	size_t first = 99;

	w.hooks = (struct world_hooks) { .attached = on_attached,
					 .detached = on_detached,
					 .address = on_address,
					 .arg = &told };
	CHECK(world_assign(&w, n, 3, NULL, &first, &e) == 0 && first == 1 && n->nips == 4);
	CHECK(told.added == 3 && ip_eq(told.last, n->ips[3].ip));
	gone = n->ips[1].ip;
	CHECK(world_unassign(&w, n, gone, &e) == 0 && n->nips == 3 && told.removed == 1);
	CHECK(ip_eq(told.last, gone) && world_ip_index(n, gone) == -1);
	CHECK(world_assign(&w, n, 0, &named, &first, &e) == 0 && first == 3);
	CHECK(world_ip_index(n, named) == 3 && world_by_ip(&w, named) == n);
	CHECK(refused(world_assign(&w, n, 0, &named, &first, &e), &e, "InvalidIPAddress.InUse",
		      "already in use"));
	world_free(&w);
}

TEST(world_every_address_is_given_once_and_none_that_is_reserved)
{
	struct world w = world_of("t3.medium", 1, 1);
	bool seen[256] = { 0 };
	int total = 0;
	struct eni *n;
	struct err e = { 0 };

	while (world_subnet_free(&w, &w.subnets[0]) >= 10)
		created(&w, &w.subnets[0], 9);
	if (world_subnet_free(&w, &w.subnets[0]))
		created(&w, &w.subnets[0], world_subnet_free(&w, &w.subnets[0]) - 1);
	CHECK(world_subnet_free(&w, &w.subnets[0]) == 0);
	for (n = w.enis; n; n = n->next) {
		for (size_t i = 0; i < n->nips; i++, total++) {
			uint8_t host = n->ips[i].ip.b[3];

			CHECK(host >= 4 && host <= 254 && !seen[host]);
			seen[host] = true;
		}
	}
	CHECK(total == 251);
	CHECK(refused(world_create(&w, &w.subnets[0], "", 0, &n, &e), &e,
		      "InsufficientFreeAddressesInSubnet",
		      "The specified subnet does not have enough free addresses"));
	world_free(&w);
}

TEST(world_addresses_are_not_handed_out_in_order)
{
	struct world w = world_of("m5.large", 1, 1);
	struct eni *n = created(&w, &w.subnets[0], 9);
	int ascending = 0;

	for (size_t i = 1; i < n->nips; i++)
		ascending += ip_eq(n->ips[i].ip, ip_add(n->ips[i - 1].ip, 1));
	CHECK(ascending < 3);
	world_free(&w);
}

TEST(world_limits_of_the_type_hold)
{
	struct world w = world_of("t3.medium", 1, 1);
	struct instance *i = &w.instances[0];
	struct eni *n[4];
	struct err e = { 0 };
	size_t first;

	for (size_t k = 0; k < COUNT(n); k++)
		n[k] = created(&w, &w.subnets[0], k == 3 ? 6 : 0);
	CHECK(refused(world_attach(&w, n[3], i, 1, 0, &e), &e, "PrivateIpAddressLimitExceeded",
		      "Number of private addresses will exceed limit."));
	CHECK(world_attach(&w, n[0], i, 1, 0, &e) == 0 && world_attach(&w, n[1], i, 2, 0, &e) == 0);
	CHECK(refused(world_attach(&w, n[2], i, 3, 0, &e), &e, "AttachmentLimitExceeded",
		      "Interface count 4 exceeds the limit for t3.medium"));
	CHECK(world_assign(&w, n[0], 5, NULL, &first, &e) == 0);
	CHECK(refused(world_assign(&w, n[0], 1, NULL, &first, &e), &e,
		      "PrivateIpAddressLimitExceeded", "exceed limit"));
	CHECK(refused(world_assign(&w, n[1], 6, NULL, &first, &e), &e,
		      "PrivateIpAddressLimitExceeded", "exceed limit"));
	CHECK(n[0]->nips == 6 && n[1]->nips == 1);
	CHECK(refused(world_create(&w, &w.subnets[0], "", 50, &n[3], &e), &e,
		      "PrivateIpAddressLimitExceeded", "exceed limit"));
	world_free(&w);
}

TEST(world_cards_count_apart)
{
	struct world w = world_of("p4d.24xlarge", 1, 1);
	struct instance *i = &w.instances[0];
	struct eni *a = created(&w, &w.subnets[0], 0), *b = created(&w, &w.subnets[0], 0);
	struct err e = { 0 };

	CHECK(world_attach(&w, a, i, 1, 0, &e) == 0);
	CHECK(refused(world_attach(&w, b, i, 1, 4, &e), &e, "InvalidParameterValue",
		      "networkCardIndex"));
	CHECK(world_attach(&w, b, i, 1, 3, &e) == 0 && b->card == 3);
	world_free(&w);
}

TEST(world_refusals_have_ec2s_codes_and_words)
{
	struct world w = world_of("t3.medium", 2, 2);
	struct instance *i = &w.instances[0];
	struct eni *n = created(&w, &w.subnets[0], 0), *far = created(&w, &w.subnets[1], 0);
	struct eni *spare = created(&w, &w.subnets[0], 0);
	struct ip router = ip_v4(0xc0a80101), elsewhere = ip_v4(0xc0a80204);
	struct err e = { 0 };
	char words[128];
	size_t first;

	CHECK(refused(world_attach(&w, far, i, 1, 0, &e), &e, "InvalidParameterCombination",
		      "not in the same availability zone"));
	CHECK(refused(world_attach(&w, n, i, 0, 0, &e), &e, "InvalidParameterValue",
		      "already has an interface attached at device index '0'."));
	CHECK(refused(world_attach(&w, n, i, 100, 0, &e), &e, "InvalidParameterValue",
		      "deviceIndex"));
	CHECK(world_attach(&w, n, i, 1, 0, &e) == 0);
	snprintf(words, sizeof(words),
		 "Instance '%s' already has an interface attached at device "
		 "index '1'.",
		 i->id);
	CHECK(refused(world_attach(&w, spare, i, 1, 0, &e), &e, "InvalidParameterValue", words));
	snprintf(words, sizeof(words), "Interface: [%s] in use.", n->id);
	CHECK(refused(world_attach(&w, n, i, 2, 0, &e), &e, "InvalidNetworkInterface.InUse",
		      words));
	snprintf(words, sizeof(words), "Network interface '%s' is currently in use.", n->id);
	CHECK(refused(world_delete(&w, n, &e), &e, "InvalidParameterValue", words));
	CHECK(refused(world_detach(&w, i->primary, &e), &e, "OperationNotPermitted",
		      "at device index 0 and networkCard index 0 cannot be detached."));
	CHECK(refused(world_detach(&w, spare, &e), &e, "InvalidAttachmentID.NotFound",
		      "does not exist"));
	CHECK(refused(world_unassign(&w, n, n->ips[0].ip, &e), &e, "InvalidParameterValue",
		      "cannot be unassigned"));
	snprintf(words, sizeof(words), "are not assigned to interface %s", n->id);
	CHECK(refused(world_unassign(&w, n, router, &e), &e, "InvalidParameterValue", words));
	CHECK(refused(world_assign(&w, n, 0, &router, &first, &e), &e, "InvalidParameterValue",
		      "192.168.1.1"));
	CHECK(refused(world_assign(&w, n, 0, &elsewhere, &first, &e), &e, "InvalidParameterValue",
		      "192.168.2.4"));
	CHECK(n->host == i && n->nips == 1 && !spare->host && !far->host);
	world_free(&w);
}

TEST(world_tags_are_set_and_replaced)
{
	struct world w = world_of("t3.medium", 1, 1);
	struct world_tag *tags = NULL;

	CHECK(!world_tag_get(tags, "a"));
	world_tag(&w, &tags, "a", "1");
	world_tag(&w, &tags, "b", "");
	world_tag(&w, &tags, "a", "2");
	CHECK_STR(world_tag_get(tags, "a"), "2");
	CHECK_STR(world_tag_get(tags, "b"), "");
	CHECK(tags->next && !tags->next->next);
	world_free(&w);
}
