/* SPDX-License-Identifier: Apache-2.0 */
/* kubeletwork.c - what may block, for a pod: jobs, a few of each kind at once; processes of ours.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "kubelet.h"
#include "log.h"

static void on_run(struct job *j)
{
	struct kwork *w = OWNER(j, struct kwork, j);

	w->rc = w->run(w, &w->e);
}

static void release(struct kwork *w)
{
	json_free(&w->pod);
	arena_free(&w->a);
	free(w);
}

static void on_done(struct job *j)
{
	struct kwork *w = OWNER(j, struct kwork, j);
	struct kubelet *k = w->p->k;

	--*w->slots;
	w->p->jobs--;
	w->finish(w);
	kpod_touch(w->p);
	for (struct kpod *p = k->pods; p; p = p->next)
		if (p->queued)
			kpod_touch(p);
	release(w);
}

bool kwork_start_as(struct kpod *p, struct kcont *c, const struct json *pod, int *slots, int number,
		    int (*run)(struct kwork *w, struct err *e), void (*finish)(struct kwork *w))
{
	struct kubelet *k = p->k;
	struct kwork *w;

	if (*slots >= KUBELET_AT_ONCE) {
		p->queued = true;
		return false;
	}
	w = xalloc(sizeof(*w));
	*w = (struct kwork) { .j = { .run = on_run, .done = on_done },
			      .p = p,
			      .c = c,
			      .slots = slots,
			      .pod = json_copy(pod),
			      .run = run,
			      .finish = finish,
			      .kube = k->kube,
			      .host_ip = k->f.ip,
			      .node = k->f.node,
			      .number = number,
			      .pid = c ? c->pid : 0 };
	w->ip = arena_str(&w->a, p->ip);
	w->name = c ? arena_str(&w->a, c->run.name) : "";
	++*slots;
	p->jobs++;
	if (job_start(k->loop, &w->j, &w->e) == 0)
		return true;
	log_error("a job of pod=%s/%s cannot start: %s", p->ns, p->name, w->e.msg);
	--*slots;
	p->jobs--;
	p->queued = true;
	release(w);
	return false;
}

bool kwork_start(struct kpod *p, struct kcont *c, const struct json *pod, int *slots,
		 int (*run)(struct kwork *w, struct err *e), void (*finish)(struct kwork *w))
{
	return kwork_start_as(p, c, pod, slots, c ? c->run.restarts : 0, run, finish);
}

/* Nothing is allocated between fork and exec: other threads may hold locks. */
static _Noreturn void become(char *const argv[], const int ends[3])
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int i = 0; i < 3; i++) {
		int fd = ends[i] < 0 ? null : ends[i];

		if (fd < 0 || (fd == i ? fcntl(fd, F_SETFD, 0) : dup2(fd, i)) < 0)
			_exit(126);
	}
	execv("/proc/self/exe", argv);
	_exit(127);
}

int kubelet_spawn(char *const argv[], int in, int out, int err, struct err *e)
{
	const int ends[3] = { in, out, err };
	int pid = fork();

	if (pid == 0)
		become(argv, ends);
	return pid < 0 ? fail(e, errno, "fork:") : pid;
}
