/* SPDX-License-Identifier: Apache-2.0 */
/* xml.c - XML to a tree. */
#include <errno.h>
#include <stdlib.h>

#include "buf.h"
#include "test.h"
#include "xml.h"

static const char ANSWER[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	"<DescribeNetworkInterfacesResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\n"
	"  <requestId>fdcdcab1</requestId>\n"
	"  <networkInterfaceSet>\n"
	"    <item id=\"1\">\n"
	"      <networkInterfaceId>eni-1</networkInterfaceId>\n"
	"      <attachment>\n        <deviceIndex>0</deviceIndex>\n      </attachment>\n"
	"      <description/>\n"
	"    </item>\n"
	"    <!-- two -->\n"
	"    <item>\n"
	"      <networkInterfaceId>eni-2</networkInterfaceId>\n"
	"      <description>a &amp; b &lt;c&gt; &quot;&#65;&#x20AC;&quot; <![CDATA[<raw> & "
	"]]></description>\n"
	"    </item>\n"
	"  </networkInterfaceSet>\n"
	"  <nextToken>  spaced\n </nextToken>\n"
	"</DescribeNetworkInterfacesResponse>\n";

static struct xml *parse_n(const char *text, size_t n, struct arena *a, struct err *e)
{
	char *exact = xalloc(n); /* so that the sanitizer sees one byte too far */
	struct xml *x;

	memcpy(exact, text, n);
	x = xml_parse(exact, n, a, e);
	free(exact);
	return x;
}

static struct xml *parse(const char *text, struct arena *a)
{
	struct err e = { 0 };
	struct xml *x = parse_n(text, strlen(text), a, &e);

	CHECK_STR(e.msg, "");
	return x;
}

/* What is said of a text that must be refused. */
static const char *refused(const char *text, struct arena *a)
{
	struct err e = { 0 };

	CHECK(!parse_n(text, strlen(text), a, &e));
	CHECK(e.num == EBADMSG);
	return arena_str(a, e.msg);
}

TEST(an_answer_of_ec2_becomes_a_tree)
{
	auto_arena struct arena a = { 0 };
	struct xml *x = parse(ANSWER, &a);
	const struct xml *i = xml_get(x, "networkInterfaceSet/item");

	CHECK_STR(x->name, "DescribeNetworkInterfacesResponse");
	CHECK_STR(x->text, "");
	CHECK_STR(xml_text(x, "requestId"), "fdcdcab1");
	CHECK_STR(xml_text(i, "networkInterfaceId"), "eni-1");
	CHECK_STR(xml_text(i, "attachment/deviceIndex"), "0");
	CHECK_STR(xml_text(i, "description"), "");
	CHECK(xml_get(i, "description") && !xml_get(i, "Description"));
	i = xml_next(i);
	CHECK_STR(xml_text(i, "networkInterfaceId"), "eni-2");
	CHECK_STR(xml_text(i, "description"), "a & b <c> \"A\xe2\x82\xac\" <raw> & ");
	CHECK(!xml_next(i) && i->up == xml_get(x, "networkInterfaceSet") && i->up->last == i);
	CHECK_STR(xml_text(x, "nextToken"), "  spaced\n ");
}

TEST(absent_elements_are_empty)
{
	auto_arena struct arena a = { 0 };
	struct xml *x = parse("<a><b>1</b></a>", &a);

	CHECK(!xml_get(NULL, "a") && !xml_next(NULL) && !xml_get(x, "b/c") && !xml_get(x, "a"));
	CHECK_STR(xml_text(NULL, "a"), "");
	CHECK_STR(xml_text(x, "c"), "");
	CHECK(xml_get(x, "") == x && !xml_get(x, "bb") && !xml_next(x));
	CHECK_STR(xml_text(xml_get(x, "b"), ""), "1");
}

TEST(a_path_is_found_behind_a_sibling_without_it)
{
	auto_arena struct arena a = { 0 };
	struct xml *x = parse("<r><s/><s><i>1</i></s><t/><s><i>2</i><i>3</i></s></r>", &a);
	const struct xml *i = xml_get(x, "s/i");

	CHECK_STR(i->text, "1");
	CHECK(!xml_next(i));
	i = xml_next(xml_next(xml_get(x, "s")));
	CHECK_STR(xml_text(i, "i"), "2");
	CHECK_STR(xml_next(xml_get(i, "i"))->text, "3");
}

TEST(text_between_children_is_joined_and_white_space_is_not_text)
{
	auto_arena struct arena a = { 0 };

	CHECK_STR(parse("<a>one<b>x</b>two</a>", &a)->text, "onetwo");
	CHECK_STR(parse("<a> <b>x</b>\n\t</a>", &a)->text, "");
	CHECK_STR(parse("<a> <b>x</b>y </a>", &a)->text, " y ");
	CHECK_STR(parse("<a>  </a>", &a)->text, "  ");
	CHECK_STR(parse("<a>1\r\n2\r3</a>", &a)->text, "1\n2\n3");
	CHECK_STR(parse("<a><b>in</b></a>", &a)->first->text, "in");
	CHECK_STR(parse("<?pi x?><ns:a xmlns:ns='u'/>", &a)->name, "ns:a");
	CHECK_STR(parse("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xfc</a>", &a)->text,
		  "\xc3\xbc");
}

static bool is_dtd(const char *msg)
{
	return strncmp(msg, "XML line ", 9) == 0 &&
	       strstr(msg, ": documents with a DTD are not accepted");
}

TEST(entity_bombs_are_refused)
{
	auto_arena struct arena a = { 0 };

	CHECK(is_dtd(
		refused("<?xml version=\"1.0\"?>\n<!DOCTYPE lolz [\n <!ENTITY lol \"lol\">\n"
			" <!ENTITY lol2 \"&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;\">\n"
			"]>\n<lolz>&lol2;</lolz>",
			&a)));
	CHECK(is_dtd(refused("<!DOCTYPE x SYSTEM \"file:///etc/passwd\"><x/>", &a)));
	CHECK(is_dtd(refused("<!DOCTYPE html><html><body>502</body></html>", &a)));
	CHECK_STR(refused("<a>&lol;</a>", &a), "XML line 1, column 4: undefined entity");
}

TEST(malformed_xml_is_refused_with_its_place)
{
	static const char *const t[] = {
		"",
		" ",
		"x",
		"{}",
		"<",
		"<a",
		"<a>",
		"<a></b>",
		"<a/><b/>",
		"<a/>x",
		"<a b></a>",
		"<a b=1/>",
		"<a b='1' b='2'/>",
		"<a>&#0;</a>",
		"<a>&#x1;</a>",
		"<a>&amp</a>",
		"<a>\x01</a>",
		"<a>\xff</a>",
		"<a>\xed\xa0\x80</a>",
		"<a>]]></a>",
		"<1/>",
		" <?xml version='1.0'?><a/>",
		"<?xml version='1.0' encoding='nonsense'?><a/>",
		"<a><![CDATA[</a>",
		"<a><!-- -- --></a>",
	};
	auto_arena struct arena a = { 0 };

	for (size_t i = 0; i < COUNT(t); i++)
		CHECK(strncmp(refused(t[i], &a), "XML line 1, column ", 19) == 0);
	CHECK_STR(refused("<a>\n  <b></a>", &a), "XML line 2, column 8: mismatched tag");
}

TEST(a_nul_byte_is_no_xml)
{
	auto_arena struct arena a = { 0 };
	struct err e = { 0 };

	CHECK(!parse_n("<a>x\0y</a>", 10, &a, &e) && e.num == EBADMSG);
	CHECK(!parse_n("<a/>\0", 5, &a, &e) && e.num == EBADMSG);
}

TEST(depth_and_number_of_elements_are_limited)
{
	auto_arena struct arena a = { 0 };
	auto_buf struct buf b = { 0 };
	struct err e = { 0 };
	struct xml *x;

	for (int i = 0; i < 32; i++)
		buf_str(&b, "<a>");
	for (int i = 0; i < 32; i++)
		buf_str(&b, "</a>");
	CHECK(parse_n(b.p, b.len, &a, &e));
	b.len = 0;
	for (int i = 0; i < 32; i++)
		buf_str(&b, "<a>");
	buf_str(&b, "<deep/>");
	CHECK(!parse_n(b.p, b.len, &a, &e));
	CHECK(strstr(e.msg, ": nested deeper than 32 levels") != NULL);
	b.len = 0;
	buf_str(&b, "<a>");
	for (int i = 1; i < 200000; i++)
		buf_str(&b, "<b/>");
	buf_str(&b, "</a>");
	x = parse_n(b.p, b.len, &a, &e);
	CHECK(x && x->last);
	b.len -= 4;
	buf_str(&b, "<b/></a>");
	CHECK(!parse_n(b.p, b.len, &a, &e));
	CHECK(strstr(e.msg, "more than 200000 elements") != NULL);
}

TEST(escaped_text_reads_back)
{
	auto_arena struct arena a = { 0 };
	auto_buf struct buf b = { 0 };

	buf_str(&b, "<a>");
	xml_escape("<&>\"' \xc3\xbc\r\n\t\x01]]>", &b);
	buf_str(&b, "</a>");
	CHECK_STR(b.p, "<a>&lt;&amp;&gt;&quot;' \xc3\xbc&#xD;\n\t\xef\xbf\xbd]]&gt;</a>");
	CHECK_STR(parse(b.p, &a)->text, "<&>\"' \xc3\xbc\r\n\t\xef\xbf\xbd]]>");
}

TEST(damaged_xml_does_no_harm)
{
	size_t n = sizeof(ANSWER) - 1;

	for (size_t i = 0; i < n - 1; i++) { /* the last line end may go */
		auto_arena struct arena a = { 0 };
		struct err e = { 0 };

		CHECK(!parse_n(ANSWER, i, &a, &e));
	}
	for (int i = 0; i < 5000; i++) {
		static const char noise[] = "<>/&;'\"=! abc[]\x80\xff";
		auto_arena struct arena a = { 0 };
		struct err e = { 0 };
		char text[sizeof(ANSWER)];

		memcpy(text, ANSWER, n);
		for (int hits = 1 + rand() % 3; hits; hits--)
			text[(size_t)rand() % n] = noise[(size_t)rand() % sizeof(noise)];
		(void)parse_n(text, n, &a, &e);
	}
}

/* ---- in pieces */

static void dump(const struct xml *x, struct buf *out)
{
	buf_fmt(out, "<%s>", x->name);
	xml_escape(x->text, out);
	for (const struct xml *k = x->first; k; k = k->next) {
		CHECK(k->up == x);
		dump(k, out);
	}
	buf_str(out, "/");
}

static int keep_item(const struct xml *item, void *arg, struct err *e)
{
	(void)e;
	CHECK(!item->up && !item->next);
	dump(item, arg);
	buf_str(arg, ";");
	return 0;
}

/* What items and what rest a text has when it comes in pieces of n bytes. */
static const char *in_pieces(const char *text, size_t n, const char *path, struct arena *a)
{
	auto_buf struct buf out = { 0 };
	auto_xml_feed struct xml_feed *f = xml_feed_new(path, keep_item, &out, a);
	size_t len = strlen(text);
	struct err e = { 0 };
	struct xml *rest;

	for (size_t at = 0; at < len; at += n)
		CHECK(xml_feed(f, text + at, len - at < n ? len - at : n, &e) == 0);
	rest = xml_feed_end(f, &e);
	CHECK_STR(e.msg, "");
	if (rest)
		dump(rest, &out);
	return arena_str(a, out.p);
}

TEST(items_come_one_by_one_however_the_text_is_cut)
{
	static const struct {
		const char *text, *path, *want;
	} cases[] = {
		{ "<r><s><i>1</i> <i><i>2</i></i></s><t>x</t></r>", "s/i",
		  "<i>1/;<i><i>2//;<r><s>/<t>x//" },
		{ "<r><s><i>1</i></s><i>no</i><u><i>no</i></u><s><i>2</i></s></r>", "s/i",
		  "<i>1/;<i>2/;<r><s>/<i>no/<u><i>no//<s>//" },
		{ "<r><i>1</i><s/></r>", "i", "<i>1/;<r><s>//" },
		{ "<i><i>1</i></i>", "i", "<i>1/;<i>/" },
		{ "<i/>", "i", "<i>/" },
		{ "<r><s>a<i/>b <i/>\n</s></r>", "s/i", "<i>/;<i>/;<r><s>ab \n//" },
		{ "<r> <s> <i/>\n<i/> </s></r>", "s/i", "<i>/;<i>/;<r><s>//" },
		{ "<r><a><b><c/></b></a></r>", "a/b/c/d", "<r><a><b><c>////" },
		{ "<r><a><b>1</b></a></r>", NULL, "<r><a><b>1///" },
	};
	auto_arena struct arena a = { 0 };

	for (size_t i = 0; i < COUNT(cases); i++)
		for (size_t n = 1; n < 60; n++)
			CHECK_STR(in_pieces(cases[i].text, n, cases[i].path, &a), cases[i].want);
}

static int no_more(const struct xml *item, void *arg, struct err *e)
{
	int *left = arg;

	(void)item;
	return --*left < 0 ? fail(e, EDOM, "enough") : 0;
}

TEST(an_item_that_is_refused_ends_the_feed)
{
	auto_arena struct arena a = { 0 };
	int left = 1;
	auto_xml_feed struct xml_feed *f = xml_feed_new("i", no_more, &left, &a);
	struct err e = { 0 };

	CHECK(xml_feed(f, "<r><i/>", 7, &e) == 0 && left == 0);
	CHECK(xml_feed(f, "<i/><i/><i/>", 12, &e) < 0 && e.num == EDOM);
	CHECK_STR(e.msg, "enough");
	CHECK_INT(left, -1);
	e = (struct err) { 0 };
	CHECK(xml_feed(f, "<i/>", 4, &e) < 0 && e.num == EDOM);
	CHECK(!xml_feed_end(f, &e) && e.num == EDOM);
	CHECK_INT(left, -1);
}

static int count_up(const struct xml *item, void *arg, struct err *e)
{
	int *n = arg;

	(void)item;
	(void)e;
	++*n;
	return 0;
}

/* More elements than a document may have, and more white space than fits in a text. */
TEST(items_are_without_number)
{
	static const char piece[] = "<i>\n  <a>1</a>\n</i>\n\t\t\t\t\t\t\t\t\t\t\t\t";
	auto_arena struct arena a = { 0 };
	int n = 0;
	auto_xml_feed struct xml_feed *f = xml_feed_new("s/i", count_up, &n, &a);
	struct err e = { 0 };

	CHECK(xml_feed(f, "<r><s>", 6, &e) == 0);
	for (int i = 0; i < 150000; i++)
		if (xml_feed(f, piece, sizeof(piece) - 1, &e) < 0)
			break;
	CHECK(xml_feed(f, "</s></r>", 8, &e) == 0 && xml_feed_end(f, &e));
	CHECK_STR(e.msg, "");
	CHECK_INT(n, 150000);
}

/* Something that never ends, behind a beginning. */
static const char *endless(const char *head, const char *piece)
{
	static char why[128];
	auto_arena struct arena a = { 0 };
	int n = 0;
	auto_xml_feed struct xml_feed *f = xml_feed_new("s/i", count_up, &n, &a);
	size_t len = strlen(piece), fed = 0;
	struct err e = { 0 };

	if (*head)
		(void)!xml_feed(f, head, strlen(head), &e);
	while (fed < 64UL * 1024 * 1024 && xml_feed(f, piece, len, &e) == 0)
		fed += len;
	CHECK(e.num == EBADMSG && fed < 16UL * 1024 * 1024);
	snprintf(why, sizeof(why), "%s", strrchr(e.msg, ':'));
	return why;
}

TEST(what_never_ends_is_cut_off)
{
	static char x[4097], comment[4097];

	memset(x, 'x', 4096);
	memset(comment, '-', 4096);
	CHECK_STR(endless("<r>", x), ": text longer than a mebibyte");
	CHECK_STR(endless("<r><s><i><a>", x), ": text longer than a mebibyte");
	CHECK_STR(endless("<r><![CDATA[", x), ": text longer than a mebibyte");
	CHECK_STR(endless("<", x), ": a name or the like longer than a mebibyte");
	CHECK_STR(endless("<r a='", x), ": a name or the like longer than a mebibyte");
	CHECK_STR(endless("<r><!-- ", x), ": a name or the like longer than a mebibyte");
	CHECK_STR(endless("<r>", "<a/>"), ": more than 200000 elements");
	CHECK_STR(endless("<r><s><i>", "<a/>"), ": more than 200000 elements");
	CHECK_STR(endless("<r>", "<a>"), ": nested deeper than 32 levels");
	CHECK_STR(endless("<!DOCTYPE r [", "<!ENTITY a 'b'>"),
		  ": documents with a DTD are not accepted");
	CHECK_STR(endless("", " "), ": a name or the like longer than a mebibyte");
}

TEST(a_feed_that_breaks_off_or_ends_early_is_told)
{
	static const char text[] = "<r><s><i>1</i></s></r>";
	struct err e = { 0 };

	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		auto_arena struct arena a = { 0 };
		int items = 0;
		auto_xml_feed struct xml_feed *f = xml_feed_new("s/i", count_up, &items, &a);

		CHECK(xml_feed(f, text, n, &e) == 0);
		CHECK(!xml_feed_end(f, &e) && e.num == EBADMSG);
		CHECK_INT(items, n >= 14);
	}
}

TEST(xml_feed_tells_its_root_as_soon_as_it_is_there)
{
	auto_arena struct arena a = { 0 };
	auto_xml_feed struct xml_feed *f = xml_feed_new(NULL, NULL, NULL, &a);
	struct err e = { 0 };

	CHECK_STR(xml_feed_root(f), "");
	CHECK(xml_feed(f, "<?xml version=\"1.0\"?><ro", 24, &e) == 0);
	CHECK_STR(xml_feed_root(f), "");
	CHECK(xml_feed(f, "ot><a>", 6, &e) == 0);
	CHECK_STR(xml_feed_root(f), "root");
}
