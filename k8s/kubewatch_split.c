/* SPDX-License-Identifier: Apache-2.0 */
/* kubewatch_split.c - follows brackets and strings, no more: what is cut out is parsed by json.h,
 * and so is what remains. */
#include <errno.h>
#include <string.h>

#include "kubewatch_split.h"

/* Open brackets around an item. */
static unsigned outside(const struct kube_split *s)
{
	return s->list ? 2 : 0;
}

static bool between(const struct kube_split *s)
{
	return !s->in_item && s->depth == outside(s) && (!s->list || s->in_items);
}

static bool is_last(const struct kube_split *s, const char *name)
{
	return s->nlast == strlen(name) && memcmp(s->last, name, s->nlast) == 0;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int put(struct kube_split *s, const char *p, size_t n, struct err *e)
{
	struct buf *to = s->in_item ? &s->text : &s->head;
	size_t max = s->in_item ? KUBE_MAX_ITEM : KUBE_MAX_HEAD;

	if (s->skip)
		return 0;
	if (n > max - to->len)
		return fail(e, EFBIG, "%s of more than %zu bytes",
			    s->in_item ? "an object" : "a list around its items", max);
	buf_add(to, p, n);
	return 0;
}

static int item_done(struct kube_split *s, struct err *e)
{
	auto_json struct json *j = json_parse(s->text.p, s->text.len, e);

	if (!j)
		return wrap(e, "an object of the stream");
	s->in_item = false;
	s->text.len = 0;
	if (s->list && put(s, "0 ", 2, e) < 0)
		return -1;
	return s->item(s->arg, j, e);
}

static int opened(struct kube_split *s, char c, struct err *e)
{
	if (between(s))
		s->in_item = true;
	if (put(s, &c, 1, e) < 0)
		return -1;
	if (s->list && s->depth == 1 && c == '[' && s->items_next)
		s->in_items = true;
	s->depth++;
	return 0;
}

static int closed(struct kube_split *s, char c, struct err *e)
{
	if (s->depth == 0)
		return fail(e, EBADMSG, "a closing bracket too many");
	s->depth--;
	if (s->skip > s->depth) { /* the object ends in which something was passed over */
		s->skip = 0;
		if (put(s, "null", 4, e) < 0)
			return -1;
	}
	if (put(s, &c, 1, e) < 0)
		return -1;
	if (s->depth < outside(s))
		s->in_items = false;
	return s->in_item && s->depth == outside(s) ? item_done(s, e) : 0;
}

/* Members named so of an item's (of an event's object's) own members are read by nobody, and half
 * of what is sent. */
static void after_colon(struct kube_split *s)
{
	unsigned metadata = outside(s) + (s->list ? 2 : 3);

	s->items_next = s->depth == 1 && is_last(s, "items");
	if (s->in_item && s->depth == metadata && is_last(s, "managedFields"))
		s->skip = s->depth;
}

/* One character outside strings. */
static int mark(struct kube_split *s, char c, struct err *e)
{
	if (between(s)) {
		if (is_space(c))
			return 0;
		if (c != '{' && (!s->list || (c != ',' && c != ']')))
			return fail(e, EBADMSG, "something that is no object in a %s",
				    s->list ? "list" : "watch");
	}
	if (c == '{' || c == '[')
		return opened(s, c, e);
	if (c == '}' || c == ']')
		return closed(s, c, e);
	if (c == '"') {
		s->in_string = true;
		s->nlast = 0;
	} else if (c == ',' && s->skip == s->depth && s->skip) {
		s->skip = 0;
		if (put(s, "null", 4, e) < 0)
			return -1;
	}
	if (put(s, &c, 1, e) < 0)
		return -1;
	if (c == ':')
		after_colon(s);
	else if (!is_space(c))
		s->items_next = false;
	return 0;
}

static void remember(struct kube_split *s, const char *p, size_t n)
{
	for (size_t i = 0; i < n && s->nlast < sizeof(s->last); i++)
		s->last[s->nlast++] = p[i];
}

/* As much of a string as there is; how much is told. */
static int string(struct kube_split *s, const char *p, size_t n, size_t *used, struct err *e)
{
	size_t i = 0;

	if (s->escaped) {
		s->escaped = false;
		i = 1;
	}
	while (i < n && p[i] != '"' && p[i] != '\\')
		i++;
	remember(s, p, i);
	if (i < n) {
		s->in_string = p[i] == '\\';
		s->escaped = p[i] == '\\';
		i++;
	}
	*used = i;
	return put(s, p, i, e);
}

int kube_split_feed(struct kube_split *s, const char *p, size_t n, struct err *e)
{
	while (n) {
		size_t used = 1;
		int rc = s->in_string ? string(s, p, n, &used, e) : mark(s, *p, e);

		if (rc < 0)
			return -1;
		p += used;
		n -= used;
	}
	return 0;
}

int kube_split_end(struct kube_split *s, struct json **head, struct err *e)
{
	*head = NULL;
	if (s->depth || s->in_string)
		return fail(e, EBADMSG, "the stream ends inside an object");
	if (!s->list)
		return 0;
	*head = json_parse(s->head.len ? s->head.p : "", s->head.len, e);
	if (!*head)
		return wrap(e, "a list");
	if (json_type(*head) == JSON_OBJECT)
		return 0;
	json_free(head);
	return fail(e, EBADMSG, "a list that is no object");
}

void kube_split_free(struct kube_split *s)
{
	buf_free(&s->text);
	buf_free(&s->head);
}
