/* SPDX-License-Identifier: Apache-2.0 */
/* labpod.h - pods of the lab: a named network namespace wired through the node's conflist. These
 * run inside the node. */
#pragma once
#include "base.h"

/* Exit statuses of the process that runs them; they print what they did. json: print the CNI
 * result. */
int labpod_add(const char *ns, const char *name, bool json);
int labpod_del(const char *ns, const char *name);
int labpod_check(const char *ns, const char *name);
