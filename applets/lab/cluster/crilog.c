/* SPDX-License-Identifier: Apache-2.0 */
/* crilog.c - lines of a container's log, written and read. */
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "crilog.h"

void crilog_stamp(int64_t unix_ns, char out[CRILOG_STAMP + 1])
{
	char s[21];

	time_rfc3339(unix_ns / 1000000000, s);
	snprintf(out, CRILOG_STAMP + 1, "%.19s.%09dZ", s, (int)(unix_ns % 1000000000));
}

static void put(const struct crilog *l, const char *p, size_t n, int64_t ns, char tag,
		struct buf *out)
{
	char stamp[CRILOG_STAMP + 1];

	crilog_stamp(ns, stamp);
	buf_fmt(out, "%s %s %c ", stamp, l->name, tag);
	buf_add(out, p, n);
	buf_add(out, "\n", 1);
}

void crilog_feed(struct crilog *l, const char *p, size_t n, int64_t unix_ns, struct buf *out)
{
	buf_add(&l->rest, p, n);
	for (size_t at = 0;;) {
		size_t left = l->rest.len - at;
		const char *from = l->rest.p + at, *end = left ? memchr(from, '\n', left) : NULL;
		size_t len = end ? (size_t)(end - from) : left;

		if (len > CRILOG_LINE) {
			put(l, from, CRILOG_LINE, unix_ns, 'P', out);
			at += CRILOG_LINE;
		} else if (end) {
			put(l, from, len, unix_ns, 'F', out);
			at += len + 1;
		} else {
			if (at)
				memmove(l->rest.p, from, left);
			l->rest.len = left;
			return;
		}
	}
}

void crilog_end(struct crilog *l, int64_t unix_ns, struct buf *out)
{
	if (l->rest.len)
		put(l, l->rest.p, l->rest.len, unix_ns, 'F', out);
	crilog_free(l);
}

void crilog_free(struct crilog *l)
{
	buf_free(&l->rest);
}

/* ---- reading */

struct line {
	const char *stamp, *text;
	size_t len; /* of the text */
	bool whole;
};

/* n bytes without the newline. */
static bool line_read(struct line *l, const char *p, size_t n)
{
	const char *stream = memchr(p, ' ', n), *tag, *text, *end = p + n;

	if (!stream || stream - p > CRILOG_STAMP)
		return false;
	tag = memchr(stream + 1, ' ', (size_t)(end - stream - 1));
	if (!tag || end - tag < 3 || (tag[1] != 'F' && tag[1] != 'P') || tag[2] != ' ')
		return false;
	text = tag + 3;
	*l = (struct line) { p, text, (size_t)(end - text), tag[1] == 'F' };
	return true;
}

static void give(struct crilog_want *w, const char *p, size_t n, struct buf *out)
{
	if (w->left >= 0 && n > (size_t)w->left)
		n = (size_t)w->left;
	buf_add(out, p, n);
	if (w->left >= 0)
		w->left -= (int64_t)n;
}

static bool late_enough(const struct crilog_want *w, const char *stamp)
{
	char s[CRILOG_STAMP + 1];

	if (!w->since_s)
		return true;
	snprintf(s, sizeof(s), "%.*s", (int)strcspn(stamp, " "), stamp);
	return time_parse(s) >= w->since_s;
}

size_t crilog_show(struct crilog_want *w, const char *text, size_t n, struct buf *out)
{
	size_t at = 0;
	const char *end;

	while (at < n && (end = memchr(text + at, '\n', n - at))) {
		const char *from = text + at;
		struct line l;

		at = (size_t)(end - text) + 1;
		if (!line_read(&l, from, (size_t)(end - from)) || !late_enough(w, l.stamp))
			continue;
		if (w->stamps)
			give(w, l.stamp, strcspn(l.stamp, " ") + 1, out);
		give(w, l.text, l.len, out);
		if (l.whole)
			give(w, "\n", 1, out);
	}
	return at;
}

size_t crilog_tail(const char *text, size_t n, int64_t lines)
{
	size_t end = n, begin;

	while (end && text[end - 1] != '\n')
		end--;
	begin = end;
	while (end) {
		struct line l = { 0 };
		const char *before = memrchr(text, '\n', end - 1);
		size_t from = before ? (size_t)(before - text) + 1 : 0;
		bool is = line_read(&l, text + from, end - 1 - from);

		if (is && l.whole && lines-- <= 0)
			break;
		begin = end = from;
	}
	return begin;
}
