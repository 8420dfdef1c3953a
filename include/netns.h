/* SPDX-License-Identifier: Apache-2.0 */
/* netns.h - network namespaces: open, enter for a moment, create, name. */
#pragma once
#include "base.h"

/* A descriptor for the namespace at path; it must be a network namespace (ENOENT, EINVAL otherwise,
 * both name the path). */
MUST int netns_open(const char *path, int *fd, struct err *e);
/* Of the calling thread. */
MUST int netns_self(int *fd, struct err *e);
/* Same namespace? By device and inode. */
bool netns_same(int a, int b);
/* Enter for a scope: int back = 0; netns_enter(fd, &back, e) ... netns_leave(&back). Only the
 * calling thread moves. Leaving cannot fail and live on: it dies. */
MUST int netns_enter(int fd, int *back, struct err *e);
void netns_leave(int *back);
/* Change to fd for those who have their own open already, and go back in the same way. */
MUST int netns_go(int fd, struct err *e);
#define auto_netns AUTO(netns_leave)
/* A new empty one (loopback is down); the caller's stays current. Needs CAP_SYS_ADMIN. */
MUST int netns_new(int *fd, struct err *e);
