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
