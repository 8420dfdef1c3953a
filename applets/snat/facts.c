/* SPDX-License-Identifier: Apache-2.0 */
/* facts.c - the primary link, its address and the VPC's CIDRs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "facts.h"
#include "iface.h"
#include "imds.h"
#include "str.h"

enum { IMDS_MS = 5000 };

/* The metadata service, first asked when an option is missing. */
struct source {
	struct imds imds;
	bool open;
	struct arena *a;
};

static void source_free(struct source *s)
{
	imds_free(&s->imds);
}
#define auto_source AUTO(source_free)

static int ask(struct source *s, const char *option, const char *path, const char **out,
	       struct err *e)
{
	int rc = s->open ? 0 : imds_init(&s->imds, e);

	s->open = true;
	if (rc == 0)
		rc = imds_get(&s->imds, path, out, s->a, now_ms() + IMDS_MS, e);
	return rc < 0 ? wrap(e, "--%s is not given and the metadata service does not tell", option)
		      : 0;
}

static int bad(const char *option, const char *value, const char *what, struct err *e)
{
	return fail(e, EINVAL, "--%s: '%s' is not %s", option, value, what);
}

/* The link may be named by its MAC, by its name, or by neither. */
static int find_link(const struct snat_args *in, struct nl *route, struct source *s,
		     struct host_facts *f, struct err *e)
{
	const char *mac = in->mac;
	struct iface link;

	if (in->iface && strlen(in->iface) >= sizeof(f->primary_if))
		return bad("primary-if", in->iface, "the name of a link", e);
	if (in->iface && iface_get(route, in->iface, &link, e) < 0)
		return wrap(e, "--primary-if");
	if (!in->iface && !mac && ask(s, "primary-mac", "/latest/meta-data/mac", &mac, e) < 0)
		return -1;
	if (mac && !mac_parse(mac, &f->primary_mac))
		return bad("primary-mac", mac, "a MAC address", e);
	if (!in->iface && iface_by_mac(route, f->primary_mac, &link, e) < 0)
		return wrap(e, "--primary-mac");
	if (!mac)
		f->primary_mac = link.mac;
	snprintf(f->primary_if, sizeof(f->primary_if), "%s", link.name);
	return 0;
}

static int find_ip(const struct snat_args *in, struct source *s, struct host_facts *f,
		   struct err *e)
{
	const char *ip = in->ip;

	if (!ip && ask(s, "primary-ip", "/latest/meta-data/local-ipv4", &ip, e) < 0)
		return -1;
	return ip_parse(ip, &f->primary_ip) && f->primary_ip.family == IP_V4
		       ? 0
		       : bad("primary-ip", ip, "an IPv4 address", e);
}

static int find_cidrs(const struct snat_args *in, struct source *s, struct host_facts *f,
		      struct err *e)
{
	const char *list = in->cidrs, *path;
	struct strs words;

	path = arena_fmt(s->a, "/latest/meta-data/network/interfaces/macs/%s/vpc-ipv4-cidr-blocks",
			 mac_text(f->primary_mac).s);
	if (!list && ask(s, "vpc-cidr", path, &list, e) < 0)
		return -1;
	words = str_split(list, ", \t\r\n", s->a);
	f->vpc.v = arena_get(s->a, (words.n + 1) * sizeof(*f->vpc.v));
	for (; f->vpc.n < words.n; f->vpc.n++) {
		struct cidr *c = &f->vpc.v[f->vpc.n];

		if (!cidr_parse(words.v[f->vpc.n], c) || c->ip.family != IP_V4)
			return bad("vpc-cidr", words.v[f->vpc.n], "an IPv4 CIDR", e);
		*c = cidr_network(*c);
	}
	return 0;
}

int snat_facts(const struct snat_args *in, struct nl *route, struct host_facts *f, struct arena *a,
	       struct err *e)
{
	auto_source struct source s = { .a = a };

	*f = (struct host_facts) { 0 };
	if (find_link(in, route, &s, f, e) < 0 || find_ip(in, &s, f, e) < 0)
		return -1;
	return find_cidrs(in, &s, f, e);
}
