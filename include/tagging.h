/* SPDX-License-Identifier: Apache-2.0 */
/* tagging.h - the Resource Groups Tagging API: which resources have these tags. What is sent and
 * read is as in elbv2.h. */
#pragma once
#include "shape_call.h"

/* Values: any of them; none: whatever the value is. */
#define TAGGING_FILTER(F, T)     \
	F(T, STR, key, 0, "Key") \
	F(T, STRS, values, 0, "Values")
SHAPE_STRUCT(tagging_filter, TAGGING_FILTER)

/* Filters: all of them. types: "elasticloadbalancing:loadbalancer" ... */
#define TAGGING_GET_RESOURCES(F, T)                       \
	F(T, LIST, filters, tagging_filter, "TagFilters") \
	F(T, STRS, types, 0, "ResourceTypeFilters")       \
	F(T, STRS, arns, 0, "ResourceARNList")
SHAPE_STRUCT(tagging_get_resources, TAGGING_GET_RESOURCES)

#define TAGGING_RESOURCE(F, T)           \
	F(T, STR, arn, 0, "ResourceARN") \
	F(T, LIST, tags, tag, "Tags")
SHAPE_STRUCT(tagging_resource, TAGGING_RESOURCE)

/* Every page. */
MUST int tagging_get_resources(struct aws *w, const struct tagging_get_resources *in,
			       struct tagging_resources *out, struct arena *a, int64_t deadline,
			       struct err *e);
