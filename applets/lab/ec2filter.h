/* SPDX-License-Identifier: Apache-2.0 */
/* ec2filter.h - what a Describe action is asked for: ids, filters, pages. */
#pragma once
#include "apicall.h"

struct filter {
	const char *name;
	struct strs values; /* any of them; with * and ? */
	bool known, hit;
};
struct query {
	const struct api_call *call;
	struct strs ids; /* none: all */
	struct filter *filters;
	size_t nfilters;
	uint64_t after, last; /* serials: shown on earlier pages, shown last */
	size_t room;          /* on this page */
	bool more;
};
/* ids_param: "NetworkInterfaceId". */
MUST int query_read(struct query *q, const struct api_call *c, const char *ids_param,
		    struct err *e);
/* Begin an item; then offer every field that can be filtered by (as often as it has values; NULL:
 * there is such a field, this item has none), then ask whether it is wanted. Items come in order
 * of serial. */
void query_item(struct query *q);
void query_offer(struct query *q, const char *name, const char *value);
void query_offer_tags(struct query *q, const struct world_tag *tags);
bool query_wants(struct query *q, const char *id, uint64_t serial);
/* After the last item: refuses filters that no item knew, writes nextToken. */
MUST int query_end(struct query *q, struct err *e);

/* Shell-like * and ?, a backslash takes the next character as it is. */
bool query_glob(const char *pattern, const char *text);
