/* SPDX-License-Identifier: Apache-2.0 */
/* podlist.c - many types: a table for people, tabs for programs, JSON. */
#include <stdio.h>
#include <string.h>

#include "podshow.h"

enum { COLUMNS = 11 };

static const char *number(long v, struct arena *a)
{
	return v < 0 ? "-" : arena_fmt(a, "%ld", v);
}

struct line {
	const char *cell[COLUMNS];
};

static const struct line head = { { "type", "pods", "enis", "ipv4", "cards", "vcpus", "mib",
				    "branch", "arch", "hypervisor", "metal" } };
static const bool right[COLUMNS] = { false, true, true, true, true, true, true, true };

static struct line line_of(const struct found *f, struct arena *a)
{
	const struct limits *l = &f->l;
	const char *pods = arena_fmt(a, "%ld%s", f->answer.pods, f->answer.unsure ? "?" : "");

	return (struct line) { { l->type, pods, number(l->enis, a), number(l->ipv4, a),
				 number(l->cards ? l->cards : -1, a), number(l->vcpus, a),
				 number(l->memory_mib, a), number(l->branch_enis, a),
				 arch_names(l->archs, "+", a), hypervisor_name(l->hypervisor),
				 l->bare_metal ? "yes" : "no" } };
}

static void print_line(const struct line *l, const int wide[COLUMNS])
{
	for (int c = 0; c < COLUMNS; c++) {
		int width = c == COLUMNS - 1 ? 0 : wide[c];

		printf("%s%*s", c ? "  " : "", right[c] ? width : -width, l->cell[c]);
	}
}

static void list_text(const struct found *f, size_t n, struct arena *a)
{
	struct line *lines = arena_get(a, (n + 1) * sizeof(*lines));
	int wide[COLUMNS] = { 0 };
	bool unsure = false;

	lines[0] = head;
	for (size_t i = 0; i < n; i++) {
		lines[i + 1] = line_of(&f[i], a);
		unsure = unsure || f[i].answer.unsure;
	}
	for (size_t i = 0; i <= n; i++)
		for (int c = 0; c < COLUMNS; c++)
			if ((int)strlen(lines[i].cell[c]) > wide[c])
				wide[c] = (int)strlen(lines[i].cell[c]);
	for (size_t i = 0; i <= n; i++) {
		printf("%s", i ? "" : bold());
		print_line(&lines[i], wide);
		printf("%s\n", i ? "" : plain());
	}
	if (unsure)
		printf("?: nobody knows the vCPUs of this type; up to %d if there are more than "
		       "%d\n",
		       CAP_MANY, FEW_VCPUS);
}

static void list_tsv(const struct found *f, size_t n, struct arena *a)
{
	puts("type\teni_limit\tipv4_limit\tdefault_card_index\tnetwork_cards\thypervisor\t"
	     "bare_metal\tmax_pods\tvcpus\tmemory_mib\tarch\tbranch_enis");
	for (size_t i = 0; i < n; i++) {
		const struct limits *l = &f[i].l;

		printf("%s\t%d\t%d\t%d\t", l->type, l->enis, l->ipv4, l->default_card);
		/* Only where it is known that they are all alike. */
		for (int c = 0; c < l->cards && !l->cards_differ; c++)
			printf("%s%d:%d", c ? "," : "", c, l->enis);
		printf("\t%s\t%s\t%ld\t%s\t%s\t%s\t%s\n", hypervisor_name(l->hypervisor),
		       l->bare_metal ? "true" : "false", f[i].answer.pods, number(l->vcpus, a),
		       number(l->memory_mib, a), arch_names(l->archs, "+", a),
		       number(l->branch_enis, a));
	}
}

static void list_json(const struct found *f, size_t n)
{
	auto_json struct json *all = json_array();
	auto_buf struct buf out = { 0 };

	for (size_t i = 0; i < n; i++) {
		struct json *j = json_object();

		json_add_str(j, "type", f[i].l.type);
		json_add_int(j, "max_pods", f[i].answer.pods);
		json_add_bool(j, "certain", !f[i].answer.unsure);
		show_facts(j, &f[i].l);
		json_push(all, j);
	}
	json_print(all, 2, &out);
	puts(out.p);
}

void show_list(const struct found *f, size_t n, enum format format, struct arena *a)
{
	switch (format) {
	case FORMAT_TEXT:
		list_text(f, n, a);
		return;
	case FORMAT_NUMBER:
		for (size_t i = 0; i < n; i++)
			printf("%ld\n", f[i].answer.pods);
		return;
	case FORMAT_JSON:
		list_json(f, n);
		return;
	case FORMAT_TSV:
		list_tsv(f, n, a);
		return;
	}
}
