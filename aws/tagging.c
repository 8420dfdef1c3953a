/* SPDX-License-Identifier: Apache-2.0 */
/* tagging.c - the Resource Groups Tagging API. */
#include "tagging.h"

SHAPE_TABLE(tagging_filter, TAGGING_FILTER)
SHAPE_TABLE(tagging_get_resources, TAGGING_GET_RESOURCES)
SHAPE_TABLE(tagging_resource, TAGGING_RESOURCE)

static const struct shape_field list_field = {
	SHAPE_LIST, 0, &tagging_resource_shape, { "", "ResourceTagMappingList" }
};
static const struct shape list_answer = { sizeof(struct tagging_resources), &list_field, 1 };

int tagging_get_resources(struct aws *w, const struct tagging_get_resources *in,
			  struct tagging_resources *out, struct arena *a, int64_t deadline,
			  struct err *e)
{
	static const struct aws_action row = { AWS_TAGGING,
					       "GetResources",
					       &tagging_get_resources_shape,
					       &list_answer,
					       true,
					       "PaginationToken",
					       "PaginationToken",
					       "ResourceTagMappingList" };

	return aws_all(w, &row, in, out, a, deadline, e);
}
