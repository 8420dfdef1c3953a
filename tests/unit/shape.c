/* SPDX-License-Identifier: Apache-2.0 */
/* shape.c - structs of every kind of field, written and read in every protocol. */
#include <errno.h>
#include <string.h>

#include "shape_call.h"
#include "test.h"

#define TRY_SUB(F, T)              \
	F(T, STR, id, 0, "Id")     \
	F(T, NUM, port, 0, "Port") \
	F(T, LIST, tags, tag, "Tag", "tagSet/item")
SHAPE_STRUCT(try_sub, TRY_SUB)
SHAPE_TABLE(try_sub, TRY_SUB)

/* As EC2 has them: paths as received. */
#define TRY_EC2(F, T)                                              \
	F(T, STR, id, 0, "ThingId")                                \
	F(T, OPT, owner, 0, "OwnerId")                             \
	F(T, INT, count, 0, "Count", "info/count")                 \
	F(T, NUM, port, 0, "FromPort")                             \
	F(T, BOOL, on, 0, "On", "isOn")                            \
	F(T, FLAG, check, 0, "Check.Value", "check/value")         \
	F(T, IP, ip, 0, "PrivateIpAddress")                        \
	F(T, CIDR, cidr, 0, "CidrBlock")                           \
	F(T, STRS, groups, 0, "GroupId", "groupSet/item/groupId")  \
	F(T, ONE, one, try_sub, "One", "one")                      \
	F(T, LIST, many, try_sub, "Many", "outer/item/inner/item") \
	F(T, STR, sent_only, 0, "Token", "")                       \
	F(T, STR, read_only, 0, "", "status")
SHAPE_STRUCT(try_ec2, TRY_EC2)
SHAPE_TABLE(try_ec2, TRY_EC2)

/* As the others have them. */
#define OTHER_SUB(F, T)            \
	F(T, STR, id, 0, "Id")     \
	F(T, NUM, port, 0, "Port") \
	F(T, LIST, tags, tag, "Tags")
SHAPE_STRUCT(other_sub, OTHER_SUB)
SHAPE_TABLE(other_sub, OTHER_SUB)
#define OTHER(F, T)                          \
	F(T, STR, id, 0, "Id")               \
	F(T, OPT, owner, 0, "Owner")         \
	F(T, INT, count, 0, "Count")         \
	F(T, NUM, port, 0, "Port")           \
	F(T, BOOL, on, 0, "On")              \
	F(T, FLAG, check, 0, "Check")        \
	F(T, IP, ip, 0, "Ip")                \
	F(T, CIDR, cidr, 0, "Cidr")          \
	F(T, STRS, names, 0, "Names")        \
	F(T, IPS, ips, 0, "Ips")             \
	F(T, CIDRS, cidrs, 0, "Cidrs")       \
	F(T, ONE, one, other_sub, "One")     \
	F(T, LIST, many, other_sub, "Many")  \
	F(T, MAP, extra, 0, "Extra")         \
	F(T, STR, sent_only, 0, "Token", "") \
	F(T, STR, read_only, 0, "", "State/Code")
SHAPE_STRUCT(other, OTHER)
SHAPE_TABLE(other, OTHER)

struct fixture {
	struct arena a;
	struct err e;
	struct aws_params p;
};

static void fixture_end(struct fixture *x)
{
	arena_free(&x->a);
	aws_params_free(&x->p);
}
#define auto_fixture AUTO(fixture_end)

static const char *names[] = { "a b", "c&d" };
static struct tag tags[] = { { "k", "v" }, { "l", "" } };
static struct other_sub subs[] = { { "s1", { 0, true }, { tags, 2 } },
				   { NULL, { -1, true }, { 0 } } };

static struct other full(void)
{
	struct other o = { .id = "",
			   .owner = "me",
			   .count = -7,
			   .port = { 0, true },
			   .on = true,
			   .check = FLAG_NO,
			   .names = { names, 2 },
			   .one = &subs[0],
			   .many = { subs, 2 },
			   .extra = { tags, 2 },
			   .sent_only = "t",
			   .read_only = "never" };

	static struct ip ips[2];
	static struct cidr cidrs[2];

