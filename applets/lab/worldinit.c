/* SPDX-License-Identifier: Apache-2.0 */
/* worldinit.c - the simulated VPC on its first day: names, subnets, nodes; and its end. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sgroup.h"
#include "str.h"

enum { PUBLIC_FIRST = 10 };
static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
static const char base64ish[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

uint64_t world_draw(uint64_t *rng)
{
	uint64_t z = *rng += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

void world_id(struct world *w, const char *prefix, char *out, size_t size)
{
	snprintf(out, size, "%s0%016llx", prefix, (unsigned long long)world_draw(&w->rng));
}

/* "192-168-1-51" */
static struct ip_text dashed(struct ip ip)
{
	struct ip_text t = ip_text(ip);

	for (char *p = t.s; *p; p++)
		if (*p == '.')
			*p = '-';
	return t;
}

struct world_dns world_private_dns(const struct world *w, struct ip ip)
{
	bool first = strcmp(w->c.region, "us-east-1") == 0;
	struct world_dns d;

	if (first)
		snprintf(d.s, sizeof(d.s), "ip-%s.ec2.internal", dashed(ip).s);
	else
		snprintf(d.s, sizeof(d.s), "ip-%s.%s.compute.internal", dashed(ip).s, w->c.region);
	return d;
}

struct world_dns world_public_dns(const struct world *w, struct ip ip)
{
	bool first = strcmp(w->c.region, "us-east-1") == 0;
	struct world_dns d;

	snprintf(d.s, sizeof(d.s), "ec2-%s.%s%s.amazonaws.com", dashed(ip).s,
		 first ? "compute-1" : w->c.region, first ? "" : ".compute");
	return d;
}

/* ---- the configuration ---- */

static struct limits nearest_type(const char *type)
{
	struct limits best = { .type = "t3.medium" };
	size_t least = (size_t)-1;

	for (size_t i = 0; i < limits_count(); i++) {
		struct limits l = limits_at(i);
		size_t d = str_distance(type, l.type);

		if (d < least) {
			least = d;
			best = l;
		}
	}
	return best;
}

/* "ap-northeast-2" is area, direction and number. */
static bool region_split(const char *region, char area[8], char direction[16], unsigned *number)
{
	char rest;

	return strlen(region) < 25 &&
	       sscanf(region, "%7[a-z]-%15[a-z]-%1u%c", area, direction, number, &rest) == 3;
}

static int delay_check(const char *name, int ms, struct err *e)
{
	return ms < 0 ? fail(e, EINVAL, "%s: %d is below 0", name, ms) : 0;
}

/* What the kernel keeps to itself, and what the lab's Internet has. */
static bool reserved(struct cidr vpc)
{
	static const struct cidr blocks[] = {
		{ { IP_V4, { 0 } }, 8 },
		{ { IP_V4, { 8, 8, 8 } }, 24 },
		{ { IP_V4, { 127 } }, 8 },
		{ { IP_V4, { 169, 254 } }, 16 },
		{ { IP_V4, { 198, 18 } }, 15 },
		{ { IP_V4, { 198, 51, 100 } }, 24 },
		{ { IP_V4, { 203, 0, 113 } }, 24 },
		{ { IP_V4, { 224 } }, 3 },
	};

	for (size_t i = 0; i < COUNT(blocks); i++)
		if (cidr_contains(blocks[i], vpc.ip) || cidr_contains(vpc, blocks[i].ip))
			return true;
	return false;
}

