/* SPDX-License-Identifier: Apache-2.0 */
/* lab_alb.c - the lab's application load balancers, without a socket: which rule a request meets,
 * what it does, which target it chooses, and the line in the log. */
#include "alb.h"
#include "labask.h"

struct app {
	const char *lb, *listener, *one, *two;
	struct alb_request q;
	struct http_headers h;
	struct alb_counts counts;
	struct alb_place p;
};

static void app_new(struct fix *f, struct app *x)
{
	f->elb.c.provision_ms = f->elb.c.register_ms = f->elb.c.health_ms = 0;
	*x = (struct app) { .lb = elb_new_lb(f, "a", "application", ""),
			    .one = elb_new_group(f, "one", "HTTP", ""),
			    .two = elb_new_group(f, "two", "HTTP", "") };
	x->listener = elb_new_listener(f, x->lb, "HTTP", 8080, x->one);
	x->q = (struct alb_request) { .method = "GET",
				      .host = "www.example.com",
				      .authority = "www.example.com",
				      .path = "/",
				      .query = "",
				      .headers = &x->h,
				      .peer = ip_v4(0x0a000007),
				      .peer_port = 4321 };
	x->p = (struct alb_place) {
		&f->elb, f->elb.listeners, f->w.subnets[0].zone, &x->counts, &x->q, &f->a
	};
}

static void rule(struct fix *f, struct app *x, int priority, const char *rest)
{
	CHECK(elb_ask(f, "CreateRule",
		      "ListenerArn=%s&Priority=%d&Actions.member.1.Type=fixed-response&Actions."
		      "member.1.FixedResponseConfig.StatusCode=200&Conditions.member.1.%s",
		      x->listener, priority, rest));
}

static int met(struct fix *f, struct app *x)
{
	return alb_match(&f->elb, f->elb.listeners, &x->q)->priority;
}

TEST(alb_patterns_have_stars_and_question_marks_and_fold_only_when_told)
{
	static const struct {
		const char *pattern, *text;
		bool fold, want;
	} cases[] = {
		{ "*.example.com", "WWW.Example.com", true, true },
		{ "*.example.com", "example.com", true, false },
		{ "/a/*", "/a/", false, true },
		{ "/a/*", "/A/x", false, false },
		{ "/img/*/x?", "/img/a/b/xy", false, true },
		{ "/img/*/x?", "/img/a/b/x", false, false },
		{ "a*b*c", "a-b-b-c-c", false, true },
		{ "", "", false, true },
		{ "", "x", false, false },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		CHECK_INT(alb_glob(cases[i].pattern, cases[i].text, cases[i].fold), cases[i].want);
	CHECK(alb_regex("^/v\\d+/(?:x|y)[\\w.]*$", "/v12/ya.b", false));
	CHECK(!alb_regex("^/v\\d+$", "/vx", false));
	CHECK(alb_regex("^WWW\\.", "www.example.com", true));
	CHECK(!alb_regex("(", "(", false));
}

TEST(alb_meets_the_rule_of_the_lowest_priority_and_else_the_default)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	struct app x;

	app_new(f, &x);
	rule(f, &x, 20, "Field=path-pattern&Conditions.member.1.Values.member.1=/a*");
	rule(f, &x, 10, "Field=path-pattern&Conditions.member.1.Values.member.1=/ab");
	rule(f, &x, 30, "Field=host-header&Conditions.member.1.Values.member.1=API.*");
	rule(f, &x, 40,
	     "Field=http-header&Conditions.member.1.HttpHeaderConfig.HttpHeaderName=X-Way"
	     "&Conditions.member.1.HttpHeaderConfig.Values.member.1=b?ta");
	rule(f, &x, 50,
	     "Field=http-request-method&Conditions.member.1.HttpRequestMethodConfig.Values.member."
	     "1=PUT");
	rule(f, &x, 60,
	     "Field=query-string&Conditions.member.1.QueryStringConfig.Values.member.1.Key=k"
	     "&Conditions.member.1.QueryStringConfig.Values.member.1.Value=V*");
	rule(f, &x, 70,
	     "Field=source-ip&Conditions.member.1.SourceIpConfig.Values.member.1=10.1.0.0/16");
	CHECK_INT(met(f, &x), 0);
	x.q.path = "/ab";
	CHECK_INT(met(f, &x), 10);
	x.q.path = "/abc";
	CHECK_INT(met(f, &x), 20);
	x.q.path = "/A";
	x.q.host = "api.x";
	CHECK_INT(met(f, &x), 30);
	x.q.host = "x";
	http_add(&x.h, "x-way", "BETA");
	CHECK_INT(met(f, &x), 40);
	x.h.v[0].value = "gamma";
	x.q.method = "PUT";
	CHECK_INT(met(f, &x), 50);
	x.q.method = "put";
	x.q.query = "a&K=vX";
	CHECK_INT(met(f, &x), 60);
	x.q.query = "k";
	x.q.peer = ip_v4(0x0a010001);
	CHECK_INT(met(f, &x), 70);
}

