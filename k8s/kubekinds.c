/* SPDX-License-Identifier: Apache-2.0 */
/* kubekinds.c - the kinds of objects that are read, as a table. */
#include "kubeobj.h"

const struct kube_kind_row kube_kinds[KUBE_KINDS] = {
#define KIND(id, kind, group_version, plural, namespaced, optional, shape) \
	[KUBE_##id] = { kind, group_version, plural, namespaced, optional, &shape##_shape },
#include "kubekinds.def"
#undef KIND
};
