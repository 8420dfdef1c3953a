/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint.c - two hashes that say for what a TargetGroupBinding was carried out. */
#include <stdlib.h>
#include <string.h>

#include "bindcheck.h"
#include "clock.h"
#include "hash.h"
#include "kubebinding.h"

/* base64url without padding. */
static const char *digest(const char *text, struct arena *a)
{
	uint8_t sum[SHA256_LEN];
	auto_buf struct buf b = { 0 };

	sha256(text, strlen(text), sum);
	base64(sum, sizeof(sum), &b);
	for (char *c = b.p; *c; c++)
		*c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
	return arena_fmt(a, "%.*s", (int)strcspn(b.p, "="), b.p);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Milliseconds since 1970; of what is no time, those of Go's zero time. */
static long long created_ms(const struct endpoint *t)
{
	const struct kube_meta *m = t->pod ? (const void *)t->pod : (const void *)t->node;
	int64_t s = time_parse(m->created);

	return s < 0 ? -62135596800000LL : (long long)s * 1000;
}

const char *bindcheck_text(const struct endpoints *v, const struct kube_binding *b, struct arena *a)
{
	const char **ids = arena_get(a, v->n * sizeof(*ids));
	auto_buf struct buf csv = { 0 }, spec = { 0 };
	auto_json struct json *j = kube_binding_spec(b);

	for (size_t i = 0; i < v->n; i++)
		ids[i] = arena_fmt(a, "%s:%lld:%lld", v->v[i].id, (long long)v->v[i].port,
				   created_ms(&v->v[i]));
	qsort(ids, v->n, sizeof(*ids), by_text);
	buf_str(&csv, "");
	for (size_t i = 0; i < v->n; i++)
		buf_fmt(&csv, "%s%s", i ? "," : "", ids[i]);
	json_print(j, 0, &spec);
	return arena_fmt(a, "%s/%s", digest(csv.p, a), digest(spec.p, a));
}
