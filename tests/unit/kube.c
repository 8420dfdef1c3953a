/* SPDX-License-Identifier: Apache-2.0 */
/* kube.c - the Kubernetes client against a fake API server, and against worse ones. */
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "fakekube.h"
#include "test.h"

#define SERVICE                                                                           \
	"{\"kind\":\"Service\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"web\","     \
	"\"namespace\":\"a\",\"labels\":{\"l\":\"1\"}},\"spec\":{\"type\":\"ClusterIP\"," \
	"\"ports\":[{\"port\":80,\"targetPort\":\"http\"}]}}"
#define WEB "/api/v1/namespaces/a/services/web"

static int64_t soon(void)
{
	return now_ms() + 20000;
}

static int get(struct kube *k, const char *path, struct json **out, struct err *e)
{
	return kube_do(k, &(struct kube_call) { .method = "GET", .path = path }, out, soon(), e);
}

TEST(kube_paths_are_the_apis)
{
	auto_arena struct arena a = { 0 };

	CHECK_STR(kube_path(KUBE_SERVICE, "a", "web", NULL, &a), WEB);
	CHECK_STR(kube_path(KUBE_SERVICE, "", NULL, NULL, &a), "/api/v1/services");
	CHECK_STR(kube_path(KUBE_NODE, "a", "n", "status", &a), "/api/v1/nodes/n/status");
	CHECK_STR(kube_path(KUBE_BINDING, "a", NULL, NULL, &a),
		  "/apis/elbv2.k8s.aws/v1beta1/namespaces/a/targetgroupbindings");
	CHECK_STR(kube_path(KUBE_POD, "../x", "a/b?c", NULL, &a),
		  "/api/v1/namespaces/..%2Fx/pods/a%2Fb%3Fc");
}

TEST(kube_calls_create_read_change_and_delete)
{
	auto_fakekube struct fakekube f = { .token = "t0k" };
	auto_kube struct kube *k = NULL;
	auto_json struct json *made = NULL, *patch = json_object(), *after = NULL;
	auto_arena struct arena a = { 0 };
	struct kube_service s;
	struct err e = { 0 };

	fakekube_start(&f);
	k = fakekube_client(&f);
	CHECK(kube_do(k,
		      &(struct kube_call) { .method = "POST",
					    .path = "/api/v1/namespaces/a/services",
					    .body = SERVICE },
		      &made, soon(), &e) == 0);
	CHECK_STR(e.msg, "");
	CHECK_STR(json_str(made, "metadata.resourceVersion", ""), "101");
	CHECK(kube_get(k, KUBE_SERVICE, "a", "web", &s, &a, soon(), &e) == 0);
	CHECK_STR(s.name, "web");
	CHECK_STR(s.ports.v[0].target_port.s, "http");
	json_add(patch, "spec", json_object());
	CHECK(kube_patch(k, KUBE_MERGE, WEB, patch, &after, soon(), &e) == 0);
	CHECK_STR(json_str(after, "metadata.resourceVersion", ""), "101"); /* nothing changed */
	CHECK_STR(fakekube_header(&f, "PATCH " WEB, "content-type", &a),
		  "application/merge-patch+json");
	CHECK_STR(fakekube_header(&f, "PATCH " WEB, "user-agent", &a), "test");
	CHECK(kube_do(k, &(struct kube_call) { .method = "DELETE", .path = WEB }, NULL, soon(),
		      &e) == 0);
	CHECK(kube_get(k, KUBE_SERVICE, "a", "web", &s, &a, soon(), &e) < 0);
	CHECK_INT(e.num, ENOENT);
	CHECK_STR(e.code, "NotFound");
	CHECK_STR(e.msg, "GET " WEB ": NotFound: services \"web\" not found");
}

