/* SPDX-License-Identifier: Apache-2.0 */
/* podshim.c - start one container, write down what it says and how it ends. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "crilog.h"
#include "file.h"
#include "podshim.h"

enum { CONFIG_MAX = 1024 * 1024, LOG_MAX = 4 * 1024 * 1024, PIPE_READ = 8192 };

struct shim {
	const char *state;
	struct json *config, *word; /* word: what the state file says */
	int pid;
	int log;
	off_t log_size;
	struct crilog stream[2];
	int from[2]; /* the container's stdout and stderr */
};

uint64_t podshim_start_time(int pid)
{
	auto_buf struct buf text = { 0 };
	struct err e;
	char path[40];
	const char *p;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (file_read(path, 4096, &text, &e) < 0 || !text.p || !(p = strrchr(text.p, ')')))
		return 0;
	for (int field = 2; field < 22 && p; field++)
		p = strchr(p + 1, ' ');
	return p ? strtoull(p + 1, NULL, 10) : 0;
}

void podshim_exec(char **argv, char **env)
{
	const char *path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	char at[PATH_MAX];
	int why = ENOENT;

	for (char **v = env; *v; v++)
		if (strncmp(*v, "PATH=", 5) == 0)
			path = *v + 5;
	if (strchr(argv[0], '/')) {
		execve(argv[0], argv, env);
		return;
	}
	while (*argv[0] && *path) {
		size_t n = strcspn(path, ":");

		if (snprintf(at, sizeof(at), "%.*s/%s", (int)n, path, argv[0]) < (int)sizeof(at))
			execve(at, argv, env);
		if (errno != ENOENT && errno != ENOTDIR)
			why = errno;
		path += n + (path[n] == ':');
	}
	errno = why;
}

/* ---- in the container */

static _Noreturn void broken(int tell, const char *what)
{
	dprintf(tell, "%s: %s", what, strerror(errno));
	_exit(128);
}

/* of an array of strings; NULL-terminated */
static char **words(const struct json *list, struct arena *a)
{
	char **v = arena_get(a, (json_count(list) + 1) * sizeof(*v));
	size_t n = 0;

	for (const struct json *j = json_first(list); j; j = json_next(j))
		v[n++] = arena_str(a, json_str(j, "", ""));
	return v;
}

/* The node's folders are links into this machine's in part: there nothing is made. */
static bool may_make(const char *path)
{
	char part[PATH_MAX];
	struct stat st;

	for (size_t n = strcspn(path + 1, "/") + 1;; n += strcspn(path + n + 1, "/") + 1) {
		snprintf(part, sizeof(part), "%.*s", (int)n, path);
		if (lstat(part, &st) < 0)
			return true;
		if (S_ISLNK(st.st_mode))
			return stat(path, &st) == 0;
		if (!path[n])
			return true;
	}
}

static void mounts(const struct json *list, int tell)
{
	for (const struct json *j = json_first(list); j; j = json_next(j)) {
		const char *from = json_str(j, "from", ""), *to = json_str(j, "to", "");
		bool ro = json_bool(j, "ro", false);
		struct err e;

		if (*to != '/' || !may_make(to)) {
			errno = ENOENT;
			broken(tell, to);
		}
		if (mkdirs(to, 0755, &e) < 0 || mount(from, to, NULL, MS_BIND, NULL) < 0 ||
		    (ro && mount(NULL, to, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) < 0))
			broken(tell, to);
	}
}

static void surroundings(const struct json *c, int tell)
{
	const char *hostname = json_str(c, "hostname", ""), *hosts = json_str(c, "hosts", "");
	const char *cwd = json_str(c, "cwd", "/");

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		broken(tell, "mount /proc");
	/* Its links are those of the namespace that we are in; where that may not be, the node's.
	 */
	(void)!mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	if (*hosts && mount(hosts, "/etc/hosts", NULL, MS_BIND, NULL) < 0)
		broken(tell, "mount /etc/hosts");
	if (*hostname && sethostname(hostname, strlen(hostname)) < 0)
		broken(tell, "set the host name");
	mounts(json_get(c, "mounts"), tell);
	if (chdir(*cwd ? cwd : "/") < 0)
		broken(tell, cwd);
}

static void join_network(const struct json *c, int tell)
{
	const char *path = json_str(c, "netns", "");
	auto_fd int fd = *path ? open(path, O_RDONLY | O_CLOEXEC) : 0;

	if (*path && (fd < 0 || setns(fd, CLONE_NEWNET) < 0))
		broken(tell, path);
}