static int config_check(const struct world_config *c, struct err *e)
{
	char area[8], direction[16];
	unsigned number;

	if (c->nodes < 1 || c->nodes > WORLD_MAX_NODES)
		return fail(e, EINVAL, "nodes: %d is not between 1 and %d", c->nodes,
			    WORLD_MAX_NODES);
	if (c->zones < 1 || c->zones > WORLD_MAX_ZONES)
		return fail(e, EINVAL, "zones: %d is not between 1 and %d", c->zones,
			    WORLD_MAX_ZONES);
	if (!c->region || !region_split(c->region, area, direction, &number))
		return fail(e, EINVAL, "region: '%s' is not like ap-northeast-2",
			    c->region ? c->region : "");
	if (!c->type || !limits_of(c->type, NULL))
		return fail(e, EINVAL, "instance type: '%s' is not known; did you mean %s?",
			    c->type ? c->type : "", nearest_type(c->type ? c->type : "").type);
	if (c->vpc.ip.family != IP_V4 || c->vpc.len < 16 || c->vpc.len > 20)
		return fail(e, EINVAL, "vpc cidr: '%s' is not an IPv4 block of /16 to /20",
			    cidr_text(c->vpc).s);
	if (reserved(c->vpc))
		return fail(e, EINVAL, "vpc cidr: '%s' is not for a VPC", cidr_text(c->vpc).s);
	if (ip_cmp(c->vpc.ip, cidr_network(c->vpc).ip) != 0)
		return fail(e, EINVAL, "vpc cidr: '%s' has host bits; did you mean %s?",
			    cidr_text(c->vpc).s, cidr_text(cidr_network(c->vpc)).s);
	if (c->subnet_len < WORLD_SUBNET_MIN || c->subnet_len > 24 ||
	    (c->private_subnets ? 2 : 1) * c->zones >= 1 << (c->subnet_len - c->vpc.len))
		return fail(e, EINVAL,
			    "subnet prefix: /%d must be /20 to /24, and %d of them and one for "
			    "services fit into %s",
			    c->subnet_len, c->zones, cidr_text(c->vpc).s);
	if (c->hop_limit < 1 || c->hop_limit > 64)
		return fail(e, EINVAL, "hop limit: %d is not between 1 and 64", c->hop_limit);
	if (delay_check("call-ms", c->call_ms, e) < 0 ||
	    delay_check("attach-ms", c->attach_ms, e) < 0)
		return -1;
	return delay_check("imds-lag-ms", c->imds_lag_ms, e);
}

/* ---- subnets ---- */

/* EC2's short names of regions: "apne2" for ap-northeast-2. */
static void zone_id(const char *region, int k, char *out, size_t size)
{
	static const struct {
		const char *word, *brief;
	} directions[] = {
		{ "northeast", "ne" }, { "northwest", "nw" }, { "southeast", "se" },
		{ "southwest", "sw" }, { "north", "n" },      { "south", "s" },
		{ "east", "e" },       { "west", "w" },       { "central", "c" },
	};
	char area[8], direction[16];
	const char *brief = direction;
	unsigned number;

	if (!region_split(region, area, direction, &number))
		return;
	for (size_t i = 0; i < COUNT(directions); i++)
		if (strcmp(direction, directions[i].word) == 0)
			brief = directions[i].brief;
	snprintf(out, size, "%s%.6s%u-az%d", area, brief, number % 10, k);
}

/* k is from 1 on: the zones' public subnets, then their private ones. */
static void subnet_init(struct world *w, int k)
{
	struct subnet *s = &w->subnets[k - 1];
	int zone = (k - 1) % w->c.zones;
	char letter = (char)('a' + zone);

	world_id(w, "subnet-", s->id, sizeof(s->id));
	snprintf(s->zone, sizeof(s->zone), "%s%c", w->c.region, letter);
	zone_id(w->c.region, zone + 1, s->zone_id, sizeof(s->zone_id));
	s->cidr = (struct cidr) { ip_add(w->c.vpc.ip, (uint64_t)k << (32 - w->c.subnet_len)),
				  (uint8_t)w->c.subnet_len };
	s->rng = world_draw(&w->rng);
	s->private = k > w->c.zones;
	world_tag(w, &s->tags, "Name",
		  arena_fmt(&w->a, "vpcbox-lab-%s-%c", s->private ? "private" : "public", letter));
	world_tag(w, &s->tags,
		  s->private ? "kubernetes.io/role/internal-elb" : "kubernetes.io/role/elb", "1");
}

struct cidr world_vpc6(const struct world *w)
{
	return w->c.ipv6 ? (struct cidr) { { IP_V6, { 0x20, 0x01, 0x0d, 0xb8, 0, 0, 1 } }, 56 }
			 : (struct cidr) { 0 };
}

