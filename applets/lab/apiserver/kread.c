/* SPDX-License-Identifier: Apache-2.0 */
/* kread.c - get and list; lists in chunks whose token says where the last one ended. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "kask.h"
#include "str.h"

void kread_get(const struct kask *a)
{
	const struct kobj *o = kstore_get(a->s, a->r, a->ns, a->name);
	struct err e;

	if (!o) {
		knot_found(a->r, a->name, &e);
		kreply_err(a->c, a->r, a->name, &e);
		return;
	}
	kreply_object(a, 200, o);
}

/* A list being put together. */
struct listing {
	const struct kask *a;
	struct kselect select;
	uint64_t rv, limit, n, left;
	const char *last_ns, *last_name; /* where this chunk ends */
	const char *from_ns, *from_name; /* behind which it begins */
	struct buf items;
};

/* "RV NS NAME", as base64. */
static int read_token(struct listing *l, const char *token, struct err *e)
{
	auto_buf struct buf b = { 0 };
	struct strs p;
	bool gone;

	if (!base64_decode(token, &b) || !b.p)
		return kfail(e, "BadRequest", "continue key is not valid: \"%.100s\"", token);
	p = str_split(b.p, "/", &l->a->c->a);
	if (p.n < 2 || p.n > 3 || !str_u64(p.v[0], &l->rv) || l->rv > kstore_rv(l->a->s))
		return kfail(e, "BadRequest", "continue key is not valid: \"%.100s\"", token);
	l->from_ns = p.n == 3 ? p.v[1] : "";
	l->from_name = p.v[p.n - 1];
	kstore_next(l->a->s, l->rv, &gone);
	if (gone)
		return kfail(
			e, "Expired",
			"The provided continue parameter is too old to display a consistent "
			"list result. You can start a new list without the continue parameter.");
	return 0;
}

static bool add_item(void *arg, const struct kobj *o)
{
	struct listing *l = arg;

	if (strcmp(o->ns, l->from_ns) == 0 && strcmp(o->name, l->from_name) == 0)
		return true;
	if (*l->a->name && strcmp(o->name, l->a->name) != 0)
		return true;
	if (!kselect_match(&l->select, o))
		return true;
	if (l->limit && l->n >= l->limit) {
		l->left++;
		return !l->select.terms; /* how many are left is told only of all */
	}
	if (l->a->form == KFORM_TABLE) {
		ktable_row(l->a, o, !l->n, &l->items);
	} else {
		if (l->n)
			buf_str(&l->items, ",");
		kform_put(l->a, o, &l->items);
	}
	l->n++;
	l->last_ns = o->ns;
	l->last_name = o->name;
	return true;
}

static void put_meta(const struct listing *l, struct buf *out)
{
	auto_buf struct buf plain = { 0 };

	buf_fmt(out, "{\"resourceVersion\":\"%" PRIu64 "\"", l->rv);
	if (l->left) {
		buf_fmt(&plain, "%" PRIu64 "/%s/%s", l->rv, l->last_ns, l->last_name);
		buf_str(out, ",\"continue\":\"");
		base64(plain.p, plain.len, out);
		buf_str(out, "\"");
		if (!l->select.terms)
			buf_fmt(out, ",\"remainingItemCount\":%" PRIu64, l->left);
	}
	buf_str(out, "}");
}

static void reply(struct listing *l)
{
	const struct kask *a = l->a;
	auto_buf struct buf out = { 0 };
	auto_buf struct buf meta = { 0 };

	put_meta(l, &meta);
	if (a->form == KFORM_TABLE) {
		ktable_begin(a, meta.p, &out);
	} else if (a->form == KFORM_PARTIAL) {
		buf_fmt(&out,
			"{\"kind\":\"PartialObjectMetadataList\",\"apiVersion\":"
			"\"meta.k8s.io/v1\",\"metadata\":%s,\"items\":[",
			meta.p);
	} else {
		buf_fmt(&out,
			"{\"kind\":\"%sList\",\"apiVersion\":\"%s%s%s\",\"metadata\":%s,\"items\":"
			"[",
			a->r->kind, a->r->group, *a->r->group ? "/" : "", a->version, meta.p);
	}
	if (l->items.len)
		buf_add(&out, l->items.p, l->items.len);
	buf_str(&out, "]}\n");
	kreply_text(a->c, 200, "application/json", out.p, out.len);
}

/* A version from the future is not there yet; Exact is only the one of now. */
static int check_version(const struct listing *l, struct err *e)
{
	const char *rv = kask_param(l->a->c, "resourceVersion"),
		   *match = kask_param(l->a->c, "resourceVersionMatch");
	uint64_t want = 0;

	if (!rv || !*rv)
		return 0;
	if (!str_u64(rv, &want))
		return kfail(e, "BadRequest", "resourceVersion: Invalid value: \"%.60s\"", rv);
	if (want > kstore_rv(l->a->s))
		return kfail(e, "Timeout",
			     "Too large resource version: %" PRIu64 ", current: %" PRIu64, want,
			     kstore_rv(l->a->s));
	if (match && strcmp(match, "Exact") == 0 && want != kstore_rv(l->a->s))
		return kfail(e, "Expired", "too old resource version: %" PRIu64, want);
	return 0;
}

void kread_list(const struct kask *a)
{
	struct listing l = { .a = a, .rv = kstore_rv(a->s), .from_ns = "", .from_name = "" };
	auto_buf struct buf items = { 0 };
	const char *token = kask_param(a->c, "continue"), *limit = kask_param(a->c, "limit");
	struct err e;

	if (limit && *limit && !str_u64(limit, &l.limit)) {
		kreply_fail(a->c, "BadRequest", "limit: Invalid value: \"%.60s\"", limit);
		return;
	}
	if ((token && *token ? read_token(&l, token, &e) : check_version(&l, &e)) < 0 ||
	    kselect_parse(&l.select, a->r, kask_param(a->c, "labelSelector"),
			  kask_param(a->c, "fieldSelector"), &a->c->a, &e) < 0) {
		kreply_err(a->c, NULL, NULL, &e);
		return;
	}
	kstore_each_from(a->s, a->r, a->r->namespaced && !a->all ? a->ns : NULL, l.from_ns,
			 l.from_name, add_item, &l);
	items = l.items;
	reply(&l);
}