TEST(alb_redirects_with_the_parts_of_the_request)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	struct app x;
	struct alb_plan p;

	app_new(f, &x);
#define R "&Actions.member.1.RedirectConfig."
	CHECK(elb_ask(f, "CreateRule",
		      "ListenerArn=%s&Priority=1&Conditions.member.1.Field=path-pattern&Conditions."
		      "member.1.Values.member.1=/*&Actions.member.1.Type=redirect" R
		      "Protocol=HTTPS" R "Port=443" R "Path=/new/%%23{path}" R
		      "StatusCode=HTTP_301",
		      x.listener));
#undef R
	x.q.path = "/old/page";
	x.q.query = "q=1";
	alb_act(&x.p, alb_match(&f->elb, f->elb.listeners, &x.q), &p);
	CHECK_INT(p.status, 301);
	CHECK_STR(p.location, "https://www.example.com:443/new/old/page?q=1");
	CHECK_STR(p.did, "redirect");
	CHECK(strstr(p.body, "<h1>301 Moved Permanently</h1>"));
	x.q.query = "";
	alb_act(&x.p, alb_match(&f->elb, f->elb.listeners, &x.q), &p);
	CHECK_STR(p.location, "https://www.example.com:443/new/old/page");
	CHECK_STR(alb_expand("#{protocol} #{port} #{host} #{no} #{", &x.p),
		  "http 8080 www.example.com #{no} #{");
}

static void target(struct fix *f, const char *group, const char *ip)
{
	CHECK(elb_ask(f, "RegisterTargets",
		      "TargetGroupArn=%s&Targets.member.1.Id=%s&Targets.member.1."
		      "AvailabilityZone=all",
		      group, ip));
}

TEST(alb_shares_requests_by_weights_and_answers_503_without_a_target)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	struct app x;
	struct alb_plan p;
	int one = 0, two = 0;

	app_new(f, &x);
#define G "&Actions.member.1.ForwardConfig.TargetGroups.member."
	CHECK(elb_ask(f, "CreateRule",
		      "ListenerArn=%s&Priority=1&Conditions.member.1.Field=path-pattern&Conditions."
		      "member.1.Values.member.1=/*&Actions.member.1.Type=forward" G
		      "1.TargetGroupArn=%s" G "1.Weight=3" G "2.TargetGroupArn=%s" G "2.Weight=1",
		      x.listener, x.one, x.two));
#undef G
	alb_act(&x.p, alb_match(&f->elb, f->elb.listeners, &x.q), &p);
	CHECK_INT(p.status, 503);
	CHECK(p.kind == ALB_ANSWER && p.group);
	target(f, x.one, "10.0.0.1");
	target(f, x.two, "10.0.0.2");
	for (int i = 0; i < 1000; i++) {
		alb_act(&x.p, alb_match(&f->elb, f->elb.listeners, &x.q), &p);
		CHECK(p.kind == ALB_FORWARD);
		one += strcmp(p.group->v->name, "one") == 0;
		two += strcmp(p.group->v->name, "two") == 0;
	}
	CHECK_INT(one, 750);
	CHECK_INT(two, 250);
	alb_counts_trim(&x.counts, NULL);
}

