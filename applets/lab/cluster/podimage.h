/* SPDX-License-Identifier: Apache-2.0 */
/* podimage.h - what an image stands for on a node that pulls none. Pure. */
#pragma once
#include "arena.h"
#include "str.h"

struct podimage {
	const char *server;  /* of podserver.h; NULL: a command */
	const char *command; /* the image's own, NULL: it has none that we know */
};
/* By its repository, whatever its tag or digest; "docker.io/" and "library/" may stand in front.
 * NULL: not known, but its manifest may name a command. */
const struct podimage *podimage_find(const char *image);
/* All patterns in one line, for those who ask for another. */
const char *podimage_list(struct arena *a);