	CHECK(ip_parse("2001:db8::1", &o.ip) && cidr_parse("10.1.2.3/16", &o.cidr));
	CHECK(ip_parse("10.0.0.1", &ips[0]) && ip_parse("::1", &ips[1]));
	CHECK(cidr_parse("10.0.0.0/8", &cidrs[0]) && cidr_parse("::/0", &cidrs[1]));
	o.ips = (struct ips) { ips, 2 };
	o.cidrs = (struct cidrs) { cidrs, 2 };
	return o;
}

TEST(shape_puts_every_kind_in_the_query_protocol)
{
	auto_fixture struct fixture x = { 0 };
	struct other o = full();

	shape_put(&other_shape, &o, AWS_QUERY, &x.p);
	CHECK_STR(x.p.body.p,
		  "Id=&Owner=me&Count=-7&Port=0&On=true&Check=false&Ip=2001%3Adb8%3A%3A1"
		  "&Cidr=10.1.2.3%2F16&Names.member.1=a%20b&Names.member.2=c%26d"
		  "&Ips.member.1=10.0.0.1&Ips.member.2=%3A%3A1"
		  "&Cidrs.member.1=10.0.0.0%2F8&Cidrs.member.2=%3A%3A%2F0"
		  "&One.Id=s1&One.Port=0&One.Tags.member.1.Key=k&One.Tags.member.1.Value=v"
		  "&One.Tags.member.2.Key=l&One.Tags.member.2.Value="
		  "&Many.member.1.Id=s1&Many.member.1.Port=0&Many.member.1.Tags.member.1.Key=k"
		  "&Many.member.1.Tags.member.1.Value=v&Many.member.1.Tags.member.2.Key=l"
		  "&Many.member.1.Tags.member.2.Value=&Many.member.2.Port=-1&Extra.entry.1.key=k"
		  "&Extra.entry.1.value=v&Extra.entry.2.key=l&Extra.entry.2.value=&Token=t");
}

TEST(shape_puts_every_kind_as_ec2_wants_it)
{
	static struct try_sub sub = { "s1", { 0, true }, { tags, 1 } };
	auto_fixture struct fixture x = { 0 };
	struct try_ec2 o = { .id = "t-1",
			     .count = 3,
			     .port = { 22, true },
			     .on = true,
			     .check = FLAG_YES,
			     .groups = { names, 2 },
			     .one = &sub,
			     .many = { &sub, 1 },
			     .sent_only = "t",
			     .read_only = "never" };

	CHECK(ip_parse("10.0.0.1", &o.ip) && cidr_parse("fd00::/64", &o.cidr));
	shape_put(&try_ec2_shape, &o, AWS_EC2_QUERY, &x.p);
	CHECK_STR(x.p.body.p,
		  "ThingId=t-1&Count=3&FromPort=22&On=true&Check.Value=true"
		  "&PrivateIpAddress=10.0.0.1&CidrBlock=fd00%3A%3A%2F64&GroupId.1=a%20b&GroupId.2="
		  "c%26d"
		  "&One.Id=s1&One.Port=0&One.Tag.1.Key=k&One.Tag.1.Value=v"
		  "&Many.1.Id=s1&Many.1.Port=0&Many.1.Tag.1.Key=k&Many.1.Tag.1.Value=v&Token=t");
}

TEST(shape_json_has_every_kind_with_its_type)
{
	auto_fixture struct fixture x = { 0 };
	auto_buf struct buf text = { 0 };
	auto_json struct json *j = NULL;
	struct other o = full();

	j = shape_json(&other_shape, &o);
	json_print(j, 0, &text);
	CHECK_STR(text.p,
		  "{\"Id\":\"\",\"Owner\":\"me\",\"Count\":-7,\"Port\":0,\"On\":true,"
		  "\"Check\":false,\"Ip\":\"2001:db8::1\",\"Cidr\":\"10.1.2.3/16\","
		  "\"Names\":[\"a "
		  "b\",\"c\\u0026d\"],\"Ips\":[\"10.0.0.1\",\"::1\"],\"Cidrs\":[\"10.0.0.0/"
		  "8\",\"::/0\"],\"One\":{\"Id\":\"s1\",\"Port\":0,"
		  "\"Tags\":[{\"Key\":\"k\",\"Value\":\"v\"},{\"Key\":\"l\",\"Value\":\"\"}]},"
		  "\"Many\":[{\"Id\":\"s1\",\"Port\":0,\"Tags\":[{\"Key\":\"k\",\"Value\":"
		  "\"v\"},{\"Key\":\"l\",\"Value\":\"\"}]},{\"Port\":-1}],\"Extra\":{\"k\":\"v\","
		  "\"l\":\"\"},\"Token\":\"t\"}");
}

