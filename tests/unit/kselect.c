/* SPDX-License-Identifier: Apache-2.0 */
/* kselect.c - selectors: all operators, and texts that are none. */
#include <stdlib.h>

#include "kselect.h"
#include "test.h"

static const char text[] =
	"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"labels\":"
	"{\"app\":\"echo\",\"n\":\"5\"}},\"spec\":{\"nodeName\":\"n1\",\"hostNetwork\":true},"
	"\"status\":{\"phase\":\"Running\"}}";

/* 1, 0, or -1: refused. */
static int selected(const char *labels, const char *fields, struct err *e)
{
	struct kstore *s = kstore_new();
	auto_arena struct arena a = { 0 };
	struct kobj o = { .res = kstore_resource(s, "", "pods"),
			  .ns = "d",
			  .name = "p",
			  .text = text,
			  .len = sizeof(text) - 1 };
	struct kselect k;
	int rc;

	*e = (struct err) { 0 };
	rc = kselect_parse(&k, o.res, labels, fields, &a, e) < 0 ? -1 : kselect_match(&k, &o);
	kstore_free(&s);
	return rc;
}

TEST(kselect_knows_all_operators)
{
	static const struct {
		const char *labels, *fields;
		int want;
	} rows[] = {
		{ "", "", 1 },
		{ "app=echo", NULL, 1 },
		{ "app==echo,n=5", NULL, 1 },
		{ "app!=echo", NULL, 0 },
		{ "none!=x", NULL, 1 },
		{ "app in (a, echo)", NULL, 1 },
		{ "app notin (a,b)", NULL, 1 },
		{ "app", NULL, 1 },
		{ "!app", NULL, 0 },
		{ "! none , app", NULL, 1 },
		{ "n>4", NULL, 1 },
		{ "n<5", NULL, 0 },
		{ "app>4", NULL, 0 },
		{ "app=", NULL, 0 },
		{ NULL, "metadata.name=p", 1 },
		{ NULL, "metadata.namespace!=d", 0 },
		{ NULL, "spec.nodeName=n1,status.phase==Running", 1 },
		{ NULL, "spec.nodeName=", 0 },
		{ NULL, "status.podIP=", 1 },
		{ NULL, "spec.hostNetwork=true", 1 },
	};
	struct err e;

	for (size_t i = 0; i < COUNT(rows); i++) {
		int got = selected(rows[i].labels, rows[i].fields, &e);

		if (got != rows[i].want)
			printf("# %s %s %s\n", rows[i].labels, rows[i].fields, e.msg);
		CHECK_INT(got, rows[i].want);
	}
}

TEST(kselect_refuses_what_is_no_selector)
{
	static const char *const bad[] = { "a in",   "a in (", "a in (b", "a like b", "=b",
					   "a,,b=(", "(",      "!",       "a=b c" };
	struct err e;

	for (size_t i = 0; i < COUNT(bad); i++) {
		CHECK_INT(selected(bad[i], NULL, &e), -1);
		CHECK_STR(e.code, "BadRequest");
	}
	CHECK_INT(selected(NULL, "spec.wrong=1", &e), -1);
	CHECK_STR(e.msg, "field label not supported: spec.wrong");
	CHECK_INT(selected(NULL, "metadata.name", &e), -1);
	CHECK_INT(selected(NULL, "metadata.name in (a,b)", &e), -1);
}
