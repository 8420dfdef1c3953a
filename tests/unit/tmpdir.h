/* SPDX-License-Identifier: Apache-2.0 */
/* tmpdir.h - a folder that goes with the scope it was made in: auto_dir struct dir d = dir_new();
 */
#pragma once
#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "base.h"
#include "test.h"

struct dir {
	char path[64];
};

static inline struct dir dir_new(void)
{
	struct dir d = { "/tmp/vpcbox-unit-XXXXXX" };

	CHECK(mkdtemp(d.path) != NULL);
	return d;
}

static inline int dir_remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static inline void dir_free(struct dir *d)
{
	CHECK(nftw(d->path, dir_remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0);
}
#define auto_dir AUTO(dir_free)

/* Names in a folder, without "." and "..". */
static inline size_t dir_count(const char *path)
{
	DIR *d = opendir(path);
	size_t n = 0;

	CHECK(d != NULL);
	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n - 2;
}
