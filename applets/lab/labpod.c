/* SPDX-License-Identifier: Apache-2.0 */
/* labpod.c - pods by hand: add, del, check. */
#include <errno.h>
#include <stdio.h>

#include "labpod.h"
#include "podnet.h"

static int names(struct podnet *r, const char *ns, const char *name, struct err *e)
{
	podnet_name(r, ns, name, "");
	if (podnet_word(ns) && podnet_word(name))
		return 0;
	return fail(e, EINVAL, "'%s' is no name for a %s: lower-case letters, digits and '-'",
		    podnet_word(ns) ? name : ns, podnet_word(ns) ? "pod" : "namespace");
}

static int told(const char *what, const struct podnet *r, const struct err *e)
{
	fprintf(stderr, "vpcbox-lab: pod %s %s: %s\n", what, r->file, e->msg);
	return 1;
}

int labpod_add(const char *ns, const char *name, bool json)
{
	auto_json struct json *result = NULL;
	auto_buf struct buf text = { 0 };
	struct podnet r = { 0 };
	struct err e = { 0 };

	if (names(&r, ns, name, &e) < 0 || podnet_add(&r, &result, &e) < 0)
		return told("add", &r, &e);
	if (json)
		json_print(result, 4, &text);
	else
		buf_fmt(&text, "%s %s", r.file,
			json_str(json_first(json_get(result, "ips")), "address", ""));
	printf("%s\n", text.p);
	return 0;
}

int labpod_del(const char *ns, const char *name)
{
	struct podnet r = { 0 };
	struct err e = { 0 };

	if (names(&r, ns, name, &e) < 0 || podnet_del(&r, &e) < 0)
		return told("del", &r, &e);
	printf("%s deleted\n", r.file);
	return 0;
}

int labpod_check(const char *ns, const char *name)
{
	struct podnet r = { 0 };
	struct err e = { 0 };

	if (names(&r, ns, name, &e) < 0 || podnet_check(&r, &e) < 0)
		return told("check", &r, &e);
	printf("%s is wired as it should be\n", r.file);
	return 0;
}
