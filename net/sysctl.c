/* SPDX-License-Identifier: Apache-2.0 */
/* sysctl.c - one value of the kernel, below /proc/sys. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sysctl.h"

static int open_key(const char *key, int flags)
{
	char path[160];
	int n = snprintf(path, sizeof(path), "/proc/sys/%s", key);

	if (n < 0 || (size_t)n >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open(path, flags | O_CLOEXEC);
}

int sysctl_set(const char *key, const char *value, bool absent_ok, struct err *e)
{
	auto_fd int fd = open_key(key, O_WRONLY);

	if (fd < 0 && errno == ENOENT && absent_ok)
		return 0;
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		return fail(e, errno, "set sysctl %s to %s:", key, value);
	return 0;
}

int sysctl_get(const char *key, char *out, size_t size, struct err *e)
{
	auto_fd int fd = open_key(key, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, out, size);

	if (n < 0)
		return fail(e, errno, "read sysctl %s:", key);
	if ((size_t)n == size)
		return fail(e, EMSGSIZE, "read sysctl %s: more than %zu bytes", key, size - 1);
	out[n] = '\0';
	out[strcspn(out, "\n")] = '\0';
	return 0;
}
