/* SPDX-License-Identifier: Apache-2.0 */
/* noderoot.h - a node's file system: the host's own, by links, with private /etc, /run, /opt and
 * /var. */
#pragma once
#include "lab.h"

/* In the node's new mount and UTS namespaces: build it, make it the root, set the host name. */
MUST int noderoot_make(const struct node *n, struct err *e);
