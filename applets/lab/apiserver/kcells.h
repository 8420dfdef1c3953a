/* SPDX-License-Identifier: Apache-2.0 */
/* kcells.h - what `kubectl get` shows of the built-in kinds, after kubernetes' printers. */
#pragma once
#include "kstore.h"

enum { KCELLS_MAX = 14 };
struct kcell {
	struct buf *out;
	size_t n; /* cells written */
	const struct json *o;
};
/* Names of columns; a + in front: only with -o wide. fn writes as many cells. */
struct kcolumns {
	const char *plural;
	const char *names[KCELLS_MAX];
	void (*fn)(struct kcell *c);
};
const struct kcolumns *kcells_of(const struct kres *r); /* of any kind: Name and Age at least */
void kcells_put(const struct kres *r, const struct json *o, struct buf *out);

struct kage {
	char s[24];
};
/* Since an RFC 3339 time, as kubectl says it: "5m3s", "<unknown>". */
struct kage kcells_age(const char *since);
/* Of seconds. */
struct kage kcells_span(int64_t s);

void kcell_text(struct kcell *c, const char *s);
void kcell_num(struct kcell *c, int64_t v);
void kcell_pod(struct kcell *c); /* kpodcells.c */