TEST(kube_refusals_have_reason_message_and_causes)
{
	static const struct {
		int status;
		const char *body, *type;
		int num;
		const char *code, *want;
	} cases[] = {
		{ 409, "{\"kind\":\"Status\",\"reason\":\"AlreadyExists\",\"message\":\"it is\"}",
		  NULL, EEXIST, "AlreadyExists", "GET /x: AlreadyExists: it is" },
		{ 409, NULL, NULL, EAGAIN, "Conflict", "GET /x: Conflict: as ordered" },
		{ 403, NULL, NULL, EACCES, "Forbidden", "GET /x: Forbidden: as ordered" },
		{ 401, NULL, NULL, EACCES, "Unauthorized", "GET /x: Unauthorized: as ordered" },
		{ 410, NULL, NULL, ESTALE, "Expired", "GET /x: Expired: as ordered" },
		{ 422,
		  "{\"kind\":\"Status\",\"reason\":\"Invalid\",\"message\":\"Service \\\"w\\\" is "
		  "invalid:\\n spec.a: bad\",\"details\":{\"causes\":[{\"field\":\"spec.a\","
		  "\"message\":\"spec.a: bad\"},{\"field\":\"spec.b\",\"message\":\"worse\"},7]}}",
		  NULL, EINVAL, "Invalid",
		  "GET /x: Invalid: Service \"w\" is invalid: spec.a: bad; spec.b: worse" },
		{ 503, NULL, NULL, EBUSY, "ServiceUnavailable",
		  "GET /x: ServiceUnavailable: as ordered" },
		{ 500, NULL, NULL, EIO, "InternalError", "GET /x: InternalError: as ordered" },
		{ 502, "<html>\n<h1>Bad \x1b[31mGateway</h1>", "text/html", EIO, "",
		  "GET /x: HTTP status 502, text/html: <html> <h1>Bad [31mGateway</h1>" },
		{ 404, "", "text/plain", ENOENT, "", "GET /x: HTTP status 404, text/plain" },
		{ 302, "", "text/plain", EIO, "", "GET /x: HTTP status 302, text/plain" },
		{ 400, "[1]", NULL, EINVAL, "", "GET /x: HTTP status 400, application/json: [1]" },
		{ 400, "{\"kind\":\"Status\",\"reason\":\"a\\u001bb\",\"message\":\"m\"}", NULL,
		  EINVAL, "", "GET /x: m" },
		{ 413, NULL, NULL, EFBIG, "", "GET /x: as ordered" },
	};
	auto_fakekube struct fakekube f = { 0 };
	auto_kube struct kube *k = NULL;

	fakekube_start(&f);
	k = fakekube_client(&f);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct fakekube_fault fault = { "",   cases[i].status, 1,
						      NULL, cases[i].body,   cases[i].type };
		auto_json struct json *out = NULL;
		struct err e = { 0 };

		fakekube_order(&f, &fault);
		CHECK(get(k, "/x", &out, &e) < 0);
		CHECK(!out);
		CHECK_INT(e.num, cases[i].num);
		CHECK_STR(e.code, cases[i].code);
		CHECK_STR(e.msg, cases[i].want);
	}
}

TEST(kube_success_must_be_json_unless_nobody_reads_it)
{
	static const struct fakekube_fault html = { "", 200, 2, NULL, "<html>", "text/html" };
	auto_fakekube struct fakekube f = { 0 };
	auto_kube struct kube *k = NULL;
	struct json *out = NULL;
	struct err e = { 0 };

	fakekube_start(&f);
	k = fakekube_client(&f);
	fakekube_order(&f, &html);
	CHECK(get(k, "/x", &out, &e) < 0 && !out);
	CHECK_INT(e.num, EBADMSG);
	CHECK(strstr(e.msg, "GET /x: the answer of 6 bytes is not JSON: "));
	CHECK(get(k, "/readyz", NULL, &e) == 0);
}

TEST(kube_object_of_the_wrong_shape_is_named)
{
	static const struct fakekube_fault bad = {
		"", 200, 1, NULL, "{\"metadata\":{\"name\":\"web\"},\"spec\":{\"ports\":7}}", NULL
	};
	auto_fakekube struct fakekube f = { 0 };
	auto_kube struct kube *k = NULL;
	auto_arena struct arena a = { 0 };
	struct kube_service s;
	struct err e = { 0 };

	fakekube_start(&f);
	k = fakekube_client(&f);
	fakekube_order(&f, &bad);
	CHECK(kube_get(k, KUBE_SERVICE, "a", "web", &s, &a, soon(), &e) < 0);
	CHECK_INT(e.num, EBADMSG);
	CHECK(strstr(e.msg, "Service a/web: ") && strstr(e.msg, "ports"));
}

TEST(kube_answer_may_be_no_longer_than_asked)
{
	auto_fakekube struct fakekube f = { 0 };
	auto_kube struct kube *k = NULL;
	struct kube_call c = { .method = "GET", .path = WEB, .max_answer = 50 };
	auto_json struct json *out = NULL;
	struct err e = { 0 };

	fakekube_start(&f);
	fakekube_put(&f, SERVICE);
	k = fakekube_client(&f);
	CHECK(kube_do(k, &c, &out, soon(), &e) < 0);
	CHECK_INT(e.num, EFBIG);
	c.max_answer = 0;
	CHECK(kube_do(k, &c, &out, soon(), &e) == 0);
}

/* ---- trying again */

