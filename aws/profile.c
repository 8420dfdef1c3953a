/* SPDX-License-Identifier: Apache-2.0 */
/* profile.c - the shared config and credentials files: sections, properties, indented properties.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "file.h"
#include "profile.h"
#include "str.h"

#define SPACE " \t\r\f\v"

enum { MAX_FILE = 1024 * 1024 };

/* Lists are newest first, so that of two of one name the later one is found. */
struct property {
	struct property *older;
	const char *key, *value;
	struct property *block; /* those indented below it, when its own line has no value */
};
struct section {
	struct section *older;
	enum { OTHER, PROFILE, SERVICES } kind;
	const char *name;
	struct property *last;
};
struct profiles {
	struct arena mem;
	struct section *config, *credentials;
};

/* ---- reading */

struct reader {
	struct arena *mem;
	const char *path;
	bool credentials;
	int line;
	struct section *last;
	struct property *open; /* the one that may go on in lines that are indented deeper */
	size_t indent;
	int began; /* its line */
	struct buf value;
};

static int wrong(const struct reader *r, int line, const char *what, struct err *e)
{
	return fail(e, EBADMSG, "%s line %d: %s", r->path, line, what);
}

/* Cut a comment behind white space, and white space at both ends. Values may be secret: no message
 * shows one. */
static char *trim(char *s)
{
	char *end;

	for (char *p = s; *p; p++)
		if ((*p == '#' || *p == ';') && p > s && strchr(SPACE, p[-1])) {
			*p = '\0';
			break;
		}
	s += strspn(s, SPACE);
	end = s + strlen(s);
	while (end > s && strchr(SPACE, end[-1]))
		end--;
	*end = '\0';
	return s;
}

/* Each line of an indented block is a property itself. */
static int read_block(struct reader *r, struct err *e)
{
	char *next = arena_str(r->mem, r->value.p);

	for (int line = r->began; next; line++) {
		char *text = next, *value;
		struct property *p;

		next = strchr(text, '\n');
		if (next)
			*next++ = '\0';
		if (!*text)
			continue;
		value = strchr(text, '=');
		if (!value || value == text)
			return wrong(r, line, "a property of an indented block is KEY = VALUE", e);
		*value++ = '\0';
		p = NEW(r->mem, struct property);
		p->key = trim(text);
		p->value = trim(value);
		p->older = r->open->block;
		r->open->block = p;
	}
	return 0;
}

static int close_property(struct reader *r, struct err *e)
{
	int rc = 0;

	if (!r->open)
		return 0;
	while (r->value.len && r->value.p[r->value.len - 1] == '\n')
		r->value.p[--r->value.len] = '\0';
	if (r->value.len && r->value.p[0] == '\n')
		rc = read_block(r, e);
	r->open->value = arena_str(r->mem, r->value.len ? r->value.p : "");
	r->open = NULL;
	r->value.len = 0;
	return rc;
}

/* "profile NAME", 'profile "a name"'; in the credentials file the name alone. */
static int name_section(struct reader *r, struct section *s, char *text, struct err *e)
{
	char *rest = text + strcspn(text, SPACE), quote;

	s->kind = OTHER;
	s->name = text;
	if (r->credentials || strcmp(text, "default") == 0) {
		s->kind = PROFILE;
		return 0;
	}
	if (!*rest)
		return 0;
	*rest++ = '\0';
	if (strcmp(text, "profile") == 0)
		s->kind = PROFILE;
	else if (strcmp(text, "services") == 0)
		s->kind = SERVICES;
	else
		return 0;
	rest += strspn(rest, SPACE);
	quote = *rest;
	if (quote == '"' || quote == '\'') {
		char *end = strchr(++rest, quote);

		if (!end || end[1])
			return wrong(r, r->line, "the quotes around a name do not match", e);
		*end = '\0';
	} else if (strpbrk(rest, SPACE)) {
		return wrong(r, r->line, "a name with white space wants quotes", e);
	}
	s->name = rest;
	return *rest ? 0 : wrong(r, r->line, "a section without a name", e);
}

static int read_section(struct reader *r, char *text, struct err *e)
{
	struct section *s = NEW(r->mem, struct section);
	char *end;

	text = trim(text);
	end = strrchr(text, ']');
	if (!end || end[1])
		return wrong(r, r->line, "a section begins with [NAME]", e);
	*end = '\0';
	text = trim(text + 1);
	if (!*text)
		return wrong(r, r->line, "a section without a name", e);
	s->older = r->last;
	r->last = s;
	return name_section(r, s, arena_str(r->mem, text), e);
}

static int read_property(struct reader *r, char *text, size_t indent, struct err *e)
{
	char *value = text + strcspn(text, "=:");
	struct property *p;

	if (!r->last)
		return wrong(r, r->line, "a property before the first section", e);
	if (!*value || value == text)
		return wrong(r, r->line, "this is neither [SECTION] nor KEY = VALUE", e);
	*value++ = '\0';
	p = NEW(r->mem, struct property);
	p->key = arena_str(r->mem, trim(text));
	p->value = "";
	p->older = r->last->last;
	r->last->last = p;
	r->open = p;
	r->indent = indent;
	r->began = r->line;
	buf_str(&r->value, trim(value));
	return 0;
}

