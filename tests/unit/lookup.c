/* SPDX-License-Identifier: Apache-2.0 */
/* lookup.c - names, with a resolver configuration of the test's own: in a thread with its own view
 * of /etc, and a name server on loopback that never answers. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "lookup.h"
#include "test.h"
#include "web.h"

static int64_t soon(void)
{
	return now_ms() + 20000;
}

static void must(bool ok, const char *what)
{
	if (!ok)
		die("resolver of a test: %s:", what);
}

/* Put text in the place of a file of /etc, for this thread. */
static void replace(const char *path, const char *text)
{
	char name[64];
	struct err e;

	snprintf(name, sizeof(name), "/tmp/vpcbox-lookup-test.%d", (int)getpid());
	must(file_replace(name, text, strlen(text), 0644, false, &e) == 0, "write");
	must(mount(name, path, NULL, MS_BIND, NULL) == 0, path);
	unlink(name);
}

/* A socket at port 53 that reads nothing. */
static int deaf_server(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(53) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	web_loopback();
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0, "bind to port 53");
	return fd;
}

static void *within(void *fn)
{
	must(unshare(CLONE_NEWNS) == 0, "unshare");
	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "private mounts");
	replace("/etc/hosts", "127.0.0.7 known.test\n127.0.0.8 known.test\nfd00::7 six.test\n");
	replace("/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n");
	replace("/etc/nsswitch.conf", "hosts: files dns\n");
	(*(void (**)(void))fn)();
	return NULL;
}

static void with_resolver(void (*fn)(void))
{
	pthread_t t;

	must(pthread_create(&t, NULL, within, &fn) == 0, "thread");
	pthread_join(t, NULL);
}

static const char *text(const struct lookup_addr *a)
{
	static char s[INET6_ADDRSTRLEN];
	const void *at = a->at.ss_family == AF_INET
				 ? (const void *)&((const struct sockaddr_in *)&a->at)->sin_addr
				 : (const void *)&((const struct sockaddr_in6 *)&a->at)->sin6_addr;

	return inet_ntop(a->at.ss_family, at, s, sizeof(s));
}

TEST(lookup_reads_literals_without_a_resolver)
{
	static const char *const hosts[] = { "192.0.2.1", "2001:db8::1" };

	for (size_t i = 0; i < COUNT(hosts); i++) {
		struct lookup l;
		struct err e = { 0 };

		CHECK(lookup(&l, hosts[i], "443", 0, &e) == 0); /* even without time */
		CHECK_INT(l.n, 1);
		CHECK_STR(text(&l.v[0]), hosts[i]);
		CHECK_INT(((struct sockaddr_in *)&l.v[0].at)->sin_port, htons(443));
	}
}

static void names(void)
{
	struct lookup l;
	struct err e = { 0 };

	CHECK(lookup(&l, "known.test", "80", soon(), &e) == 0);
	CHECK_STR(e.msg, "");
	CHECK_INT(l.n, 2);
	CHECK_INT(l.v[0].at.ss_family, AF_INET);
	CHECK(lookup(&l, "six.test", "80", soon(), &e) == 0);
	CHECK_INT(l.n, 1);
	CHECK_STR(text(&l.v[0]), "fd00::7");
}

TEST(lookup_finds_names)
{
	with_resolver(names);
}

static void refused(void)
{
	struct lookup l;
	struct err e = { 0 };

	web_loopback();
	CHECK(lookup(&l, "no.test", "80", soon(), &e) < 0);
	CHECK_INT(e.num, EAGAIN);
	CHECK(strstr(e.msg, "look up no.test: ") == e.msg);
	CHECK(lookup(&l, "bad..name", "80", soon(), &e) < 0);
	CHECK(e.num == ENOENT || e.num == EAGAIN);
	CHECK(strstr(e.msg, "look up bad..name: ") == e.msg);
}

TEST(lookup_without_a_name_server_says_so)
{
	with_resolver(refused);
}

static void silent(void)
{
	auto_fd int server = deaf_server();
	struct lookup l;
	struct err e = { 0 };

	for (int i = 0; i < LOOKUP_ABANDONED; i++) {
		CHECK(lookup(&l, "slow.test", "80", now_ms() + 1, &e) < 0);
		CHECK_INT(e.num, ETIMEDOUT);
		CHECK_STR(e.msg, "look up slow.test: the name server does not answer in time");
	}
	CHECK(lookup(&l, "slow.test", "80", soon(), &e) < 0);
	CHECK_INT(e.num, EAGAIN);
	CHECK_STR(e.msg, "look up slow.test: 16 earlier look-ups still wait for the name server");
	CHECK(lookup(&l, "127.0.0.1", "80", soon(), &e) == 0);
	/* when the resolver has given up, there is room again */
	for (int64_t end = soon(); lookup(&l, "known.test", "80", soon(), &e) < 0;) {
		CHECK_INT(e.num, EAGAIN);
		if (!pause_ms(10, end))
			break;
	}
	CHECK_INT(l.n, 2);
}

TEST(lookup_obeys_its_deadline_and_bounds_its_threads)
{
	with_resolver(silent);
}

static void *ask(void *good)
{
	struct lookup l;
	struct err e;

	for (int i = 0; i < 10; i++)
		*(int *)good += lookup(&l, "known.test", "80", soon(), &e) == 0 && l.n == 2;
	return NULL;
}

static void together(void)
{
	pthread_t t[4];
	int good[4] = { 0 };

	for (size_t i = 0; i < COUNT(t); i++)
		must(pthread_create(&t[i], NULL, ask, &good[i]) == 0, "thread");
	for (size_t i = 0; i < COUNT(t); i++) {
		pthread_join(t[i], NULL);
		CHECK_INT(good[i], 10);
	}
}

TEST(lookup_serves_threads_at_once)
{
	with_resolver(together);
}

TEST(lookup_lets_families_take_turns)
{
	static const char *const cases[][2] = {
		{ "", "" },           { "6", "6" },         { "66", "66" },
		{ "6644", "6464" },   { "4466", "4646" },   { "66644", "64646" },
		{ "4666", "4666" },   { "66664", "64666" }, { "464466", "464646" },
		{ "44446", "46444" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct lookup l = { .n = strlen(cases[i][0]) };
		char got[LOOKUP_MAX + 1] = "";
		socklen_t last[2] = { 0 };

		for (size_t j = 0; j < l.n; j++) {
			l.v[j].at.ss_family = cases[i][0][j] == '6' ? AF_INET6 : AF_INET;
			l.v[j].len = (socklen_t)(j + 1);
		}
		lookup_alternate(&l);
		for (size_t j = 0; j < l.n; j++) {
			bool six = l.v[j].at.ss_family == AF_INET6;

			got[j] = six ? '6' : '4';
			CHECK(l.v[j].len > last[six]); /* each family in its own order */
			last[six] = l.v[j].len;
		}
		CHECK_STR(got, cases[i][1]);
	}
}
