/* SPDX-License-Identifier: Apache-2.0 */
/* file.c - whole files, replaced so that a reader sees the old one or the new one. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "file.h"

enum { CHUNK = 1024, LONGEST_PATH = 4096, TMP_MODE = 0600 /* of mkostemp() */ };

struct content {
	const char *data;
	size_t n;
	mode_t mode;
	bool durable;
};

static int read_failed(struct buf *out, size_t len)
{
	out->len = len;
	out->p[len] = '\0';
	return -1;
}

int fd_read(int fd, const char *name, size_t max, struct buf *out, struct err *e)
{
	size_t before = out->len;

	for (;;) {
		char *room = buf_room(out, CHUNK);
		ssize_t n = read(fd, room, out->cap - out->len - 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			fail(e, errno, "read %s:", name);
			return read_failed(out, before);
		}
		out->len += (size_t)n;
		out->p[out->len] = '\0';
		if (n == 0)
			return 0;
		if (out->len - before > max) {
			fail(e, EFBIG, "read %s: more than %zu bytes", name, max);
			return read_failed(out, before);
		}
	}
}

int file_read(const char *path, size_t max, struct buf *out, struct err *e)
{
	auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return fail(e, errno, "open %s:", path);
	return fd_read(fd, path, max, out, e);
}

static int write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno != EINTR)
			return -1;
		if (done > 0) {
			p += done;
			n -= (size_t)done;
		}
	}
	return 0;
}

/* The folder that path lies in: "." for a bare name, "/" for a child of the root. */
static int folder(const char *path, char out[LONGEST_PATH], struct err *e)
{
	const char *slash = strrchr(path, '/');
	size_t n = !slash ? 1 : slash == path ? 1 : (size_t)(slash - path);

	if (n >= LONGEST_PATH)
		return fail(e, ENAMETOOLONG, "folder of %s:", path);
	memcpy(out, slash ? path : ".", n);
	out[n] = '\0';
	return 0;
}

/* A rename is on disk once its folder is. */
static int sync_folder(const char *path, struct err *e)
{
	char dir[LONGEST_PATH];
	auto_fd int fd = 0;

	if (folder(path, dir, e) < 0)
		return -1;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return fail(e, errno, "sync %s:", dir);
	return 0;
}

static int fill(int fd, const char *tmp, const struct content *c, struct err *e)
{
	if (write_all(fd, c->data, c->n) < 0)
		return fail(e, errno, "write %s:", tmp);
	if (c->mode != TMP_MODE && fchmod(fd, c->mode) < 0)
		return fail(e, errno, "set the mode of %s:", tmp);
	if (c->durable && fsync(fd) < 0)
		return fail(e, errno, "sync %s:", tmp);
	return 0;
}

/* Nothing survives a power cut there, whatever is done. */
static bool in_memory(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC);
}

int file_replace(const char *path, const void *data, size_t n, unsigned mode, bool durable,
		 struct err *e)
{
	struct content c = { data, n, mode, durable };
	char tmp[LONGEST_PATH];
	auto_fd int fd = 0;
	int rc;

	if ((size_t)snprintf(tmp, sizeof(tmp), "%s.tmpXXXXXX", path) >= sizeof(tmp))
		return fail(e, ENAMETOOLONG, "write %s:", path);
	fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0)
		return fail(e, errno, "create %s:", tmp);
	if (durable && in_memory(fd))
		c.durable = false;
	rc = fill(fd, tmp, &c, e);
	if (rc == 0 && rename(tmp, path) < 0)
		rc = fail(e, errno, "rename %s to %s:", tmp, path);
	if (rc < 0) {
		unlink(tmp);
		return -1;
	}
	return c.durable ? sync_folder(path, e) : 0;
}

int file_write(const char *path, const char *text, struct err *e)
{
	auto_fd int fd = open(path, O_WRONLY | O_CLOEXEC);
	size_t n = strlen(text);
	ssize_t done;

	if (fd < 0)
		return fail(e, errno, "open %s:", path);
	do
		done = write(fd, text, n);
	while (done < 0 && errno == EINTR);
	if (done < 0)
		return fail(e, errno, "write '%s' to %s:", text, path);
	if ((size_t)done != n)
		return fail(e, EIO, "write '%s' to %s: only %zd bytes taken", text, path, done);
	return 0;
}

/* Whatever mkdir() says (EEXIST, EROFS, EACCES), a folder that is there already will do. */
static int make_one(const char *path, unsigned mode, struct err *e)
{
	struct stat st;
	int why;

	if (mkdir(path, mode) == 0)
		return 0;
	why = errno;
	if (stat(path, &st) == 0)
		why = S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
	return why ? fail(e, why, "create folder %s:", path) : 0;
}

int mkdirs(const char *path, unsigned mode, struct err *e)
{
	char part[LONGEST_PATH];
	size_t n = strlen(path);

	if (n >= sizeof(part))
		return fail(e, ENAMETOOLONG, "create folder %s:", path);
	memcpy(part, path, n + 1);
	for (size_t i = 1; i < n; i++) {
		if (part[i] != '/' || part[i - 1] == '/')
			continue;
		part[i] = '\0';
		if (make_one(part, mode, e) < 0)
			return -1;
		part[i] = '/';
	}
	return make_one(part, mode, e);
}

int mkdirs_for(const char *path, unsigned mode, struct err *e)
{
	char dir[LONGEST_PATH];

	return folder(path, dir, e) < 0 ? -1 : mkdirs(dir, mode, e);
}

int file_lock(const char *path, int *fd, struct err *e)
{
	auto_fd int got = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (got < 0)
		return fail(e, errno, "open %s:", path);
	if (flock(got, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? fail(e, EBUSY, "another process holds %s", path)
					    : fail(e, errno, "lock %s:", path);
	*fd = TAKE(got);
	return 0;
}
