/* SPDX-License-Identifier: Apache-2.0 */
/* imdstext.c - what the instance metadata service knows of a node: every path with its text.
 * Folders are not listed anywhere; they follow from the paths. */
#include <errno.h>
#include <string.h>

#include "buf.h"
#include "ec2xml.h"
#include "labapi.h"

/* More leaves than a node has, and than one of its interfaces has. */
enum { NODE_LEAVES = 40, MAC_LEAVES = 24, CREDENTIALS_S = 6 * 3600 };

struct leaf {
	const char *path, *text;
};
struct tree {
	struct world *w;
	const struct instance *i;
	int64_t now; /* now_ms() */
	struct arena *a;
	struct leaf *v;
	size_t n;
};

static void leaf(struct tree *t, const char *path, const char *text)
{
	t->v[t->n++] = (struct leaf) { arena_str(t->a, path), arena_str(t->a, text) };
}

/* ---- documents ---- */

static void iam(struct tree *t)
{
	const char *const path = "meta-data/iam/security-credentials/" WORLD_ROLE;
	int64_t now_s = wall_s();
	char now[21], then[21];

	time_rfc3339(now_s, now);
	time_rfc3339(now_s + CREDENTIALS_S, then);
	leaf(t, "meta-data/iam/info",
	     arena_fmt(t->a,
		       "{\n  \"Code\" : \"Success\",\n  \"LastUpdated\" : \"%s\",\n"
		       "  \"InstanceProfileArn\" : \"arn:aws:iam::%s:instance-profile/%s\",\n"
		       "  \"InstanceProfileId\" : \"AIPAVPCBOXLAB00000000\"\n}",
		       now, t->w->account, WORLD_ROLE));
	leaf(t, path,
	     arena_fmt(t->a,
		       "{\n  \"Code\" : \"Success\",\n  \"LastUpdated\" : \"%s\",\n"
		       "  \"Type\" : \"AWS-HMAC\",\n  \"AccessKeyId\" : \"%s\",\n"
		       "  \"SecretAccessKey\" : \"%s\",\n  \"Token\" : \"%s\",\n"
		       "  \"Expiration\" : \"%s\"\n}",
		       now, t->i->key_id, t->i->secret, t->i->session, then));
}

static void identity(struct tree *t)
{
	const struct instance *i = t->i;
	char launched[21];

	time_rfc3339(i->launched_s, launched);
	leaf(t, "dynamic/instance-identity/document",
	     arena_fmt(t->a,
		       "{\n  \"accountId\" : \"%s\",\n  \"architecture\" : \"%s\",\n"
		       "  \"availabilityZone\" : \"%s\",\n  \"billingProducts\" : null,\n"
		       "  \"devpayProductCodes\" : null,\n  \"marketplaceProductCodes\" : null,\n"
		       "  \"imageId\" : \"ami-%s\",\n  \"instanceId\" : \"%s\",\n"
		       "  \"instanceType\" : \"%s\",\n  \"kernelId\" : null,\n"
		       "  \"pendingTime\" : \"%s\",\n  \"privateIp\" : \"%s\",\n"
		       "  \"ramdiskId\" : null,\n  \"region\" : \"%s\",\n  \"version\" : "
		       "\"2017-09-30\"\n}",
		       t->w->account, type_arch(i->limits->type), i->subnet->zone, t->w->vpc_id + 4,
		       i->id, i->limits->type, launched, ip_text(i->primary->ips[0].ip).s,
		       t->w->c.region));
}

/* ---- interfaces ---- */

/* The addresses that IMDS has heard of, one a line. */
static const char *addresses(struct tree *t, const struct eni *n)
{
	auto_buf struct buf b = { 0 };

	for (size_t k = 0; k < n->nips; k++)
		if (k == 0 || n->ips[k].since + t->w->c.imds_lag_ms <= t->now)
			buf_fmt(&b, "%s%s", k ? "\n" : "", ip_text(n->ips[k].ip).s);
	return arena_str(t->a, b.p);
}

static void mac_leaf(struct tree *t, const struct eni *n, const char *name, const char *text)
{
	leaf(t,
	     arena_fmt(t->a, "meta-data/network/interfaces/macs/%s/%s", mac_text(n->mac).s, name),
	     text);
}

