/* SPDX-License-Identifier: Apache-2.0 */
/* kubeletexec.c - /exec: a command in a container, its streams as channels of a WebSocket
 * (v4.channel.k8s.io and v5, which can close the standard input). */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kubeletdoor.h"
#include "log.h"
#include "str.h"
#include "wsframe.h"

enum {
	CH_STDIN,
	CH_STDOUT,
	CH_STDERR,
	CH_ERROR,
	CH_RESIZE,
	CH_CLOSE = 255,
	WAITING_MAX = 256 * 1024,
	COMMAND_MAX = 256
};

struct stream { /* of the command's output */
	struct watch w;
	struct session *s;
	char channel;
	bool paused;
};
struct session {
	struct httpd_pipe pipe;
	struct kubelet *k;
	struct stream out[2];
	struct watch in; /* its standard input, while something waits for it */
	struct watch end;
	int stdin_fd, pid, status;
	bool tty, ended, close_in;
	struct buf came, message, waits; /* waits: for standard input */
	enum ws_op op;
};

/* ---- the end */

static void session_free(struct session *s)
{
	for (int i = 0; i < 2; i++)
		watch_close(&s->out[i].w);
	watch_del(&s->in);
	fd_free(&s->stdin_fd);
	watch_close(&s->end);
	if (!s->ended) {
		kill(s->pid, SIGKILL);
		while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	httpd_pipe_close(&s->pipe);
	buf_free(&s->came);
	buf_free(&s->message);
	buf_free(&s->waits);
	free(s);
}

static void send(struct session *s, char channel, const void *p, size_t n)
{
	auto_buf struct buf out = { 0 };

	ws_put(WS_BINARY, &channel, 1, p, n, &out);
	httpd_pipe_write(&s->pipe, out.p, out.len);
}

static void verdict(const struct session *s, struct buf *out)
{
	int code = WIFEXITED(s->status) ? WEXITSTATUS(s->status) : 128 + WTERMSIG(s->status);

	if (code == 0)
		buf_str(out, "{\"metadata\":{},\"status\":\"Success\"}");
	else
		buf_fmt(out,
			"{\"metadata\":{},\"status\":\"Failure\",\"message\":\"command terminated "
			"with non-zero exit code: command terminated with exit code %d\","
			"\"reason\":\"NonZeroExitCode\",\"details\":{\"causes\":[{\"reason\":"
			"\"ExitCode\",\"message\":\"%d\"}]}}",
			code, code);
}

/* All is said once the command has ended and its output is read to its end. */
static void finish(struct session *s)
{
	static const char normal[] = { 0x03, (char)0xe8 }; /* 1000 */
	auto_buf struct buf text = { 0 }, out = { 0 };

	if (!s->ended || s->out[0].w.fd || s->out[1].w.fd)
		return;
	verdict(s, &text);
	send(s, CH_ERROR, text.p, text.len);
	ws_put(WS_CLOSE, NULL, 0, normal, sizeof(normal), &out);
	httpd_pipe_write(&s->pipe, out.p, out.len);
	session_free(s);
}

static void on_end(struct watch *w, uint32_t events)
{
	struct session *s = OWNER(w, struct session, end);

	(void)events;
	if (waitpid(s->pid, &s->status, WNOHANG) != s->pid)
		return;
	s->ended = true;
	watch_close(&s->end);
	finish(s);
}

/* ---- output */

static void on_output(struct watch *w, uint32_t events)
{
	struct stream *o = OWNER(w, struct stream, w);
	struct session *s = o->s;
	char in[16384];
	ssize_t n = read(w->fd, in, sizeof(in));
	struct err e;

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		send(s, o->channel, in, (size_t)n);
		if (httpd_pipe_waiting(&s->pipe) > WAITING_MAX)
			o->paused = watch_mod(w, 0, &e) == 0;
		return;
	}
	watch_close(w);
	w->fd = 0;
	finish(s);
}

static void on_room(struct httpd_pipe *p)
{
	struct session *s = OWNER(p, struct session, pipe);
	struct err e;

	for (int i = 0; i < 2; i++)
		if (s->out[i].paused)
			s->out[i].paused = watch_mod(&s->out[i].w, EPOLLIN, &e) < 0;
}

/* ---- input */

static void input_done(struct session *s)
{
	watch_del(&s->in);
	if (s->tty && s->stdin_fd) /* a terminal has an end of its own */
		(void)!write(s->stdin_fd, "\004", 1);
	fd_free(&s->stdin_fd);
}

