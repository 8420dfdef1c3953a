/* SPDX-License-Identifier: Apache-2.0 */
/* lab_pods.c - what a container's log, environment, command line and frames look like. */
#include <errno.h>

#include "crilog.h"
#include "podenv.h"
#include "podimage.h"
#include "test.h"
#include "wsframe.h"

/* ---- logs */

static const int64_t when = 1767323045000000042;
#define STAMP "2026-01-02T03:04:05.000000042Z"

TEST(a_line_of_a_log_has_time_stream_and_tag)
{
	struct crilog l = { .name = "stdout" };
	auto_buf struct buf out = { 0 };

	crilog_feed(&l, "one\ntw", 6, when, &out);
	CHECK_STR(out.p, STAMP " stdout F one\n");
	crilog_feed(&l, "o\n", 2, when, &out);
	CHECK_STR(out.p, STAMP " stdout F one\n" STAMP " stdout F two\n");
	out.len = 0;
	crilog_feed(&l, "rest", 4, when, &out);
	crilog_end(&l, when, &out);
	CHECK_STR(out.p, STAMP " stdout F rest\n");
}

TEST(a_long_line_of_a_log_is_cut_and_put_together_again)
{
	struct crilog l = { .name = "stderr" };
	struct crilog_want want = { .left = -1 };
	auto_buf struct buf out = { 0 }, back = { 0 }, text = { 0 };

	for (int i = 0; i < CRILOG_LINE + 10; i++)
		buf_add(&text, "x", 1);
	buf_add(&text, "\n", 1);
	crilog_feed(&l, text.p, text.len, when, &out);
	CHECK(strstr(out.p, " stderr P x") && strstr(out.p, " stderr F x"));
	CHECK_INT(crilog_show(&want, out.p, out.len, &back), out.len);
	CHECK(back.len == text.len && memcmp(back.p, text.p, text.len) == 0);
	crilog_free(&l);
}

static const char log_text[] =
	"2026-01-02T03:04:05.1Z stdout F one\nnonsense\n"
	"2026-01-02T03:04:06.1Z stderr P tw\n2026-01-02T03:04:06.1Z stderr F o\n"
	"2026-01-02T03:04:07.1Z stdout F three\nhalf";

static const char *shown(struct crilog_want want, int64_t tail, struct buf *out)
{
	size_t n = strlen(log_text), at = tail >= 0 ? crilog_tail(log_text, n, tail) : 0;

	out->len = 0;
	buf_str(out, "");
	at += crilog_show(&want, log_text + at, n - at, out);
	CHECK_STR(log_text + at, "half");
	return out->p;
}

TEST(a_log_is_shown_as_it_is_asked_for)
{
	auto_buf struct buf out = { 0 };

	CHECK_STR(shown((struct crilog_want) { .left = -1 }, -1, &out), "one\ntwo\nthree\n");
	CHECK_STR(shown((struct crilog_want) { .left = -1 }, 1, &out), "three\n");
	CHECK_STR(shown((struct crilog_want) { .left = -1 }, 2, &out), "two\nthree\n");
	CHECK_STR(shown((struct crilog_want) { .left = -1 }, 0, &out), "");
	CHECK_STR(shown((struct crilog_want) { .left = -1 }, 99, &out), "one\ntwo\nthree\n");
	CHECK_STR(shown((struct crilog_want) { .left = 5 }, -1, &out), "one\nt");
	CHECK_STR(shown((struct crilog_want) { .left = -1, .since_s = 1767323047 }, -1, &out),
		  "three\n");
	CHECK_STR(shown((struct crilog_want) { .left = -1, .stamps = true }, 1, &out),
		  "2026-01-02T03:04:07.1Z three\n");
}

/* ---- environment */

static const char pod_text[] = "{\"metadata\":{\"name\":\"p\",\"namespace\":\"n\",\"labels\":{\"a."
			       "b/c\":\"l\"}},\"spec\":{}}";

static const char config_text[] = "{\"data\":{\"K\":\"v\",\"J\":\"w\"}}";
static const char secret_text[] = "{\"data\":{\"S\":\"c2VjcmV0\"}}";

