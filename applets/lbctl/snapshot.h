/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot.h - the objects that a pass looks at: taken from the store on the loop thread, read by
 * the pass in its own thread while the store goes on. */
#pragma once
#include "kubestore.h"
#include "model.h"

struct snapshot {
	struct kube_object **v[KUBE_KINDS]; /* by namespace and name */
	size_t n[KUBE_KINDS], cap[KUBE_KINDS];
};
/* All of a kind; of one namespace unless ns is NULL. Each kind once, or namespaces in their order.
 */
void snapshot_take(struct snapshot *s, const struct kubestore *from, enum kube_kind kind,
		   const char *ns);
void snapshot_add(struct snapshot *s, struct kube_object *o); /* takes a reference of its own */
/* In the place of one of its kind and name, or in between. Reference of its own. */
void snapshot_put(struct snapshot *s, struct kube_object *o);
/* Put in order, each once, what was added in none. */
void snapshot_sort(struct snapshot *s, enum kube_kind kind);
void snapshot_free(struct snapshot *s);
const void *snapshot_get(const struct snapshot *s, enum kube_kind kind, const char *ns,
			 const char *name);
/* As the model wants it. */
struct model_objects snapshot_objects(struct snapshot *s);
