/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.c - values by metric and labels, and their text. */
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "metrics.h"

enum { MAX_SERIES = 10000 };

struct series {
	size_t id;
	char *labels; /* as they stand between the braces */
	double value; /* of a histogram: the sum */
	uint64_t count, *buckets;
};
struct metrics {
	const struct metric *table;
	size_t ntable;
	pthread_mutex_t lock;
	struct series *v; /* by metric and labels */
	size_t n, cap;
	uint64_t dropped;
};

/* ---- series */

static int compare(const struct series *s, size_t id, const char *labels)
{
	if (s->id != id)
		return s->id < id ? -1 : 1;
	return strcmp(s->labels, labels);
}

static size_t place(const struct metrics *m, size_t id, const char *labels)
{
	size_t from = 0, to = m->n;

	while (from < to) {
		size_t mid = (from + to) / 2;

		if (compare(&m->v[mid], id, labels) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

static struct series *series(struct metrics *m, size_t id, const char *labels)
{
	size_t i = place(m, id, labels);

	if (i < m->n && compare(&m->v[i], id, labels) == 0)
		return &m->v[i];
	if (m->n == MAX_SERIES) {
		m->dropped++;
		return NULL;
	}
	if (m->n == m->cap) {
		m->cap = m->cap ? 2 * m->cap : 32;
		m->v = xgrow(m->v, m->cap * sizeof(*m->v));
	}
	memmove(&m->v[i + 1], &m->v[i], (m->n++ - i) * sizeof(*m->v));
	m->v[i] = (struct series) { .id = id, .labels = strdup(labels) };
	if (!m->v[i].labels)
		die("out of memory");
	if (m->table[id].kind == METRIC_HISTOGRAM)
		m->v[i].buckets = calloc(m->table[id].nbuckets + 1, sizeof(uint64_t));
	return &m->v[i];
}

static void series_free(struct series *s)
{
	free(s->labels);
	free(s->buckets);
}

/* ---- labels */

/* Backslash, quote and line feed are escaped; what is no UTF-8 is not for Prometheus to know. */
static void put_value(const char *s, struct buf *out)
{
	for (; *s; s++) {
		if (*s == '\\' || *s == '"')
			buf_fmt(out, "\\%c", *s);
		else if (*s == '\n')
			buf_str(out, "\\n");
		else if ((unsigned char)*s >= 0x20)
			buf_add(out, s, 1);
	}
}

static void put_labels(const struct metric *t, va_list ap, struct buf *out)
{
	buf_str(out, "");
	for (const char *const *name = t->labels; name && *name; name++) {
		const char *v = va_arg(ap, const char *);

		buf_fmt(out, "%s%s=\"", name == t->labels ? "" : ",", *name);
		put_value(v ? v : "", out);
		buf_str(out, "\"");
	}
}

enum what { ADD, SET, OBSERVE, DROP };

static void observe(struct series *s, const struct metric *t, double v)
{
	size_t i = 0;

	while (i < t->nbuckets && v > t->buckets[i])
		i++;
	s->buckets[i]++;
	s->count++;
	s->value += v;
}

static void change(struct metrics *m, size_t id, enum what what, double v, va_list ap)
{
	auto_buf struct buf labels = { 0 };
	struct series *s;

	if (!m)
		return;
	put_labels(&m->table[id], ap, &labels);
	pthread_mutex_lock(&m->lock);
	s = series(m, id, labels.p ? labels.p : "");
	if (s && what == ADD)
		s->value += v;
	else if (s && what == SET)
		s->value = v;
	else if (s && what == OBSERVE)
		observe(s, &m->table[id], v);
	if (s && what == DROP) {
		series_free(s);
		memmove(s, s + 1, (size_t)(m->v + --m->n - s) * sizeof(*s));
	}
	pthread_mutex_unlock(&m->lock);
}

void metric_add(struct metrics *m, size_t id, double v, ...)
{
	va_list ap;

	va_start(ap, v);
	change(m, id, ADD, v, ap);
	va_end(ap);
}

void metric_set(struct metrics *m, size_t id, double v, ...)
{
	va_list ap;

	va_start(ap, v);
	change(m, id, SET, v, ap);
	va_end(ap);
}

void metric_observe(struct metrics *m, size_t id, double v, ...)
{
	va_list ap;

	va_start(ap, v);
	change(m, id, OBSERVE, v, ap);
	va_end(ap);
}

void metric_drop(struct metrics *m, size_t id, int dummy, ...)
{
	va_list ap;

	va_start(ap, dummy);
	change(m, id, DROP, 0, ap);
	va_end(ap);
}

/* ---- all of them */

struct metrics *metrics_new(const struct metric *table, size_t n)
{
	struct metrics *m = xalloc(sizeof(*m));

	*m = (struct metrics) { .table = table, .ntable = n };
	pthread_mutex_init(&m->lock, NULL);
	for (size_t i = 0; i < n; i++)
		if (!table[i].labels)
			(void)series(m, i, "");
	return m;
}

void metrics_free(struct metrics **at)
{
	struct metrics *m = TAKE(*at);

	for (size_t i = 0; m && i < m->n; i++)
		series_free(&m->v[i]);
	if (m) {
		pthread_mutex_destroy(&m->lock);
		free(m->v);
	}
	free(m);
}

/* ---- text */

static void put_number(double v, struct buf *out)
{
	if (isinf(v))
		buf_str(out, v > 0 ? "+Inf" : "-Inf");
	else
		buf_str(out, json_number(v).s);
	buf_str(out, "\n");
}

static void put_sample(const char *name, const char *suffix, const char *labels, const char *le,
		       double v, struct buf *out)
{
	buf_fmt(out, "%s%s", name, suffix);
	if (*labels || le)
		buf_fmt(out, "{%s%s", labels, *labels && le ? "," : "");
	if (le)
		buf_fmt(out, "le=\"%s\"", le);
	buf_str(out, *labels || le ? "} " : " ");
	put_number(v, out);
}

static void put_histogram(const struct metric *t, const struct series *s, struct buf *out)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < t->nbuckets; i++) {
		sum += s->buckets[i];
		put_sample(t->name, "_bucket", s->labels, json_number(t->buckets[i]).s, (double)sum,
			   out);
	}
	put_sample(t->name, "_bucket", s->labels, "+Inf", (double)s->count, out);
	put_sample(t->name, "_sum", s->labels, NULL, s->value, out);
	put_sample(t->name, "_count", s->labels, NULL, (double)s->count, out);
}

void metrics_text(struct metrics *m, struct buf *out)
{
	static const char *const kinds[] = { "counter", "gauge", "histogram" };

	pthread_mutex_lock(&m->lock);
	for (size_t i = 0; i < m->n; i++) {
		const struct series *s = &m->v[i];
		const struct metric *t = &m->table[s->id];

		if (!i || m->v[i - 1].id != s->id)
			buf_fmt(out, "# HELP %s %s\n# TYPE %s %s\n", t->name, t->help, t->name,
				kinds[t->kind]);
		if (t->kind == METRIC_HISTOGRAM)
			put_histogram(t, s, out);
		else
			put_sample(t->name, "", s->labels, NULL, s->value, out);
	}
	if (m->dropped)
		buf_fmt(out, "# TYPE metrics_dropped counter\nmetrics_dropped %llu\n",
			(unsigned long long)m->dropped);
	pthread_mutex_unlock(&m->lock);
}
