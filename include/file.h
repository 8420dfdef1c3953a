/* SPDX-License-Identifier: Apache-2.0 */
/* file.h - whole files: read, replace, write in place, make directories. */
#pragma once
#include "buf.h"

/* Append the file to out, which is NUL-terminated afterwards; more than max bytes is EFBIG. On
 * failure out holds what it held before. The second reads an open descriptor, whose name is for
 * messages. */
MUST int file_read(const char *path, size_t max, struct buf *out, struct err *e);
MUST int fd_read(int fd, const char *name, size_t max, struct buf *out, struct err *e);
/* Write "PATH.tmpXXXXXX" beside path, give it that mode whatever the umask, rename it over path;
 * nothing is left behind on failure. durable: file and folder are fsynced, so that it outlives a
 * power cut. */
MUST int file_replace(const char *path, const void *data, size_t n, unsigned mode, bool durable,
		      struct err *e);
/* Write into an existing file such as one below /proc/sys, in one write. */
MUST int file_write(const char *path, const char *text, struct err *e);
/* mkdir -p, the mode less the umask; an existing directory is success and keeps its mode. */
MUST int mkdirs(const char *path, unsigned mode, struct err *e);
/* mkdirs() for the folder that path lies in. */
MUST int mkdirs_for(const char *path, unsigned mode, struct err *e);
/* Hold the file at path (made when absent, mode 0600) for this process alone: EBUSY when another
 * one holds it. The lock goes with *fd or with the process. */
MUST int file_lock(const char *path, int *fd, struct err *e);
