/* SPDX-License-Identifier: Apache-2.0 */
/* typefile.c - a file of newer limits: lines with tabs, or EC2's answer as the AWS CLI prints it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "json.h"
#include "str.h"
#include "typefind.h"

enum { MAX_FILE = 64 << 20, MAX_COLUMNS = 32 };
enum column { TYPE, ENIS, IPV4, CARD, CARDS, HYPERVISOR, BARE, VCPUS, MIB, ARCH, BRANCH, COLUMNS };
static const char *const columns[COLUMNS] = {
	"type",          "eni_limit",  "ipv4_limit", "default_card_index",
	"network_cards", "hypervisor", "bare_metal", "vcpus",
	"memory_mib",    "arch",       "branch_enis"
};

/* Where in the file, for messages: "new.tsv line 7" or "ec2.json type m9.large". */
struct place {
	const char *file, *kind, *text;
};

static int wrong(const struct place *at, const char *what, const char *value, struct err *e)
{
	return fail(e, EBADMSG, "%s %s %s: %s '%.40s' cannot be", at->file, at->kind, at->text,
		    what, value);
}

/* What is known already: the table's facts of the type, if it has them. */
static struct limits start_of(const char *type)
{
	struct limits l = { .memory_mib = -1, .vcpus = -1, .branch_enis = -1 };

	(void)limits_of(type, &l);
	return l;
}

struct range {
	int64_t min, max;
};
static const struct range a_byte = { 0, 255 }, some_vcpus = { 1, INT16_MAX },
			  some_mib = { 1, INT32_MAX }, any_branch = { 0, INT16_MAX };

/* An empty cell says nothing: *out stays. "-": not known, -1. */
static int read_number(const struct place *at, const char *what, const char *text,
		       const struct range *range, int64_t *out, struct err *e)
{
	uint64_t v;

	if (!*text)
		return 0;
	if (strcmp(text, "-") == 0) {
		*out = -1;
		return 0;
	}
	if (!str_u64(text, &v) || v < (uint64_t)range->min || v > (uint64_t)range->max)
		return wrong(at, what, text, e);
	*out = (int64_t)v;
	return 0;
}

/* What must be there, and fit a byte. */
static int read_byte(const struct place *at, const char *what, const char *text, uint8_t *out,
		     struct err *e)
{
	int64_t v = -1;

	if (read_number(at, what, text, &a_byte, &v, e) < 0)
		return -1;
	if (v < 1)
		return wrong(at, what, text, e);
	*out = (uint8_t)v;
	return 0;
}

static int read_name(const struct place *at, const char *type, struct limits *l, struct err *e)
{
	if (!type_valid(type))
		return wrong(at, "type", type, e);
	snprintf(l->type, sizeof(l->type), "%s", type);
	return 0;
}

static int read_hypervisor(const struct place *at, const char *text, struct limits *l,
			   struct err *e)
{
	for (int h = HYPERVISOR_UNKNOWN; h <= HYPERVISOR_XEN; h++) {
		if (strcmp(text, hypervisor_name(h)) != 0)
			continue;
		l->hypervisor = (uint8_t)h;
		return 0;
	}
	return *text ? wrong(at, "hypervisor", text, e) : 0;
}

static void grow(struct types *t, const struct limits *l, size_t *room, struct arena *a)
{
	if (t->n == *room) {
		struct limits *old = t->v;

		*room = *room ? 2 * *room : 64;
		t->v = arena_get(a, *room * sizeof(*t->v));
		if (t->n)
			memcpy(t->v, old, t->n * sizeof(*old));
	}
	t->v[t->n++] = *l;
}

/* ---- lines */

struct table {
	const char *file;
	int at[COLUMNS]; /* the column's place in a line; -1: absent */
	const char *cell[MAX_COLUMNS];
	size_t ncells, columns, line; /* columns: cells of the first line */
};

