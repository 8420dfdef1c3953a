/* SPDX-License-Identifier: Apache-2.0 */
/* xml.c - XML text to a tree, through expat. */
#include <errno.h>
#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "str.h"
#include "xml.h"

enum { DEPTH = 32, ELEMENTS = 200000, LONGEST = 1024 * 1024 };
static const char WHITE[] = " \t\r\n";

struct xml_feed {
	XML_Parser parser;
	struct arena *a;
	struct xml *root, *at;
	struct buf text[DEPTH]; /* of the open elements */
	size_t depth, count;
	int64_t fed, seen; /* bytes that came, and of those so many before the last event */

	struct strs path; /* to the items, below the root; none: everything is kept */
	size_t matched;   /* so many of the open elements below the root are on the path */
	int (*fn)(const struct xml *item, void *arg, struct err *e);
	void *arg;
	struct arena item_mem;
	struct xml *item; /* we are in this one */
	size_t outer;     /* elements before it */

	struct err e; /* why we stopped; for good */
};

static void refuse(struct xml_feed *f, const char *why)
{
	fail(&f->e, EBADMSG, "XML line %lu, column %lu: %s", XML_GetCurrentLineNumber(f->parser),
	     XML_GetCurrentColumnNumber(f->parser) + 1, why);
	XML_StopParser(f->parser, XML_FALSE);
}

static void on_doctype(void *user, const char *name, const char *system, const char *public,
		       int internal)
{
	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	refuse(user, "documents with a DTD are not accepted");
}

/* Is the element that starts now, below so many others, on the path; is it an item? */
static bool is_item(struct xml_feed *f, const char *name)
{
	if (f->item || !f->depth || f->matched != f->depth - 1 || f->matched == f->path.n ||
	    strcmp(name, f->path.v[f->matched]) != 0)
		return false;
	return ++f->matched == f->path.n;
}

static void saw(struct xml_feed *f)
{
	f->seen = XML_GetCurrentByteIndex(f->parser);
}

static void on_comment(void *user, const char *text)
{
	(void)text;
	saw(user);
}

static void on_instruction(void *user, const char *target, const char *text)
{
	(void)target;
	on_comment(user, text);
}

static void on_start(void *user, const char *name, const char **attributes)
{
	struct xml_feed *f = user;
	struct xml *x;

	(void)attributes;
	saw(f);
	if (f->depth == DEPTH)
		refuse(f, "nested deeper than 32 levels");
	else if (f->count == ELEMENTS)
		refuse(f, "more than 200000 elements");
	if (f->e.num)
		return;
	if (is_item(f, name)) {
		x = f->item = NEW(&f->item_mem, struct xml);
		f->outer = f->count;
		f->count = 0;
	} else {
		x = NEW(f->item ? &f->item_mem : f->a, struct xml);
		if (!f->at)
			f->root = x;
		else if (f->at->last)
			f->at->last->next = x;
		else
			f->at->first = x;
		if (f->at)
			f->at->last = x;
	}
	f->count++;
	x->name = arena_str(f->item ? &f->item_mem : f->a, name);
	x->text = "";
	x->up = f->at;
	f->at = x;
	f->text[f->depth++].len = 0;
}

static void on_text(void *user, const char *s, int n)
{
	struct xml_feed *f = user;

	saw(f);
	if (f->e.num)
		return;
	if (f->text[f->depth - 1].len + (size_t)n > LONGEST)
		refuse(f, "text longer than a mebibyte");
	else
		buf_add(&f->text[f->depth - 1], s, (size_t)n);
}

/* The item has all that it will have. The white space around items would add up. */
static void deliver(struct xml_feed *f)
{
	struct buf *around = &f->text[f->depth - 1];
	struct err e = { .num = EIO };

	f->item->up = NULL;
	if (f->fn(f->item, f->arg, &e) < 0) {
		f->e = e;
		XML_StopParser(f->parser, XML_FALSE);
	}
	arena_free(&f->item_mem);
	f->item = NULL;
	f->count = f->outer;
	if (around->len && strspn(around->p, WHITE) == around->len)
		around->len = 0;
}

