/* SPDX-License-Identifier: Apache-2.0 */
/* podshow.c - one type's answer: sentences, the table of authorities, JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "podshow.h"
#include "str.h"

/* ---- the terminal */

static bool coloured(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && *no) && !(term && strcmp(term, "dumb") == 0);
}

const char *bold(void)
{
	return coloured() ? "\033[1m" : "";
}

const char *dim(void)
{
	return coloured() ? "\033[2m" : "";
}

const char *plain(void)
{
	return coloured() ? "\033[0m" : "";
}

const char *printable(const char *text, struct arena *a)
{
	auto_buf struct buf out = { 0 };
	uint32_t rune;

	for (size_t n; *text; text += n) {
		n = str_rune(text, &rune);
		if (n && rune >= ' ' && (rune < 0x7f || rune > 0x9f))
			buf_add(&out, text, n);
		else
			buf_fmt(&out, "\\x%02x", (unsigned)(n ? rune : (unsigned char)*text));
		n += !n;
	}
	return arena_str(a, out.len ? out.p : "");
}

/* ---- text */

static const char *vcpus_text(const struct limits *l, struct arena *a)
{
	if (l->vcpus < 0)
		return "vCPUs not known";
	return arena_fmt(a, "%d vCPU%s", l->vcpus, l->vcpus == 1 ? "" : "s");
}

static void print_facts(const struct found *f, struct arena *a)
{
	const struct limits *l = &f->l;
	const char *archs = arch_names(l->archs, " ", a);

	printf("  %d ENI%s of %d IPv4 addresses", l->enis, l->enis == 1 ? "" : "s", l->ipv4);
	if (l->cards > 1)
		printf(" on the default one of %d network cards", l->cards);
	printf(", %s", vcpus_text(l, a));
	if (l->memory_mib >= 0)
		printf(", %ld MiB", (long)l->memory_mib);
	if (strcmp(archs, "-") != 0)
		printf(", %s", archs);
	if (l->bare_metal)
		printf(", bare metal");
	if (l->hypervisor != HYPERVISOR_UNKNOWN)
		printf(", %s", hypervisor_name(l->hypervisor));
	if (l->branch_enis >= 0)
		printf(", %d branch ENIs", l->branch_enis);
	printf(" (%s)\n", printable(f->from, a));
}

static void print_reserved(const struct found *f)
{
	long memory = reserved_memory_mib(f->answer.pods), left = f->l.memory_mib - memory;

	printf("  kubeReserved: ");
	if (f->l.vcpus >= 0)
		printf("cpu=%ldm,", reserved_cpu(f->l.vcpus));
	printf("memory=%ldMi,ephemeral-storage=1Gi", memory);
	if (f->l.memory_mib >= 0 && left > EVICT_MIB)
		printf("; at most %ld MiB are left for pods", left - EVICT_MIB);
	putchar('\n');
}

/* What a reader of the number alone would not expect. */
static void print_warnings(const struct found *f, const struct verdict v[VERDICTS], bool groups)
{
	const struct answer *r = &f->answer;

	if (r->unsure)
		printf("  nobody knows how many vCPUs it has: with more than %d it is %ld\n",
		       FEW_VCPUS, r->many);
	if (r->pods < HOST_PODS + 1)
		printf("  no ENI is left for pods\n");
	else if (!v[IPAMD].unlimited && r->pods > v[IPAMD].pods)
		printf("  ipamd has addresses for %ld%s: kubelet would admit pods that never get "
		       "one\n",
		       v[IPAMD].addresses,
		       groups ? ", and branch ENIs only for pods with security groups" : "");
}

static const char *cell(const struct verdict *v, long n, struct arena *a)
{
	return v->unlimited ? "no limit" : arena_fmt(a, "%ld", n);
}

static void print_table(const struct verdict v[VERDICTS], struct arena *a)
{
	size_t wide = 0;

	for (size_t i = 0; i < VERDICTS; i++)
		if (strlen(v[i].formula) > wide)
			wide = strlen(v[i].formula);
	printf("\n%s  %-10s  %8s  %9s  %8s  %-*s  note%s\n", bold(), "by", "pods", "addresses",
	       "memory", (int)wide, "formula", plain());
	for (size_t i = 0; i < VERDICTS; i++) {
		/* ipamd reserves nothing; kubelet does, for the number that it is told. */
		const char *memory =
			i == IPAMD ? "-" : arena_fmt(a, "%ldMi", reserved_memory_mib(v[i].pods));

		printf("  %-10s  %8s  %9s  %8s  ", v[i].who, cell(&v[i], v[i].pods, a),
		       cell(&v[i], v[i].addresses, a), memory);
		if (v[i].note)
			printf("%-*s  %s%s%s\n", (int)wide, v[i].formula, dim(), v[i].note,
			       plain());
		else
			printf("%s\n", v[i].formula);
	}
	printf("\n%s  arithmetic  ENIs * (addresses - 1) + 2; aws-node and kube-proxy need no "
	       "address\n"
	       "  script      max-pods-calculator.sh; with at most 30 vCPUs no more than 110, else "
	       "250\n"
	       "  bootstrap   AL2's bootstrap.sh, and ipamd without the API server\n"
	       "  nodeadm     AL2023; kubeReserved follows this or maxPodsExpression, not "
	       "--max-pods\n"
	       "  ipamd       what it can serve; it believes the node's capacity.pods%s\n",
	       dim(), plain());
}

