/* SPDX-License-Identifier: Apache-2.0 */
/* kapi.h - a Kubernetes API server over HTTP: what kubectl, client-go and our own client ask,
 * answered from a store (kstore.h). JSON alone. No server-side apply, no OpenAPI, no admission:
 * those are answered 501 with a sentence. On the loop thread. */
#pragma once
#include "httpd.h"
#include "kstore.h"
#include "loop.h"

struct kapi;
/* token: who shows it (Authorization: Bearer) may do everything, others nothing but /version and
 * /healthz; copied. The kubelets are asked with it too. netns_fd: where the kubelets' addresses are
 * reached, 0: here. */
struct kapi_config {
	const char *token;
	int netns_fd;
};
struct kapi *kapi_new(struct loop *l, struct kstore *s, const struct kapi_config *config);
/* The handler of one or more servers, with the kapi as their arg; give them max_body of 3 MiB and
 * as many clients as there may be watches. */
void kapi_serve(struct httpd_call *c);
/* Watches end. Before the servers go. */
void kapi_free(struct kapi **k);
#define auto_kapi AUTO(kapi_free)
