/* SPDX-License-Identifier: Apache-2.0 */
/* lb_optimise.c - rules that cannot match, and redirects that would go in circles
 * (spec-lbc-alb 14.7). */
#include "ingressbuild.h"
#include "test.h"

/* "host=a,b path=/x path~r method=GET > redirect host=h path=/p port=443 ..." or "> fixed". */
struct rule {
	const char *hosts, *paths, *regexes, *method;
	bool redirect;
	const char *to_host, *to_path, *to_port, *to_protocol, *to_query;
};

static void add(struct ingress_rules *l, const struct rule *r, struct arena *a)
{
	struct ingress_rule *out = &l->v[l->n++];

	out->conditions.v = arena_get(a, 3 * sizeof(*out->conditions.v));
	if (r->method) {
		out->conditions.v[out->conditions.n].field = "http-request-method";
		strs_add(&out->conditions.v[out->conditions.n++].methods, r->method, a);
	}
	if (r->hosts)
		out->conditions.v[out->conditions.n++] =
			(struct elb_condition) { .field = "host-header",
						 .hosts = str_split(r->hosts, ",", a) };
	if (r->paths || r->regexes) {
		struct elb_condition *c = &out->conditions.v[out->conditions.n++];

		c->field = "path-pattern";
		if (r->paths)
			c->paths = str_split(r->paths, ",", a);
		if (r->regexes)
			c->path_regexes = str_split(r->regexes, ",", a);
	}
	out->actions = (struct elb_actions) { NEW(a, struct elb_action), 1 };
	out->actions.v[0].type = r->redirect ? "redirect" : "fixed-response";
	if (r->redirect) {
		struct elb_redirect *d = NEW(a, struct elb_redirect);

		*d = (struct elb_redirect) { r->to_protocol, r->to_port,  r->to_host,
					     r->to_path,     r->to_query, "HTTP_301" };
		out->actions.v[0].redirect = d;
	}
	out->tags = (const void *)r; /* to know it again */
}

/* Which of the rules stay, as digits; behind port 443. */
static const char *kept(const struct rule *v, size_t n, struct arena *a)
{
	static const struct ingress_listener at = { .port = 443, .https = true };
	struct ingress_rules l = { arena_get(a, n * sizeof(*l.v)), 0 };
	char *out = arena_get(a, n + 1);

	for (size_t i = 0; i < n; i++)
		add(&l, &v[i], a);
	ingress_optimise(&at, &l, a);
	for (size_t i = 0; i < l.n; i++)
		out[i] = (char)('1' + ((const struct rule *)(const void *)l.v[i].tags - v));
	return out;
}

#define KEPT(want, ...)                                         \
	do {                                                    \
		static const struct rule v[] = { __VA_ARGS__ }; \
		auto_arena struct arena a = { 0 };              \
                                                                \
		CHECK_STR(kept(v, COUNT(v), &a), want);         \
	} while (0)
#define TO .redirect = true
#define ALL "#{query}"

TEST(a_redirect_of_everything_hides_what_is_behind_it)
{
	KEPT("13", { .hosts = NULL, .paths = "/www", TO, .to_path = "/app" },
	     { .hosts = NULL, .paths = "/*", TO },
	     { .hosts = NULL, .paths = "/app" }); /* the second one is a circle */
	KEPT("12", { .hosts = NULL, .paths = "/www", TO, .to_path = "/app" },
	     { .hosts = NULL, .paths = "/*", TO, .to_host = "home.example.com" },
	     { .hosts = NULL, .paths = "/app" });
	/* expressions are compared as text */
	KEPT("12", { .regexes = "^/.*$", TO, .to_host = "x" }, { .regexes = "^/api/.*" });
	KEPT("1", { .regexes = "^/a$", TO, .to_host = "x" }, { .regexes = "^/a$" });
	/* other conditions let requests past */
	KEPT("12", { .hosts = NULL, .paths = "/*", TO, .to_host = "x", .method = "GET" },
	     { .hosts = NULL, .paths = "/a" });
	/* what is no redirect hides nothing */
	KEPT("12", { .hosts = NULL, .paths = "/*" }, { .hosts = NULL, .paths = "/a" });
}

TEST(a_redirect_hides_subsets_of_its_hosts_and_paths_only)
{
	KEPT("1", { .hosts = "www,app", .paths = NULL, TO, .to_host = "x" },
	     { .hosts = "app", .paths = "/a" });
	KEPT("12", { .hosts = "www", .paths = NULL, TO, .to_host = "x" },
	     { .hosts = "home", .paths = "/a" });
	KEPT("12", { .hosts = "www", .paths = NULL, TO, .to_host = "x" },
	     { .hosts = NULL, .paths = "/a" });
	KEPT("1", { .hosts = NULL, .paths = "/www,/*", TO, .to_host = "x" },
	     { .hosts = NULL, .paths = "/home" });
	KEPT("1", { .hosts = NULL, .paths = "/www,/*", TO, .to_host = "x" }, { .hosts = "a" });
	KEPT("12", { .hosts = NULL, .paths = "/www", TO, .to_host = "x" }, { .hosts = "a" });
	KEPT("12", { .hosts = "a,b", .paths = "/x", TO, .to_host = "x" },
	     { .hosts = "a", .paths = "/x,/y" });
	KEPT("1", { .hosts = "a,b", .paths = "/x,/y", TO, .to_host = "x" },
	     { .hosts = "b", .paths = "/y" });
	/* a hidden redirect hides nothing itself */
	KEPT("13", { .hosts = "a", .paths = "/*", TO, .to_host = "x" },
	     { .hosts = "a", .paths = "/b", TO, .to_host = "y" }, { .hosts = "c", .paths = "/b" });
}

TEST(redirects_to_themselves_are_left_out)
{
	KEPT("", { .hosts = "a", .paths = "/b", TO });
	KEPT("", { .hosts = "a",
		   .paths = "/b",
		   TO,
		   .to_host = "#{host}",
		   .to_path = "/#{path}",
		   .to_port = "#{port}",
		   .to_protocol = "#{protocol}",
		   .to_query = ALL });
	KEPT("", { .hosts = "a,b", .paths = "/b", TO, .to_host = "b" });
	KEPT("1", { .hosts = "a,b", .paths = "/b", TO, .to_host = "c" });
	KEPT("1", { .hosts = NULL, .paths = "/b", TO, .to_host = "c" });
	KEPT("", { .hosts = "a", .paths = "/b,/c", TO, .to_path = "/c" });
	KEPT("1", { .hosts = "a", .paths = "/b,/c", TO, .to_path = "/d" });
	KEPT("", { .hosts = "a", .paths = "/b", TO, .to_port = "443" });
	KEPT("1", { .hosts = "a", .paths = "/b", TO, .to_port = "80" });
	KEPT("", { .hosts = "a", .paths = "/b", TO, .to_protocol = "HTTPS" });
	KEPT("1", { .hosts = "a", .paths = "/b", TO, .to_protocol = "HTTP" });
	KEPT("1", { .hosts = "a", .paths = "/b", TO, .to_query = "a=b" });
	KEPT("1", { .hosts = "a", .regexes = "^/b$", TO });
}
