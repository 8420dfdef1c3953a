/* SPDX-License-Identifier: Apache-2.0 */
/* kubeevent_sift.h - which events are written, as client-go's EventCorrelator decides it (facts:
 * client-go v0.34 tools/record/events_cache.go): events that differ in nothing are counted up; from
 * the tenth on that differ in their message alone, of one object and reason with less than ten
 * minutes between them, they are counted as one "(combined from similar events): ..."; and of one
 * object and type at most 25 at once, then one in five minutes. It remembers 4096 of each. Pure: it
 * has no clock of its own. */
#pragma once
#include "base.h"

/* An event as it was said. */
struct kube_said {
	const char *kind, *api_version, *ns, *name, *uid, *version; /* of the object */
	const char *component, *host, *reason, *message;
	bool warning;
	int64_t at_ns; /* wall clock */
};
struct kube_sifted {
	bool combined;
	uint32_t count;   /* 1: to be made; else one of before is to be changed */
	int64_t first_ns; /* firstTimestamp */
	int64_t name_ns;  /* the event's name is "OBJECT.HEX" of this */
};
struct kube_sift;
struct kube_sift *kube_sift_new(void);
void kube_sift_free(struct kube_sift **s);
/* False: it is one too many and not to be written. */
bool kube_sift(struct kube_sift *s, const struct kube_said *v, struct kube_sifted *out);