struct cidr world_subnet6(const struct world *w, const struct subnet *s)
{
	struct cidr c = world_vpc6(w);

	if (!w->c.ipv6)
		return c;
	c.ip.b[7] = (uint8_t)(s - w->subnets + 1);
	c.len = 64;
	return c;
}

/* ---- nodes ---- */

static void draw_text(uint64_t *rng, const char *alphabet, char *out, size_t n)
{
	size_t letters = strlen(alphabet);

	for (size_t i = 0; i < n; i++)
		out[i] = alphabet[world_draw(rng) % letters];
	out[n] = '\0';
}

static void role_keys(struct world *w, struct instance *i)
{
	int head = snprintf(i->session, sizeof(i->session), "IQoJb3JpZ2luX2Vj");

	snprintf(i->key_id, sizeof(i->key_id), "ASIA");
	draw_text(&w->rng, upper, i->key_id + 4, 16);
	draw_text(&w->rng, base64ish, i->secret, 40);
	draw_text(&w->rng, base64ish, i->session + head, 160);
}

static int instance_init(struct world *w, int number, struct err *e)
{
	struct instance *i = &w->instances[number - 1];

	i->number = number;
	i->limits = w->limits;
	i->subnet = &w->subnets[(number - 1) % w->c.zones];
	i->public_ip = ip_v4(0xcb007100u + PUBLIC_FIRST + (uint32_t)number); /* 203.0.113.0 */
	i->hop_limit = w->c.hop_limit;
	i->launched_s = wall_s();
	world_id(w, "i-", i->id, sizeof(i->id));
	snprintf(i->name, sizeof(i->name), "node%d", number);
	world_tag(w, &i->tags, "Name", i->name);
	world_tag(w, &i->tags, "kubernetes.io/cluster/vpcbox-lab", "owned");
	role_keys(w, i);
	if (world_create(w, i->subnet, "", 0, &i->primary, e) < 0 ||
	    world_attach(w, i->primary, i, 0, i->limits->default_card, e) < 0)
		return wrap(e, "%s", i->name);
	snprintf(i->hostname, sizeof(i->hostname), "%s",
		 world_private_dns(w, i->primary->ips[0].ip).s);
	/* There since the launch: IMDS has long known it. */
	i->primary->attached = i->primary->delete_on_termination = true;
	i->primary->attached_at = i->primary->ips[0].since = now_ms() - w->c.imds_lag_ms;
	return 0;
}

int world_init(struct world *w, const struct world_config *c, struct err *e)
{
	*w = (struct world) { .c = *c, .rng = c->seed };
	if (config_check(c, e) < 0)
		return -1;
	w->limits = NEW(&w->a, struct limits);
	if (limits_of(c->type, w->limits))
		w->c.type = w->limits->type;
	w->c.region = arena_str(&w->a, c->region);
	snprintf(w->account, sizeof(w->account), "%012llu",
		 (unsigned long long)(world_draw(&w->rng) % 900000000000 + 100000000000));
	world_id(w, "vpc-", w->vpc_id, sizeof(w->vpc_id));
	world_id(w, "sg-", w->group, sizeof(w->group));
	world_id(w, "igw-", w->igw, sizeof(w->igw));
	world_tag(w, &w->vpc_tags, "Name", "vpcbox-lab");
	sgroups_init(w);
	w->nsubnets = (size_t)(c->private_subnets ? 2 * c->zones : c->zones);
	w->subnets = xalloc(w->nsubnets * sizeof(*w->subnets));
	for (int k = 1; k <= (int)w->nsubnets; k++)
		subnet_init(w, k);
	w->ninstances = (size_t)c->nodes;
	w->instances = xalloc(w->ninstances * sizeof(*w->instances));
	for (int n = 1; n <= c->nodes; n++)
		if (instance_init(w, n, e) < 0)
			return -1;
	return 0;
}

void world_free(struct world *w)
{
	while (w->enis) {
		struct eni *next = w->enis->next;

		free(w->enis->ips);
		free(w->enis);
		w->enis = next;
	}
	sgroups_free(w);
	free(w->subnets);
	free(w->instances);
	arena_free(&w->a);
	*w = (struct world) { 0 };
}
