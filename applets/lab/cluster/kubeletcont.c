/* SPDX-License-Identifier: Apache-2.0 */
/* kubeletcont.c - one container's life: started, watched, ended, started again after a while. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "kubelet.h"
#include "log.h"
#include "podimage.h"
#include "podshim.h"

enum { STATE_MAX = 64 * 1024, CONFIG_PAUSE_MS = 5000 };

/* ---- how it ended */

static void ended(struct kcont *c, int code, int sig, int64_t finished_s, const char *reason)
{
	struct podrun_end *end = &c->run.end;

	*end = (struct podrun_end) { .is = true,
				     .code = code,
				     .signal = sig,
				     .started_s = c->run.started_s,
				     .finished_s = finished_s };
	snprintf(end->id, sizeof(end->id), "%s", c->run.id);
	snprintf(end->reason, sizeof(end->reason), "%s", reason);
	c->run.state = PODRUN_ENDED;
	c->run.ready = c->run.started = false;
	c->killing = c->asked = c->backing_off = false;
	c->ended_at = now_ms();
	c->pid = c->shim = 0;
	for (int i = 0; i < KPROBES; i++)
		c->probes[i].set = false;
}

static struct json *state_file(const struct kcont *c)
{
	auto_buf struct buf text = { 0 };
	char dir[160], path[256];
	struct err e;

	kpod_dir(c->pod, dir, sizeof(dir));
	snprintf(path, sizeof(path), "%s/%s.json", dir, c->run.name);
	if (file_read(path, STATE_MAX, &text, &e) < 0)
		return NULL;
	return json_parse(text.p ? text.p : "", text.len, &e);
}

bool kcont_load(struct kcont *c)
{
	auto_json struct json *j = state_file(c);
	int64_t code = json_int(j, "exitCode", -1);
	bool lives;

	if (!j)
		return false;
	snprintf(c->run.id, sizeof(c->run.id), "%s", json_str(j, "id", ""));
	c->run.restarts = (int)json_int(j, "restarts", 0);
	c->run.started_s = json_int(j, "startedAt", 0);
	c->pid = (int)json_int(j, "pid", 0);
	c->shim = (int)json_int(j, "shim", 0);
	c->run.state = PODRUN_RUNNING;
	lives = podshim_start_time(c->shim) == (uint64_t)json_int(j, "shimStart", -1);
	if (code < 0 && lives)
		return true;
	if (code < 0) /* the shim was killed, and with its pipes' end so may be the container */
		ended(c, 137, SIGKILL, wall_s(), "Error");
	else
		ended(c, (int)code, (int)json_int(j, "signal", 0), json_int(j, "finishedAt", 0),
		      code ? "Error" : "Completed");
	return true;
}

static void on_end(struct watch *w, uint32_t events)
{
	struct kcont *c = OWNER(w, struct kcont, end);

	(void)events;
	watch_close(&c->end);
	kcont_load(c);
	if (c->run.state == PODRUN_RUNNING) /* its start time is still to be seen */
		ended(c, 137, SIGKILL, wall_s(), "Error");
	kpod_touch(c->pod);
}

void kcont_follow(struct kcont *c)
{
	int fd = (int)syscall(SYS_pidfd_open, c->shim, 0);
	struct err e;

	c->end.fn = on_end;
	if (fd >= 0 && watch_add(c->pod->k->loop, &c->end, fd, EPOLLIN, &e) == 0)
		return;
	if (fd >= 0)
		close(fd);
	c->end = (struct watch) { 0 };
	kcont_load(c);
	if (c->run.state == PODRUN_RUNNING)
		ended(c, 137, SIGKILL, wall_s(), "Error");
	kpod_touch(c->pod);
}

/* ---- start */

static void waits(struct kcont *c, const char *reason, const char *message)
{
	c->run.state = PODRUN_WAITING;
	snprintf(c->run.reason, sizeof(c->run.reason), "%s", reason);
	snprintf(c->run.message, sizeof(c->run.message), "%s", message);
}

static void finish_start(struct kwork *w)
{
	struct kcont *c = w->c;
	struct kpod *p = w->p;

	c->starting = false;
	snprintf(c->run.id, sizeof(c->run.id), "%s", w->id);
	if (w->rc == 0) {
		c->pid = w->pid;
		kpod_say(p, false, "Created", "Created container: %s", c->run.name);
		kpod_say(p, false, "Started", "Started container %s", c->run.name);
		kcont_load(c);
		kprobes_begin(c, w->pod);
		if (c->run.state == PODRUN_RUNNING)
			kcont_follow(c);
		return;
	}
	kpod_say(p, true, "Failed", "Error: %s", w->e.msg);
	if (w->e.num == ENOEXEC) {
		c->run.started_s = wall_s();
		ended(c, 128, 0, wall_s(), "StartError");
		snprintf(c->run.end.message, sizeof(c->run.end.message), "%s", w->e.msg);
		return;
	}
	waits(c, "CreateContainerConfigError", w->e.msg);
	c->not_before = now_ms() + CONFIG_PAUSE_MS;
}

