/* SPDX-License-Identifier: Apache-2.0 */
/* podexec.c - one more process in a container's namespaces, with its environment. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file.h"
#include "podshim.h"

enum { ENV_MAX = 1024 * 1024, NOT_FOUND = 127, NOT_RUN = 126 };

/* What the container's first process was started with. */
static char **environment(int pid, struct buf *text, struct arena *a, struct err *e)
{
	char path[40], **v;
	size_t n = 0;

	snprintf(path, sizeof(path), "/proc/%d/environ", pid);
	if (file_read(path, ENV_MAX, text, e) < 0)
		return NULL;
	v = arena_get(a, (text->len + 2) * sizeof(*v));
	for (size_t at = 0; at < text->len; at += strlen(text->p + at) + 1)
		if (text->p[at])
			v[n++] = text->p + at;
	return v;
}

static int join(int pid, struct err *e)
{
	static const struct {
		const char *name;
		int flag;
	} all[] = {
		{ "uts", CLONE_NEWUTS },
		{ "net", CLONE_NEWNET },
		{ "pid", CLONE_NEWPID },
		{ "mnt", CLONE_NEWNS },
	};
	int fd[COUNT(all)];
	char path[40];

	for (size_t i = 0; i < COUNT(all); i++) {
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, all[i].name);
		fd[i] = open(path, O_RDONLY | O_CLOEXEC);
		if (fd[i] < 0)
			return fail(e, errno, "open %s:", path);
	}
	for (size_t i = 0; i < COUNT(all); i++) {
		if (setns(fd[i], all[i].flag) < 0)
			return fail(e, errno, "join %s:", all[i].name);
		close(fd[i]);
	}
	return 0;
}

static _Noreturn void command(char **argv, char **env, bool tty)
{
	struct sigaction normal = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		sigaction(i, &normal, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* Our parent is outside of this pid namespace, so he has no number here; whoever was made
	 * an orphan before he could say this belongs to process 1. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != 0)
		_exit(NOT_RUN);
	if (tty) {
		setsid();
		ioctl(0, TIOCSCTTY, 0);
	}
	podshim_exec(argv, env);
	dprintf(2, "exec failed: exec: \"%s\": %s\n", argv[0],
		errno == ENOENT ? "executable file not found in $PATH" : strerror(errno));
	_exit(errno == ENOENT ? NOT_FOUND : NOT_RUN);
}

/* When the one who asked goes away, the command goes too: we are killed, and it with us. */
static int run(char **argv, char **env, bool tty)
{
	int pid = fork(), status = 0;

	if (pid < 0)
		return dprintf(2, "fork: %s\n", strerror(errno)), NOT_RUN;
	if (pid == 0)
		command(argv, env, tty);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int podexec_main(int argc, char **argv)
{
	bool tty = argc > 1 && strcmp(argv[1], "--tty") == 0;
	auto_arena struct arena a = { 0 };
	auto_buf struct buf text = { 0 };
	struct err e = { 0 };
	char **env, *end;
	long pid;

	argv += 1 + tty;
	argc -= 1 + tty;
	pid = argc > 1 ? strtol(argv[0], &end, 10) : 0;
	if (pid <= 0 || *end)
		return dprintf(2, "vpcbox-lab: pod-exec: needs PID COMMAND...; only the lab's "
				  "kubelet calls it\n"),
		       100;
	env = environment((int)pid, &text, &a, &e);
	if (!env || join((int)pid, &e) < 0 || chdir("/") < 0)
		return dprintf(2, "vpcbox-lab: pod-exec: %s\n", e.msg), NOT_RUN;
	return run(argv + 1, env, tty);
}
