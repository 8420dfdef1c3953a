/* SPDX-License-Identifier: Apache-2.0 */
/* file.c - reading, replacing, making folders. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "file.h"
#include "test.h"
#include "tmpdir.h"

static unsigned mode_of(const char *path)
{
	struct stat st = { 0 };

	CHECK(stat(path, &st) == 0);
	return st.st_mode & 07777;
}

TEST(a_file_is_replaced_and_read_back)
{
	auto_dir struct dir d = dir_new();
	auto_arena struct arena a = { 0 };
	auto_buf struct buf b = { 0 };
	struct err e = { 0 };
	const char *path = arena_fmt(&a, "%s/state", d.path);

	CHECK(file_replace(path, "one\0two", 7, 0640, true, &e) == 0);
	CHECK(mode_of(path) == 0640);
	CHECK(file_replace(path, "three", 5, 0600, false, &e) == 0);
	CHECK(mode_of(path) == 0600);
	CHECK(file_read(path, 5, &b, &e) == 0);
	CHECK_STR(b.p, "three");
	CHECK(file_replace(path, NULL, 0, 0600, false, &e) == 0);
	CHECK(file_read(path, 5, &b, &e) == 0 && b.len == 5); /* appended nothing */
	CHECK(dir_count(d.path) == 1);
}

TEST(the_mode_is_given_whatever_the_umask)
{
	auto_dir struct dir d = dir_new();
	auto_arena struct arena a = { 0 };
	mode_t before = umask(077);
	struct err e = { 0 };
	const char *path = arena_fmt(&a, "%s/10-aws.conflist", d.path);

	CHECK(file_replace(path, "{}", 2, 0644, false, &e) == 0);
	umask(before);
	CHECK(mode_of(path) == 0644);
}

TEST(a_failed_replacement_leaves_nothing)
{
	auto_dir struct dir d = dir_new();
	auto_arena struct arena a = { 0 };
	struct err e = { 0 };
	const char *path = arena_fmt(&a, "%s/x", d.path);
	char *big = arena_get(&a, 5000);

	CHECK(mkdirs(path, 0755, &e) == 0);
	CHECK(file_replace(path, "data", 4, 0600, true, &e) == -1 && e.num == EISDIR);
	CHECK(strstr(e.msg, "rename "));
	CHECK(dir_count(d.path) == 1);
	CHECK(file_replace(arena_fmt(&a, "%s/no/x", d.path), "", 0, 0600, false, &e) == -1);
	CHECK(e.num == ENOENT && strstr(e.msg, "/no/x"));
	memset(big, 'y', 4999);
	CHECK(file_replace(big, "", 0, 0600, false, &e) == -1 && e.num == ENAMETOOLONG);
	CHECK(file_replace("/dev/full/x", "", 0, 0600, false, &e) == -1 && e.num == ENOTDIR);
}

TEST(a_full_disk_leaves_the_old_file)
{
	auto_dir struct dir d = dir_new();
	auto_arena struct arena a = { 0 };
	auto_buf struct buf b = { 0 };
	void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
	struct rlimit before, small;
	struct err e = { 0 };
	const char *path = arena_fmt(&a, "%s/state", d.path);
	char *data = arena_get(&a, 9000);

	CHECK(file_replace(path, "old", 3, 0600, true, &e) == 0);
	CHECK(getrlimit(RLIMIT_FSIZE, &before) == 0);
	small = (struct rlimit) { 4096, before.rlim_max };
	CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
	CHECK(file_replace(path, data, 9000, 0600, true, &e) == -1 && e.num == EFBIG);
	setrlimit(RLIMIT_FSIZE, &before);
	signal(SIGXFSZ, handler);
	CHECK(strncmp(e.msg, "write ", 6) == 0 && dir_count(d.path) == 1);
	CHECK(file_read(path, 10, &b, &e) == 0);
	CHECK_STR(b.p, "old");
}

TEST(a_file_that_is_too_large_is_refused)
{
	auto_dir struct dir d = dir_new();
	auto_arena struct arena a = { 0 };
	auto_buf struct buf b = { 0 };
	struct err e = { 0 };
	const char *path = arena_fmt(&a, "%s/big", d.path);
	char *data = arena_get(&a, 100000);

	memset(data, 'z', 100000);
	buf_str(&b, "kept");
	CHECK(file_replace(path, data, 100000, 0600, false, &e) == 0);
	CHECK(file_read(path, 99999, &b, &e) == -1 && e.num == EFBIG);
	CHECK(strstr(e.msg, "/big: more than 99999 bytes"));
	CHECK_STR(b.p, "kept");
	CHECK(file_read(path, 100000, &b, &e) == 0 && b.len == 100004);
	CHECK(file_read("/dev/zero", 1000, &b, &e) == -1 && e.num == EFBIG && b.len == 100004);
}