TEST(shape_sends_nothing_of_what_is_not_set)
{
	auto_fixture struct fixture x = { 0 };
	auto_buf struct buf text = { 0 };
	auto_json struct json *j = NULL;
	struct other o = { 0 };

	shape_put(&other_shape, &o, AWS_QUERY, &x.p);
	CHECK_INT(x.p.body.len, 0);
	j = shape_json(&other_shape, &o);
	json_print(j, 0, &text);
	CHECK_STR(text.p, "{}");
}

static const struct xml *xml(struct fixture *x, const char *text)
{
	const struct xml *root = xml_parse(text, strlen(text), &x->a, &x->e);

	if (!root)
		test_failed(__FILE__, __LINE__, x->e.msg);
	return root;
}

static void holds(const struct other *o)
{
	CHECK_STR(o->id, "");
	CHECK_STR(o->owner, "me");
	CHECK_INT(o->count, -7);
	CHECK(o->port.set && o->port.v == 0);
	CHECK(o->on);
	CHECK_INT(o->check, FLAG_NO);
	CHECK_STR(ip_text(o->ip).s, "2001:db8::1");
	CHECK_STR(cidr_text(o->cidr).s, "10.1.2.3/16");
	CHECK_INT(o->names.n, 2);
	CHECK_STR(o->names.v[1], "c&d");
	CHECK_INT(o->ips.n, 2);
	CHECK_STR(ip_text(o->ips.v[1]).s, "::1");
	CHECK_INT(o->cidrs.n, 2);
	CHECK_STR(cidr_text(o->cidrs.v[0]).s, "10.0.0.0/8");
	CHECK_STR(o->one->id, "s1");
	CHECK_INT(o->one->tags.n, 2);
	CHECK_STR(tag_get(&o->one->tags, "k"), "v");
	CHECK_STR(tag_get(&o->one->tags, "l"), "");
	CHECK_STR(tag_get(&o->one->tags, "m"), NULL);
	CHECK_INT(o->many.n, 2);
	CHECK_STR(o->many.v[1].id, "");
	CHECK(o->many.v[1].port.set && o->many.v[1].port.v == -1);
	CHECK(!o->many.v[1].tags.n && !o->many.v[1].tags.v);
	CHECK_INT(o->extra.n, 2);
	CHECK_STR(tag_get(&o->extra, "k"), "v");
	CHECK_STR(tag_get(&o->extra, "l"), "");
	CHECK_STR(o->sent_only, "");
	CHECK_STR(o->read_only, "active");
}

TEST(shape_gets_every_kind_in_the_query_protocol)
{
	auto_fixture struct fixture x = { 0 };
	struct other o;

	CHECK(shape_get(&other_shape, &o,
			xml(&x,
			    "<R><Id/><Owner>me</Owner><Count>-7</Count><Port>0</Port><On>true</On>"
			    "<Check>false</Check><Ip>2001:db8::1</Ip><Cidr>10.1.2.3/16</Cidr>"
			    "<Names><member>a "
			    "b</member><member>c&amp;d</member></Names><Ips><member>10.0.0.1</"
			    "member><member>::1</member></Ips>"
			    "<Cidrs><member>10.0.0.0/8</member><member>::/0</member></Cidrs>"
			    "<One><Id>s1</Id><Tags><member><Key>k</Key><Value>v</Value></member>"
			    "<member><Key>l</Key><Value/></member></Tags></One>"
			    "<Many><member><Id>s1</Id></member><member><Port>-1</Port><Tags/>"
			    "</member></Many><Extra><entry><key>k</key><value>v</value></"
			    "entry><entry><key>l</key><value/></entry></Extra><Token>no</"
			    "Token><State><Code>active</Code></State></"
			    "R>"),
			AWS_QUERY, &x.a, &x.e) == 0);
	holds(&o);
}

