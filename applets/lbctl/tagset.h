/* SPDX-License-Identifier: Apache-2.0 */
/* tagset.h - strings by name as maps: tags, attributes, labels. */
#pragma once
#include "shape.h"

/* Put key in, in place of what it had. Only for lists that began empty here. */
void tagset_put(struct tags *t, const char *key, const char *value, struct arena *a);
/* Append without looking whether it is there; then tagset_settle(): sorted by key, of one key the
 * last that was added. For many at once. */
void tagset_add(struct tags *t, const char *key, const char *value, struct arena *a);
void tagset_settle(struct tags *t, struct arena *a);
/* Both; what over has wins. Sorted by key. */
struct tags tagset_merge(const struct tags *under, const struct tags *over, struct arena *a);
void tagset_sort(struct tags *t);
