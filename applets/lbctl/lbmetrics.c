/* SPDX-License-Identifier: Apache-2.0 */
/* lbmetrics.c - the table of the controller's metrics. */
#include "lbmetrics.h"

static const double bounds_SECONDS[] = { .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10 };
static const double bounds_GATES_S[] = { 10, 30, 60, 120, 180, 240, 300, 360, 420, 480, 540, 600 };
static const double bounds_RETRIES[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };
static const double bounds_0[] = { 0 };

#define METRIC(id, kind, name, help, bounds, ...) \
	static const char *const labels_##id[] = { __VA_ARGS__, NULL };
#include "lbmetrics.def"
#undef METRIC

const struct metric lbmetrics[LBMETRICS] = {
#define METRIC(id, kind, name, help, bounds, ...)                                               \
	[M_##id] = {                                                                            \
		name, help, METRIC_##kind, labels_##id, bounds_##bounds, COUNT(bounds_##bounds) \
	},
#include "lbmetrics.def"
#undef METRIC
};