TEST(shape_gets_every_kind_from_json)
{
	static const char text[] =
		"{\"Id\":\"\",\"Owner\":\"me\",\"Count\":-7,\"Port\":0,\"On\":true,\"Check\":false,"
		"\"Ip\":\"2001:db8::1\",\"Cidr\":\"10.1.2.3/16\",\"Names\":[\"a "
		"b\",\"c&d\"],\"Ips\":[\"10.0.0.1\",\"::1\"],\"Cidrs\":[\"10.0.0.0/8\",\"::/0\"],"
		"\"One\":{\"Id\":\"s1\",\"Tags\":[{\"Key\":\"k\",\"Value\":\"v\"},{\"Key\":\"l\","
		"\"Value\":\"\"}]},\"Many\":[{\"Id\":\"s1\"},{\"Port\":-1,\"Tags\":[],\"Id\":null}]"
		","
		"\"Extra\":{\"k\":\"v\",\"l\":\"\"},\"Token\":\"no\",\"State\":{\"Code\":"
		"\"active\"}}";
	auto_fixture struct fixture x = { 0 };
	auto_json struct json *j = NULL;
	struct other o;

	j = json_parse(text, strlen(text), &x.e);
	CHECK(shape_get_json(&other_shape, &o, j, &x.a, &x.e) == 0);
	json_free(&j); /* nothing of it is needed any more */
	holds(&o);
}

TEST(shape_gets_every_kind_as_ec2_writes_it)
{
	auto_fixture struct fixture x = { 0 };
	struct try_ec2 o;

	CHECK(shape_get(
		      &try_ec2_shape, &o,
		      xml(&x,
			  "<R><thingId>t-1</thingId><info><count>3</count></info>"
			  "<fromPort>-1</fromPort><isOn>true</isOn><check><value>true</value></"
			  "check>"
			  "<privateIpAddress>10.0.0.1</privateIpAddress><cidrBlock>fd00::/64</"
			  "cidrBlock>"
			  "<groupSet><item><groupId>sg-1</groupId></item><other/><item/><item>"
			  "<groupId>sg-2</groupId></item></groupSet><one/>"
			  "<outer><item><inner><item><id>a</id></item><item><id>b</id></item></"
			  "inner>"
			  "</item><item><inner/></item><item><inner><item><id>c</id><tagSet><item>"
			  "<key>k</key><value>v</value></item></tagSet></item></inner></item></"
			  "outer>"
			  "<status>ok</status></R>"),
		      AWS_EC2_QUERY, &x.a, &x.e) == 0);
	CHECK_STR(o.id, "t-1");
	CHECK_STR(o.owner, NULL);
	CHECK_INT(o.count, 3);
	CHECK(o.port.set && o.port.v == -1);
	CHECK(o.on && o.check == FLAG_YES);
	CHECK_STR(ip_text(o.ip).s, "10.0.0.1");
	CHECK_STR(cidr_text(o.cidr).s, "fd00::/64");
	CHECK_INT(o.groups.n, 2);
	CHECK_STR(o.groups.v[1], "sg-2");
	CHECK(o.one && !*o.one->id && !o.one->port.set);
	CHECK_INT(o.many.n, 3);
	CHECK_STR(o.many.v[1].id, "b");
	CHECK_STR(o.many.v[2].id, "c");
	CHECK_STR(tag_get(&o.many.v[2].tags, "k"), "v");
	CHECK_STR(o.read_only, "ok");
}

static void empty(const struct other *o)
{
	CHECK_STR(o->id, "");
	CHECK_STR(o->owner, NULL);
	CHECK(!o->count && !o->port.set && !o->on && o->check == FLAG_UNSET);
	CHECK(!o->ip.family && !o->cidr.ip.family && !o->cidr.len);
	CHECK(!o->names.n && !o->ips.n && !o->cidrs.n && !o->one && !o->many.n && !o->extra.n);
	CHECK_STR(o->read_only, "");
}

TEST(shape_gets_an_empty_struct_from_nothing)
{
	auto_fixture struct fixture x = { 0 };
	struct other o;

	memset(&o, 0x5a, sizeof(o));
	CHECK(shape_get(&other_shape, &o, NULL, AWS_QUERY, &x.a, &x.e) == 0);
	empty(&o);
	memset(&o, 0x5a, sizeof(o));
	CHECK(shape_get(&other_shape, &o,
			xml(&x, "<R><Count/><Port/><On/><Check/><Ip/><Cidr/><Names/><Many/></R>"),
			AWS_QUERY, &x.a, &x.e) == 0);
	empty(&o);
	memset(&o, 0x5a, sizeof(o));
	CHECK(shape_get_json(&other_shape, &o, NULL, &x.a, &x.e) == 0);
	empty(&o);
}

