/* SPDX-License-Identifier: Apache-2.0 */
/* log.c - the lines, as a reader of the file finds them. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "json.h"
#include "log.h"
#include "str.h"
#include "test.h"
#include "tmpdir.h"

struct lines {
	struct arena a;
	struct buf text;
	struct strs l;
	char path[96];
};

static void lines_open(struct lines *t, const struct dir *d, enum log_level least)
{
	struct err e = { 0 };

	snprintf(t->path, sizeof(t->path), "%s/var/log/plugin.log", d->path);
	CHECK(log_open(t->path, least, &e) == 0);
}

static void lines_read(struct lines *t)
{
	struct err e = { 0 };

	log_close();
	CHECK(file_read(t->path, 1 << 24, &t->text, &e) == 0);
	t->l = str_split(t->text.p, "\n", &t->a);
}

static void lines_free(struct lines *t)
{
	arena_free(&t->a);
	buf_free(&t->text);
}
#define auto_lines AUTO(lines_free)

/* The msg of a line, which must be whole JSON. */
static const char *msg(struct lines *t, size_t i)
{
	struct err e = { 0 };
	auto_json struct json *j = NULL;

	if (i >= t->l.n)
		return "no such line";
	j = json_parse(t->l.v[i], strlen(t->l.v[i]), &e);
	return j ? arena_str(&t->a, json_str(j, "msg", "no msg")) : e.msg[0] ? "no JSON" : "";
}

TEST(log_levels_have_names_in_any_case)
{
	CHECK(log_level("debug") == LOG_DEBUG && log_level("Info") == LOG_INFO);
	CHECK(log_level("WARN") == LOG_WARN && log_level("error") == LOG_ERROR);
	CHECK(log_level("fatal") == LOG_FATAL);
	CHECK(log_level("") == LOG_DEBUG && log_level("verbose") == LOG_DEBUG);
}

TEST(a_log_line_has_the_shape_of_amazons)
{
	auto_dir struct dir d = dir_new();
	auto_lines struct lines t = { 0 };
	const char *line;
	struct stat st = { 0 };
	int at;

	lines_open(&t, &d, LOG_DEBUG);
	errno = EXDEV;
	log_info("ENI attached eni=%s device=%d", "eni-1", 2), at = __LINE__;
	CHECK(errno == EXDEV);
	log_line(LOG_FATAL, "main.c", 7, "bye");
	log_line(LOG_WARN, "/usr/src/applets/cni/main.c", 12, "x");
	lines_read(&t);
	CHECK(t.l.n == 3 && t.text.p[t.text.len - 1] == '\n');
	line = t.l.n == 3 ? t.l.v[0] : "";
	CHECK(strncmp(line, "{\"level\":\"info\",\"ts\":\"20", 24) == 0);
	CHECK(strlen(line) > 80 && line[45] == 'Z');
	CHECK_STR(line + 46, arena_fmt(&t.a,
				       "\",\"caller\":\"unit/log.c:%d\",\"msg\":\"ENI attached "
				       "eni=eni-1 device=2\"}",
				       at));
	CHECK(strstr(t.l.v[1], "{\"level\":\"fatal\",") == t.l.v[1]);
	CHECK(strstr(t.l.v[1], "\"caller\":\"main.c:7\"") != NULL);
	CHECK(strstr(t.l.v[2], "\"caller\":\"cni/main.c:12\"") != NULL);
	CHECK(stat(t.path, &st) == 0 && (st.st_mode & 07777) == 0600);
}

TEST(lines_below_the_level_are_not_written)
{
	auto_dir struct dir d = dir_new();
	auto_lines struct lines t = { 0 };

	lines_open(&t, &d, LOG_WARN);
	log_debug("one");
	log_info("two");
	log_warn("three");
	log_error("four");
	lines_read(&t);
	CHECK(t.l.n == 2);
	CHECK_STR(msg(&t, 0), "three");
	CHECK_STR(msg(&t, 1), "four");
}

TEST(a_log_is_appended_to)
{
	auto_dir struct dir d = dir_new();
	auto_lines struct lines t = { 0 };

	for (int i = 0; i < 3; i++) {
		lines_open(&t, &d, LOG_DEBUG);
		log_info("start %d", i);
		log_close();
	}
	lines_read(&t);
	CHECK(t.l.n == 3);
	CHECK_STR(msg(&t, 2), "start 2");
}

TEST(no_byte_of_a_message_reaches_the_terminal_raw)
{
	auto_dir struct dir d = dir_new();
	auto_lines struct lines t = { 0 };

	lines_open(&t, &d, LOG_DEBUG);
	log_info("%s",
		 "\x1b]0;title\a \x9b\x31m \xc2\x9b\x31m \x7f a\nb\tc \"q\" \\ <&> \xc3\xbc \xff");
	lines_read(&t);
	CHECK(t.l.n == 1);
	CHECK(strstr(t.text.p, "\"msg\":\"\\u001b]0;title\\u0007 \\ufffd1m \\u009b1m \\u007f "
			       "a\\nb\\tc \\\"q\\\" \\\\ <&> \xc3\xbc \\ufffd\"}\n") != NULL);
	CHECK_STR(
		msg(&t, 0),
		"\x1b]0;title\a \xef\xbf\xbd\x31m \xc2\x9b\x31m \x7f a\nb\tc \"q\" \\ <&> \xc3\xbc "
		"\xef\xbf\xbd");
}