static const struct json *object(void *arg, const char *kind, const char *name, struct err *e)
{
	static struct json *config, *secret;

	(void)arg;
	if (!config) {
		config = json_parse(config_text, strlen(config_text), e);
		secret = json_parse(secret_text, strlen(secret_text), e);
	}
	if (strcmp(name, "there") == 0)
		return strcmp(kind, "secrets") == 0 ? secret : config;
	fail(e, ENOENT, "%s \"%s\" not found", kind, name);
	return NULL;
}

static int make(const char *container, struct strs *env, struct arena *a, struct err *e)
{
	auto_json struct json *pod = json_parse(pod_text, strlen(pod_text), e);
	auto_json struct json *c = json_parse(container, strlen(container), e);
	struct podenv_from f = { .pod = pod,
				 .container = c,
				 .pod_ip = "10.0.0.9",
				 .host_ip = "10.0.0.1",
				 .node = "node",
				 .object = object };

	CHECK(pod && c);
	return podenv_make(&f, env, a, e);
}

static const char *joined(const struct strs *l, size_t from, struct arena *a)
{
	const char *all = "";

	for (size_t i = from; i < l->n; i++)
		all = arena_fmt(a, "%s%s%s", all, i > from ? " " : "", l->v[i]);
	return all;
}

TEST(a_containers_environment_is_made_from_all_its_sources)
{
	auto_arena struct arena a = { 0 };
	struct strs env = { 0 };
	struct err e = { 0 };

	CHECK(make("{\"envFrom\":[{\"prefix\":\"P_\",\"configMapRef\":{\"name\":\"there\"}},"
		   "{\"secretRef\":{\"name\":\"no\",\"optional\":true}}],\"env\":["
		   "{\"name\":\"A\",\"value\":\"1\"},{\"name\":\"B\",\"value\":\"$(A)2$(NO)$$(A)\"}"
		   ","
		   "{\"name\":\"IP\",\"valueFrom\":{\"fieldRef\":{\"fieldPath\":\"status.podIP\"}}}"
		   ","
		   "{\"name\":\"L\",\"valueFrom\":{\"fieldRef\":{\"fieldPath\":"
		   "\"metadata.labels['a.b/c']\"}}},"
		   "{\"name\":\"S\",\"valueFrom\":{\"secretKeyRef\":{\"name\":\"there\",\"key\":"
		   "\"S\"}}},{\"name\":\"O\",\"valueFrom\":{\"configMapKeyRef\":{\"name\":\"no\","
		   "\"key\":\"k\",\"optional\":true}}},{\"name\":\"A\",\"value\":\"3\"}]}",
		   &env, &a, &e) == 0);
	CHECK_STR(joined(&env, 1, &a), "HOSTNAME=p P_K=v P_J=w A=3 B=12$(NO)$(A) IP=10.0.0.9 L=l "
				       "S=secret");
}

TEST(what_an_environment_lacks_is_named)
{
	auto_arena struct arena a = { 0 };
	struct strs env = { 0 };
	struct err e = { 0 };

	CHECK(make("{\"env\":[{\"name\":\"A\",\"valueFrom\":{\"configMapKeyRef\":{\"name\":\"no\","
		   "\"key\":\"k\"}}}]}",
		   &env, &a, &e) < 0);
	CHECK_STR(e.msg, "configmaps \"no\" not found");
	CHECK(make("{\"env\":[{\"name\":\"A\",\"valueFrom\":{\"secretKeyRef\":{\"name\":\"there\","
		   "\"key\":\"k\"}}}]}",
		   &env, &a, &e) < 0);
	CHECK_STR(e.msg, "couldn't find key k in Secret n/there");
	CHECK(make("{\"envFrom\":[{\"configMapRef\":{\"name\":\"no\"}}]}", &env, &a, &e) < 0);
	CHECK(make("{\"env\":[{\"name\":\"A\",\"valueFrom\":{\"fieldRef\":{\"fieldPath\":"
		   "\"spec.x\"}}}]}",
		   &env, &a, &e) < 0);
	CHECK_STR(e.msg, "unsupported fieldPath: spec.x");
}

static const char *command(const char *container, const char *own, struct arena *a)
{
	struct err e;
	auto_json struct json *c = json_parse(container, strlen(container), &e);
	struct strs env = { 0 }, v;

	strs_add(&env, "A=b", a);
	v = podenv_command(c, own, &env, a);
	return joined(&v, 0, a);
}

