/* SPDX-License-Identifier: Apache-2.0 */
/* podmath.c - the formulas for max pods, one function for each that has one. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "podmath.h"

/* ---- the script */

static bool limited(const struct limits *l, const struct question *q)
{
	return q->has_max_eni && q->max_eni < l->enis;
}

/* Nothing holds it above zero: neither does the script. */
static long script_enis(const struct limits *l, const struct question *q)
{
	return (limited(l, q) ? q->max_eni : l->enis) - q->custom;
}

static bool below_floor(const struct limits *l, const struct question *q)
{
	return q->floor && script_enis(l, q) < 0;
}

static long script_uncapped(const struct limits *l, const struct question *q, bool prefix)
{
	long enis = below_floor(l, q) ? 0 : script_enis(l, q);

	return enis * (l->ipv4 - 1) * (prefix ? PREFIX_IPS : 1) + HOST_PODS;
}

static const char *enis_text(const struct limits *l, const struct question *q, struct arena *a)
{
	const char *enis = q->has_max_eni ? arena_fmt(a, "min(%ld, %d)", q->max_eni, l->enis)
					  : arena_fmt(a, "%d", l->enis);

	if (below_floor(l, q))
		return arena_fmt(a, "max(0, %s%s)", enis, q->custom ? " - 1" : "");
	return q->custom ? arena_fmt(a, "(%s - 1)", enis) : enis;
}

static const char *script_text(const struct limits *l, const struct question *q, bool prefix,
			       struct arena *a)
{
	return arena_fmt(a, "%s * (%d - 1)%s + %d", enis_text(l, q, a), l->ipv4,
			 prefix ? " * 16" : "", HOST_PODS);
}

/* ---- ipamd */

/* Bare metal has no hypervisor to name, and prefixes all the same. */
static bool ipamd_prefixes(const struct limits *l)
{
	return l->hypervisor == HYPERVISOR_NITRO || l->bare_metal;
}

static int ipv6_answer(const struct limits *l, const struct question *q, struct answer *out,
		       struct err *e)
{
	if (q->custom)
		return fail(e, ENOTSUP, "ipamd refuses custom networking in IPv6 mode");
	if (!ipamd_prefixes(l))
		return fail(e, ENOTSUP,
			    "%s: IPv6 needs prefix delegation, which only nitro and bare metal "
			    "have: ipamd would not start",
			    l->type);
	out->unlimited = true;
	out->pods = out->cap;
	out->many = CAP_MANY;
	out->cap_counts = true;
	out->unsure = l->vcpus < 0;
	out->formula = l->vcpus > FEW_VCPUS ? "250" : "110";
	return 0;
}

int answer_of(const struct limits *l, const struct question *q, struct answer *out, struct arena *a,
	      struct err *e)
{
	*out = (struct answer) { .cap = l->vcpus > FEW_VCPUS ? CAP_MANY : CAP_FEW };
	if (q->ipv6)
		return ipv6_answer(l, q, out, e);
	out->by_prefix = q->prefix && l->hypervisor == HYPERVISOR_NITRO && !q->old_cni;
	out->uncapped = out->pods = script_uncapped(l, q, out->by_prefix);
	out->formula = script_text(l, q, out->by_prefix, a);
	if (q->uncapped)
		return 0;
	out->many = out->uncapped < CAP_MANY ? out->uncapped : CAP_MANY;
	out->cap_counts = out->uncapped > out->cap;
	out->unsure = l->vcpus < 0 && out->cap_counts;
	out->formula = arena_fmt(a, "min(%d, %s)", out->cap, out->formula);
	if (out->cap_counts)
		out->pods = out->cap;
	return 0;
}

/* ---- what each says */

