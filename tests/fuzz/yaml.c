/* SPDX-License-Identifier: Apache-2.0 */
/* yaml.c - what YAML becomes is JSON, which read as YAML again becomes the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "fuzz: %s\n", what);
	abort();
}

static unsigned depth(const struct json *j)
{
	unsigned most = 0;

	for (const struct json *k = json_first(j); k; k = json_next(k)) {
		unsigned d = depth(k);

		most = d > most ? d : most;
	}
	return most + 1;
}

/* Print what is read, read it again, as a JSON object, for JSON may hold what YAML may not. What is
 * not UTF-8 is replaced by the first printing. */
static void print_and_read(struct json **j, struct buf *out)
{
	struct err e = { 0 };

	buf_str(out, "{\"v\":");
	json_print(json_type(*j) == JSON_ARRAY ? *j : json_member(*j, "v"), 0, out);
	buf_str(out, "}");
	json_free(j);
	*j = yaml_parse_one(out->p, out->len, &e);
	must(*j, "its own JSON is refused");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = { 0 };
	auto_json struct json *j = yaml_parse((const char *)data, size, &e);
	auto_buf struct buf first = { 0 }, one = { 0 }, other = { 0 };

	if (!j) {
		must(e.num && *e.msg, "a failure without words");
		return 0;
	}
	must(json_type(j) == JSON_ARRAY && depth(j) <= YAML_DEPTH + 2, "too deep");
	if (size > YAML_MAX / 64 || depth(j) > 30)
		return 0;
	print_and_read(&j, &first);
	print_and_read(&j, &one);
	print_and_read(&j, &other);
	must(strcmp(one.p, other.p) == 0, "its own JSON is read otherwise");
	return 0;
}
