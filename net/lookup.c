/* SPDX-License-Identifier: Apache-2.0 */
/* lookup.c - getaddrinfo() blocks for as long as resolv.conf says, so it gets a thread to block. */
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "cond.h"
#include "lookup.h"

enum { STACK = 256 * 1024 };

/* Threads cannot be counted without state of the process; lint knows of this one. */
static atomic_int abandoned;

struct task {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool done, left; /* the thread has ended; the caller has gone: who comes last cleans up */
	char *host, *port;
	int rc, num; /* of getaddrinfo(): its result, and errno */
	struct lookup found;
};

static int resolve(struct lookup *out, const char *host, const char *port, int flags)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV | flags };
	struct addrinfo *list = NULL;
	int rc = getaddrinfo(host, port, &hints, &list);

	out->n = 0;
	if (rc != 0)
		return rc;
	for (struct addrinfo *i = list; i && out->n < LOOKUP_MAX; i = i->ai_next) {
		struct lookup_addr *a = &out->v[out->n];

		if (i->ai_addrlen > sizeof(a->at))
			continue;
		memcpy(&a->at, i->ai_addr, i->ai_addrlen);
		a->len = i->ai_addrlen;
		out->n++;
	}
	freeaddrinfo(list);
	return out->n ? 0 : EAI_NONAME;
}

static int failed(const char *host, int rc, int num, struct err *e)
{
	switch (rc) {
	case EAI_NONAME:
	case EAI_NODATA:
		num = ENOENT;
		break;
	case EAI_AGAIN:
		num = EAGAIN;
		break;
	case EAI_SYSTEM:
		return fail(e, num, "look up %s:", host);
	default:
		num = EIO;
	}
	return fail(e, num, "look up %s: %s", host, gai_strerror(rc));
}

void lookup_alternate(struct lookup *l)
{
	for (size_t i = 1; i < l->n; i++) {
		struct lookup_addr a;
		size_t j = i;

		while (j < l->n && l->v[j].at.ss_family == l->v[i - 1].at.ss_family)
			j++;
		if (j == i || j == l->n)
			continue;
		a = l->v[j];
		memmove(&l->v[i + 1], &l->v[i], (j - i) * sizeof(a));
		l->v[i] = a;
	}
}

/* ---- the thread */

static void task_free(struct task *t)
{
	pthread_cond_destroy(&t->changed);
	pthread_mutex_destroy(&t->lock);
	free(t->host);
	free(t->port);
	free(t);
}

static void *task_run(void *arg)
{
	struct task *t = arg;
	bool left;

	t->rc = resolve(&t->found, t->host, t->port, 0);
	t->num = errno;
	pthread_mutex_lock(&t->lock);
	t->done = true;
	left = t->left;
	pthread_cond_signal(&t->changed);
	pthread_mutex_unlock(&t->lock);
	if (left) {
		task_free(t);
		atomic_fetch_sub(&abandoned, 1);
	}
	return NULL;
}

static struct task *task_new(const char *host, const char *port)
{
	struct task *t = xalloc(sizeof(*t));

	pthread_mutex_init(&t->lock, NULL);
	cond_init(&t->changed);
	t->host = strdup(host);
	t->port = strdup(port);
	if (!t->host || !t->port)
		die("out of memory");
	return t;
}

/* Signals are for the program's own threads. */
static int task_start(struct task *t)
{
	pthread_attr_t attr;
	sigset_t all, before;
	pthread_t thread;
	int rc;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&thread, &attr, task_run, t);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return rc;
}

/* True when it is done; else the task is the thread's to free. */
static bool task_wait(struct task *t, int64_t deadline)
{
	bool done;

	pthread_mutex_lock(&t->lock);
	while (!t->done && cond_wait(&t->changed, &t->lock, deadline))
		;
	done = t->done;
	t->left = !done;
	if (!done)
		atomic_fetch_add(&abandoned, 1);
	pthread_mutex_unlock(&t->lock);
	return done;
}

/* ---- entry */

static int by_name(struct lookup *out, const char *host, const char *port, int64_t deadline,
		   struct err *e)
{
	struct task *t;
	int rc;

	if (atomic_load(&abandoned) >= LOOKUP_ABANDONED)
		return fail(e, EAGAIN,
			    "look up %s: %d earlier look-ups still wait for the name server", host,
			    LOOKUP_ABANDONED);
	t = task_new(host, port);
	rc = task_start(t);
	if (rc != 0) {
		task_free(t);
		return fail(e, rc, "look up %s: start a thread:", host);
	}
	if (!task_wait(t, deadline))
		return fail(e, ETIMEDOUT, "look up %s: the name server does not answer in time",
			    host);
	rc = t->rc == 0 ? 0 : failed(host, t->rc, t->num, e);
	*out = t->found;
	task_free(t);
	return rc;
}

int lookup(struct lookup *out, const char *host, const char *port, int64_t deadline, struct err *e)
{
	if (resolve(out, host, port, AI_NUMERICHOST) == 0)
		return 0;
	if (by_name(out, host, port, deadline, e) < 0)
		return -1;
	lookup_alternate(out);
	return 0;
}