/* expat still ends an empty element whose start we refused. */
static void on_end(void *user, const char *name)
{
	struct xml_feed *f = user;
	struct xml *x = f->at;
	struct buf *text;
	bool around; /* items, perhaps */

	(void)name;
	saw(f);
	if (f->e.num)
		return;
	text = &f->text[--f->depth];
	f->at = x->up;
	around = f->matched == f->depth && f->depth && x != f->item;
	if (text->len && ((!x->first && !around) || strspn(text->p, WHITE) < text->len))
		x->text = arena_str(f->item ? &f->item_mem : f->a, text->p);
	if (f->matched == f->depth && f->depth)
		f->matched--;
	if (x == f->item)
		deliver(f);
}

struct xml_feed *xml_feed_new(const char *path,
			      int (*fn)(const struct xml *item, void *arg, struct err *e),
			      void *arg, struct arena *a)
{
	static const XML_Memory_Handling_Suite memory = { xalloc, xgrow, free };
	struct xml_feed *f = xalloc(sizeof(*f));

	f->a = a;
	f->fn = fn;
	f->arg = arg;
	f->path = str_split(path ? path : "", "/", a);
	f->parser = XML_ParserCreate_MM(NULL, &memory, NULL);
	XML_SetUserData(f->parser, f);
	XML_SetElementHandler(f->parser, on_start, on_end);
	XML_SetCharacterDataHandler(f->parser, on_text);
	XML_SetStartDoctypeDeclHandler(f->parser, on_doctype);
	XML_SetCommentHandler(f->parser, on_comment);
	XML_SetProcessingInstructionHandler(f->parser, on_instruction);
	return f;
}

static int parse(struct xml_feed *f, const void *data, size_t n, bool last, struct err *e)
{
	if (!f->e.num && XML_Parse(f->parser, data, (int)n, last) != XML_STATUS_OK && !f->e.num)
		refuse(f, XML_ErrorString(XML_GetErrorCode(f->parser)));
	f->fed += (int64_t)n;
	/* a name, a comment or the like of which expat is yet to see the end */
	if (!f->e.num && !last && f->fed - f->seen > LONGEST)
		refuse(f, "a name or the like longer than a mebibyte");
	if (!f->e.num)
		return 0;
	*e = f->e;
	return -1;
}

int xml_feed(struct xml_feed *f, const void *data, size_t n, struct err *e)
{
	if (n > INT32_MAX)
		return fail(e, EFBIG, "XML: %zu bytes are too many", n);
	return n ? parse(f, data, n, false, e) : 0;
}

struct xml *xml_feed_end(struct xml_feed *f, struct err *e)
{
	return parse(f, "", 0, true, e) < 0 ? NULL : f->root;
}

const char *xml_feed_root(const struct xml_feed *f)
{
	return f->root ? f->root->name : "";
}

void xml_feed_free(struct xml_feed **fp)
{
	struct xml_feed *f = TAKE(*fp);

	if (!f)
		return;
	for (size_t i = 0; i < DEPTH; i++)
		buf_free(&f->text[i]);
	XML_ParserFree(f->parser);
	arena_free(&f->item_mem);
	free(f);
}

struct xml *xml_parse(const char *text, size_t n, struct arena *a, struct err *e)
{
	auto_xml_feed struct xml_feed *f = xml_feed_new(NULL, NULL, NULL, a);

	return xml_feed(f, text, n, e) < 0 ? NULL : xml_feed_end(f, e);
}

const struct xml *xml_get(const struct xml *x, const char *path)
{
	size_t n = strcspn(path, "/");

	if (!x || !*path)
		return x;
	for (const struct xml *k = x->first; k; k = k->next) {
		const struct xml *found;

		if (strncmp(k->name, path, n) != 0 || k->name[n])
			continue;
		found = xml_get(k, path + n + (path[n] == '/'));
		if (found)
			return found;
	}
	return NULL;
}

const char *xml_text(const struct xml *x, const char *path)
{
	x = xml_get(x, path);
	return x ? x->text : "";
}

const struct xml *xml_next(const struct xml *x)
{
	for (const struct xml *k = x ? x->next : NULL; k; k = k->next)
		if (strcmp(k->name, x->name) == 0)
			return k;
	return NULL;
}

/* What the character becomes, or NULL: itself. A reader would take a bare CR for the end of a line.
 */
static const char *escaped(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\r':
		return "&#xD;";
	case '\t':
	case '\n':
		return NULL;
	}
	return (unsigned char)c < 0x20 ? "\xef\xbf\xbd" : NULL;
}

void xml_escape(const char *s, struct buf *out)
{
	for (; *s; s++) {
		const char *as = escaped(*s);

		buf_add(out, as ? as : s, as ? strlen(as) : 1);
	}
}
