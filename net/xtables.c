/* SPDX-License-Identifier: Apache-2.0 */
/* xtables.c - rules of iptables as text and as nf_tables expressions. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netfilter/xt_addrtype.h>
#include <linux/netfilter/xt_comment.h>
#include <linux/netfilter/xt_connmark.h>

#include "file.h"
#include "xtables.h"

const struct want_chain xt_nat_prerouting = {
	{ "nat", "PREROUTING", "nat", NFT_PREROUTING, -100, false }, CLAIM_SHARED, true
};
const struct want_chain xt_nat_postrouting = {
	{ "nat", "POSTROUTING", "nat", NFT_POSTROUTING, 100, false }, CLAIM_SHARED, true
};
const struct want_chain xt_mangle_prerouting = {
	{ "mangle", "PREROUTING", "filter", NFT_PREROUTING, -150, false }, CLAIM_SHARED, true
};

/* ---- text */

/* Quoted unless it is a plain word, as iptables does. */
static void quoted(struct buf *out, const char *s)
{
	static const char plain[] = "_-0123456789abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	const char *quote = *s && s[strspn(s, plain)] == '\0' ? "" : "\"";

	buf_str(out, quote);
	for (; *s; s++)
		buf_fmt(out, strchr("\"\\'", *s) ? "\\%c" : "%c", *s);
	buf_str(out, quote);
}

static bool selects(const char *iface)
{
	return iface && *iface && strcmp(iface, "+") != 0;
}

static void verb_text(const struct xt_rule *r, struct buf *out)
{
	static const char *const random[] = { "", " --random", " --random-fully" };

	switch (r->verb) {
	case XT_DO_RETURN:
		buf_str(out, "RETURN");
		break;
	case XT_DO_JUMP:
		buf_str(out, r->jump);
		break;
	case XT_DO_SNAT:
		buf_fmt(out, "SNAT --to-source %s%s", ip_text(r->to).s, random[r->random]);
		break;
	case XT_DO_SET_MARK:
		buf_fmt(out, "CONNMARK --set-xmark 0x%x/0x%x", r->mark, r->mark);
		break;
	case XT_DO_RESTORE_MARK:
		buf_fmt(out, "CONNMARK --restore-mark --nfmask 0x%x --ctmask 0x%x", r->mark,
			r->mark);
		break;
	}
}

void xt_text(const struct xt_rule *r, const char *chain, struct buf *out)
{
	static const char *const types[] = { "", " -m addrtype --dst-type LOCAL --limit-iface-in",
					     " -m addrtype ! --dst-type LOCAL" };

	buf_fmt(out, "-A %s", chain);
	if (r->dst.len)
		buf_fmt(out, " -d %s", cidr_text(cidr_network(r->dst)).s);
	if (selects(r->in))
		buf_fmt(out, " -i %s", r->in);
	if (selects(r->not_out))
		buf_fmt(out, " ! -o %s", r->not_out);
	if (r->comment) {
		buf_str(out, " -m comment --comment ");
		quoted(out, r->comment);
	}
	buf_fmt(out, "%s -j ", types[r->dst_type]);
	verb_text(r, out);
}

/* ---- expressions */

static void put_comment(const char *text, struct buf *x)
{
	struct xt_comment_info info = { 0 };
	size_t n = strlen(text);

	memcpy(info.comment, text, n < sizeof(info.comment) ? n : sizeof(info.comment) - 1);
	e_match(x, "comment", 0, &info, sizeof(info));
}

static void put_type(enum xt_type type, struct buf *x)
{
	struct xt_addrtype_info_v1 info = { .dest = XT_ADDRTYPE_LOCAL };

	info.flags = type == XT_NOT_LOCAL ? XT_ADDRTYPE_INVERT_DEST : XT_ADDRTYPE_LIMIT_IFACE_IN;
	e_match(x, "addrtype", 1, &info, sizeof(info));
}

/* struct nf_nat_ipv4_multi_range_compat; its header cannot be mixed with libc's on musl. */
struct snat_info {
	uint32_t ranges, flags;
	uint8_t min[4], max[4];
	uint16_t min_port, max_port;
};
enum { SNAT_MAP_IPS = 1, SNAT_RANDOM = 4, SNAT_RANDOM_FULLY = 16 };

