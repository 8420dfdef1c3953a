/* SPDX-License-Identifier: Apache-2.0 */
/* kubebinding.h - a TargetGroupBinding's spec as the controller writes it, and merge patches. */
#pragma once
#include "kubeobj.h"

/* In the order of the CRD's fields, with Go's omitempty (spec-lbc-nlb 10.1): its bytes are part of
 * the checkpoint. */
struct json *kube_binding_spec(const struct kube_binding *b);
/* The JSON merge patch (RFC 7396) that makes `have` of `want`; NULL: they are the same. Either may
 * be NULL: nothing. */
struct json *kube_merge_patch(const struct json *have, const struct json *want);
