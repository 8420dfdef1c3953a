/* SPDX-License-Identifier: Apache-2.0 */
/* nlmsg.c - netlink messages: building requests, reading what came (the second half of nl.h). */
#include <errno.h>
#include <string.h>

#include "nl.h"

struct nlmsghdr *nl_msg(struct nl *nl)
{
	return (struct nlmsghdr *)(nl->bytes + nl->start);
}

/* Requests are built from our own structs, so running out of room is a bug, not an error. */
static void room(const struct nl *nl, size_t have, size_t n)
{
	if (n > NL_BUF || nl->start + have + n > NL_BUF)
		die("netlink request too large");
}

void *nl_header(struct nl *nl, size_t n)
{
	struct nlmsghdr *m = nl_msg(nl);

	room(nl, m->nlmsg_len, NLMSG_ALIGN(n));
	return mnl_nlmsg_put_extra_header(m, n);
}

void *nl_request(struct nl *nl, uint16_t type, uint16_t flags, size_t header)
{
	struct nlmsghdr *m;

	nl->start = nl->batching ? nl->used : 0;
	room(nl, 0, NLMSG_HDRLEN);
	m = mnl_nlmsg_put_header(nl_msg(nl));
	m->nlmsg_type = type;
	m->nlmsg_flags = NLM_F_REQUEST | flags;
	m->nlmsg_seq = ++nl->seq;
	return nl_header(nl, header);
}

void nl_put(struct nl *nl, uint16_t attr, const void *data, size_t n)
{
	if (!mnl_attr_put_check(nl_msg(nl), NL_BUF - nl->start, attr, n, data))
		die("netlink request too large");
}

void nl_put_u8(struct nl *nl, uint16_t attr, uint8_t v)
{
	nl_put(nl, attr, &v, sizeof(v));
}

void nl_put_u16(struct nl *nl, uint16_t attr, uint16_t v)
{
	nl_put(nl, attr, &v, sizeof(v));
}

void nl_put_u32(struct nl *nl, uint16_t attr, uint32_t v)
{
	nl_put(nl, attr, &v, sizeof(v));
}

void nl_put_str(struct nl *nl, uint16_t attr, const char *s)
{
	nl_put(nl, attr, s, strlen(s) + 1);
}

void nl_put_ip(struct nl *nl, uint16_t attr, struct ip ip)
{
	if (ip.family)
		nl_put(nl, attr, ip.b, ip_size(ip));
}

struct nlattr *nl_nest(struct nl *nl, uint16_t attr)
{
	struct nlattr *a = mnl_attr_nest_start_check(nl_msg(nl), NL_BUF - nl->start, attr);

	if (!a)
		die("netlink request too large");
	return a;
}

void nl_end(struct nl *nl, struct nlattr *nest)
{
	mnl_attr_nest_end(nl_msg(nl), nest);
}

static void scan(const char *p, size_t len, const struct nlattr **tb, uint16_t max)
{
	memset(tb, 0, ((size_t)max + 1) * sizeof(tb[0]));
	while (len >= sizeof(struct nlattr)) {
		const struct nlattr *a = (const struct nlattr *)p;
		size_t step = MNL_ALIGN((size_t)a->nla_len);

		if (a->nla_len < sizeof(*a) || a->nla_len > len)
			return;
		if (mnl_attr_get_type(a) <= max)
			tb[mnl_attr_get_type(a)] = a;
		if (step >= len)
			return;
		p += step;
		len -= step;
	}
}

const void *nl_attrs(const struct nlmsghdr *m, size_t header, const struct nlattr **tb,
		     uint16_t max, struct err *e)
{
	size_t len = mnl_nlmsg_get_payload_len(m);
	const char *p = mnl_nlmsg_get_payload(m);

	if (len < header)
		return fail(e, EBADMSG, "netlink message of type %u with only %zu bytes",
			    m->nlmsg_type, len),
		       NULL;
	header = NLMSG_ALIGN(header);
	scan(p + (header < len ? header : len), header < len ? len - header : 0, tb, max);
	return p;
}

void nl_nested_behind(const struct nlattr *a, size_t header, const struct nlattr **tb, uint16_t max)
{
	size_t len = a ? mnl_attr_get_payload_len(a) : 0;
	const char *p = a ? mnl_attr_get_payload(a) : "";

	header = NLMSG_ALIGN(header) < len ? NLMSG_ALIGN(header) : len;
	scan(p + header, len - header, tb, max);
}

void nl_nested(const struct nlattr *a, const struct nlattr **tb, uint16_t max)
{
	nl_nested_behind(a, 0, tb, max);
}

bool nl_bytes(const struct nlattr *a, void *out, size_t n)
{
	if (!a || mnl_attr_get_payload_len(a) != n)
		return false;
	memcpy(out, mnl_attr_get_payload(a), n);
	return true;
}

uint8_t nl_u8(const struct nlattr *a)
{
	uint8_t v = 0;

	nl_bytes(a, &v, sizeof(v));
	return v;
}

uint16_t nl_u16(const struct nlattr *a)
{
	uint16_t v = 0;

	nl_bytes(a, &v, sizeof(v));
	return v;
}

uint32_t nl_u32(const struct nlattr *a)
{
	uint32_t v = 0;

	nl_bytes(a, &v, sizeof(v));
	return v;
}

const char *nl_str(const struct nlattr *a)
{
	return a && mnl_attr_validate(a, MNL_TYPE_NUL_STRING) == 0 ? mnl_attr_get_str(a) : "";
}

struct ip nl_ip(const struct nlattr *a, uint8_t family)
{
	struct ip ip = { .family = family };

	return nl_bytes(a, ip.b, ip_size(ip)) ? ip : (struct ip) { 0 };
}
