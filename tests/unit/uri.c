/* SPDX-License-Identifier: Apache-2.0 */
/* uri.c - percent-encoding, there and back. */
#include "uri.h"
#include "test.h"

TEST(uri_encode_keeps_only_the_unreserved)
{
	auto_buf struct buf out = { 0 };

	uri_encode("aZ09-._~ !*'()+/\n\xc3\xa4\0", 20, "/", &out);
	CHECK_STR(out.p, "aZ09-._~%20%21%2A%27%28%29%2B/%0A%C3%A4%00");
}

TEST(uri_decode_undoes_what_is_encoded_and_tells_what_is_not)
{
	static const struct {
		const char *text, *want;
		bool good;
	} cases[] = { { "a%20b", "a b", true },    { "%C3%a4", "\xc3\xa4", true },
		      { "a+b", "a+b", true },      { "%41", "A", true },
		      { "%2", "%2", false },       { "%", "%", false },
		      { "%zz%41", "%zzA", false }, { "%4g", "%4g", false },
		      { "%%41", "%A", false } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_buf struct buf out = { 0 };

		CHECK(uri_decode(cases[i].text, strlen(cases[i].text), &out) == cases[i].good);
		CHECK_STR(out.p, cases[i].want);
	}
}

TEST(uri_decode_reads_no_further_than_it_is_told)
{
	auto_buf struct buf out = { 0 };

	CHECK(!uri_decode("%4100", 2, &out));
	CHECK_STR(out.p, "%4");
	out.len = 0;
	CHECK(uri_decode("%00", 3, &out) && out.len == 1 && out.p[0] == '\0');
}
