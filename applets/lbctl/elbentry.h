/* SPDX-License-Identifier: Apache-2.0 */
/* elbentry.h - one resource of ELBv2 as elbindex.c keeps it: in one piece of memory of few bytes,
 * as there may be thousands. */
#pragma once
#include "elbv2.h"

/* What is in lists, and what only has tags. */
enum elbentry_kind { ELBENTRY_LB, ELBENTRY_TG, ELBENTRY_LISTS, ELBENTRY_OTHER = ELBENTRY_LISTS };
extern const struct elbentry_row {
	const struct shape *shape;
	enum elb_action_row describe;
} elbentry_kinds[ELBENTRY_LISTS];

/* Tags are kept only of what is ours; of others' neither tags nor object. */
struct elbentry {
	char *arn;                   /* the others are behind it */
	uint32_t object, tags, size; /* where in the piece of memory; 0: not kept */
	uint32_t list;               /* the last one that it was in */
	int64_t tagged;              /* when tags were read; 0: they must be */
	enum elbentry_kind kind;
	bool stale; /* the object must be read again */
};
struct elbentry elbentry_new(const char *arn, enum elbentry_kind kind);
void elbentry_free(struct elbentry *t);
/* object: a struct of the kind's. */
void elbentry_set_object(struct elbentry *t, const void *object);
/* keep: they are ours. */
void elbentry_set_tags(struct elbentry *t, const struct tags *v, bool keep);
/* Must they be asked for? */
bool elbentry_old(const struct elbentry *t);
/* All of wanted; NULL: no. */
bool elbentry_has(const struct elbentry *t, const struct tags *wanted);
/* t NULL: none. */
struct tags elbentry_tags(const struct elbentry *t, struct arena *a);
/* Object and tags, in a. */
void elbentry_copy(const struct elbentry *t, void *object, struct tags *tags, struct arena *a);
