/* SPDX-License-Identifier: Apache-2.0 */
/* kubewatch.c - any bytes as a list or a watch of every kind, in one piece and in many: the same
 * objects must come, in the same order, and the same end. The first byte: bit 0 is a list, the rest
 * the size of a piece. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kubestore.h"
#include "kubewatch_split.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

/* An object that is read is read the same again, and has a head. */
static void decode(enum kube_kind kind, const struct json *j, struct buf *out)
{
	struct err e = { 0 };
	auto_object struct kube_object *o = kube_object(kind, j, &e);
	auto_object struct kube_object *head = kube_object_head(kind, j, &e);

	if (!o) {
		must(e.num && *e.msg, "a refusal without words");
		return;
	}
	must(head && strcmp(kube_meta(o)->name, kube_meta(head)->name) == 0, "another name");
	buf_fmt(out, "%s %s %zu\n", kube_meta(o)->ns, kube_meta(o)->name, kube_meta(o)->labels.n);
}

static int on_item(void *arg, const struct json *j, struct err *e)
{
	(void)e;
	json_print(j, 0, arg);
	for (int k = 0; k < KUBE_KINDS; k++) {
		decode((enum kube_kind)k, j, arg);
		decode((enum kube_kind)k, json_get(j, "object"), arg);
	}
	return 0;
}

static void split(const char *p, size_t n, bool list, size_t piece, struct buf *out)
{
	auto_split struct kube_split s = { .list = list, .item = on_item, .arg = out };
	auto_json struct json *head = NULL;
	struct err e = { 0 };
	int rc = 0;

	for (size_t at = 0; at < n && rc == 0; at += piece)
		rc = kube_split_feed(&s, p + at, piece < n - at ? piece : n - at, &e);
	if (rc == 0)
		rc = kube_split_end(&s, &head, &e);
	must(rc == 0 || (e.num && *e.msg), "a failure without words");
	json_print(head, 0, out);
	buf_str(out, rc == 0 ? "" : e.msg);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_buf struct buf whole = { 0 }, pieces = { 0 };
	const char *text = (const char *)data + 1;
	bool list;

	if (!size)
		return 0;
	list = *data & 1;
	split(text, size - 1, list, size, &whole);
	split(text, size - 1, list, (*data >> 1) + 1U, &pieces);
	must(whole.len == pieces.len && memcmp(whole.p, pieces.p, whole.len) == 0,
	     "pieces make a difference");
	return 0;
}