static const char *script_note(const struct limits *l, const struct question *q,
			       const struct answer *answer, struct arena *a)
{
	if (q->ipv6)
		return "knows no IPv6";
	if (answer->pods < 0)
		return "knows no floor: fewer than no ENIs are left";
	if (q->prefix && q->old_cni)
		return "prefix delegation needs VPC CNI 1.9: not counted";
	if (q->prefix && !answer->by_prefix)
		return arena_fmt(a, "prefix delegation needs the hypervisor nitro: not counted%s",
				 l->bare_metal ? ", though bare metal has it" : "");
	if (answer->unsure)
		return arena_fmt(
			a, "nobody knows the vCPUs: %ld instead of %ld if there are more than %d",
			answer->many, answer->pods, FEW_VCPUS);
	if (q->groups)
		return "does not see that the trunk takes an ENI";
	return NULL;
}

static struct verdict plain_verdict(const char *who, const struct limits *l, const char *note,
				    struct arena *a)
{
	struct verdict v = { .who = who, .note = note };

	v.addresses = (long)l->enis * (l->ipv4 - 1);
	v.pods = v.addresses + HOST_PODS;
	v.formula = arena_fmt(a, "%d * (%d - 1) + %d", l->enis, l->ipv4, HOST_PODS);
	return v;
}

static struct verdict script_verdict(const struct limits *l, const struct question *q,
				     struct arena *a)
{
	struct question own = *q;
	struct verdict v = { .who = "script" };
	struct answer answer;
	struct err e;

	own.ipv6 = own.floor = false;
	if (answer_of(l, &own, &answer, a, &e) < 0)
		return v;
	v.pods = answer.pods;
	v.addresses = v.pods > HOST_PODS ? v.pods - HOST_PODS : 0;
	v.formula = answer.formula;
	v.note = script_note(l, q, &answer, a);
	return v;
}

static bool has_trunk(const struct limits *l, const struct question *q)
{
	return q->groups && l->branch_enis > 0;
}

static const char *ipamd_note(const struct limits *l, const struct question *q, struct arena *a)
{
	if (q->ipv6)
		return "one /80 prefix on the primary ENI: addresses are no limit";
	if (q->has_max_eni && q->max_eni < 1)
		return "MAX_ENI below 1 is no limit";
	if (q->prefix && q->old_cni)
		return "prefix delegation came with VPC CNI 1.9";
	if (q->prefix && !ipamd_prefixes(l))
		return "falls back to single addresses: no prefix delegation on this type";
	if (q->groups && l->branch_enis == 0)
		return "no trunk on this type: security groups for pods do not work";
	if (q->groups && l->branch_enis < 0)
		return "nobody knows whether this type has a trunk";
	if (q->groups)
		return arena_fmt(a,
				 "the trunk takes one ENI; pods with security groups have %d "
				 "branch ENIs besides",
				 l->branch_enis);
	return NULL;
}

static struct verdict ipamd_verdict(const struct limits *l, const struct question *q,
				    struct arena *a)
{
	struct verdict v = { .who = "ipamd", .note = ipamd_note(l, q, a) };
	bool prefix = q->prefix && !q->old_cni && ipamd_prefixes(l);
	/* MAX_ENI below 1 is no limit to it. */
	bool limit = limited(l, q) && q->max_eni >= 1;
	long enis = limit ? q->max_eni : l->enis;
	int taken = q->custom + has_trunk(l, q);
	const char *text = limit ? arena_fmt(a, "min(%ld, %d)", q->max_eni, l->enis)
				 : arena_fmt(a, "%d", l->enis);

	if (q->ipv6) {
		v.unlimited = true;
		v.formula = "2^48 addresses";
		return v;
	}
	if (taken)
		text = arena_fmt(a, enis < taken ? "max(0, %s - %d)" : "(%s - %d)", text, taken);
	enis = enis > taken ? enis - taken : 0;
	v.addresses = enis * (l->ipv4 - 1) * (prefix ? PREFIX_IPS : 1);
	v.pods = v.addresses + HOST_PODS;
	v.formula = arena_fmt(a, "%s * (%d - 1)%s + %d", text, l->ipv4, prefix ? " * 16" : "",
			      HOST_PODS);
	return v;
}

