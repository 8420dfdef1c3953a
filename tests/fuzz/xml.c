/* SPDX-License-Identifier: Apache-2.0 */
/* xml.c - a document read at once, in pieces, and item by item: the same elements each time. The
 * first byte says how it is cut. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "fuzz: %s\n", what);
	abort();
}

static void dump(const struct xml *x, struct buf *out)
{
	buf_fmt(out, "<%s>", x->name);
	xml_escape(x->text, out);
	for (const struct xml *k = x->first; k; k = k->next) {
		must(k->up == x && (k->next || x->last == k), "a tree that is tied badly");
		dump(k, out);
	}
	buf_str(out, "/");
}

static size_t count(const struct xml *x)
{
	size_t n = 1;

	for (const struct xml *k = x->first; k; k = k->next)
		n += count(k);
	return n;
}

static int on_item(const struct xml *item, void *arg, struct err *e)
{
	size_t *n = arg;

	(void)e;
	must(!item->up && !item->next && strcmp(item->name, "i") == 0, "an item that is none");
	*n += count(item);
	return 0;
}

/* The root, or NULL. *items: how many elements were in items. */
static const struct xml *fed(const uint8_t *data, size_t size, unsigned seed, const char *path,
			     size_t *items, struct arena *a)
{
	auto_xml_feed struct xml_feed *f = xml_feed_new(path, on_item, items, a);
	struct err e = { 0 };
	size_t n = 0;

	for (size_t at = 0; at < size; at += n) {
		seed = seed * 1103515245 + 12345;
		n = 1 + (seed >> 16) % 23;
		n = n < size - at ? n : size - at;
		if (xml_feed(f, data + at, n, &e) < 0)
			must(e.num && *e.msg, "a failure without words");
	}
	return xml_feed_end(f, &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_arena struct arena a = { 0 };
	auto_buf struct buf one = { 0 }, other = { 0 };
	const struct xml *whole, *pieces, *rest;
	size_t items = 0;
	struct err e = { 0 };

	if (!size)
		return 0;
	whole = xml_parse((const char *)data + 1, size - 1, &a, &e);
	pieces = fed(data + 1, size - 1, data[0], NULL, &items, &a);
	rest = fed(data + 1, size - 1, data[0], "s/i", &items, &a);
	must(!whole == !pieces && !whole == !rest, "only one of the ways takes it");
	if (!whole)
		return 0;
	dump(whole, &one);
	dump(pieces, &other);
	must(strcmp(one.p, other.p) == 0, "pieces make another tree");
	must(count(whole) == count(rest) + items, "items and rest are not the whole");
	return 0;
}