static void input_go(struct session *s)
{
	struct err e;
	ssize_t n = 0;

	while (s->stdin_fd && s->waits.len &&
	       (n = write(s->stdin_fd, s->waits.p, s->waits.len)) > 0) {
		memmove(s->waits.p, s->waits.p + n, s->waits.len - (size_t)n);
		s->waits.len -= (size_t)n;
	}
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		s->waits.len = 0;
		fd_free(&s->stdin_fd);
	}
	if (!s->stdin_fd)
		s->waits.len = 0;
	if (!s->waits.len) {
		watch_del(&s->in);
		if (s->close_in)
			input_done(s);
	} else if (!s->in.loop && watch_add(s->k->loop, &s->in, s->stdin_fd, EPOLLOUT, &e) < 0) {
		s->waits.len = 0;
	}
	httpd_pipe_pause(&s->pipe, s->waits.len > WAITING_MAX);
}

static void on_writable(struct watch *w, uint32_t events)
{
	(void)events;
	input_go(OWNER(w, struct session, in));
}

static void resize(struct session *s, const char *text, size_t n)
{
	struct err e;
	auto_json struct json *j = json_parse(text, n, &e);
	struct winsize size = { .ws_col = (unsigned short)json_int(j, "Width", 0),
				.ws_row = (unsigned short)json_int(j, "Height", 0) };

	if (s->tty && s->out[0].w.fd && size.ws_col && size.ws_row)
		ioctl(s->out[0].w.fd, TIOCSWINSZ, &size);
}

static void on_message(struct session *s)
{
	const char *p = s->message.p;
	size_t n = s->message.len;

	if (!n)
		return;
	switch ((unsigned char)p[0]) {
	case CH_STDIN:
		if (n > 1)
			buf_add(&s->waits, p + 1, n - 1);
		input_go(s);
		break;
	case CH_RESIZE:
		resize(s, p + 1, n - 1);
		break;
	case CH_CLOSE:
		if (n == 2 && p[1] == CH_STDIN) {
			s->close_in = true;
			input_go(s);
		}
		break;
	default:
		break;
	}
}

/* False: the conversation is over. */
static bool on_frame(struct session *s, const struct wsframe *f)
{
	auto_buf struct buf out = { 0 };

	switch (f->op) {
	case WS_CLOSE:
		ws_put(WS_CLOSE, NULL, 0, f->data, f->n, &out);
		httpd_pipe_write(&s->pipe, out.p, out.len);
		return false;
	case WS_PING:
		ws_put(WS_PONG, NULL, 0, f->data, f->n, &out);
		httpd_pipe_write(&s->pipe, out.p, out.len);
		return true;
	case WS_PONG:
		return true;
	default:
		break;
	}
	if (f->op != WS_MORE)
		s->message.len = 0;
	if (s->message.len + f->n > WS_MAX)
		return false;
	if (f->n)
		buf_add(&s->message, f->data, f->n);
	if (f->last)
		on_message(s);
	return true;
}

static void on_data(struct httpd_pipe *p, const void *bytes, size_t n)
{
	struct session *s = OWNER(p, struct session, pipe);
	struct wsframe f;
	size_t at = 0, used;
	struct err e;
	int rc = n ? 1 : -1;

	if (n)
		buf_add(&s->came, bytes, n);
	while (rc > 0) {
		rc = ws_read(s->came.p + at, s->came.len - at, &f, &used, &e);
		if (rc < 0)
			log_warn("an exec ends: %s", e.msg);
		if (rc > 0) {
			at += used;
			rc = on_frame(s, &f) ? 1 : -1;
		}
	}
	if (rc < 0) {
		session_free(s);
		return;
	}
	memmove(s->came.p, s->came.p + at, s->came.len - at);
	s->came.len -= at;
}

/* ---- begin */

struct ends {
	int mine[3], its[3]; /* in, out, err; 0: none */
};

static void ends_close(int v[3])
{
	for (int i = 0; i < 3; i++)
		if (v[i] > 0)
			close(v[i]);
}

static int open_terminal(struct ends *x, struct err *e)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK), other;
	char name[64];

	if (fd < 0)
		return fail(e, errno, "open a terminal:");
	x->mine[1] = fd;
	if (grantpt(fd) < 0 || unlockpt(fd) < 0 || ptsname_r(fd, name, sizeof(name)) != 0 ||
	    (other = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0)
		return fail(e, errno, "open a terminal's other end:");
	x->its[0] = x->its[1] = x->its[2] = other;
	x->mine[0] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return x->mine[0] < 0 ? fail(e, errno, "dup:") : 0;
}

static int open_pipes(struct ends *x, bool in, struct err *e)
{
	for (int i = in ? 0 : 1; i < 3; i++) {
		int fd[2];

		if (pipe2(fd, O_CLOEXEC) < 0)
			return fail(e, errno, "pipe:");
		x->mine[i] = fd[i == 0];
		x->its[i] = fd[i != 0];
		fcntl(x->mine[i], F_SETFL, O_NONBLOCK);
	}
	return 0;
}

