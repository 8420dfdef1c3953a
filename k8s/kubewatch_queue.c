/* SPDX-License-Identifier: Apache-2.0 */
/* kubewatch_queue.c - batches under a lock, a post to the loop for each that lies there. */
#include <stdlib.h>
#include <string.h>

#include "kubewatch_queue.h"

/* Whatever is called may call kubewatch_stop(): then q is gone. */
static void deliver(struct post *p)
{
	struct kube_queue *q = OWNER(p, struct kube_queue, post);
	struct kubewatch_options o = q->o;
	struct kube_change *v;
	struct err why;
	bool gone = false, bad, good;
	size_t n;

	pthread_mutex_lock(&q->lock);
	v = TAKE(q->v);
	n = TAKE(q->n);
	q->cap = 0;
	bad = TAKE(q->tell_bad);
	good = TAKE(q->tell_good);
	why = q->why;
	pthread_cond_signal(&q->room);
	pthread_mutex_unlock(&q->lock);
	q->gone = &gone;
	if (n)
		o.changes(o.arg, o.kind, v, n);
	free(v);
	/* Trouble that is over already has been there all the same. */
	if (!gone && bad && o.trouble)
		o.trouble(o.arg, o.kind, &why);
	if (!gone && good && o.trouble)
		o.trouble(o.arg, o.kind, NULL);
	if (!gone)
		q->gone = NULL;
}

void kube_queue_init(struct kube_queue *q, const struct kubewatch_options *o)
{
	q->o = *o;
	q->post.fn = deliver;
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->room, NULL);
}

static void append(struct kube_queue *q)
{
	if (q->n + q->nbatch > q->cap) {
		q->cap = q->n + q->nbatch;
		q->v = xgrow(q->v, q->cap * sizeof(*q->v));
	}
	memcpy(q->v + q->n, q->batch, q->nbatch * sizeof(*q->v));
	q->n += q->nbatch;
	q->nbatch = 0;
}

bool kube_queue_flush(struct kube_queue *q)
{
	bool go_on;

	pthread_mutex_lock(&q->lock);
	while (q->n >= KUBE_QUEUE_MAX && !q->stopping)
		pthread_cond_wait(&q->room, &q->lock);
	go_on = !q->stopping;
	if (go_on && q->nbatch) {
		append(q);
		loop_post(q->o.loop, &q->post);
	}
	pthread_mutex_unlock(&q->lock);
	return go_on;
}

bool kube_queue_add(struct kube_queue *q, enum kube_event event, struct kube_object *o)
{
	if (q->nbatch == KUBE_BATCH) { /* stopping, and told so before */
		kube_unref(&o);
		return false;
	}
	q->batch[q->nbatch++] = (struct kube_change) { event, o };
	return q->nbatch < KUBE_BATCH || kube_queue_flush(q);
}

bool kube_queue_trouble(struct kube_queue *q, const struct err *e)
{
	bool news;

	pthread_mutex_lock(&q->lock);
	news = e ? !q->troubled || strcmp(q->why.msg, e->msg) != 0 : q->troubled;
	q->troubled = e;
	if (e)
		q->why = *e;
	if (news && !q->stopping) {
		q->tell_bad = e || q->tell_bad;
		q->tell_good = !e;
		loop_post(q->o.loop, &q->post);
	}
	pthread_mutex_unlock(&q->lock);
	return news;
}

bool kube_queue_stopping(struct kube_queue *q)
{
	bool stopping;

	pthread_mutex_lock(&q->lock);
	stopping = q->stopping;
	pthread_mutex_unlock(&q->lock);
	return stopping;
}

void kube_queue_stop(struct kube_queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->stopping = true;
	pthread_cond_signal(&q->room);
	pthread_mutex_unlock(&q->lock);
}

static void drop(struct kube_change *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		kube_unref(&v[i].object);
}

void kube_queue_free(struct kube_queue *q)
{
	loop_unpost(q->o.loop, &q->post);
	if (q->gone)
		*q->gone = true;
	drop(q->v, q->n);
	drop(q->batch, q->nbatch);
	free(q->v);
	pthread_cond_destroy(&q->room);
	pthread_mutex_destroy(&q->lock);
}