TEST(a_command_line_is_the_manifests_or_the_images)
{
	auto_arena struct arena a = { 0 };

	CHECK_STR(command("{\"command\":[\"tail\"],\"args\":[\"-f\",\"$(A)\",\"$(\"]}", "sh", &a),
		  "tail -f b $(");
	CHECK_STR(command("{\"args\":[\"ls\"]}", "sh", &a), "ls");
	CHECK_STR(command("{}", "sh", &a), "sh");
	CHECK_STR(command("{}", NULL, &a), "");
}

TEST(images_are_known_by_their_repository)
{
	CHECK_STR(podimage_find("k8s.gcr.io/echoserver:1.5")->server, "echo");
	CHECK_STR(podimage_find("nginx:alpine")->server, "nginx");
	CHECK_STR(podimage_find("docker.io/library/nginx@sha256:00")->server, "nginx");
	CHECK_STR(podimage_find("public.ecr.aws/l6m2t8p7/docker-2048:latest")->server, "2048");
	CHECK_STR(podimage_find("library/busybox")->command, "sh");
	CHECK(!podimage_find("localhost:5000/echoserver"));
	CHECK(!podimage_find("registry.k8s.io/echoserver2:1"));
	CHECK(!podimage_find(""));
}

/* ---- frames */

TEST(frames_are_read_and_unmasked)
{
	char in[] = "\x81\x83\x01\x02\x03\x04"
		    "\x60\x60\x60"
		    "rest";
	struct wsframe f;
	struct err e;
	size_t used;

	for (size_t n = 0; n < 9; n++)
		CHECK_INT(ws_read(in, n, &f, &used, &e), 0);
	CHECK_INT(ws_read(in, 13, &f, &used, &e), 1);
	CHECK_INT(used, 9);
	CHECK(f.last && f.op == WS_TEXT && f.n == 3 && memcmp(f.data, "abc", 3) == 0);
}

TEST(hostile_frames_are_refused)
{
	static const struct {
		const char *bytes;
		int num;
	} all[] = {
		{ "\x81\x03"
		  "abcdefghijkl",
		  EBADMSG }, /* without a mask */
		{ "\xc1\x83"
		  "abcdefghijkl",
		  EBADMSG }, /* reserved */
		{ "\x83\x83"
		  "abcdefghijkl",
		  EBADMSG }, /* unknown */
		{ "\x8b\x83"
		  "abcdefghijkl",
		  EBADMSG },
		{ "\x08\x83"
		  "abcdefghijkl",
		  EBADMSG }, /* a control frame in parts */
		{ "\x89\xfe"
		  "abcdefghijkl",
		  EBADMSG }, /* a long one */
		{ "\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff"
		  "mask",
		  EFBIG },
	};
	struct wsframe f;
	struct err e;
	size_t used;

	for (size_t i = 0; i < COUNT(all); i++) {
		char in[14];

		memcpy(in, all[i].bytes, sizeof(in));
		e.num = 0;
		CHECK_INT(ws_read(in, sizeof(in), &f, &used, &e), -1);
		CHECK_INT(e.num, all[i].num);
	}
}

TEST(frames_are_written_in_the_shortest_form)
{
	auto_buf struct buf out = { 0 }, big = { 0 };
	auto_arena struct arena a = { 0 };

	ws_put(WS_BINARY, "\1", 1, "ab", 2, &out);
	CHECK(out.len == 5 && memcmp(out.p,
				     "\x82\x03\x01"
				     "ab",
				     5) == 0);
	for (int i = 0; i < 70000; i++)
		buf_add(&big, "x", 1);
	out.len = 0;
	ws_put(WS_TEXT, NULL, 0, big.p, 126, &out);
	CHECK(out.len == 130 && memcmp(out.p, "\x81\x7e\x00\x7e", 4) == 0);
	out.len = 0;
	ws_put(WS_TEXT, NULL, 0, big.p, 70000, &out);
	CHECK(out.len == 70010 && memcmp(out.p, "\x81\x7f\0\0\0\0\0\x01\x11\x70", 10) == 0);
	/* RFC 6455, 1.3 */
	CHECK_STR(ws_accept("dGhlIHNhbXBsZSBub25jZQ==", &a), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}
