/* SPDX-License-Identifier: Apache-2.0 */
/* hash.c - vectors of FIPS 180, RFC 4231 and RFC 4648. */
#include <stdlib.h>

#include "hash.h"
#include "test.h"

static const char TWO_BLOCKS[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

struct hex64 {
	char s[65];
};

static struct hex64 sha1_of(const char *data, size_t n)
{
	uint8_t d[SHA1_LEN];
	struct hex64 h;

	sha1(data, n, d);
	hex(d, sizeof(d), h.s);
	return h;
}

static struct hex64 sha256_of(const char *data, size_t n)
{
	uint8_t d[SHA256_LEN];
	struct hex64 h;

	sha256(data, n, d);
	hex(d, sizeof(d), h.s);
	return h;
}

TEST(sha1_has_its_vectors)
{
	CHECK_STR(sha1_of("", 0).s, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
	CHECK_STR(sha1_of("abc", 3).s, "a9993e364706816aba3e25717850c26c9cd0d89d");
	CHECK_STR(sha1_of(TWO_BLOCKS, 56).s, "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
	/* the names of host interfaces: default.sample-pod */
	CHECK(strncmp(sha1_of("default.sample-pod", 18).s, "cc21c2d7785", 11) == 0);
}

TEST(sha256_has_its_vectors)
{
	char *million = xalloc(1000000);

	memset(million, 'a', 1000000);
	CHECK_STR(sha256_of("", 0).s,
		  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	CHECK_STR(sha256_of("abc", 3).s,
		  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	CHECK_STR(sha256_of(TWO_BLOCKS, 56).s,
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	CHECK_STR(sha256_of(million, 1000000).s,
		  "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	free(million);
}

TEST(hmac_has_its_vectors)
{
	static const char large[] = "Test Using Larger Than Block-Size Key - Hash Key First";
	uint8_t key[131], d[SHA256_LEN];
	char h[65];

	memset(key, 0x0b, 20);
	hmac_sha256(key, 20, "Hi There", 8, d);
	hex(d, sizeof(d), h);
	CHECK_STR(h, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, d);
	hex(d, sizeof(d), h);
	CHECK_STR(h, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	hmac_sha256(key, sizeof(key), large, sizeof(large) - 1, d);
	hex(d, sizeof(d), h);
	CHECK_STR(h, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	hmac_sha256("", 0, "", 0, d);
	hex(d, sizeof(d), h);
	CHECK_STR(h, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(hex_is_lower_case)
{
	char out[9] = "xxxxxxxx";

	hex("\x00\x9a\xff\x10", 4, out);
	CHECK_STR(out, "009aff10");
	hex("", 0, out);
	CHECK_STR(out, "");
}

TEST(base64_has_its_vectors)
{
	static const char *const t[][2] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
		{ "\xfb\xff\xfe", "+//+" },
	};

	for (size_t i = 0; i < COUNT(t); i++) {
		auto_buf struct buf coded = { 0 }, plain = { 0 };

		buf_str(&coded, "<");
		base64(t[i][0], strlen(t[i][0]), &coded);
		CHECK_STR(coded.p + 1, t[i][1]);
		CHECK(coded.len == strlen(t[i][1]) + 1);
		buf_str(&plain, "<");
		CHECK(base64_decode(t[i][1], &plain));
		CHECK_STR(plain.p + 1, t[i][0]);
		CHECK(plain.len == strlen(t[i][0]) + 1);
	}
}

TEST(what_is_not_base64_is_refused)
{
	static const char *const bad[] = {
		"Z",         "Zg",     "Zg=",       "Zm8",
		"Zg==Zg==",  "=",      "====",      "A===",
		"Zg===",     "Zm9v\n", " Zm9v",     "Zm 9v===",
		"Zm9v Zm9",  "Zm-v",   "Zm_v",      "Zm9v\xc3\xbc==",
		"Z=8=",      "Zm9v=",  "Zm9vY\n==", "Zm9vZm9v\r\n\r\n",
		"Zm9v   \n",
	};
	auto_buf struct buf b = { 0 };

	buf_str(&b, "kept");
	for (size_t i = 0; i < COUNT(bad); i++) {
		CHECK(!base64_decode(bad[i], &b));
		CHECK_STR(b.p, "kept");
	}
}

TEST(base64_carries_every_byte)
{
	uint8_t all[256];

	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (uint8_t)i;
	for (size_t n = 0; n <= sizeof(all); n++) {
		auto_buf struct buf coded = { 0 }, plain = { 0 };

		base64(all, n, &coded);
		CHECK(base64_decode(coded.p, &plain));
		CHECK(plain.len == n && memcmp(plain.p, all, n) == 0);
	}
}

TEST(random_bytes_are_not_constant)
{
	uint8_t a[64] = { 0 }, b[64] = { 0 };

	random_bytes(a, sizeof(a));
	random_bytes(b, sizeof(b));
	CHECK(memcmp(a, b, sizeof(a)) != 0);
	random_bytes(a, 0);
}