/* An image that nobody can run here stays where a registry's refusal would leave it. */
static bool image_known(struct kcont *c, const struct json *pod)
{
	const struct json *spec = kcont_spec(pod, c->run.name);
	const char *image = json_str(spec, "image", "");
	auto_arena struct arena a = { 0 };
	const char *text;

	if (podimage_find(image) || json_count(json_get(spec, "command")))
		return true;
	if (strcmp(c->run.reason, "ImagePullBackOff") == 0)
		return false;
	text = arena_fmt(&a,
			 "the lab pulls no images; it runs any whose container has a command, "
			 "and these without: %s",
			 podimage_list(&a));
	kpod_say(c->pod, true, "Failed", "Failed to pull image \"%s\": %s", image, text);
	kpod_say(c->pod, true, "Failed", "Error: ErrImagePull");
	kpod_say(c->pod, false, "BackOff", "Back-off pulling image \"%s\"", image);
	kpod_say(c->pod, true, "Failed", "Error: ImagePullBackOff");
	waits(c, "ImagePullBackOff",
	      arena_fmt(&a, "Back-off pulling image \"%s\": ErrImagePull: %s", image, text));
	return false;
}

static void start(struct kcont *c, const struct json *pod)
{
	const char *image = json_str(kcont_spec(pod, c->run.name), "image", "");

	if (!image_known(c, pod))
		return;
	c->starting =
		kwork_start(c->pod, c, pod, &c->pod->k->starting, kcont_start_run, finish_start);
	if (c->starting && !*c->run.message)
		kpod_say(c->pod, false, "Pulled",
			 "Container image \"%s\" already present on machine", image);
}

/* It has ended and is to run again: at once, or after a while. */
static void start_again(struct kcont *c, const struct json *pod)
{
	const struct kpod *p = c->pod;
	int64_t pause = podstatus_pause(c->run.restarts, &c->run.end);
	char text[600];

	if (!c->backing_off) {
		c->backing_off = true;
		c->not_before = c->ended_at + pause;
		if (pause) {
			snprintf(text, sizeof(text),
				 "back-off %ds restarting failed container=%s pod=%s_%s(%s)",
				 (int)(pause / 1000), c->run.name, p->name, p->ns, p->uid);
			kpod_say(p, true, "BackOff",
				 "Back-off restarting failed container %s in pod %s_%s(%s)",
				 c->run.name, p->name, p->ns, p->uid);
			waits(c, "CrashLoopBackOff", text);
			c->run.last = c->run.end;
		}
	}
	if (now_ms() < c->not_before) {
		kpod_wake(c->pod, c->not_before);
		return;
	}
	c->backing_off = false;
	c->run.last = c->run.end;
	c->run.restarts++;
	waits(c, "ContainerCreating", "");
	start(c, pod);
}

void kcont_go(struct kcont *c, const struct json *pod)
{
	if (c->starting)
		return;
	if (c->run.state == PODRUN_RUNNING) {
		if (c->killing)
			(void)kcont_stop(c, pod, 0, "");
		else
			kprobes_go(c, pod);
		return;
	}
	if (c->run.state == PODRUN_ENDED || c->backing_off) {
		if (c->backing_off || podstatus_again(pod, &c->run))
			start_again(c, pod);
		return;
	}
	if (now_ms() < c->not_before)
		kpod_wake(c->pod, c->not_before);
	else
		start(c, pod);
}

/* ---- stop */

static void ask_to_end(struct kcont *c)
{
	c->asked = true;
	if (c->pid > 0)
		kill(c->pid, SIGTERM);
}

static int run_hook(struct kwork *w, struct err *e)
{
	const struct json *spec = kcont_spec(w->pod, w->name);
	const struct json *hook = json_get(spec, "lifecycle.preStop"), *how;
	int64_t until = now_ms() + w->number;
	auto_buf struct buf out = { 0 };
	int status;

	if ((how = json_get(hook, "sleep"))) {
		pause_ms(json_int(how, "seconds", 0) * 1000, until);
		return 0;
	}
	if ((how = json_get(hook, "httpGet")))
		return kubelet_get(how, spec, w->ip, until, e);
	if (!(how = json_get(hook, "exec.command")))
		return 0;
	if (kubelet_exec(w->pid, how, until, &status, &out, e) < 0)
		return -1;
	return status == 0 ? 0 : fail(e, EIO, "command exited with %d: %s", status, out.p);
}

static void finish_hook(struct kwork *w)
{
	if (w->rc < 0)
		kpod_say(w->p, true, "FailedPreStopHook", "PreStopHook failed: %s", w->e.msg);
	if (w->c->killing)
		ask_to_end(w->c);
}

bool kcont_stop(struct kcont *c, const struct json *pod, int64_t grace_s, const char *why)
{
	int64_t until = now_ms() + grace_s * 1000;

	if (c->starting)
		return true;
	if (c->run.state != PODRUN_RUNNING) {
		if (c->run.state == PODRUN_WAITING && c->run.last.is) {
			c->run.end = c->run.last;
			c->run.state = PODRUN_ENDED;
		}
		return false;
	}
	if (!c->killing) {
		c->killing = true;
		c->kill_at = until;
		if (*why)
			kpod_say(c->pod, false, "Killing", "%s", why);
		else
			kpod_say(c->pod, false, "Killing", "Stopping container %s", c->run.name);
		if (json_get(kcont_spec(pod, c->run.name), "lifecycle.preStop") && grace_s > 0 &&
		    kwork_start_as(c->pod, c, pod, &c->pod->k->probing, (int)grace_s * 1000,
				   run_hook, finish_hook))
			;
		else
			ask_to_end(c);
	} else if (c->pod->deleting && until < c->kill_at) {
		c->kill_at = until;
	}
	if (now_ms() >= c->kill_at) {
		if (c->pid > 0)
			kill(c->pid, SIGKILL);
		c->asked = true;
	} else {
		kpod_wake(c->pod, c->kill_at);
	}
	return true;
}
