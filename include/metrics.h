/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.h - counters, gauges and histograms as Prometheus reads them (text format 0.0.4). A
 * program has one table of them and one set of values; any thread may count. */
#pragma once
#include "buf.h"

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };
struct metric {
	const char *name, *help;
	enum metric_kind kind;
	const char *const *labels; /* names, NULL at the end; NULL: none */
	const double *buckets;     /* upper bounds, ascending; of histograms */
	size_t nbuckets;
};
struct metrics;
/* The table is borrowed. A metric without labels is there from the start, with 0. */
struct metrics *metrics_new(const struct metric *table, size_t n);
void metrics_free(struct metrics **m);
#define auto_metrics AUTO(metrics_free)
/* The metric's place in the table, and as many values as it has labels, each const char *. At most
 * 10,000 series are kept; what comes then is counted under no name at all, and said so by
 * metrics_dropped. m NULL: nothing is counted. */
void metric_add(struct metrics *m, size_t id, double v, ...);     /* counters and gauges */
void metric_set(struct metrics *m, size_t id, double v, ...);     /* gauges */
void metric_observe(struct metrics *m, size_t id, double v, ...); /* histograms */
void metric_drop(struct metrics *m, size_t id, int dummy, ...);   /* a series that is no more */
void metrics_text(struct metrics *m, struct buf *out);