void show_one(const struct found *f, const struct question *q, bool explain, struct arena *a)
{
	const struct answer *r = &f->answer;
	struct verdict v[VERDICTS];

	verdicts_of(&f->l, q, r, v, a);
	printf("%s%s: %ld pods%s\n", bold(), f->l.type, r->pods, plain());
	print_facts(f, a);
	if (r->unlimited)
		printf("  addresses are no limit with IPv6; %d is what AWS recommends for %s\n",
		       r->cap, vcpus_text(&f->l, a));
	else if (r->pods <= HOST_PODS)
		printf("  %s = %ld\n", r->formula, r->pods);
	else
		printf("  %s = %ld, of which %ld beside aws-node and kube-proxy have an address\n",
		       r->formula, r->pods, r->pods - HOST_PODS);
	print_warnings(f, v, q->groups && f->l.branch_enis > 0);
	print_reserved(f);
	if (explain)
		print_table(v, a);
	else if (v[SCRIPT].pods != v[NODEADM].pods || v[IPAMD].unlimited ||
		 v[IPAMD].pods != v[SCRIPT].pods)
		printf("%s  others say other numbers: --explain shows them%s\n", dim(), plain());
}

/* ---- JSON */

static void add_number(struct json *j, const char *key, long v)
{
	if (v < 0)
		json_add(j, key, NULL);
	else
		json_add_int(j, key, v);
}

void show_facts(struct json *j, const struct limits *l)
{
	struct json *archs = json_array();

	json_add_int(j, "enis", l->enis);
	json_add_int(j, "ipv4_per_eni", l->ipv4);
	add_number(j, "network_cards", l->cards ? l->cards : -1);
	json_add_str(j, "hypervisor", hypervisor_name(l->hypervisor));
	json_add_bool(j, "bare_metal", l->bare_metal);
	add_number(j, "vcpus", l->vcpus);
	add_number(j, "memory_mib", l->memory_mib);
	for (int bit = 1; bit <= ARCH_ARM64_MAC; bit <<= 1) {
		auto_arena struct arena a = { 0 };

		if (l->archs & bit)
			json_push_str(archs, arch_names(bit, "", &a));
	}
	json_add(j, "architectures", archs);
	add_number(j, "branch_enis", l->branch_enis);
}

static struct json *verdict_json(const struct verdict *v)
{
	struct json *j = json_object();

	json_add_str(j, "by", v->who);
	json_add(j, "max_pods", NULL);
	json_add(j, "addresses", NULL);
	if (!v->unlimited) {
		json_add_int(j, "max_pods", v->pods);
		json_add_int(j, "addresses", v->addresses);
	}
	json_add_str(j, "formula", v->formula);
	json_add(j, "note", NULL);
	if (v->note)
		json_add_str(j, "note", v->note);
	return j;
}

void show_one_json(const struct found *f, const struct question *q, struct arena *a)
{
	auto_json struct json *j = json_object();
	struct json *limits = json_object(), *reserved = json_object(), *all = json_array();
	auto_buf struct buf out = { 0 };
	struct verdict v[VERDICTS];

	verdicts_of(&f->l, q, &f->answer, v, a);
	json_add_str(j, "type", f->l.type);
	json_add_int(j, "max_pods", f->answer.pods);
	json_add_bool(j, "certain", !f->answer.unsure);
	json_add_bool(j, "capped", f->answer.cap_counts);
	json_add_bool(j, "prefix_delegation", f->answer.by_prefix);
	json_add_str(j, "formula", f->answer.formula);
	show_facts(limits, &f->l);
	json_add_str(limits, "source", f->from);
	json_add(j, "limits", limits);
	if (f->l.vcpus >= 0)
		json_add_int(reserved, "cpu_millicores", reserved_cpu(f->l.vcpus));
	else
		json_add(reserved, "cpu_millicores", NULL);
	json_add_int(reserved, "memory_mib", reserved_memory_mib(f->answer.pods));
	json_add_int(reserved, "ephemeral_storage_gib", 1);
	json_add(j, "kube_reserved", reserved);
	for (size_t i = 0; i < VERDICTS; i++)
		json_push(all, verdict_json(&v[i]));
	json_add(j, "explain", all);
	json_print(j, 2, &out);
	puts(out.p);
}
