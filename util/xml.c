/* SPDX-License-Identifier: Apache-2.0 */
/* xml.c - XML text to a tree, through expat. */
#include <errno.h>
#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "xml.h"

enum { DEPTH = 32, ELEMENTS = 200000 };
static const char WHITE[] = " \t\r\n";

struct parse {
	XML_Parser parser;
	struct arena *a;
	struct xml *root, *at;
	struct buf text[DEPTH]; /* of the open elements */
	size_t depth, count;
	const char *refused; /* why we stopped */
};

static void parse_free(struct parse *p)
{
	for (size_t i = 0; i < DEPTH; i++)
		buf_free(&p->text[i]);
	XML_ParserFree(p->parser);
}

static void refuse(struct parse *p, const char *why)
{
	p->refused = why;
	XML_StopParser(p->parser, XML_FALSE);
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

static void on_start(void *user, const char *name, const char **attributes)
{
	struct parse *p = user;
	struct xml *x;

	(void)attributes;
	if (p->depth == DEPTH)
		refuse(p, "nested deeper than 32 levels");
	else if (++p->count > ELEMENTS)
		refuse(p, "more than 200000 elements");
	if (p->refused)
		return;
	x = NEW(p->a, struct xml);
	x->name = arena_str(p->a, name);
	x->text = "";
	x->up = p->at;
	if (!p->at)
		p->root = x;
	else if (p->at->last)
		p->at->last->next = x;
	else
		p->at->first = x;
	if (p->at)
		p->at->last = x;
	p->at = x;
	p->text[p->depth++].len = 0;
}

static void on_text(void *user, const char *s, int n)
{
	struct parse *p = user;

	if (!p->refused)
		buf_add(&p->text[p->depth - 1], s, (size_t)n);
}

/* expat still ends an empty element whose start we refused. */
static void on_end(void *user, const char *name)
{
	struct parse *p = user;
	struct xml *x = p->at;
	struct buf *text;

	(void)name;
	if (p->refused)
		return;
	text = &p->text[--p->depth];
	p->at = x->up;
	if (text->len && (!x->first || strspn(text->p, WHITE) < text->len))
		x->text = arena_str(p->a, text->p);
}

struct xml *xml_parse(const char *text, size_t n, struct arena *a, struct err *e)
{
	static const XML_Memory_Handling_Suite memory = { xalloc, xgrow, free };
	AUTO(parse_free) struct parse p = { .a = a };

	if (n > INT32_MAX)
		return fail(e, EFBIG, "XML: %zu bytes are too many", n), NULL;
	p.parser = XML_ParserCreate_MM(NULL, &memory, NULL);
	XML_SetUserData(p.parser, &p);
	XML_SetElementHandler(p.parser, on_start, on_end);
	XML_SetCharacterDataHandler(p.parser, on_text);
	XML_SetStartDoctypeDeclHandler(p.parser, on_doctype);
	if (XML_Parse(p.parser, text, (int)n, XML_TRUE) == XML_STATUS_OK)
		return p.root;
	fail(e, EBADMSG, "XML line %lu, column %lu: %s", XML_GetCurrentLineNumber(p.parser),
	     XML_GetCurrentColumnNumber(p.parser) + 1,
	     p.refused ? p.refused : XML_ErrorString(XML_GetErrorCode(p.parser)));
	return NULL;
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