static struct elb_health sick(void *arg, const struct tgroup *g, const struct target *t)
{
	(void)g;
	return (struct elb_health) { .reason = strcmp(arg, "all") == 0 || strcmp(arg, t->id) == 0
						       ? "T"
						       : NULL,
				     .description = "" };
}

TEST(alb_takes_healthy_targets_in_turn_and_all_of_them_when_none_is)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	struct app x;
	char arg[20] = "10.0.0.2";
	const struct tgroup *g;
	struct alb_target t;

	app_new(f, &x);
	f->elb.health = sick;
	f->elb.health_arg = arg;
	g = f->elb.groups;
	CHECK(!alb_target(&x.p, g).t);
	target(f, x.one, "10.0.0.1");
	target(f, x.one, "10.0.0.2");
	target(f, x.one, "10.0.0.3");
	CHECK_STR(alb_target(&x.p, g).t->id, "10.0.0.1");
	CHECK_STR(alb_target(&x.p, g).t->id, "10.0.0.3");
	CHECK_STR(alb_target(&x.p, g).t->id, "10.0.0.1");
	snprintf(arg, sizeof(arg), "%s", "all");
	CHECK(alb_target(&x.p, g).t);
	t = alb_target(&x.p, g);
	CHECK(strcmp(t.t->id, alb_target(&x.p, g).t->id) != 0);
	snprintf(arg, sizeof(arg), "%s", "none");
	CHECK(elb_ask(f, "ModifyTargetGroupAttributes",
		      "TargetGroupArn=%s&Attributes.member.1.Key=load_balancing.algorithm.type"
		      "&Attributes.member.1.Value=least_outstanding_requests",
		      x.one));
	*alb_count(&x.counts, alb_target(&x.p, g).busy) += 1;
	t = alb_target(&x.p, g);
	CHECK_INT(*alb_count(&x.counts, t.busy), 0);
	alb_counts_trim(&x.counts, ALB_BUSY);
	CHECK(x.counts.first);
	alb_counts_trim(&x.counts, NULL);
	CHECK(!x.counts.first);
}

TEST(alb_cookies_stick_to_a_target_and_to_nothing_when_they_are_made_up)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	struct app x;
	struct http_headers out = { 0 };
	const struct tgroup *g;
	struct alb_target t;

	app_new(f, &x);
	g = f->elb.groups;
	target(f, x.one, "10.0.0.1");
	target(f, x.one, "10.0.0.2");
	CHECK(elb_ask(f, "ModifyTargetGroupAttributes",
		      "TargetGroupArn=%s&Attributes.member.1.Key=stickiness.enabled"
		      "&Attributes.member.1.Value=true",
		      x.one));
	t = alb_target(&x.p, g);
	alb_set_cookies(&x.p, NULL, g, t.t, NULL, &out);
	CHECK_INT(out.n, 2);
	CHECK(str_prefix(out.v[0].value, "AWSALB=") && strstr(out.v[0].value, "; Path=/"));
	CHECK(str_prefix(out.v[1].value, "AWSALBCORS=") && strstr(out.v[1].value, "SameSite=None"));
	http_add(&x.h, "cookie",
		 arena_fmt(&f->a, "a=b; %.*s", (int)strcspn(out.v[0].value, ";"), out.v[0].value));
	for (int i = 0; i < 5; i++) {
		struct alb_target same = alb_target(&x.p, g);

		CHECK(same.stuck);
		CHECK_STR(same.t->id, t.t->id);
	}
	x.h.v[0].value = "AWSALB=; AWSALB=AAAA; =;;";
	CHECK(!alb_target(&x.p, g).stuck);
	alb_counts_trim(&x.counts, NULL);
}