/* Cells in place; an empty one counts. */
static int cut(struct table *t, char *line, struct err *e)
{
	t->ncells = 0;
	for (char *p = line; p;) {
		if (t->ncells == MAX_COLUMNS)
			return fail(e, EBADMSG, "%s line %zu: more than %d columns", t->file,
				    t->line, MAX_COLUMNS);
		t->cell[t->ncells++] = p;
		p = strchr(p, '\t');
		if (p)
			*p++ = 0;
	}
	if (t->columns && t->ncells > t->columns)
		return fail(e, EBADMSG, "%s line %zu: %zu columns, and the first line names %zu",
			    t->file, t->line, t->ncells, t->columns);
	return 0;
}

static const char *cell(const struct table *t, enum column c)
{
	return t->at[c] >= 0 && (size_t)t->at[c] < t->ncells ? t->cell[t->at[c]] : "";
}

static int read_head(struct table *t, struct err *e)
{
	t->columns = t->ncells;
	for (int c = 0; c < COLUMNS; c++) {
		t->at[c] = -1;
		for (size_t i = 0; i < t->ncells; i++) {
			if (strcmp(t->cell[i], columns[c]) != 0)
				continue;
			if (t->at[c] >= 0)
				return fail(e, EBADMSG, "%s: two columns '%s'", t->file,
					    columns[c]);
			t->at[c] = (int)i;
		}
	}
	for (int c = TYPE; c <= IPV4; c++)
		if (t->at[c] < 0)
			return fail(e, EBADMSG,
				    "%s: no column '%s' in the first line, and no JSON either",
				    t->file, columns[c]);
	return 0;
}

/* "0:4,1:4": index and maximum of each. */
static int read_cards(const struct place *at, const char *text, struct limits *l, struct arena *a,
		      struct err *e)
{
	struct strs cards = str_split(text, ",", a);

	if (!*text)
		return 0;
	l->cards = 0;
	l->cards_differ = false;
	if (strcmp(text, "-") == 0)
		return 0;
	for (size_t i = 0; i < cards.n; i++) {
		struct strs half = str_split(cards.v[i], ":", a);
		uint64_t index, enis;

		if (half.n != 2 || !str_u64(half.v[0], &index) || !str_u64(half.v[1], &enis) ||
		    index > 255 || enis > 255)
			return wrong(at, columns[CARDS], text, e);
		l->cards_differ = l->cards_differ || enis != l->enis;
	}
	if (!cards.n || cards.n > 255)
		return wrong(at, columns[CARDS], text, e);
	l->cards = (uint8_t)cards.n;
	return 0;
}

static int read_archs(const struct place *at, const char *text, struct limits *l, struct arena *a,
		      struct err *e)
{
	struct strs names = str_split(text, "+", a);

	if (!*text)
		return 0;
	l->archs = 0;
	if (strcmp(text, "-") == 0)
		return 0;
	for (size_t i = 0; i < names.n; i++) {
		int bit = arch_bit(names.v[i]);

		if (!bit)
			return wrong(at, columns[ARCH], text, e);
		l->archs |= (uint8_t)bit;
	}
	return 0;
}