static char **argv_of(struct kcont *c, struct httpd_call *call, bool tty)
{
	char **v = arena_get(&call->a, (COMMAND_MAX + 5) * sizeof(*v));
	size_t n = 0;

	v[n++] = arena_str(&call->a, "vpcbox-lab");
	v[n++] = arena_str(&call->a, "pod-exec");
	if (tty)
		v[n++] = arena_str(&call->a, "--tty");
	v[n++] = arena_fmt(&call->a, "%d", c->pid);
	for (size_t i = 0; i < COMMAND_MAX; i++) {
		const char *word = kubelet_param(call->query, "command", i, &call->a);

		if (!word)
			break;
		v[n++] = arena_str(&call->a, word);
	}
	return v;
}

static int spawn(struct session *s, const struct ends *x, char **argv, struct err *e)
{
	int fd;

	s->pid = kubelet_spawn(argv, x->its[0] ? x->its[0] : -1, x->its[1], x->its[2], e);
	if (s->pid < 0)
		return -1;
	fd = (int)syscall(SYS_pidfd_open, s->pid, 0);
	if (fd < 0)
		return fail(e, errno, "pidfd:");
	return watch_add(s->k->loop, &s->end, fd, EPOLLIN, e);
}

static int session_begin(struct session *s, const struct ends *x, struct err *e)
{
	s->stdin_fd = x->mine[0];
	s->in.fn = on_writable;
	s->end.fn = on_end;
	for (int i = 0; i < 2; i++) {
		struct stream *o = &s->out[i];

		o->s = s;
		o->channel = (char)(CH_STDOUT + i);
		o->w.fn = on_output;
		if (x->mine[i + 1] && watch_add(s->k->loop, &o->w, x->mine[i + 1], EPOLLIN, e) < 0)
			return -1;
	}
	return 0;
}

static const char *protocol_of(const struct httpd_call *call)
{
	const char *all = http_header(&call->headers, "sec-websocket-protocol");

	if (strcasecmp(http_header(&call->headers, "upgrade"), "websocket") != 0 ||
	    !*http_header(&call->headers, "sec-websocket-key"))
		return NULL;
	return strstr(all, "v5.channel.k8s.io")   ? "v5.channel.k8s.io"
	       : strstr(all, "v4.channel.k8s.io") ? "v4.channel.k8s.io"
						  : NULL;
}

static void shake(struct session *s, struct httpd_call *call, const char *protocol)
{
	struct http_headers h = { 0 };

	http_add(&h, "Upgrade", "websocket");
	http_add(&h, "Connection", "Upgrade");
	http_add(&h, "Sec-WebSocket-Accept",
		 ws_accept(http_header(&call->headers, "sec-websocket-key"), &call->a));
	http_add(&h, "Sec-WebSocket-Protocol", protocol);
	s->pipe.data = on_data;
	s->pipe.room = on_room;
	if (!httpd_switch(call, 101, &h, &s->pipe))
		session_free(s);
}

void kubelet_exec_call(struct kcont *c, struct httpd_call *call)
{
	bool tty = kubelet_flag(call->query, "tty", &call->a);
	bool in = kubelet_flag(call->query, "stdin", &call->a) ||
		  kubelet_flag(call->query, "input", &call->a);
	const char *protocol = protocol_of(call);
	struct ends x = { 0 };
	struct session *s;
	struct err e;
	int rc;

	if (!kubelet_param(call->query, "command", 0, &call->a) || !protocol) {
		kubelet_refuse(call, 400,
			       protocol ? "you must specify at least 1 command for the container"
					: "the lab's exec speaks WebSocket (v4.channel.k8s.io, "
					  "v5.channel.k8s.io) alone");
		return;
	}
	if (c->run.state != PODRUN_RUNNING) {
		kubelet_refuse(call, 404, "container not found (\"%s\")", c->run.name);
		return;
	}
	s = xalloc(sizeof(*s));
	*s = (struct session) { .k = c->pod->k, .tty = tty, .ended = true };
	rc = tty ? open_terminal(&x, &e) : open_pipes(&x, in, &e);
	if (rc < 0)
		ends_close(x.mine);
	else
		rc = session_begin(s, &x, &e);
	if (rc == 0 && (rc = spawn(s, &x, argv_of(c, call, tty), &e)) == 0)
		s->ended = false;
	if (tty)
		x.its[1] = x.its[2] = 0;
	ends_close(x.its);
	if (rc == 0) {
		shake(s, call, protocol);
		return;
	}
	session_free(s);
	kubelet_refuse(call, 500, "%s", e.msg);
}