TEST(alb_sends_headers_as_awss_does)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	struct app x;
	struct http_headers out = { 0 };

	app_new(f, &x);
	http_add(&x.h, "host", "www.example.com");
	http_add(&x.h, "connection", "close, x-mine");
	http_add(&x.h, "x-mine", "1");
	http_add(&x.h, "x-forwarded-for", "1.2.3.4");
	http_add(&x.h, "x-forwarded-proto", "gopher");
	http_add(&x.h, "bad_name", "1");
	http_add(&x.h, "accept", "*/*");
	CHECK(alb_forward_headers(&x.p, "t", &out));
	CHECK_STR(http_header(&out, "Host"), "www.example.com:8080");
	CHECK_STR(http_header(&out, "X-Forwarded-For"), "1.2.3.4, 10.0.0.7");
	CHECK_STR(http_header(&out, "X-Forwarded-Proto"), "http");
	CHECK_STR(http_header(&out, "X-Forwarded-Port"), "8080");
	CHECK_STR(http_header(&out, "X-Amzn-Trace-Id"), "t");
	CHECK_STR(http_header(&out, "x-mine"), "");
	CHECK_STR(http_header(&out, "connection"), "");
	CHECK_STR(http_header(&out, "bad_name"), "1");
	CHECK(elb_ask(
		f, "ModifyLoadBalancerAttributes",
		"LoadBalancerArn=%s&Attributes.member.1.Key=routing.http.drop_invalid_header_"
		"fields.enabled&Attributes.member.1.Value=true&Attributes.member.2.Key=routing."
		"http.xff_header_processing.mode&Attributes.member.2.Value=remove&Attributes."
		"member.3.Key=routing.http.preserve_host_header.enabled&Attributes.member.3."
		"Value=true",
		x.lb));
	out.n = 0;
	CHECK(alb_forward_headers(&x.p, "t", &out));
	CHECK_STR(http_header(&out, "bad_name"), "");
	CHECK_STR(http_header(&out, "X-Forwarded-For"), "");
	CHECK_STR(http_header(&out, "Host"), "www.example.com");
	while (x.h.n < HTTP_MAX_HEADERS)
		http_add(&x.h, "x", "y");
	out.n = 0;
	CHECK(!alb_forward_headers(&x.p, "t", &out));
	x.h.n = 0;
	CHECK(str_prefix(alb_trace(&x.q, 0x60000000, &f->a), "Root=1-60000000-"));
	http_add(&x.h, "x-amzn-trace-id", "Root=1-1-2;Sampled=1");
	CHECK(strstr(alb_trace(&x.q, 1, &f->a), ";Root=1-1-2;Sampled=1"));
}

TEST(alb_writes_awss_line_and_escapes_what_would_break_it)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	auto_buf struct buf b = { 0 };
	struct app x;

	app_new(f, &x);
	alb_log_line(&(struct alb_record) { .l = f->elb.listeners,
					    .began_ns = 1000123456789,
					    .ended_ns = 1001123456789,
					    .peer = x.q.peer,
					    .peer_port = 4321,
					    .target = "10.0.0.1:80",
					    .request_s = 0.001,
					    .target_s = 0.25,
					    .status = 200,
					    .target_status = 200,
					    .received = 3,
					    .sent = 5,
					    .method = "GET",
					    .url = "http://h:80/\"x\n",
					    .agent = "curl",
					    .group = "arn:g",
					    .trace = "Root=1",
					    .did = "forward",
					    .priority = 7 },
		     &b);
	CHECK(str_prefix(b.p, "http 1970-01-01T00:16:41.123456Z app/a/"));
	CHECK_STR(strstr(b.p, " 10.0.0.7"),
		  " 10.0.0.7:4321 10.0.0.1:80 0.001 0.250 0.000 200 200 3 5 \"GET "
		  "http://h:80/\\x22x\\x0A HTTP/1.1\" \"curl\" - - arn:g \"Root=1\" \"-\" \"-\" 7 "
		  "1970-01-01T00:16:40.123456Z \"forward\" \"-\" \"-\" \"10.0.0.1:80\" \"200\" "
		  "\"-\" \"-\" - \"-\" \"-\" \"-\"\n");
}
