/* SPDX-License-Identifier: Apache-2.0 */
/* tls_cache.c - what is kept of TLS sessions, and for how long. */
#include <stdio.h>

#include "clock.h"
#include "test.h"
#include "tls_cache.h"

static void put(struct tls_cache *c, const char *key, const char *text, int64_t until)
{
	auto_buf struct buf b = { 0 };

	buf_str(&b, text);
	tls_cache_put(c, key, &b, until);
}

/* Take it and compare; "": it is not there. */
static bool gives(struct tls_cache *c, const char *key, const char *want)
{
	auto_buf struct buf b = { 0 };
	bool there = tls_cache_take(c, key, &b);

	return there == (*want != '\0') && strcmp(b.p ? b.p : "", want) == 0;
}

TEST(tls_cache_gives_a_session_once)
{
	auto_tls_cache struct tls_cache c = { 0 };
	int64_t later = now_ms() + 60000;

	CHECK(gives(&c, "a", ""));
	put(&c, "a", "1", later);
	put(&c, "b", "2", later);
	put(&c, "a", "3", later);
	CHECK(gives(&c, "ab", "") && gives(&c, "", ""));
	CHECK(gives(&c, "a", "3"));
	CHECK(gives(&c, "a", ""));
	CHECK(gives(&c, "b", "2"));
	CHECK(!c.first);
}

TEST(tls_cache_keeps_nothing_beyond_its_life)
{
	auto_tls_cache struct tls_cache c = { 0 };

	put(&c, "a", "1", now_ms());
	CHECK(gives(&c, "a", ""));
	CHECK(!c.first);
	put(&c, "a", "1", now_ms() + 1);
	CHECK(pause_ms(2, now_ms() + 20000));
	CHECK(gives(&c, "a", ""));
	CHECK(!c.first);
	put(&c, "a", "1", INT64_MAX);
	CHECK(gives(&c, "a", "1"));
}

TEST(tls_cache_is_bounded)
{
	auto_tls_cache struct tls_cache c = { 0 };
	auto_buf struct buf big = { 0 };
	int64_t later = now_ms() + 60000;
	char key[16];

	for (int i = 0; i <= TLS_CACHE_MAX; i++) {
		snprintf(key, sizeof(key), "%d", i);
		put(&c, key, "x", later);
	}
	CHECK(gives(&c, "0", ""));
	CHECK(gives(&c, "1", "x"));
	memset(buf_room(&big, TLS_CACHE_BYTES + 1), 'y', TLS_CACHE_BYTES + 1);
	big.len = TLS_CACHE_BYTES + 1;
	tls_cache_put(&c, "big", &big, later);
	CHECK(!tls_cache_take(&c, "big", &big));
	big.len--;
	tls_cache_put(&c, "big", &big, later);
	CHECK(tls_cache_take(&c, "big", &big));
	big.len = 0;
	tls_cache_put(&c, "none", &big, later);
	CHECK(!tls_cache_take(&c, "none", &big));
}

static void *put_and_take(void *arg)
{
	for (int i = 0; i < 200; i++) {
		char key[2] = { (char)('a' + i % 3), '\0' };
		auto_buf struct buf b = { 0 };

		put(arg, key, "xyz", now_ms() + 60000);
		if (tls_cache_take(arg, key, &b))
			CHECK_STR(b.p, "xyz");
	}
	return NULL;
}

TEST(tls_cache_serves_threads_at_once)
{
	auto_tls_cache struct tls_cache c = { 0 };
	pthread_t t[3];

	for (size_t i = 0; i < 3; i++)
		CHECK(pthread_create(&t[i], NULL, put_and_take, &c) == 0);
	for (size_t i = 0; i < 3; i++)
		CHECK(pthread_join(t[i], NULL) == 0);
}
