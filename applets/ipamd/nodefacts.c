/* SPDX-License-Identifier: Apache-2.0 */
/* nodefacts.c - identity, addresses and limits of the node. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "nodefacts.h"

enum { IMDS_MS = 10000 }; /* for one item, retries included */

/* ---- reading items */

static int get(struct imds *m, const char **out, struct arena *a, const char *name, struct err *e)
{
	const char *path = arena_fmt(a, "/latest/meta-data/%s", name);

	if (imds_get(m, path, out, a, now_ms() + IMDS_MS, e) < 0)
		return wrap(e, "IMDS %s", name);
	return 0;
}

int imds_item(struct imds *m, const char **out, struct arena *a, struct err *e, const char *path,
	      ...)
{
	struct strs words;
	char name[200];
	va_list ap;

	va_start(ap, path);
	vsnprintf(name, sizeof(name), path, ap);
	va_end(ap);
	if (get(m, out, a, name, e) < 0)
		return -1;
	words = str_split(*out, " \t\r\n", a);
	*out = words.n == 1 ? words.v[0] : words.n ? *out : "";
	return 0;
}

int imds_list(struct imds *m, struct strs *out, struct arena *a, struct err *e, const char *path,
	      ...)
{
	const char *text;
	char name[200];
	va_list ap;

	*out = (struct strs) { 0 };
	va_start(ap, path);
	vsnprintf(name, sizeof(name), path, ap);
	va_end(ap);
	if (get(m, &text, a, name, e) < 0)
		return e->num == ENOENT ? 0 : -1;
	*out = str_split(text, " \t\r\n", a);
	return 0;
}

int copy_id(char *out, size_t room, const char *what, const char *text, struct err *e)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr("-._", text[i]))
			n = room; /* refuse below */
	if (n == 0 || n >= room)
		return fail(e, EBADMSG, "%s '%.80s' is not an id", what, text);
	memcpy(out, text, n + 1);
	return 0;
}

static int read_id(struct imds *m, char *out, size_t room, const char *path, struct arena *a,
		   struct err *e)
{
	const char *text;

	if (imds_item(m, &text, a, e, "%s", path) < 0)
		return -1;
	return copy_id(out, room, path, text, e) < 0 ? wrap(e, "IMDS") : 0;
}

/* ---- the node */

static int read_address(struct nodefacts *n, struct imds *m, struct arena *a, struct err *e)
{
	const char *text;

	if (imds_item(m, &text, a, e, "local-ipv4") < 0)
		return -1;
	if (!ip_parse(text, &n->ip) || n->ip.family != IP_V4)
		return fail(e, EBADMSG, "IMDS local-ipv4 '%.80s' is not an IPv4 address", text);
	if (imds_item(m, &text, a, e, "mac") < 0)
		return -1;
	if (!mac_parse(text, &n->mac))
		return fail(e, EBADMSG, "IMDS mac '%.80s' is not a MAC address", text);
	return 0;
}

static int read_primary(struct nodefacts *n, struct imds *m, struct arena *a, struct err *e)
{
	static const char *const items[] = { "interface-id", "subnet-id", "vpc-id" };
	char *out[] = { n->eni, n->subnet, n->vpc };

	for (size_t i = 0; i < COUNT(items); i++) {
		const char *path =
			arena_fmt(a, "network/interfaces/macs/%s/%s", mac_text(n->mac).s, items[i]);

		if (read_id(m, out[i], AWS_ID, path, a, e) < 0)
			return -1;
	}
	return 0;
}

int nodefacts_limits(struct nodefacts *n, int max_eni, struct err *e)
{
	struct limits l;

	if (!limits_of(n->type, &l))
		return fail(e, ENOENT,
			    "instance type '%s' is not in the built-in table of %zu types", n->type,
			    limits_count());
	if (l.enis < 1 || l.ipv4 < 2)
		return fail(e, ENOENT, "instance type '%s' has no addresses for pods", n->type);
	n->max_enis = max_eni >= 1 && max_eni < l.enis ? max_eni : l.enis;
	n->ips_per_eni = l.ipv4 - 1;
	n->max_pods = l.enis * n->ips_per_eni + 2;
	return 0;
}

int nodefacts_read(struct nodefacts *n, const struct config *c, struct imds *m, struct err *e)
{
	auto_arena struct arena a = { 0 };

	if (read_id(m, n->zone, sizeof(n->zone), "placement/availability-zone", &a, e) < 0 ||
	    read_id(m, n->instance, sizeof(n->instance), "instance-id", &a, e) < 0 ||
	    read_id(m, n->type, sizeof(n->type), "instance-type", &a, e) < 0 ||
	    read_address(n, m, &a, e) < 0 || read_primary(n, m, &a, e) < 0)
		return -1;
	return nodefacts_limits(n, c->max_eni, e);
}

/* ---- what may change while the node runs */

static bool has_cidr(const struct cidrs *list, struct cidr c)
{
	for (size_t i = 0; i < list->n; i++)
		if (cidr_eq(list->v[i], c))
			return true;
	return false;
}

int nodefacts_vpc_cidrs(const struct nodefacts *n, struct imds *m, struct cidrs *out,
			struct arena *a, struct err *e)
{
	struct strs list;

	if (imds_list(m, &list, a, e, "network/interfaces/macs/%s/vpc-ipv4-cidr-blocks",
		      mac_text(n->mac).s) < 0)
		return -1;
	if (!list.n)
		return fail(e, EBADMSG, "IMDS vpc-ipv4-cidr-blocks of %s is empty",
			    mac_text(n->mac).s);
	*out = (struct cidrs) { arena_get(a, list.n * sizeof(*out->v)), 0 };
	for (size_t i = 0; i < list.n; i++) {
		struct cidr c;

		if (!cidr_parse(list.v[i], &c) || c.ip.family != IP_V4)
			return fail(e, EBADMSG, "IMDS vpc-ipv4-cidr-blocks: '%.80s' is not a CIDR",
				    list.v[i]);
		if (!has_cidr(out, c))
			out->v[out->n++] = cidr_network(c);
	}
	return 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int nodefacts_groups(const struct nodefacts *n, struct imds *m, struct strs *out, struct arena *a,
		     struct err *e)
{
	char id[AWS_ID];

	if (imds_list(m, out, a, e, "network/interfaces/macs/%s/security-group-ids",
		      mac_text(n->mac).s) < 0)
		return -1;
	for (size_t i = 0; i < out->n; i++)
		if (copy_id(id, sizeof(id), "security-group-ids", out->v[i], e) < 0)
			return wrap(e, "IMDS");
	if (!out->n)
		return fail(e, EBADMSG, "IMDS security-group-ids of %s is empty",
			    mac_text(n->mac).s);
	qsort(out->v, out->n, sizeof(*out->v), by_text);
	return 0;
}
