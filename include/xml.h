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
 * 32 levels, 200,000 elements and a mebibyte of text in one of them. NULL and EBADMSG with line and
 * column otherwise. */
struct xml *xml_parse(const char *text, size_t n, struct arena *a, struct err *e);

/* The same of a document that comes in pieces. Elements at path (below the root:
 * "networkInterfaceSet/item") are given to fn when they end, each a root of its own that is gone
 * afterwards, and everything else becomes the tree of xml_feed_end(): memory is bounded by that,
 * by one item, and by a mebibyte for what is not complete yet. path NULL: all becomes the tree. The
 * limits hold for each item and for the rest. Once a piece or fn has failed, all that follows fails
 * in the same way; fn's own error is passed on as it is. */
struct xml_feed;
struct xml_feed *xml_feed_new(const char *path,
			      int (*fn)(const struct xml *item, void *arg, struct err *e),
			      void *arg, struct arena *a);
MUST int xml_feed(struct xml_feed *f, const void *data, size_t n, struct err *e);
struct xml *xml_feed_end(struct xml_feed *f, struct err *e); /* the root, or NULL */
/* The root's name as soon as it has begun, also for fn; "" before. */
const char *xml_feed_root(const struct xml_feed *f);
void xml_feed_free(struct xml_feed **f);
#define auto_xml_feed AUTO(xml_feed_free)

/* First element at a slash path below x ("attachment/attachmentId"), or NULL; x itself at "". NULL
 * x gives NULL. */
const struct xml *xml_get(const struct xml *x, const char *path);
const char *xml_text(const struct xml *x, const char *path); /* "" when absent */
/* Siblings of the same name: for (i = xml_get(x, "set/item"); i; i = xml_next(i)). */
const struct xml *xml_next(const struct xml *x);
/* Append text with & < > " escaped, for writers; control characters, which XML cannot hold, become
 * U+FFFD. */
void xml_escape(const char *s, struct buf *out);