TEST(reading_says_what_it_could_not_read)
{
	auto_buf struct buf b = { 0 };
	struct err e = { 0 };

	CHECK(file_read("/nowhere/x", 10, &b, &e) == -1 && e.num == ENOENT);
	CHECK_STR(e.msg, "open /nowhere/x: No such file or directory");
	CHECK(file_read("/tmp", 10, &b, &e) == -1 && e.num == EISDIR);
	CHECK_STR(e.msg, "read /tmp: Is a directory");
	CHECK(fd_read(987, "standard input", 10, &b, &e) == -1 && e.num == EBADF);
	CHECK_STR(e.msg, "read standard input: Bad file descriptor");
	CHECK(b.len == 0);
}

TEST(files_of_the_kernel_and_pipes_are_read_to_their_end)
{
	auto_buf struct buf b = { 0 };
	struct err e = { 0 };
	int p[2];

	CHECK(file_read("/proc/self/status", 1 << 20, &b, &e) == 0);
	CHECK(b.len > 100 && strstr(b.p, "Pid:"));
	b.len = 0;
	CHECK(pipe2(p, O_CLOEXEC) == 0 && write(p[1], "in", 2) == 2);
	close(p[1]);
	CHECK(fd_read(p[0], "pipe", 2, &b, &e) == 0);
	CHECK_STR(b.p, "in");
	close(p[0]);
}

TEST(writing_in_place_needs_the_file_to_be_there)
{
	auto_dir struct dir d = dir_new();
	auto_arena struct arena a = { 0 };
	auto_buf struct buf b = { 0 };
	struct err e = { 0 };
	const char *path = arena_fmt(&a, "%s/rp_filter", d.path);

	CHECK(file_write(path, "2", &e) == -1 && e.num == ENOENT && dir_count(d.path) == 0);
	CHECK(file_replace(path, "1\n", 2, 0600, false, &e) == 0);
	CHECK(file_write(path, "2", &e) == 0);
	CHECK(file_read(path, 10, &b, &e) == 0);
	CHECK_STR(b.p, "2\n");
	CHECK(file_write("/dev/full", "2", &e) == -1 && e.num == ENOSPC);
	CHECK_STR(e.msg, "write '2' to /dev/full: No space left on device");
}

TEST(folders_are_made_with_their_parents)
{
	auto_dir struct dir d = dir_new();
	auto_arena struct arena a = { 0 };
	mode_t before = umask(022);
	struct err e = { 0 };
	const char *deep = arena_fmt(&a, "%s/a//b/c/", d.path);

	CHECK(mkdirs(deep, 0777, &e) == 0 && mode_of(deep) == 0755);
	CHECK(mkdirs(deep, 0700, &e) == 0 && mode_of(deep) == 0755);
	CHECK(mkdirs_for(arena_fmt(&a, "%s/x/y/file", d.path), 0700, &e) == 0);
	CHECK(mode_of(arena_fmt(&a, "%s/x/y", d.path)) == 0700);
	CHECK(dir_count(arena_fmt(&a, "%s/x/y", d.path)) == 0);
	CHECK(mkdirs("/", 0755, &e) == 0 && mkdirs_for("/file", 0755, &e) == 0);
	CHECK(mkdirs_for("file", 0755, &e) == 0 && mkdirs(".", 0755, &e) == 0);
	umask(before);
}

TEST(a_file_in_the_way_of_a_folder_is_an_error)
{
	auto_dir struct dir d = dir_new();
	auto_arena struct arena a = { 0 };
	struct err e = { 0 };
	const char *file = arena_fmt(&a, "%s/file", d.path);
	char *big = arena_get(&a, 5000);

	CHECK(file_replace(file, "", 0, 0600, false, &e) == 0);
	CHECK(mkdirs(file, 0755, &e) == -1 && e.num == ENOTDIR);
	CHECK(mkdirs(arena_fmt(&a, "%s/below", file), 0755, &e) == -1 && e.num == ENOTDIR);
	CHECK(mkdirs("/proc/self/none", 0755, &e) == -1 && strstr(e.msg, "/proc/self/none"));
	CHECK(mkdirs("", 0755, &e) == -1);
	memset(big, 'y', 4999);
	CHECK(mkdirs(big, 0755, &e) == -1 && e.num == ENAMETOOLONG);
	big[2500] = '/';
	CHECK(mkdirs_for(big, 0755, &e) == -1 && e.num == ENAMETOOLONG);
}

TEST(a_locked_file_is_held_until_its_descriptor_goes)
{
	auto_dir struct dir d = dir_new();
	struct err e = { 0 };
	char path[128];
	int mine = 0, other = 0;

	snprintf(path, sizeof(path), "%s/lock", d.path);
	CHECK(file_lock(path, &mine, &e) == 0);
	CHECK(file_lock(path, &other, &e) == -1 && e.num == EBUSY);
	CHECK(strstr(e.msg, "another process holds"));
	fd_free(&mine);
	CHECK(file_lock(path, &other, &e) == 0);
	fd_free(&other);
}
