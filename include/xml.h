/* SPDX-License-Identifier: Apache-2.0 */
/* xml.h - XML text to a tree in an arena. The only door to expat. */
#pragma once
#include "arena.h"
#include "buf.h"

/* Attributes are dropped: AWS answers have none that matter. Namespace prefixes stay in the name.
 * text is all character data of the element itself as it stands; "" if there is none, or nothing
 * but the white space between its children. */
struct xml {
	const char *name, *text;
	struct xml *first, *last, *next, *up;
};

/* The root, with everything below it in a. Documents with a DTD are refused (entity bombs); at most
 * 32 levels and 200,000 elements. NULL and EBADMSG with line and column otherwise. */
struct xml *xml_parse(const char *text, size_t n, struct arena *a, struct err *e);

/* First element at a slash path below x ("attachment/attachmentId"), or NULL; x itself at "". NULL
 * x gives NULL. */
const struct xml *xml_get(const struct xml *x, const char *path);
const char *xml_text(const struct xml *x, const char *path); /* "" when absent */
/* Siblings of the same name: for (i = xml_get(x, "set/item"); i; i = xml_next(i)). */
const struct xml *xml_next(const struct xml *x);
/* Append text with & < > " escaped, for writers; control characters, which XML cannot hold, become
 * U+FFFD. */
void xml_escape(const char *s, struct buf *out);
