/* SPDX-License-Identifier: Apache-2.0 */
/* kube_auth.c - tokens: read, signed, renewed, and never shown. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "fakekube.h"
#include "file.h"
#include "test.h"
#include "tmpdir.h"

static int64_t soon(void)
{
	return now_ms() + 20000;
}

static int get(struct kube *k, const char *path, struct json **out, struct err *e)
{
	return kube_do(k, &(struct kube_call) { .method = "GET", .path = path }, out, soon(), e);
}

TEST(kube_token_file_is_read_again_when_it_is_refused)
{
	auto_dir struct dir d = dir_new();
	auto_arena struct arena a = { 0 };
	auto_fakekube struct fakekube f = { .token = "first" };
	struct kube_config config;
	const struct kube_options o = { .config = &config, .agent = "test" };
	auto_kube struct kube *k = NULL;
	const char *path = arena_fmt(&a, "%s/token", d.path);
	struct err e = { 0 };

	fakekube_start(&f);
	config = fakekube_config(&f);
	config.token = "never sent";
	config.token_file = path;
	CHECK(kube_new(&k, &o, &e) == 0);
	CHECK(get(k, "/api/v1/services", NULL, &e) < 0 && e.num == ENOENT && strstr(e.msg, path));
	CHECK(file_replace(path, " \n", 2, 0600, false, &e) == 0);
	CHECK(get(k, "/api/v1/services", NULL, &e) < 0 && strstr(e.msg, "is empty"));
	CHECK(file_replace(path, "first\n", 6, 0600, false, &e) == 0);
	CHECK(get(k, "/api/v1/services", NULL, &e) == 0);
	CHECK(file_replace(path, "second\n", 7, 0600, false, &e) == 0);
	CHECK(get(k, "/api/v1/services", NULL, &e) == 0); /* kept for a minute */
	CHECK_INT(fakekube_count(&f, ""), 2);
	fakekube_token(&f, "second");
	CHECK(get(k, "/api/v1/services", NULL, &e) == 0);
	CHECK_INT(fakekube_count(&f, ""), 4);
	fakekube_token(&f, "third");
	CHECK(get(k, "/api/v1/services", NULL, &e) < 0 && e.num == EACCES);
	CHECK_INT(fakekube_count(&f, ""), 6); /* once, and no more */
	CHECK(unlink(path) == 0);
	fakekube_token(&f, "second");
	CHECK(get(k, "/api/v1/services", NULL, &e) == 0); /* the last one that was read */
}

struct signer {
	int asked;
	int64_t life_s;
	bool fails, empty;
};

static int sign(void *arg, char *text, size_t size, int64_t *until, struct err *e)
{
	struct signer *s = arg;

	*until = wall_s() + s->life_s;
	if (s->fails)
		return fail(e, ENOENT, "no credentials");
	snprintf(text, size, "%s%.*d", s->empty ? "" : "k8s-aws-v1.", s->empty ? 0 : 1,
		 s->empty ? 0 : ++s->asked);
	return 0;
}

TEST(kube_eks_tokens_are_signed_when_wanted)
{
	auto_fakekube struct fakekube f = { .token = "k8s-aws-v1.1" };
	struct signer s = { .life_s = 900 };
	struct kube_config config;
	struct kube_options o = { .config = &config, .agent = "test" };
	auto_kube struct kube *k = NULL;
	struct err e = { 0 };

	fakekube_start(&f);
	config = fakekube_config(&f);
	config.eks_cluster = "prod";
	CHECK(kube_new(&k, &o, &e) < 0 && e.num == ENOTSUP && strstr(e.msg, "prod"));
	o.token = sign;
	o.token_arg = &s;
	CHECK(kube_new(&k, &o, &e) == 0);
	CHECK(get(k, "/api/v1/services", NULL, &e) == 0);
	CHECK(get(k, "/api/v1/services", NULL, &e) == 0);
	CHECK_INT(s.asked, 1);
	fakekube_token(&f, "k8s-aws-v1.2");
	s.life_s = 59; /* so short that the next call wants another */
	CHECK(get(k, "/api/v1/services", NULL, &e) == 0);
	CHECK_INT(s.asked, 2);
	fakekube_token(&f, "k8s-aws-v1.3");
	CHECK(get(k, "/api/v1/services", NULL, &e) == 0);
	CHECK_INT(s.asked, 3);
	s.fails = true;
	CHECK(get(k, "/api/v1/services", NULL, &e) < 0);
	CHECK_STR(e.msg, "token for EKS cluster prod: no credentials");
	s.fails = false;
	s.empty = true;
	CHECK(get(k, "/api/v1/services", NULL, &e) < 0);
	CHECK_STR(e.msg, "token for EKS cluster prod: there is none");
}