const char *nodeadm_expression(const struct limits *l, const struct answer *answer,
			       const struct question *q, long *value, struct arena *a)
{
	const char *enis = "default_enis";

	if (q->ipv6 || (!answer->by_prefix && !q->custom && !limited(l, q)))
		return NULL;
	*value = script_enis(l, q) * (l->ipv4 - 1) * (answer->by_prefix ? PREFIX_IPS : 1) +
		 HOST_PODS;
	if (limited(l, q))
		enis = arena_fmt(a, "(default_enis<%ld?default_enis:%ld)", q->max_eni, q->max_eni);
	if (q->custom)
		enis = arena_fmt(a, "(%s-1)", enis);
	return arena_fmt(a, "(%s*%s)+2", enis,
			 answer->by_prefix ? "((ips_per_eni-1)*16)" : "(ips_per_eni-1)");
}

static const char *nodeadm_note(const struct limits *l, const struct question *q,
				const struct answer *answer, struct arena *a)
{
	long value = 0;
	const char *expression = nodeadm_expression(l, answer, q, &value, a);

	if (!expression)
		return NULL;
	if (value < 1)
		return "no maxPodsExpression can say so: nodeadm refuses less than 1";
	return arena_fmt(a, "with maxPodsExpression '%s': %ld", expression, value);
}

void verdicts_of(const struct limits *l, const struct question *q, const struct answer *answer,
		 struct verdict out[VERDICTS], struct arena *a)
{
	out[ARITHMETIC] = plain_verdict("arithmetic", l, NULL, a);
	out[ARITHMETIC].note = arena_fmt(a, "%ld are usable beside aws-node and kube-proxy",
					 out[ARITHMETIC].addresses);
	out[SCRIPT] = script_verdict(l, q, a);
	out[BOOTSTRAP] = plain_verdict("bootstrap", l, "eni-max-pods.txt, never capped", a);
	out[NODEADM] = plain_verdict("nodeadm", l, nodeadm_note(l, q, answer, a), a);
	out[IPAMD] = ipamd_verdict(l, q, a);
}

/* ---- kubeReserved */

long reserved_memory_mib(long pods)
{
	return 255 + 11 * (pods > 0 ? pods : 0);
}

long reserved_cpu(int vcpus)
{
	/* 6 % of the first CPU, 1 % of the second, half a percent of two more, a quarter above. */
	static const struct {
		long from, to, percent100;
	} bands[] = {
		{ 0, 1000, 600 }, { 1000, 2000, 100 }, { 2000, 4000, 50 }, { 4000, LONG_MAX, 25 }
	};
	long total = (long)vcpus * 1000, sum = 0;

	for (size_t i = 0; i < COUNT(bands) && total > bands[i].from; i++) {
		long end = total < bands[i].to ? total : bands[i].to;

		sum += (end - bands[i].from) * bands[i].percent100 / 10000;
	}
	return sum;
}

/* ---- versions */

int cni_version_parse(const char *text, bool *old, struct err *e)
{
	size_t major = strspn(text, "0123456789");
	const char *minor = text + major + 1;
	long v, w;

	if (*text == 'v')
		return fail(e, EINVAL, "--cni-version: '%.40s' begins with a v; write %.40s", text,
			    text + 1);
	if (major == 0 || major > 4 || text[major] != '.' || !*minor)
		return fail(e, EINVAL, "--cni-version: '%.40s' is not like 1.12.0", text);
	v = strtol(text, NULL, 10);
	major = strspn(minor, "0123456789");
	if (v == 1 && (major == 0 || major > 4 || (minor[major] && minor[major] != '.')))
		return fail(e, EINVAL, "--cni-version: '%.40s' is not like 1.12.0", text);
	w = strtol(minor, NULL, 10);
	*old = v < 1 || (v == 1 && w < 9);
	return 0;
}
