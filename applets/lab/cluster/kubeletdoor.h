/* SPDX-License-Identifier: Apache-2.0 */
/* kubeletdoor.h - between the parts of the kubelet's HTTP server. */
#pragma once
#include "kubelet.h"

/* Each answers the call, now or later. */
void kubelet_logs(struct kcont *c, struct httpd_call *call);
void kubelet_exec_call(struct kcont *c, struct httpd_call *call);
void kubelet_refuse(struct httpd_call *c, int status, const char *fmt, ...) FMT(3, 4);
/* Of a query: the nth value of that name, decoded; NULL: there is none. */
const char *kubelet_param(const char *query, const char *name, size_t nth, struct arena *a);
bool kubelet_flag(const char *query, const char *name, struct arena *a);
int64_t kubelet_number(const char *query, const char *name, int64_t def, struct arena *a);
