/* SPDX-License-Identifier: Apache-2.0 */
/* kubewatch_queue.h - changes on their way from a watch's thread to the loop's, in order and never
 * too many. */
#pragma once
#include <pthread.h>

#include "kubewatch.h"

enum { KUBE_BATCH = 256, KUBE_QUEUE_MAX = 1024 };
struct kube_queue {
	struct kubewatch_options o;
	struct post post;
	bool *gone; /* loop: set by kube_queue_free() when what is called calls it */
	struct kube_change batch[KUBE_BATCH]; /* the thread's own, not given on yet */
	size_t nbatch;

	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t room;
	bool stopping;
	struct kube_change *v;
	size_t n, cap;
	bool troubled, tell_bad, tell_good;
	struct err why;
};
void kube_queue_init(struct kube_queue *q, const struct kubewatch_options *o);
/* Thread: takes the reference over. False: stopping. */
MUST bool kube_queue_add(struct kube_queue *q, enum kube_event event, struct kube_object *o);
MUST bool kube_queue_flush(struct kube_queue *q);
/* Thread: e NULL: all is well. True when that is news. */
bool kube_queue_trouble(struct kube_queue *q, const struct err *e);
bool kube_queue_stopping(struct kube_queue *q);
/* Loop: the thread waits here no more. Then, when it has ended: */
void kube_queue_stop(struct kube_queue *q);
void kube_queue_free(struct kube_queue *q);
