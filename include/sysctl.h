/* SPDX-License-Identifier: Apache-2.0 */
/* sysctl.h - files below /proc/sys/net, which show the namespace of the thread that opens them. */
#pragma once
#include "base.h"

/* "net/ipv4/ip_forward" and the bare digits, without a newline; one write. absent_ok: a file that
 * the kernel does not have (ENOENT) is success. */
MUST int sysctl_set(const char *key, const char *value, bool absent_ok, struct err *e);
/* The value without its newline; ENOENT when there is none. */
MUST int sysctl_get(const char *key, char *out, size_t size, struct err *e);
