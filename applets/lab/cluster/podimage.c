/* SPDX-License-Identifier: Apache-2.0 */
/* podimage.c - images by their repository. */
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "podimage.h"

static const struct row {
	const char *pattern;
	struct podimage image;
} rows[] = {
#define IMAGE(pattern, server, command) { pattern, { server, command } },
#include "podimage.def"
#undef IMAGE
};

static bool matches(const char *pattern, const char *name, size_t n)
{
	size_t want = strlen(pattern);

	if (want && pattern[want - 1] == '*')
		return n >= want - 1 && strncmp(pattern, name, want - 1) == 0;
	return n == want && strncmp(pattern, name, n) == 0;
}

/* Without tag and digest; a colon before a slash is a port. */
static size_t repository(const char *image)
{
	size_t n = strcspn(image, "@");
	const char *colon = memrchr(image, ':', n);

	return colon && !memchr(colon, '/', n - (size_t)(colon - image)) ? (size_t)(colon - image)
									 : n;
}

const struct podimage *podimage_find(const char *image)
{
	static const char *const fronts[] = { "docker.io/library/", "docker.io/", "library/" };

	for (size_t i = 0; i < COUNT(fronts); i++)
		if (str_prefix(image, fronts[i])) {
			image += strlen(fronts[i]);
			break;
		}
	for (size_t i = 0; i < COUNT(rows); i++)
		if (matches(rows[i].pattern, image, repository(image)))
			return &rows[i].image;
	return NULL;
}

const char *podimage_list(struct arena *a)
{
	auto_buf struct buf all = { 0 };

	for (size_t i = 0; i < COUNT(rows); i++)
		buf_fmt(&all, "%s%s", i ? ", " : "", rows[i].pattern);
	return arena_str(a, all.p);
}
