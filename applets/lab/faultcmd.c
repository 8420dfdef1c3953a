/* SPDX-License-Identifier: Apache-2.0 */
/* faultcmd.c - the verb "fault": ask the lab for misfortune, see it, end it. */
#include "faultcmd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "enter.h"
#include "str.h"

enum { FAILED = 1, USAGE = 100 };

static void show(const struct json *list, bool as_json)
{
	auto_buf struct buf text = { 0 };

	if (as_json) {
		json_print(list, 2, &text);
		puts(text.p);
		return;
	}
	printf("%-4s %-9s %-6s %s\n", "ID", "FAULT", "SEEN", "WHAT");
	for (const struct json *f = json_first(list); f; f = json_next(f))
		printf("%-4d %-9s %-6d %s\n", (int)json_int(f, "id", 0), json_str(f, "kind", ""),
		       (int)json_int(f, "seen", 0), json_str(f, "what", ""));
}

static int usage(const char *why)
{
	fprintf(stderr, "vpcbox-lab fault: %s; see 'vpcbox-lab fault --help'\n", why);
	return USAGE;
}

/* ID, or none for all. */
static int clear_path(const char *id, char *path, size_t size, struct err *e)
{
	uint64_t n = 0;

	if (id && (!str_u64(id, &n) || !n || n > INT32_MAX))
		return fail(e, EINVAL, "'%.40s' is not the number of a fault", id);
	snprintf(path, size, id ? "/fault/%s" : "/fault", id);
	return 0;
}

int fault_verb(const char *lab, bool as_json, const char *action, int argc, char **argv)
{
	auto_json struct json *out = NULL, *body = NULL;
	const char *method = "GET";
	struct err e = { 0 };
	char path[64] = "/fault";

	if (strcmp(action, "add") == 0 && argc == 2) {
		method = "POST";
		body = json_object();
		json_add_str(body, "kind", argv[0]);
		json_add_str(body, "what", argv[1]);
	} else if (strcmp(action, "clear") == 0 && argc <= 1) {
		method = "DELETE";
		if (clear_path(argc ? argv[0] : NULL, path, sizeof(path), &e) < 0)
			return usage(e.msg);
	} else if ((*action && strcmp(action, "list") != 0) || argc) {
		return usage("needs list, add KIND WHAT, or clear [ID]");
	}
	if (lab_tell(lab, method, path, body, &out, &e) < 0) {
		fprintf(stderr, "vpcbox-lab: fault: %s\n", e.msg);
		return FAILED;
	}
	show(out, as_json);
	return 0;
}