static int read_row(const struct table *t, struct limits *l, struct arena *a, struct err *e)
{
	const struct place at = { t->file, "line", arena_fmt(a, "%zu", t->line) };
	const char *bare = cell(t, BARE);
	int64_t card, vcpus, mib, branch;

	*l = start_of(cell(t, TYPE));
	card = l->default_card;
	vcpus = l->vcpus;
	mib = l->memory_mib;
	branch = l->branch_enis;
	if (read_name(&at, cell(t, TYPE), l, e) < 0 ||
	    read_byte(&at, columns[ENIS], cell(t, ENIS), &l->enis, e) < 0 ||
	    read_byte(&at, columns[IPV4], cell(t, IPV4), &l->ipv4, e) < 0 ||
	    read_number(&at, columns[CARD], cell(t, CARD), &a_byte, &card, e) < 0 ||
	    read_cards(&at, cell(t, CARDS), l, a, e) < 0 ||
	    read_hypervisor(&at, cell(t, HYPERVISOR), l, e) < 0 ||
	    read_number(&at, columns[VCPUS], cell(t, VCPUS), &some_vcpus, &vcpus, e) < 0 ||
	    read_number(&at, columns[MIB], cell(t, MIB), &some_mib, &mib, e) < 0 ||
	    read_archs(&at, cell(t, ARCH), l, a, e) < 0 ||
	    read_number(&at, columns[BRANCH], cell(t, BRANCH), &any_branch, &branch, e) < 0)
		return -1;
	if (*bare && strcmp(bare, "true") != 0 && strcmp(bare, "false") != 0)
		return wrong(&at, columns[BARE], bare, e);
	if (*bare)
		l->bare_metal = strcmp(bare, "true") == 0;
	l->default_card = (uint8_t)(card < 0 ? 0 : card);
	l->vcpus = (int16_t)vcpus;
	l->memory_mib = (int32_t)mib;
	l->branch_enis = (int16_t)branch;
	return 0;
}

/* The end of a line may be CR LF. */
static char *line_end(char *line)
{
	char *end = strchr(line, '\n');
	size_t n = end ? (size_t)(end - line) : strlen(line);

	if (end)
		*end++ = 0;
	if (n && line[n - 1] == '\r')
		line[n - 1] = 0;
	return end;
}

static int read_lines(struct types *t, char *text, struct arena *a, struct err *e)
{
	struct table table = { .file = t->file };
	struct limits l;
	size_t room = 0;

	for (char *line = text, *end; line; line = end) {
		end = line_end(line);
		table.line++;
		if (!line[strspn(line, " \t")])
			continue;
		if (cut(&table, line, e) < 0)
			return -1;
		if (!table.columns) {
			if (read_head(&table, e) < 0)
				return -1;
			continue;
		}
		if (read_row(&table, &l, a, e) < 0)
			return -1;
		grow(t, &l, &room, a);
	}
	return 0;
}

/* ---- JSON of DescribeInstanceTypes */

/* A whole number. Absent or null: *out stays. */
static int json_number_at(const struct place *at, const struct json *j, const char *path,
			  const struct range *range, int64_t *out, struct err *e)
{
	const struct json *v = json_get(j, path);

	if (json_type(v) == JSON_NONE || json_type(v) == JSON_NULL)
		return 0;
	*out = json_int(j, path, -1);
	if (*out < range->min || *out > range->max)
		return fail(e, EBADMSG, "%s %s %s: %s is no number from %lld to %lld", at->file,
			    at->kind, at->text, path, (long long)range->min, (long long)range->max);
	return 0;
}

static int json_cards(const struct place *at, const struct json *j, struct limits *l, struct err *e)
{
	const struct json *cards = json_get(j, "NetworkInfo.NetworkCards");
	int64_t card = l->default_card, enis = -1;
	bool differ = false;

	if (json_number_at(at, j, "NetworkInfo.DefaultNetworkCardIndex", &a_byte, &card, e) < 0)
		return -1;
	if (!json_count(cards) &&
	    json_number_at(at, j, "NetworkInfo.MaximumNetworkInterfaces", &a_byte, &enis, e) < 0)
		return -1;
	for (const struct json *c = json_first(cards); c; c = json_next(c)) {
		int64_t index = -1, max = -1;

		if (json_number_at(at, c, "NetworkCardIndex", &a_byte, &index, e) < 0 ||
		    json_number_at(at, c, "MaximumNetworkInterfaces", &a_byte, &max, e) < 0)
			return -1;
		differ = differ ||
			 max != json_int(json_first(cards), "MaximumNetworkInterfaces", -1);
		if (index == card)
			enis = max;
	}
	if (enis < 1 || json_count(cards) > 255)
		return fail(e, EBADMSG, "%s %s %s: no ENIs for its default network card %lld",
			    at->file, at->kind, at->text, (long long)card);
	l->enis = (uint8_t)enis;
	l->default_card = (uint8_t)card;
	if (!json_count(cards))
		return 0;
	l->cards = (uint8_t)json_count(cards);
	l->cards_differ = differ;
	return 0;
}