TEST(kube_waits_as_long_as_the_server_asks)
{
	static const struct fakekube_fault busy[] = { { "", 429, 3, "0", NULL, NULL },
						      { "", 503, 1, "0", NULL, NULL },
						      { "", 500, 1, "0", NULL, NULL } };
	auto_fakekube struct fakekube f = { 0 };
	auto_kube struct kube *k = NULL;
	struct err e = { 0 };

	fakekube_start(&f);
	fakekube_put(&f, SERVICE);
	k = fakekube_client(&f);
	for (size_t i = 0; i < COUNT(busy); i++)
		fakekube_order(&f, &busy[i]);
	CHECK(get(k, WEB, NULL, &e) == 0);
	CHECK_INT(fakekube_count(&f, "GET " WEB), 6);
}

TEST(kube_gives_a_busy_server_up_after_ten_tries_or_at_the_deadline)
{
	static const struct fakekube_fault busy[] = { { "", 429, 11, "0", NULL, NULL },
						      { "", 429, 1, "600", NULL, NULL },
						      { "", 429, 1, NULL, NULL, NULL },
						      { "", 503, 1, "soon", NULL, NULL },
						      { "", 503, 1, "601", NULL, NULL } };
	static const size_t asked[] = { 11, 1, 1, 1, 1 };
	auto_fakekube struct fakekube f = { 0 };
	auto_kube struct kube *k = NULL;
	size_t sum = 0;

	fakekube_start(&f);
	k = fakekube_client(&f);
	for (size_t i = 0; i < COUNT(busy); i++) {
		const struct kube_call c = { .method = "POST", .path = "/x", .body = "{}" };
		struct err e = { 0 };

		fakekube_order(&f, &busy[i]);
		/* a 429 without a word about it is given a second, and there is less here */
		CHECK(kube_do(k, &c, NULL,
			      busy[i].status == 429 && !busy[i].retry_after ? now_ms() + 900
									    : soon(),
			      &e) < 0);
		CHECK_INT(e.num, EBUSY);
		sum += asked[i];
		CHECK_INT(fakekube_count(&f, "POST /x"), sum);
	}
}

TEST(kube_reads_again_what_broke_but_never_writes_twice)
{
	static const struct web_step broken[] = { { .bytes = "", .close = true },
						  { .bytes = "", .close = true },
						  { .bytes = "HTTP/1.1 200 OK\r\nContent-Length: "
							     "2\r\n\r\n{}",
						    .close = true } };

	for (int write = 0; write < 2; write++) {
		auto_web struct web w = { 0 };
		struct kube_config config = { .server = w.url, .ns = "" };
		const struct kube_options o = { .config = &config, .agent = "test" };
		const struct kube_call c = { .method = write ? "PATCH" : "GET",
					     .path = "/x",
					     .body = write ? "{}" : NULL };
		auto_kube struct kube *k = NULL;
		struct err e = { 0 };

		web_script(&w, broken, COUNT(broken));
		CHECK(kube_new(&k, &o, &e) == 0);
		CHECK_INT(kube_do(k, &c, NULL, soon(), &e), write ? -1 : 0);
		CHECK(!write || e.num == ECONNRESET);
		kube_free(&k);
		web_stop(&w);
		CHECK_INT(w.asked, write ? 1 : 3);
	}
}

TEST(kube_tells_a_server_that_is_not_there)
{
	struct kube_config config = { .server = "http://127.0.0.1:1/base/", .ns = "" };
	const struct kube_options o = { .config = &config, .agent = "test" };
	auto_kube struct kube *k = NULL;
	struct err e = { 0 };

	web_loopback();
	CHECK(kube_new(&k, &o, &e) == 0);
	CHECK(kube_do(k, &(struct kube_call) { .method = "GET", .path = "/x" }, NULL, soon(), &e) <
	      0);
	CHECK_INT(e.num, ECONNREFUSED);
	CHECK(strstr(e.msg, "GET 127.0.0.1/base/x: connect to 127.0.0.1:1: "));
}

TEST(kube_gives_up_what_is_silent_or_no_api_server)
{
	static const struct web_step steps[] = {
		{ .bytes = "SSH-2.0-OpenSSH_9\r\n", .close = true },
		{ .bytes = "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
		  .close = true },
		{ .bytes = "HTTP/1.1 200 OK\r\n", .silent = true },
	};
	static const int want[] = { EBADMSG, EFBIG, ETIMEDOUT };
	auto_web struct web w = { 0 };
	struct kube_config config = { .server = w.url, .ns = "" };
	const struct kube_options o = { .config = &config, .agent = "test" };
	auto_kube struct kube *k = NULL;
	struct err e;

	web_script(&w, steps, COUNT(steps));
	CHECK(kube_new(&k, &o, &e) == 0);
	for (size_t i = 0; i < COUNT(steps); i++) {
		const struct kube_call c = { .method = "GET", .path = "/x" };

		CHECK(kube_do(k, &c, NULL, now_ms() + (steps[i].silent ? 100 : 20000), &e) < 0);
		CHECK_INT(e.num, want[i]);
		CHECK(strstr(e.msg, "GET 127.0.0.1/x: ") == e.msg);
	}
	kube_free(&k);
}

