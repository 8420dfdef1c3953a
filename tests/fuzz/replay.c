/* SPDX-License-Identifier: Apache-2.0 */
/* replay.c - gives a fuzz target every file of its corpus: replay NAME FOLDER. Built with the
 * tests' own compiler and sanitizers, so that what a fuzzer once found stays found. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"

enum { MAX_FILE = 4 * 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In memory of exactly its size, so that a read behind it is seen. */
static int replay(const char *path, struct err *e)
{
	auto_buf struct buf b = { 0 };
	auto_ptr uint8_t *copy = NULL;

	if (file_read(path, MAX_FILE, &b, e) < 0)
		return -1;
	copy = malloc(b.len ? b.len : 1);
	if (!copy)
		die("out of memory");
	if (b.len)
		memcpy(copy, b.p, b.len);
	LLVMFuzzerTestOneInput(copy, b.len);
	return 0;
}

static int replay_all(const char *folder, int *n, struct err *e)
{
	DIR *d = opendir(folder);
	int rc = 0;

	if (!d)
		return fail(e, errno, "open %s:", folder);
	for (struct dirent *f; rc == 0 && (f = readdir(d));) {
		char path[512];

		if (f->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, f->d_name);
		rc = replay(path, e);
		++*n;
	}
	closedir(d);
	return rc;
}

int main(int argc, char **argv)
{
	struct err e = { 0 };
	int n = 0;

	if (argc != 3) {
		fprintf(stderr, "usage: %s NAME FOLDER\n", argv[0]);
		return 100;
	}
	if (replay_all(argv[2], &n, &e) == 0 && n > 0) {
		printf("ok - fuzz_%s stands its corpus (%d files)\n", argv[1], n);
		return 0;
	}
	printf("not ok - fuzz_%s: %s\n", argv[1], n ? e.msg : "no corpus");
	return 1;
}