TEST(shape_reads_what_it_has_written)
{
	static const char *const cases[] = {
		"{\"Id\":\"\\u00e4\\\"<\"}",
		"{\"Id\":\"\",\"Count\":9223372036854775807,\"Port\":-9223372036854775808}",
		"{\"Id\":\"\",\"Names\":[\"\"],\"Many\":[{\"Id\":\"\",\"Tags\":[{\"Key\":\"\","
		"\"Value\":\"\"}]}]}",
		"{\"Id\":\"\",\"On\":true,\"Check\":true,\"One\":{\"Id\":\"\"}}",
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_json struct json *in = NULL, *out = NULL;
		auto_buf struct buf want = { 0 }, got = { 0 };
		auto_fixture struct fixture x = { 0 };
		struct other o;

		in = json_parse(cases[i], strlen(cases[i]), &x.e);
		json_print(in, 0, &want);
		CHECK(shape_get_json(&other_shape, &o, in, &x.a, &x.e) == 0);
		o.sent_only = NULL; /* read as "", which would be sent */
		out = shape_json(&other_shape, &o);
		json_print(out, 0, &got);
		CHECK_STR(got.p, want.p);
	}
}

TEST(shape_get_names_the_field_and_the_value_that_is_wrong)
{
	static const struct {
		const char *xml, *msg;
	} cases[] = {
		{ "<R><Id>x</Id><Count>1.5</Count></R>", "x: Count '1.5' is not a whole number" },
		{ "<R><Count>9223372036854775808</Count></R>",
		  "Count '9223372036854775808' is not a whole number" },
		{ "<R><Port>0x10</Port></R>", "Port '0x10' is not a whole number" },
		{ "<R><On>yes</On></R>", "On 'yes' is not true or false" },
		{ "<R><Check>2</Check></R>", "Check '2' is not true or false" },
		{ "<R><Ip>10.0.0.256</Ip></R>", "Ip '10.0.0.256' is not an address" },
		{ "<R><Cidr>10.0.0.0</Cidr></R>", "Cidr '10.0.0.0' is not a CIDR block" },
		{ "<R><Id>x</Id><One><Id>y</Id><Port>z</Port></One></R>",
		  "x: y: Port 'z' is not a whole number" },
		{ "<R><Many><member/><member><Port>z</Port></member></Many></R>",
		  "Port 'z' is not a whole number" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_fixture struct fixture x = { 0 };
		struct other o;

		CHECK(shape_get(&other_shape, &o, xml(&x, cases[i].xml), AWS_QUERY, &x.a, &x.e) <
		      0);
		CHECK_INT(x.e.num, EBADMSG);
		CHECK_STR(x.e.msg, cases[i].msg);
	}
}

TEST(shape_get_json_refuses_values_of_another_type)
{
	static const struct {
		const char *json, *msg;
	} cases[] = {
		{ "{\"Id\":5}", "Id is not a string but of type number" },
		{ "{\"Id\":\"x\",\"Count\":\"5\"}", "x: Count is not a number but of type string" },
		{ "{\"Port\":1e30}", "Port '1e+30' is not a whole number" },
		{ "{\"On\":\"true\"}", "On is not a boolean but of type string" },
		{ "{\"Check\":1}", "Check is not a boolean but of type number" },
		{ "{\"Names\":\"x\"}", "Names is not a list but of type string" },
		{ "{\"Names\":[\"x\",null]}", "Names is not a string but of type null" },
		{ "{\"One\":[]}", "One is not an object but of type array" },
		{ "{\"Many\":{}}", "Many is not a list but of type object" },
		{ "{\"Extra\":[]}", "Extra is not an object but of type array" },
		{ "{\"Extra\":{\"k\":1}}", "Extra is not a string but of type number" },
		{ "{\"Many\":[\"x\"]}", "Many is not an object but of type string" },
		{ "{\"Ips\":[\"::\",\"x\"]}", "Ips 'x' is not an address" },
		{ "{\"Cidrs\":[\"x\"]}", "Cidrs 'x' is not a CIDR block" },
		{ "{\"Ip\":\"localhost\"}", "Ip 'localhost' is not an address" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_fixture struct fixture x = { 0 };
		auto_json struct json *j = NULL;
		struct other o;

		j = json_parse(cases[i].json, strlen(cases[i].json), &x.e);
		CHECK(shape_get_json(&other_shape, &o, j, &x.a, &x.e) < 0);
		CHECK_INT(x.e.num, EBADMSG);
		CHECK_STR(x.e.msg, cases[i].msg);
	}
}
