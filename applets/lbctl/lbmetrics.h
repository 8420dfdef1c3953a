/* SPDX-License-Identifier: Apache-2.0 */
/* lbmetrics.h - the controller's metrics by name. */
#pragma once
#include "metrics.h"

enum lbmetric {
#define METRIC(id, ...) M_##id,
#include "lbmetrics.def"
#undef METRIC
	LBMETRICS
};
extern const struct metric lbmetrics[LBMETRICS];
