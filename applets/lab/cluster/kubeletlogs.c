/* SPDX-License-Identifier: Apache-2.0 */
/* kubeletlogs.c - /containerLogs: a container's log, from where it is asked for, and as it grows.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "crilog.h"
#include "file.h"
#include "kubeletdoor.h"

enum { LOG_READ_MAX = 16 * 1024 * 1024, LOOK_MS = 1000 };

/* One that follows. The log grows: inotify tells; that its container has ended, a look once a
 * second, as the kubelet takes. */
struct follower {
	struct httpd_call *call;
	struct kubelet *k;
	struct watch grows;
	struct timer look;
	struct crilog_want want;
	char ns[64], pod[256], container[64], id[65], path[600];
	int fd;
	struct buf text; /* read, and not a whole line yet */
};

static void log_path(const struct kcont *c, int number, char *out, size_t size)
{
	const struct kpod *p = c->pod;

	snprintf(out, size, KUBELET_LOGS "/%s_%s_%s/%s/%d.log", p->ns, p->name, p->uid, c->run.name,
		 number);
}

static void follower_end(struct follower *f)
{
	httpd_end(f->call);
	watch_close(&f->grows);
	timer_stop(&f->look);
	fd_free(&f->fd);
	buf_free(&f->text);
	free(f);
}

/* False: the peer has gone, or has all that it asked for. */
static bool pass_on(struct follower *f)
{
	auto_buf struct buf out = { 0 };
	char in[16384];
	ssize_t n;
	size_t used;

	while ((n = read(f->fd, in, sizeof(in))) > 0) {
		buf_add(&f->text, in, (size_t)n);
		used = crilog_show(&f->want, f->text.p, f->text.len, &out);
		memmove(f->text.p, f->text.p + used, f->text.len - used);
		f->text.len -= used;
	}
	return (!out.len || httpd_piece(f->call, out.p, out.len)) && f->want.left != 0;
}

/* The shim begins a new file when one is long. */
static void reopen(struct follower *f)
{
	struct stat mine, there;

	if (fstat(f->fd, &mine) < 0 || stat(f->path, &there) < 0 || mine.st_ino == there.st_ino)
		return;
	close(f->fd);
	f->fd = open(f->path, O_RDONLY | O_CLOEXEC);
	f->fd = f->fd < 0 ? 0 : f->fd;
	(void)!inotify_add_watch(f->grows.fd, f->path, IN_MODIFY);
}

static bool lives(const struct follower *f)
{
	struct kpod *p = kpod_find(f->k, f->ns, f->pod);
	struct kcont *c = p ? kpod_container(p, f->container) : NULL;

	return c && c->run.state == PODRUN_RUNNING && strcmp(c->run.id, f->id) == 0;
}

static void on_grows(struct watch *w, uint32_t events)
{
	struct follower *f = OWNER(w, struct follower, grows);
	char in[4096];

	(void)events;
	while (read(w->fd, in, sizeof(in)) > 0)
		;
	if (!pass_on(f))
		follower_end(f);
}

static void on_look(struct timer *t)
{
	struct follower *f = OWNER(t, struct follower, look);
	bool was = lives(f);
	struct err e;

	if (!pass_on(f) || !was || !httpd_piece(f->call, "", 0)) {
		follower_end(f);
		return;
	}
	reopen(f);
	if (timer_set(f->k->loop, t, LOOK_MS, &e) < 0)
		follower_end(f);
}

static void follow(struct kcont *c, struct httpd_call *call, const struct crilog_want *want,
		   const char *path, off_t from)
{
	struct follower *f = xalloc(sizeof(*f));
	int notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	struct err e;

	*f = (struct follower) { .call = call,
				 .k = c->pod->k,
				 .want = *want,
				 .grows.fn = on_grows,
				 .look.fn = on_look,
				 .fd = open(path, O_RDONLY | O_CLOEXEC) };
	snprintf(f->path, sizeof(f->path), "%s", path);
	snprintf(f->ns, sizeof(f->ns), "%s", c->pod->ns);
	snprintf(f->pod, sizeof(f->pod), "%s", c->pod->name);
	snprintf(f->container, sizeof(f->container), "%s", c->run.name);
	snprintf(f->id, sizeof(f->id), "%s", c->run.id);
	if (f->fd < 0 || notify < 0 || inotify_add_watch(notify, path, IN_MODIFY) < 0 ||
	    watch_add(f->k->loop, &f->grows, notify, EPOLLIN, &e) < 0 ||
	    timer_set(f->k->loop, &f->look, 0, &e) < 0) {
		f->fd = f->fd < 0 ? 0 : f->fd;
		follower_end(f);
		return;
	}
	lseek(f->fd, from, SEEK_SET);
}

static void answer(struct kcont *c, struct httpd_call *call, const char *path, const char *text,
		   size_t n)
{
	int64_t tail = kubelet_number(call->query, "tailLines", -1, &call->a);
	int64_t since = kubelet_number(call->query, "sinceSeconds", 0, &call->a);
	const char *time = kubelet_param(call->query, "sinceTime", 0, &call->a);
	struct crilog_want want = {
		.stamps = kubelet_flag(call->query, "timestamps", &call->a),
		.left = kubelet_number(call->query, "limitBytes", -1, &call->a),
		.since_s = since > 0 ? wall_s() - since
			   : time    ? time_parse(time)
				     : 0,
	};
	bool more = kubelet_flag(call->query, "follow", &call->a);
	size_t at = tail >= 0 ? crilog_tail(text, n, tail) : 0;
	auto_buf struct buf out = { 0 };

	at += crilog_show(&want, text + at, n - at, &out);
	httpd_begin(call, 200, NULL);
	if ((!out.len || httpd_piece(call, out.p, out.len)) && more && want.left != 0 &&
	    c->run.state == PODRUN_RUNNING)
		follow(c, call, &want, path, (off_t)at);
	else
		httpd_end(call);
}

void kubelet_logs(struct kcont *c, struct httpd_call *call)
{
	bool previous = kubelet_flag(call->query, "previous", &call->a);
	/* Of one that waits to be started again, what the last one said. */
	int number = c->run.restarts - previous;
	auto_buf struct buf text = { 0 };
	char path[600];
	struct err e;

	log_path(c, number, path, sizeof(path));
	if (previous && (number < 0 || access(path, R_OK) < 0)) {
		kubelet_refuse(call, 400,
			       "previous terminated container \"%s\" in pod \"%s\" not found",
			       c->run.name, c->pod->name);
		return;
	}
	if (c->run.state == PODRUN_WAITING && !c->run.last.is) {
		kubelet_refuse(call, 400, "container \"%s\" in pod \"%s\" is waiting to start: %s",
			       c->run.name, c->pod->name, c->run.reason);
		return;
	}
	if (file_read(path, LOG_READ_MAX, &text, &e) < 0 && e.num == ENOENT) {
		/* It has said nothing yet; followers need a file. */
		int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0640);

		if (fd >= 0)
			close(fd);
	}
	answer(c, call, path, text.p ? text.p : "", text.len);
}
