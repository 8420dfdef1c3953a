/* SPDX-License-Identifier: Apache-2.0 */
/* jsonlines.h - a session with AWS for a test in Python: each line of standard input is `ACTION
 * JSON`, and is answered by a line, {"answer":...} or {"error":{"code","class","message"}}. */
#pragma once
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws.h"
#include "clock.h"

#define PATIENCE_MS 60000

/* One call: NULL and e when it is refused. */
typedef struct json *jsonlines_fn(struct aws *w, const char *line, struct arena *a, struct err *e);

static void jsonlines_print(const struct json *j)
{
	auto_buf struct buf text = { 0 };

	json_print(j, 0, &text);
	puts(text.p);
	fflush(stdout);
}

static const char *jsonlines_class(int num)
{
	static const struct {
		int num;
		const char *name;
	} all[] = { { EAGAIN, "EAGAIN" }, { ENOENT, "ENOENT" },  { EEXIST, "EEXIST" },
		    { EDQUOT, "EDQUOT" }, { EACCES, "EACCES" },  { EINVAL, "EINVAL" },
		    { EIO, "EIO" },       { EBADMSG, "EBADMSG" } };

	for (size_t i = 0; i < COUNT(all); i++)
		if (all[i].num == num)
			return all[i].name;
	return strerror(num);
}

static void jsonlines_answer(struct aws *w, const char *line, jsonlines_fn *call)
{
	auto_arena struct arena a = { 0 };
	auto_json struct json *said = json_object();
	struct err e = { 0 };
	struct json *answer = call(w, line, &a, &e), *error;

	if (answer) {
		json_add(said, "answer", answer);
	} else {
		error = json_object();
		json_add_str(error, "code", e.code);
		json_add_str(error, "class", jsonlines_class(e.num));
		json_add_str(error, "message", e.msg);
		json_add(said, "error", error);
	}
	jsonlines_print(said);
}

/* Until the end of standard input; the session is made by the environment. The exit status. */
static int jsonlines_serve(const char *program, jsonlines_fn *call)
{
	auto_aws struct aws *w = NULL;
	char *line = NULL;
	size_t cap = 0;
	struct err e;

	if (aws_new(&w, NULL, now_ms() + PATIENCE_MS, &e) < 0) {
		fprintf(stderr, "%s: %s\n", program, e.msg);
		return 1;
	}
	while (getline(&line, &cap, stdin) > 0) {
		line[strcspn(line, "\n")] = '\0';
		jsonlines_answer(w, line, call);
	}
	free(line);
	return 0;
}