TEST(long_messages_are_cut_to_valid_json)
{
	static const char *const fill[] = { "x", "\x1b", "\xe2\x82\xac", "\"", "\xf0\x9f\x98\x80",
					    "\n" };
	auto_dir struct dir d = dir_new();
	auto_lines struct lines t = { 0 };
	char text[12000];

	lines_open(&t, &d, LOG_DEBUG);
	for (size_t i = 0; i < COUNT(fill); i++) {
		size_t n = 0, len = strlen(fill[i]);

		for (size_t shift = 0; shift < 8; shift++) {
			for (n = 0; n < shift; n++)
				text[n] = 'a';
			for (; n + len < sizeof(text); n += len)
				memcpy(text + n, fill[i], len);
			text[n] = '\0';
			log_info("%s", text);
		}
	}
	lines_read(&t);
	CHECK(t.l.n == 8 * COUNT(fill));
	for (size_t i = 0; i < t.l.n; i++) {
		const char *m = msg(&t, i);

		CHECK(strlen(t.l.v[i]) < 8192 && strlen(t.l.v[i]) > 8170);
		CHECK(str_suffix(m, "..."));
	}
}

TEST(what_just_fits_is_not_cut)
{
	auto_dir struct dir d = dir_new();
	auto_lines struct lines t = { 0 };
	size_t head = 0;

	lines_open(&t, &d, LOG_DEBUG);
	for (int n = 8000; n < 8192; n++)
		log_line(LOG_INFO, "a.c", 1, "%0*d", n, 0);
	lines_read(&t);
	CHECK(t.l.n == 192);
	for (size_t i = 0; i < t.l.n; i++) {
		const char *m = msg(&t, i);
		bool cut = str_suffix(m, "...");

		CHECK(strlen(t.l.v[i]) < 8192 && (cut || strlen(m) == 8000 + i));
		head = strlen(t.l.v[0]) - 8000;
		CHECK(cut == (head + 8000 + i > 8190));
	}
}

/* Short messages and lines are put together in less memory than long ones: around every bound, and
 * however much the text grows, nothing of it may be lost. */
TEST(messages_of_every_length_are_whole)
{
	static const struct {
		char c;
		int grows;
	} fill[] = { { 'x', 1 }, { '"', 2 }, { '\x1b', 6 } };
	auto_dir struct dir d = dir_new();
	auto_lines struct lines t = { 0 };
	char text[1700];
	size_t i = 0;

	lines_open(&t, &d, LOG_DEBUG);
	for (size_t k = 0; k < COUNT(fill); k++)
		for (size_t n = 0; n < 1700 / (size_t)fill[k].grows; n++) {
			memset(text, fill[k].c, n);
			text[n] = '\0';
			log_line(LOG_INFO, "a.c", 1, "%s", text);
		}
	lines_read(&t);
	for (size_t k = 0; k < COUNT(fill); k++)
		for (size_t n = 0; n < 1700 / (size_t)fill[k].grows; n++, i++) {
			const char *m = msg(&t, i);

			CHECK(strlen(m) == n && strspn(m, (char[]) { fill[k].c, '\0' }) == n);
		}
	CHECK(t.l.n == i);
}

static void *write_lines(void *arg)
{
	for (int i = 0; i < 300; i++)
		log_info("thread %s line %d %0*d", (const char *)arg, i, 40 * (i % 20), 0);
	return NULL;
}

TEST(threads_write_whole_lines)
{
	static char names[4][2] = { "a", "b", "c", "d" };
	auto_dir struct dir d = dir_new();
	auto_lines struct lines t = { 0 };
	pthread_t th[4];

	lines_open(&t, &d, LOG_DEBUG);
	for (int i = 0; i < 4; i++)
		CHECK(pthread_create(&th[i], NULL, write_lines, names[i]) == 0);
	for (int i = 0; i < 4; i++)
		pthread_join(th[i], NULL);
	lines_read(&t);
	CHECK(t.l.n == 1200);
	for (size_t i = 0; i < t.l.n; i++)
		CHECK(str_prefix(msg(&t, i), "thread "));
}

TEST(a_log_that_cannot_be_opened_is_an_error)
{
	struct err e = { 0 };

	CHECK(log_open("/dev/null/x.log", LOG_INFO, &e) == -1 && e.num == ENOTDIR);
	CHECK(strstr(e.msg, "log file /dev/null/x.log") != NULL);
	CHECK(log_open("/tmp", LOG_INFO, &e) == -1 && e.num == EISDIR);
	CHECK_STR(e.msg, "open log file /tmp: Is a directory");
	CHECK(log_open("stderr", LOG_INFO, &e) == 0 && log_open("", LOG_INFO, &e) == 0);
	log_close();
}

TEST(a_full_disk_is_no_matter_of_the_one_who_logs)
{
	struct err e = { 0 };

	CHECK(log_open("/dev/full", LOG_INFO, &e) == 0);
	errno = EXDEV;
	log_error("lost");
	CHECK(errno == EXDEV);
	log_close();
}

TEST(a_log_may_go_to_a_standard_stream)
{
	auto_dir struct dir d = dir_new();
	auto_buf struct buf b = { 0 };
	struct err e = { 0 };
	char path[96];
	FILE *f;

	snprintf(path, sizeof(path), "%s/out", d.path);
	for (int fd = 1; fd <= 2; fd++) {
		int before = dup(fd);

		fflush(stdout);
		f = fopen(path, "we");
		CHECK(f && dup2(fileno(f), fd) == fd);
		CHECK(log_open(fd == 1 ? "stdout" : "", LOG_INFO, &e) == 0);
		log_info("stream %d", fd);
		log_close();
		CHECK(dup2(before, fd) == fd);
		close(before);
		fclose(f);
		b.len = 0;
		CHECK(file_read(path, 1000, &b, &e) == 0);
		CHECK(strstr(b.p, fd == 1 ? "\"msg\":\"stream 1\"}\n" : "\"msg\":\"stream 2\"}\n"));
	}
}
