/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.c - what is counted is what the text says. */
#include <stdlib.h>

#include "metrics.h"
#include "test.h"

static const char *const two[] = { "verb", "code", NULL };
static const double bounds[] = { 0.5, 1, 2.5 };
static const struct metric table[] = {
	{ "plain_total", "Plain.", METRIC_COUNTER, NULL, NULL, 0 },
	{ "calls_total", "Calls.", METRIC_COUNTER, two, NULL, 0 },
	{ "size", "Size.", METRIC_GAUGE, NULL, NULL, 0 },
	{ "took_seconds", "Time.", METRIC_HISTOGRAM, two, bounds, COUNT(bounds) },
};

TEST(counters_gauges_and_histograms_have_prometheus_text)
{
	auto_metrics struct metrics *m = metrics_new(table, COUNT(table));
	auto_buf struct buf out = { 0 };

	metric_add(m, 1, 1, "GET", "200");
	metric_add(m, 1, 2, "GET", "200");
	metric_add(m, 1, 1, "A\"\\\n", NULL);
	metric_set(m, 2, 7.5);
	metric_set(m, 2, 3);
	metric_observe(m, 3, 0.5, "GET", "");
	metric_observe(m, 3, 2, "GET", "");
	metric_observe(m, 3, 9, "GET", "");
	metrics_text(m, &out);
	CHECK_STR(out.p, "# HELP plain_total Plain.\n# TYPE plain_total counter\nplain_total 0\n"
			 "# HELP calls_total Calls.\n# TYPE calls_total counter\n"
			 "calls_total{verb=\"A\\\"\\\\\\n\",code=\"\"} 1\n"
			 "calls_total{verb=\"GET\",code=\"200\"} 3\n"
			 "# HELP size Size.\n# TYPE size gauge\nsize 3\n"
			 "# HELP took_seconds Time.\n# TYPE took_seconds histogram\n"
			 "took_seconds_bucket{verb=\"GET\",code=\"\",le=\"0.5\"} 1\n"
			 "took_seconds_bucket{verb=\"GET\",code=\"\",le=\"1\"} 1\n"
			 "took_seconds_bucket{verb=\"GET\",code=\"\",le=\"2.5\"} 2\n"
			 "took_seconds_bucket{verb=\"GET\",code=\"\",le=\"+Inf\"} 3\n"
			 "took_seconds_sum{verb=\"GET\",code=\"\"} 11.5\n"
			 "took_seconds_count{verb=\"GET\",code=\"\"} 3\n");
}

TEST(a_series_that_is_dropped_is_gone_and_nobody_counts_for_nobody)
{
	auto_metrics struct metrics *m = metrics_new(table, 2);
	auto_buf struct buf out = { 0 };

	metric_add(m, 1, 1, "GET", "200");
	metric_drop(m, 1, 0, "GET", "200");
	metric_add(NULL, 1, 1, "GET", "200");
	metrics_text(m, &out);
	CHECK(strstr(out.p, "calls_total") == NULL);
}

TEST(more_series_than_may_be_are_told_and_not_kept)
{
	auto_metrics struct metrics *m = metrics_new(table, 2);
	auto_buf struct buf out = { 0 };
	char name[16];

	for (int i = 0; i < 10050; i++) {
		snprintf(name, sizeof(name), "v%d", i);
		metric_add(m, 1, 1, name, "");
	}
	metrics_text(m, &out);
	CHECK(strstr(out.p, "metrics_dropped 51\n"));
}
