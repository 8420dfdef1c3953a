/* SPDX-License-Identifier: Apache-2.0 */
/* thread.c - threads without signals. */
#include <signal.h>

#include "thread.h"

enum { STACK = 512 * 1024 }; /* musl's default stack is 128 KiB */

int thread_start(pthread_t *out, void *(*fn)(void *arg), void *arg, struct err *e)
{
	static const int own[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS };
	pthread_attr_t attr;
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	for (size_t i = 0; i < COUNT(own); i++)
		sigdelset(&all, own[i]);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(out, &attr, fn, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return rc == 0 ? 0 : fail(e, rc, "start a thread:");
}
