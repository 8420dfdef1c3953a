/* SPDX-License-Identifier: Apache-2.0 */
/* lb_words.c - what lbctl's commands read and write for people: URLs, tables, plain text. */
#include <errno.h>

#include "routeurl.h"
#include "test.h"
#include "words.h"

TEST(a_url_has_a_port_a_host_a_path_and_a_query)
{
	static const struct {
		const char *text, *host, *path, *query;
		bool https;
		int port;
	} rows[] = {
		{ "http://a", "a", "/", NULL, false, 80 },
		{ "HTTPS://A.b/c", "A.b", "/c", NULL, true, 443 },
		{ "http://a:8080/x/y?q=1&r=/#f", "a", "/x/y", "q=1&r=/", false, 8080 },
		{ "http://[2001:db8::1]:81?x", "[2001:db8::1]", "/", "x", false, 81 },
		{ "http://[2001:db8::1]", "[2001:db8::1]", "/", NULL, false, 80 },
		{ "http://a#f?q", "a", "/", NULL, false, 80 },
		{ "http://a/?", "a", "/", "", false, 80 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		auto_arena struct arena a = { 0 };
		struct route_url u;
		struct err e = { 0 };

		CHECK(route_url(rows[i].text, &u, &a, &e) == 0);
		CHECK_STR(u.host, rows[i].host);
		CHECK_STR(u.path, rows[i].path);
		CHECK_STR(u.query ? u.query : "-", rows[i].query ? rows[i].query : "-");
		CHECK_INT(u.port, rows[i].port);
		CHECK(u.https == rows[i].https);
	}
}

TEST(what_is_no_url_is_refused)
{
	static const char *const bad[] = { "",          "a",         "ftp://a/",   "http://",
					   "http:///x", "http://:1", "http://a:0", "http://a:65536",
					   "http://a:", "http://a:b" };

	for (size_t i = 0; i < COUNT(bad); i++) {
		auto_arena struct arena a = { 0 };
		struct route_url u;
		struct err e = { 0 };

		CHECK(route_url(bad[i], &u, &a, &e) < 0);
		CHECK_INT(e.num, EINVAL);
	}
}

TEST(a_table_lines_up_and_its_numbers_stand_right)
{
	auto_arena struct arena a = { 0 };
	auto_buf struct buf out = { 0 };
	struct words_table t = { .columns = 3, .a = &a };
	const char **row = words_row(&t);

	row[0] = "NAME";
	row[1] = "N";
	row[2] = "END";
	row = words_row(&t);
	row[0] = "long name";
	row[1] = "100";
	for (int i = 0; i < 40; i++) {
		row = words_row(&t);
		row[2] = "x\x1b";
	}
	words_print(&t, &out);
	CHECK(strncmp(out.p, "NAME         N  END\nlong name  100\n                x\\x1b\n", 57) ==
	      0);
}

TEST(what_a_terminal_would_obey_is_shown)
{
	auto_buf struct buf out = { 0 };

	words_plain("a\x1b[31m\n\x7f\xc3\xa4", &out);
	CHECK_STR(out.p, "a\\x1b[31m\\x0a\\x7f\xc3\xa4");
}