static void json_archs(const struct json *j, struct limits *l)
{
	const struct json *arch = json_first(json_get(j, "ProcessorInfo.SupportedArchitectures"));

	if (arch)
		l->archs = 0;
	for (; arch; arch = json_next(arch))
		l->archs |= (uint8_t)(json_text(arch) ? arch_bit(json_text(arch)) : 0);
}

static int read_object(const char *file, const struct json *j, struct limits *l, struct err *e)
{
	const char *type = json_str(j, "InstanceType", "");
	const struct place at = { file, "type", type };
	int64_t ipv4 = -1, vcpus, mib;

	*l = start_of(type);
	vcpus = l->vcpus;
	mib = l->memory_mib;
	if (read_name(&at, type, l, e) < 0 || json_cards(&at, j, l, e) < 0 ||
	    json_number_at(&at, j, "NetworkInfo.Ipv4AddressesPerInterface", &a_byte, &ipv4, e) <
		    0 ||
	    json_number_at(&at, j, "VCpuInfo.DefaultVCpus", &some_vcpus, &vcpus, e) < 0 ||
	    json_number_at(&at, j, "MemoryInfo.SizeInMiB", &some_mib, &mib, e) < 0 ||
	    read_hypervisor(&at, json_str(j, "Hypervisor", ""), l, e) < 0)
		return -1;
	if (ipv4 < 1)
		return fail(e, EBADMSG, "%s type %s: no IPv4 addresses", file, type);
	json_archs(j, l);
	l->bare_metal = json_bool(j, "BareMetal", l->bare_metal);
	l->ipv4 = (uint8_t)ipv4;
	l->vcpus = (int16_t)vcpus;
	l->memory_mib = (int32_t)mib;
	return 0;
}

static int read_json(struct types *t, const char *text, struct arena *a, struct err *e)
{
	auto_json struct json *root = json_parse(text, strlen(text), e);
	const struct json *list;
	struct limits l;
	size_t room = 0;

	if (!root)
		return wrap(e, "%s", t->file);
	list = json_get(root, "InstanceTypes");
	if (json_type(list) != JSON_ARRAY)
		return fail(e, EBADMSG, "%s: no list 'InstanceTypes' in it", t->file);
	for (const struct json *j = json_first(list); j; j = json_next(j)) {
		if (read_object(t->file, j, &l, e) < 0)
			return -1;
		grow(t, &l, &room, a);
	}
	return 0;
}

static int by_type(const void *a, const void *b)
{
	return strcmp(((const struct limits *)a)->type, ((const struct limits *)b)->type);
}

int types_read(struct types *t, const char *path, struct arena *a, struct err *e)
{
	auto_buf struct buf text = { 0 };
	char *start;
	int rc;

	*t = (struct types) { .file = path };
	if (file_read(path, MAX_FILE, &text, e) < 0)
		return -1;
	if (!text.len || strlen(text.p) != text.len)
		return fail(e, EBADMSG, "%s: %s", path, text.len ? "a NUL in it" : "empty");
	start = text.p + (str_prefix(text.p, "\xef\xbb\xbf") ? 3 : 0); /* a byte order mark */
	rc = start[strspn(start, " \t\r\n")] == '{' ? read_json(t, start, a, e)
						    : read_lines(t, start, a, e);
	if (rc < 0)
		return -1;
	if (!t->n)
		return fail(e, EBADMSG, "%s: no types in it", path);
	qsort(t->v, t->n, sizeof(*t->v), by_type);
	for (size_t i = 1; i < t->n; i++)
		if (strcmp(t->v[i - 1].type, t->v[i].type) == 0)
			return fail(e, EBADMSG, "%s: %s is in it twice", path, t->v[i].type);
	return 0;
}