static int take(const void *p, size_t n, void *arg, struct err *e)
{
	struct buf *b = arg;

	buf_add(b, p, n);
	return strstr(b->p, "refuse") ? fail(e, EBADMSG, "not wanted") : 0;
}

TEST(kube_bodies_can_come_piece_by_piece)
{
	static const struct web_step steps[] = {
		{ .bytes = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", .close = true },
		{ .bytes = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nrefuse" },
		{ .bytes = "HTTP/1.1 404 No\r\nContent-Length: 3\r\n\r\nwhy" },
	};
	static const char *const want[] = { "half", "refuse", "" };
	auto_web struct web w = { 0 };
	struct kube_config config = { .server = w.url, .ns = "" };
	const struct kube_options o = { .config = &config, .agent = "test" };
	auto_kube struct kube *k = NULL;
	struct err e = { 0 };

	web_script(&w, steps, COUNT(steps));
	CHECK(kube_new(&k, &o, &e) == 0);
	for (size_t i = 0; i < COUNT(steps); i++) {
		auto_buf struct buf b = { 0 };
		struct kube_call c = {
			.method = "GET", .path = "/x", .on_body = take, .on_body_arg = &b
		};

		CHECK(kube_do(k, &c, NULL, soon(), &e) < 0);
		CHECK_STR(b.p ? b.p : "", want[i]);
	}
	CHECK_INT(e.num, ENOENT);
	kube_free(&k);
	web_stop(&w);
	CHECK_INT(w.asked, 3); /* what had begun was not asked for again */
}

struct stopped {
	struct fakekube *f;
	int stop;
};

static void *stop_when_watched(void *arg)
{
	struct stopped *s = arg;
	uint64_t one = 1;

	CHECK(fakekube_watched(s->f, 1, soon()));
	CHECK(write(s->stop, &one, sizeof(one)) == sizeof(one));
	return NULL;
}

TEST(kube_call_ends_when_it_is_stopped)
{
	static const struct fakekube_fault busy = { "", 429, 1, "300", NULL, NULL };
	auto_fakekube struct fakekube f = { 0 };
	auto_kube struct kube *k = NULL;
	auto_buf struct buf b = { 0 };
	auto_fd int stop = eventfd(0, EFD_CLOEXEC);
	struct stopped s = { &f, stop };
	struct kube_call c = { .method = "GET",
			       .path = "/api/v1/services",
			       .query = "watch=1&resourceVersion=100",
			       .on_body = take,
			       .on_body_arg = &b,
			       .stop = stop };
	struct err e = { 0 };
	pthread_t thread;

	fakekube_start(&f);
	k = fakekube_client(&f);
	CHECK(pthread_create(&thread, NULL, stop_when_watched, &s) == 0);
	CHECK(kube_do(k, &c, NULL, now_ms() + 600000, &e) < 0);
	CHECK_INT(e.num, ECANCELED);
	CHECK(pthread_join(thread, NULL) == 0);
	CHECK(fakekube_watched(&f, 0, soon()));
	fakekube_order(&f, &busy);
	e = (struct err) { 0 };
	CHECK(kube_do(k, &c, NULL, now_ms() + 600000, &e) < 0); /* not even begun */
	CHECK_INT(e.num, ECANCELED);
}

TEST(kube_new_refuses_servers_that_are_none)
{
	static const char *const bad[] = { NULL, "", "ftp://x", "https://", "https://a/b?c=d" };

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct kube_config config = { .server = bad[i] };
		const struct kube_options o = { .config = &config, .agent = "test" };
		auto_kube struct kube *k = NULL;
		struct err e = { 0 };

		CHECK(kube_new(&k, &o, &e) < 0 && !k);
		CHECK_INT(e.num, EINVAL);
		CHECK(strstr(e.msg, "Kubernetes: ") == e.msg);
	}
}

TEST(kube_goes_by_the_proxy_of_its_configuration)
{
	auto_fakekube struct fakekube f = { 0 };
	struct kube_config config = { .server = "http://api.test:8080/base" };
	const struct kube_options o = { .config = &config, .agent = "test" };
	auto_kube struct kube *k = NULL;
	struct err e = { 0 };

	config.proxy = "socks5://hush@x";
	CHECK(kube_new(&k, &o, &e) < 0 && strstr(e.msg, "proxy-url") && !strstr(e.msg, "hush"));
	fakekube_start(&f);
	config.proxy = f.web.url;
	CHECK(kube_new(&k, &o, &e) == 0);
	CHECK(get(k, "/x", NULL, &e) < 0 && e.num == ENOENT);
	CHECK_INT(fakekube_count(&f, "GET /base/x"), 1);
}