static void signals_as_new(void)
{
	struct sigaction normal = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		sigaction(i, &normal, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void container(const struct json *c, int out, int err, int tell)
{
	auto_arena struct arena a = { 0 };
	const char *server = json_str(c, "server", "");
	char **argv = words(json_get(c, "argv"), &a), **env = words(json_get(c, "env"), &a);

	join_network(c, tell);
	surroundings(c, tell);
	signals_as_new();
	if (dup2(out, 1) < 0 || dup2(err, 2) < 0)
		broken(tell, "dup");
	if (*server) {
		char *const own[] = { arena_str(&a, "vpcbox-lab"), arena_str(&a, "pod-server"),
				      arena_str(&a, server), NULL };

		execve("/proc/self/exe", own, env);
	} else if (argv[0]) {
		podshim_exec(argv, env);
	}
	dprintf(tell, "exec: \"%s\": %s", argv[0] ? argv[0] : server,
		errno == ENOENT ? "executable file not found in $PATH" : strerror(errno));
	_exit(128);
}

/* ---- its log and its state */

static void log_open_next(struct shim *s, const char *path)
{
	char old[PATH_MAX];

	if (s->log_size > LOG_MAX) {
		fd_free(&s->log);
		snprintf(old, sizeof(old), "%s.1", path);
		rename(path, old);
		s->log_size = 0;
	}
	if (!s->log) {
		s->log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
		s->log = s->log < 0 ? 0 : s->log;
	}
}

/* A full disk must not stop the container. */
static void log_put(struct shim *s, const struct buf *text)
{
	if (!text->len)
		return;
	log_open_next(s, json_str(s->config, "log", ""));
	if (s->log && write(s->log, text->p, text->len) > 0)
		s->log_size += (off_t)text->len;
}

static void save(struct shim *s)
{
	auto_buf struct buf text = { 0 };
	struct err e;

	json_print(s->word, 0, &text);
	(void)!file_replace(s->state, text.p, text.len, 0600, false, &e);
}

static void read_stream(struct shim *s, struct pollfd *p, int i)
{
	auto_buf struct buf text = { 0 };
	char in[PIPE_READ];
	ssize_t n = read(p->fd, in, sizeof(in));

	if (n < 0 && errno == EINTR)
		return;
	if (n > 0) {
		crilog_feed(&s->stream[i], in, (size_t)n, wall_ns(), &text);
	} else {
		crilog_end(&s->stream[i], wall_ns(), &text);
		close(p->fd);
		p->fd = -1;
	}
	log_put(s, &text);
}

/* Until both streams have ended, which they do at the latest with the container. */
static void follow(struct shim *s)
{
	struct pollfd p[2] = { { s->from[0], POLLIN, 0 }, { s->from[1], POLLIN, 0 } };

	while (p[0].fd >= 0 || p[1].fd >= 0) {
		if (poll(p, 2, -1) < 0)
			continue;
		for (int i = 0; i < 2; i++)
			if (p[i].fd >= 0 && p[i].revents)
				read_stream(s, &p[i], i);
	}
}

static void wait_end(struct shim *s)
{
	int status = 0;

	while (waitpid(s->pid, &status, 0) < 0 && errno == EINTR)
		;
	json_add_int(s->word, "exitCode",
		     WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	json_add_int(s->word, "signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	json_add_int(s->word, "finishedAt", wall_s());
	save(s);
}

/* ---- the shim */

static int start(struct shim *s, struct buf *why, struct err *e)
{
	unsigned long flags = CLONE_NEWPID | CLONE_NEWNS | SIGCHLD;
	int out[2], err[2], tell[2];

	if (*json_str(s->config, "hostname", ""))
		flags |= CLONE_NEWUTS;
	if (pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0 || pipe2(tell, O_CLOEXEC) < 0)
		return fail(e, errno, "pipe:");
	s->pid = (int)syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
	if (s->pid < 0)
		return fail(e, errno, "namespaces of the container:");
	if (s->pid == 0)
		container(s->config, out[1], err[1], tell[1]);
	close(out[1]);
	close(err[1]);
	close(tell[1]);
	s->from[0] = out[0];
	s->from[1] = err[0];
	if (fd_read(tell[0], "the container's word", 4096, why, e) < 0)
		return -1;
	close(tell[0]);
	if (why->len) {
		waitpid(s->pid, NULL, 0);
		return fail(e, ENOENT, "%s", why->p);
	}
	return 0;
}

static void describe(struct shim *s)
{
	s->word = json_copy(json_get(s->config, "keep"));
	if (!s->word)
		s->word = json_object();
	json_add_int(s->word, "pid", s->pid);
	json_add_int(s->word, "shim", getpid());
	json_add_int(s->word, "shimStart", (int64_t)podshim_start_time(getpid()));
	json_add_int(s->word, "startedAt", wall_s());
	save(s);
}

static _Noreturn void shim(struct shim *s)
{
	auto_buf struct buf why = { 0 };
	struct err e = { 0 };
	int null = open("/dev/null", O_RDWR);

	setsid();
	if (start(s, &why, &e) < 0) {
		dprintf(1, "!%s\n", e.msg);
		_exit(1);
	}
	describe(s);
	dprintf(1, "ok %d\n", s->pid);
	if (null < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
		_exit(1);
	follow(s);
	wait_end(s);
	_exit(0);
}

int podshim_main(int argc, char **argv)
{
	struct shim s = { .stream = { { .name = "stdout" }, { .name = "stderr" } } };
	auto_buf struct buf text = { 0 };
	struct err e = { 0 };
	int pid;

	signals_as_new();
	if (argc != 2) {
		dprintf(2,
			"vpcbox-lab: pod-shim: needs one file; only the lab's kubelet calls it\n");
		return 100;
	}
	if (file_read(argv[1], CONFIG_MAX, &text, &e) < 0 ||
	    !(s.config = json_parse(text.p ? text.p : "", text.len, &e))) {
		dprintf(1, "!%s\n", e.msg);
		return 1;
	}
	s.state = json_str(s.config, "state", "");
	pid = fork();
	if (pid < 0) {
		dprintf(1, "!fork: %s\n", strerror(errno));
		return 1;
	}
	if (pid == 0)
		shim(&s);
	return 0;
}
