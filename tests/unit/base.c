/* SPDX-License-Identifier: Apache-2.0 */
/* base.c - errors, ownership, dying. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base.h"
#include "test.h"

TEST(errors_read_from_the_outside_in)
{
	struct err e = { 0 };

	CHECK(fail(&e, ENOENT, "open %s:", "/x") == -1);
	CHECK(wrap(&e, "load state") == -1);
	CHECK_STR(e.msg, "load state: open /x: No such file or directory");
	CHECK(e.num == ENOENT);
}

TEST(an_error_without_a_class_is_an_io_error)
{
	struct err e = { .code = "Throttling" };

	fail(&e, 0, "nothing known");
	CHECK(e.num == EIO && !e.code[0]);
	CHECK_STR(e.msg, "nothing known");
}

TEST(wrap_keeps_class_and_code)
{
	struct err e = { .num = EAGAIN, .code = "Throttling", .msg = "slow down" };

	wrap(&e, "attach %s", "eni-1");
	CHECK(e.num == EAGAIN);
	CHECK_STR(e.code, "Throttling");
	CHECK_STR(e.msg, "attach eni-1: slow down");
}

TEST(an_error_may_quote_itself)
{
	struct err e = { 0 };

	fail(&e, EINVAL, "port '70000'");
	fail(&e, EBADMSG, "config: %s", e.msg);
	CHECK_STR(e.msg, "config: port '70000'");
	wrap(&e, "<%s>", e.msg);
	CHECK_STR(e.msg, "<config: port '70000'>: config: port '70000'");
}

TEST(long_errors_are_cut_not_overrun)
{
	struct err e = { 0 };
	char big[2000];

	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	fail(&e, ENOENT, "open %s:", big);
	CHECK(strlen(e.msg) == sizeof(e.msg) - 1);
	fail(&e, ENOENT, "short");
	wrap(&e, "%s", big);
	CHECK(strlen(e.msg) == sizeof(e.msg) - 1);
	fail(&e, ENOENT, "short");
	wrap(&e, "%.440s", big);
	CHECK(strcmp(e.msg + 438, "xx: short") == 0);
}

TEST(take_empties_the_source)
{
	auto_fd int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int mine = TAKE(fd);

	CHECK(fd == 0 && mine > 2);
	fd_free(&mine);
	CHECK(mine == 0);
}

TEST(closing_keeps_errno)
{
	int fd = 987; /* not open: close() fails */

	errno = EXDEV;
	fd_free(&fd);
	CHECK(errno == EXDEV && fd == 0);
	fd = -1;
	fd_free(&fd);
	CHECK(errno == EXDEV && fd == 0);
}

TEST(memory_comes_zeroed_and_grows_from_nothing)
{
	auto_ptr char *p = xalloc(100);
	auto_ptr char *q = xgrow(NULL, 0);

	for (int i = 0; i < 100; i++)
		CHECK(p[i] == 0);
	q = xgrow(q, 10);
	memcpy(q, "123456789", 10);
	q = xgrow(q, 5000);
	CHECK_STR(q, "123456789");
	ptr_free(&q);
	CHECK(!q);
}

/* Exit status and what was said of a child that dies. */
static int die_in_child(char *said, size_t size)
{
	int p[2], status = 0;
	ssize_t n;
	pid_t pid;

	CHECK(pipe2(p, O_CLOEXEC) == 0);
	pid = fork();
	if (pid == 0) {
		dup2(p[1], 2);
		errno = ENOSPC;
		die("checkpoint %s:", "/run/x");
	}
	close(p[1]);
	n = read(p[0], said, size - 1);
	said[n > 0 ? n : 0] = '\0';
	close(p[0]);
	CHECK(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(dying_says_why_and_exits_111)
{
	char said[200];

	CHECK(die_in_child(said, sizeof(said)) == 111);
	CHECK_STR(said, "checkpoint /run/x: No space left on device\n");
}
