/* SPDX-License-Identifier: Apache-2.0 */
/* kubeevent_sift.c - counting, combining and leaving out, by client-go's numbers. */
#include <stdlib.h>

#include "buf.h"
#include "kubeevent_sift.h"
#include "test.h"

static const int64_t S = 1000000000, START = 1700000000000000000;

static void sift_free(struct kube_sift **s)
{
	kube_sift_free(s);
}
#define auto_sift AUTO(sift_free)

static bool say_of(struct kube_sift *s, const char *name, const char *reason, const char *message,
		   int64_t at_s, struct kube_sifted *out)
{
	const struct kube_said v = { .kind = "Service",
				     .api_version = "v1",
				     .ns = "a",
				     .name = name,
				     .uid = "u",
				     .version = "1",
				     .component = "service",
				     .host = "",
				     .reason = reason,
				     .message = message,
				     .at_ns = START + at_s * S };

	return kube_sift(s, &v, out);
}

static bool say(struct kube_sift *s, const char *message, int64_t at_s, struct kube_sifted *out)
{
	return say_of(s, "web", "R", message, at_s, out);
}

TEST(equal_events_are_counted_up_under_the_first_ones_name)
{
	auto_sift struct kube_sift *s = kube_sift_new();
	struct kube_sifted one, two, other;

	CHECK(say(s, "m", 0, &one) && say(s, "m", 5, &two) && say(s, "n", 6, &other));
	CHECK(one.count == 1 && two.count == 2 && other.count == 1);
	CHECK(one.name_ns == START && two.name_ns == START && two.first_ns == START);
	CHECK(other.name_ns == START + 6 * S && !two.combined);
	CHECK(say_of(s, "web2", "R", "m", 7, &one) && one.count == 1);
	CHECK(say_of(s, "web", "R2", "m", 7, &one) && one.count == 1);
}

TEST(the_tenth_message_of_one_reason_is_combined_with_all_that_follow)
{
	auto_sift struct kube_sift *s = kube_sift_new();
	struct kube_sifted v;
	char text[8];

	for (int i = 0; i < 14; i++) {
		snprintf(text, sizeof(text), "m%d", i);
		CHECK(say(s, text, i, &v));
		CHECK(v.combined == (i >= 9));
		CHECK_INT(v.count, i < 9 ? 1 : i - 8);
		CHECK(v.name_ns == START + (i < 9 ? i : 9) * S);
	}
	CHECK(say(s, "m3", 20, &v)); /* one of the nine: counted for itself */
	CHECK(!v.combined && v.count == 2);
	CHECK(say(s, "new", 20 + 600, &v) && v.combined);
	CHECK(say(s, "newer", 20 + 1201, &v)); /* more than ten minutes of peace */
	CHECK(!v.combined && v.count == 1);
}

TEST(an_object_may_say_25_at_once_and_one_in_five_minutes)
{
	auto_sift struct kube_sift *s = kube_sift_new();
	struct kube_sifted v;

	for (int i = 0; i < 25; i++)
		CHECK(say(s, "m", 0, &v));
	CHECK(!say(s, "m", 0, &v));
	CHECK(say_of(s, "other", "R", "m", 0, &v));
	CHECK(!say(s, "m", 299, &v));
	CHECK(say(s, "m", 301, &v));
	CHECK_INT(v.count, 28); /* what was left out is counted */
	CHECK(!say(s, "m", 302, &v));
	CHECK(!say(s, "m", 100, &v)); /* the clock was set back */
	for (int i = 0; i < 25; i++)
		CHECK(say(s, "m", 100000, &v));
	CHECK(!say(s, "m", 100000, &v));
}

TEST(of_events_4096_are_remembered_and_the_oldest_forgotten)
{
	auto_sift struct kube_sift *s = kube_sift_new();
	struct kube_sifted v;
	char name[16];

	for (int i = 0; i < 4097; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		CHECK(say_of(s, name, "R", "m", 0, &v) && v.count == 1);
		if (i == 4095)
			CHECK(say_of(s, "s0", "R", "m", 1, &v) && v.count == 2);
	}
	CHECK(say_of(s, "s0", "R", "m", 2, &v) && v.count == 3);
	CHECK(say_of(s, "s4096", "R", "m", 2, &v) && v.count == 2);
	CHECK(say_of(s, "s1", "R", "m", 2, &v) && v.count == 1);
}