static int read_line(struct reader *r, char *line, struct err *e)
{
	size_t indent = strspn(line, SPACE);
	char *text = line + indent;

	if (*text == '#' || *text == ';' || !*text) {
		if (r->open)
			buf_str(&r->value, "\n"); /* keeps the count of lines */
		return 0;
	}
	if (r->open && indent > r->indent) {
		buf_str(&r->value, "\n");
		buf_str(&r->value, trim(text));
		return 0;
	}
	if (close_property(r, e) < 0)
		return -1;
	return *text == '[' ? read_section(r, text, e) : read_property(r, text, indent, e);
}

static int check_utf8(const struct reader *r, const char *line, struct err *e)
{
	uint32_t rune;
	size_t n;

	for (; *line; line += n) {
		n = str_rune(line, &rune);
		if (!n)
			return wrong(r, r->line, "this is not UTF-8", e);
	}
	return 0;
}

static int read_text(struct reader *r, const char *text, struct err *e)
{
	auto_buf struct buf line = { 0 };

	if (str_prefix(text, "\xef\xbb\xbf")) /* a byte order mark */
		text += 3;
	while (*text) {
		size_t n = strcspn(text, "\n");

		r->line++;
		line.len = 0;
		buf_add(&line, text, n);
		if (check_utf8(r, line.p, e) < 0 || read_line(r, line.p, e) < 0)
			return -1;
		text += n + (text[n] == '\n');
	}
	return close_property(r, e);
}

static int parse(struct profiles *p, bool credentials, const char *path, const char *text,
		 struct err *e)
{
	struct reader r = { .mem = &p->mem, .path = path, .credentials = credentials };
	int rc = read_text(&r, text, e);

	buf_free(&r.value);
	*(credentials ? &p->credentials : &p->config) = r.last;
	return rc;
}

/* ---- the files */

/* NULL: nobody says where it is. */
static const char *find(const char *variable, const char *usual, struct arena *a)
{
	const char *path = getenv(variable), *home = getenv("HOME");

	if (!path || !*path)
		path = usual;
	if (!str_prefix(path, "~/"))
		return path;
	return home && *home ? arena_fmt(a, "%s%s", home, path + 1) : NULL;
}

static int load(struct profiles *p, bool credentials, const char *path, struct err *e)
{
	auto_buf struct buf text = { 0 };
	struct err why;

	if (!path)
		return 0;
	if (file_read(path, MAX_FILE, &text, &why) < 0) {
		if (why.num == ENOENT || why.num == ENOTDIR)
			return 0;
		*e = why;
		return -1;
	}
	if (text.len && strlen(text.p) < text.len)
		return fail(e, EBADMSG, "%s: there are NUL bytes in it", path);
	return text.len ? parse(p, credentials, path, text.p, e) : 0;
}

int profiles_load(struct profiles **out, struct err *e)
{
	auto_profiles struct profiles *p = xalloc(sizeof(*p));
	const char *config = find("AWS_CONFIG_FILE", "~/.aws/config", &p->mem);
	const char *credentials =
		find("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials", &p->mem);

	if (load(p, false, config, e) < 0 || load(p, true, credentials, e) < 0)
		return -1;
	*out = TAKE(p);
	return 0;
}

int profiles_parse(struct profiles **out, const char *config, const char *credentials,
		   struct err *e)
{
	auto_profiles struct profiles *p = xalloc(sizeof(*p));

	if (parse(p, false, "config", config, e) < 0 ||
	    parse(p, true, "credentials", credentials, e) < 0)
		return -1;
	*out = TAKE(p);
	return 0;
}

void profiles_free(struct profiles **p)
{
	struct profiles *gone = TAKE(*p);

	if (!gone)
		return;
	arena_free(&gone->mem);
	free(gone);
}

/* ---- asking */

/* The next older section of that kind and name. */
static const struct section *section_of(const struct section *s, int kind, const char *name)
{
	while (s && ((int)s->kind != kind || strcmp(s->name, name) != 0))
		s = s->older;
	return s;
}

static const struct property *property_of(const struct property *p, const char *key)
{
	while (p && strcasecmp(p->key, key) != 0)
		p = p->older;
	return p;
}

static const struct property *lookup(const struct section *s, int kind, const char *name,
				     const char *key)
{
	const struct property *p = NULL;

	for (s = section_of(s, kind, name); s && !p; s = section_of(s->older, kind, name))
		p = property_of(s->last, key);
	return p;
}

bool profiles_has(const struct profiles *p, const char *profile)
{
	return section_of(p->credentials, PROFILE, profile) ||
	       section_of(p->config, PROFILE, profile);
}

static const char *value_of(const struct property *p)
{
	return p ? p->value : "";
}

const char *profiles_get(const struct profiles *p, const char *profile, const char *key)
{
	const struct property *v = lookup(p->credentials, PROFILE, profile, key);

	if (!v)
		v = lookup(p->config, PROFILE, profile, key);
	return value_of(v);
}

static struct profile_keys keys_of(const struct section *file, const char *profile)
{
	return (struct profile_keys) {
		value_of(lookup(file, PROFILE, profile, "aws_access_key_id")),
		value_of(lookup(file, PROFILE, profile, "aws_secret_access_key")),
		value_of(lookup(file, PROFILE, profile, "aws_session_token"))
	};
}

struct profile_keys profiles_keys(const struct profiles *p, const char *profile)
{
	struct profile_keys k = keys_of(p->credentials, profile);

	return *k.id || *k.secret ? k : keys_of(p->config, profile);
}

const char *profiles_service(const struct profiles *p, const char *services, const char *service,
			     const char *key)
{
	const struct property *v = lookup(p->config, SERVICES, services, service);

	return value_of(v ? property_of(v->block, key) : NULL);
}