static void put_snat(const struct xt_rule *r, struct buf *x)
{
	static const uint32_t random[] = { 0, SNAT_RANDOM, SNAT_RANDOM_FULLY };
	struct snat_info info = { .ranges = 1, .flags = SNAT_MAP_IPS | random[r->random] };

	memcpy(info.min, r->to.b, sizeof(info.min));
	memcpy(info.max, r->to.b, sizeof(info.max));
	e_target(x, "SNAT", 0, &info, sizeof(info));
}

static void put_verb(const struct xt_rule *r, struct buf *x)
{
	struct xt_connmark_tginfo2 set = { .ctmark = r->mark, .ctmask = r->mark, .nfmask = ~0u };
	struct xt_connmark_tginfo2 restore = { .ctmask = r->mark, .nfmask = r->mark };

	set.mode = XT_CONNMARK_SET;
	restore.mode = XT_CONNMARK_RESTORE;
	switch (r->verb) {
	case XT_DO_RETURN:
		e_return(x);
		break;
	case XT_DO_JUMP:
		e_jump(x, r->jump);
		break;
	case XT_DO_SNAT:
		put_snat(r, x);
		break;
	case XT_DO_SET_MARK:
		e_target(x, "CONNMARK", 2, &set, sizeof(set));
		break;
	case XT_DO_RESTORE_MARK:
		e_target(x, "CONNMARK", 2, &restore, sizeof(restore));
		break;
	}
}

void xt_put(const struct xt_rule *r, struct buf *x)
{
	if (r->in)
		e_ifname(x, NFT_META_IIFNAME, r->in, false);
	if (r->not_out)
		e_ifname(x, NFT_META_OIFNAME, r->not_out, true);
	e_daddr(x, r->dst);
	if (r->comment)
		put_comment(r->comment, x);
	if (r->dst_type != XT_ANY_TYPE)
		put_type(r->dst_type, x);
	e_counter(x);
	put_verb(r, x);
}

void xt_want(struct nft_want *w, size_t c, const struct xt_rule *r, enum xt_place place)
{
	struct want_rule rule = { .chain = c,
				  .absent = place == XT_ABSENT,
				  .head = place == XT_HEAD };
	auto_buf struct buf text = { 0 }, x = { 0 };

	xt_text(r, w->chains[c].c.name, &text);
	xt_put(r, &x);
	rule.text = arena_str(w->a, text.p);
	want_rule_add(w, &rule, &x);
}

/* ---- the older backend */

/* struct ipt_getinfo of linux/netfilter_ipv4/ip_tables.h, which cannot be mixed with libc's
 * headers. */
struct table_info {
	char name[32];
	uint32_t valid_hooks, hook_entry[5], underflow[5], entries, size;
};
enum { GET_INFO = 64, EMPTY_NAT = 5 /* a policy for each of four hooks, and the end */ };

static int count_entries(uint32_t *n, struct err *e)
{
	struct table_info info = { .name = "nat" };
	socklen_t len = sizeof(info);
	auto_fd int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, 255 /* IPPROTO_RAW */);

	if (fd < 0)
		return fail(e, errno, "raw socket:");
	if (getsockopt(fd, 0 /* IPPROTO_IP */, GET_INFO, &info, &len) < 0)
		return fail(e, errno, "read legacy iptables' nat table:");
	*n = info.entries;
	return 0;
}

int xt_legacy_in_use(bool *in_use, struct err *e)
{
	static const char path[] = "/proc/thread-self/net/ip_tables_names";
	auto_buf struct buf names = { 0 };
	uint32_t n = 0;

	*in_use = false;
	if (file_read(path, 4096, &names, e) < 0)
		return e->num == ENOENT ? 0 : -1;
	if (names.len == 0 || !strstr(names.p, "nat\n"))
		return 0;
	if (count_entries(&n, e) < 0)
		return -1;
	*in_use = n > EMPTY_NAT;
	return 0;
}