static void mac_leaves(struct tree *t, const struct eni *n)
{
	struct ip public = eni_public_ip(n), primary = n->ips[0].ip;

	mac_leaf(t, n, "device-number", arena_fmt(t->a, "%d", n->device));
	mac_leaf(t, n, "interface-id", n->id);
	if (public.family)
		mac_leaf(t, n, arena_fmt(t->a, "ipv4-associations/%s", ip_text(public).s),
			 ip_text(primary).s);
	mac_leaf(t, n, "local-hostname", world_private_dns(t->w, primary).s);
	mac_leaf(t, n, "local-ipv4s", addresses(t, n));
	mac_leaf(t, n, "mac", mac_text(n->mac).s);
	if (t->i->limits->cards > 1)
		mac_leaf(t, n, "network-card", arena_fmt(t->a, "%d", n->card));
	mac_leaf(t, n, "owner-id", t->w->account);
	if (public.family) {
		mac_leaf(t, n, "public-hostname", world_public_dns(t->w, public).s);
		mac_leaf(t, n, "public-ipv4s", ip_text(public).s);
	}
	mac_leaf(t, n, "security-group-ids", n->group);
	mac_leaf(t, n, "security-groups", "default");
	mac_leaf(t, n, "subnet-id", n->subnet->id);
	mac_leaf(t, n, "subnet-ipv4-cidr-block", cidr_text(n->subnet->cidr).s);
	mac_leaf(t, n, "vpc-id", t->w->vpc_id);
	mac_leaf(t, n, "vpc-ipv4-cidr-block", cidr_text(t->w->c.vpc).s);
	mac_leaf(t, n, "vpc-ipv4-cidr-blocks", cidr_text(t->w->c.vpc).s);
}

static void interfaces(struct tree *t)
{
	for (const struct eni *n = t->w->enis; n; n = n->next)
		if (n->host == t->i && n->attached &&
		    n->attached_at + t->w->c.imds_lag_ms <= t->now)
			mac_leaves(t, n);
}

/* ---- the tree ---- */

/* In the order in which the lists show it: the alphabet's. */
static void plant(struct tree *t)
{
	const struct instance *i = t->i;
	const struct eni *n = i->primary;

	identity(t);
	leaf(t, "meta-data/ami-id", arena_fmt(t->a, "ami-%s", t->w->vpc_id + 4));
	leaf(t, "meta-data/ami-launch-index", "0");
	leaf(t, "meta-data/ami-manifest-path", "(unknown)");
	leaf(t, "meta-data/block-device-mapping/ami", "/dev/xvda");
	leaf(t, "meta-data/block-device-mapping/root", "/dev/xvda");
	leaf(t, "meta-data/hostname", i->hostname);
	iam(t);
	leaf(t, "meta-data/instance-action", "none");
	leaf(t, "meta-data/instance-id", i->id);
	leaf(t, "meta-data/instance-life-cycle", "on-demand");
	leaf(t, "meta-data/instance-type", i->limits->type);
	leaf(t, "meta-data/local-hostname", i->hostname);
	leaf(t, "meta-data/local-ipv4", ip_text(n->ips[0].ip).s);
	leaf(t, "meta-data/mac", mac_text(n->mac).s);
	interfaces(t);
	leaf(t, "meta-data/placement/availability-zone", i->subnet->zone);
	leaf(t, "meta-data/placement/availability-zone-id", i->subnet->zone_id);
	leaf(t, "meta-data/placement/region", t->w->c.region);
	leaf(t, "meta-data/profile", "default-hvm");
	leaf(t, "meta-data/public-hostname", world_public_dns(t->w, i->public_ip).s);
	leaf(t, "meta-data/public-ipv4", ip_text(i->public_ip).s);
	leaf(t, "meta-data/reservation-id", arena_fmt(t->a, "r-%s", i->id + 2));
	leaf(t, "meta-data/security-groups", "default");
	leaf(t, "meta-data/services/domain", "amazonaws.com");
	leaf(t, "meta-data/services/partition", "aws");
	leaf(t, "meta-data/system",
	     i->limits->hypervisor == HYPERVISOR_NITRO ? "nitro" : "xen-on-nitro");
}

/* What lies in a folder, one a line, folders with a slash behind. Only the two at the top have
 * none, as in EC2. dir is "" or ends in a slash. */
static void list(const struct tree *t, const char *dir, struct buf *out)
{
	size_t skip = strlen(dir), last_n = 0;
	const char *last = "";

	for (size_t k = 0; k < t->n; k++) {
		const char *name;
		size_t n;

		if (strncmp(t->v[k].path, dir, skip) != 0)
			continue;
		name = t->v[k].path + skip;
		n = strcspn(name, "/");
		if (n == last_n && strncmp(name, last, n) == 0)
			continue;
		if (last_n)
			buf_str(out, "\n");
		buf_add(out, name, n + (skip && name[n] == '/'));
		last = name;
		last_n = n;
	}
}

int imds_text(struct world *w, struct instance *i, const char *path, struct buf *out, struct err *e)
{
	auto_arena struct arena a = { 0 };
	struct tree t = { .w = w, .i = i, .now = now_ms(), .a = &a };
	const char *name = path + (*path == '/');
	size_t before = out->len, leaves = NODE_LEAVES;

	for (const struct eni *n = w->enis; n; n = n->next)
		leaves += n->host == i ? MAC_LEAVES : 0;
	t.v = arena_get(&a, leaves * sizeof(*t.v));
	plant(&t);
	for (size_t k = 0; k < t.n; k++) {
		if (strcmp(t.v[k].path, name) == 0) {
			buf_str(out, t.v[k].text);
			return 0;
		}
	}
	list(&t, !*name || name[strlen(name) - 1] == '/' ? name : arena_fmt(&a, "%s/", name), out);
	return out->len > before ? 0 : fail(e, ENOENT, "instance metadata has no %.200s", path);
}