TEST(kube_messages_never_show_the_token)
{
	static const struct fakekube_fault faults[] = {
		{ "", 401, 1, NULL,
		  "{\"kind\":\"Status\",\"reason\":\"Unauthorized\",\"message\":\"the token "
		  "hush.hush "
		  "is bad\",\"details\":{\"causes\":[{\"message\":\"hush.hush\"}]}}",
		  NULL },
		{ "", 502, 1, NULL, "Authorization: Bearer hush.hush", "text/hush.hush" },
		{ "", 200, 1, NULL, "hush.hush", NULL },
	};
	auto_fakekube struct fakekube f = { 0 };
	struct kube_config config;
	const struct kube_options o = { .config = &config, .agent = "test" };
	auto_kube struct kube *k = NULL, *bad = NULL;
	struct err e = { 0 };

	fakekube_start(&f);
	config = fakekube_config(&f);
	config.token = "hush.hush";
	CHECK(kube_new(&k, &o, &e) == 0);
	for (size_t i = 0; i < COUNT(faults); i++) {
		struct json *out = NULL;

		fakekube_order(&f, &faults[i]);
		CHECK(get(k, "/x", &out, &e) < 0);
		CHECK(!strstr(e.msg, "hush"));
	}
	config.token = "hush\nhush";
	CHECK(kube_new(&bad, &o, &e) == 0);
	CHECK(get(bad, "/x", NULL, &e) < 0 && e.num == EINVAL);
	CHECK(strstr(e.msg, "Authorization") && !strstr(e.msg, "hush"));
}

struct caller {
	struct kube *k;
	pthread_t thread;
	int good;
};

static int sign_the_same(void *arg, char *text, size_t size, int64_t *until, struct err *e)
{
	(void)arg;
	(void)e;
	*until = wall_s(); /* at its end at once: every call asks */
	snprintf(text, size, "t");
	return 0;
}

static void *call(void *arg)
{
	struct caller *c = arg;

	for (int i = 0; i < 20; i++) {
		auto_json struct json *out = NULL;
		struct err e;

		c->good += get(c->k, "/api/v1/services", &out, &e) == 0;
	}
	return NULL;
}

TEST(kube_client_serves_threads_at_once)
{
	auto_fakekube struct fakekube f = { .token = "t" };
	struct kube_config config;
	const struct kube_options o = { .config = &config, .agent = "a", .token = sign_the_same };
	auto_kube struct kube *k = NULL;
	struct caller c[4];
	struct err e;

	fakekube_start(&f);
	config = fakekube_config(&f);
	config.eks_cluster = "c";
	CHECK(kube_new(&k, &o, &e) == 0);
	for (size_t i = 0; i < COUNT(c); i++) {
		c[i] = (struct caller) { .k = k };
		CHECK(pthread_create(&c[i].thread, NULL, call, &c[i]) == 0);
	}
	for (size_t i = 0; i < COUNT(c); i++) {
		CHECK(pthread_join(c[i].thread, NULL) == 0);
		CHECK_INT(c[i].good, 20);
	}
}
