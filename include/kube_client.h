/* SPDX-License-Identifier: Apache-2.0 */
/* kube_client.h - inside the Kubernetes client: kube_client.c has the client itself, kube_auth.c
 * its tokens, kube_answer.c what answers mean, kube.c the calls. */
#pragma once
#include <pthread.h>

#include "httppool.h"
#include "kube.h"
#include "tls.h"

struct kube {
	struct arena a; /* of all strings */
	struct kube_config config;
	const char *agent, *base; /* base: what the server's URL has behind the port */
	int (*token_fn)(void *arg, char *text, size_t size, int64_t *until, struct err *e);
	void *token_arg;
	struct http_client at; /* never connected: what clients begin as */
	struct tls_terms terms;
	struct http_pool pool;

	pthread_mutex_t lock; /* of what follows */
	struct buf token;     /* the present one, from the file or from token_fn; empty: none */
	int64_t renew_at;     /* when to ask for another, as now_ms() */
};

/* The token to send, appended to out; nothing when the client has none. */
MUST int kube_token(struct kube *k, struct buf *out, struct err *e);
/* The API server has refused this token: true when the next one may be another. */
bool kube_token_refused(struct kube *k, const char *token);

/* Of an answer that is no success. secret, "" or our token, is not shown. */
void kube_refusal(const struct kube_call *c, const struct http_response *r, const char *secret,
		  struct err *e);
/* Milliseconds from a Retry-After header; -1 when there is none that can be used. */
int64_t kube_retry_after(const struct http_response *r);
