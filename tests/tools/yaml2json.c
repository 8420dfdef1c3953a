/* SPDX-License-Identifier: Apache-2.0 */
/* yaml2json.c - the documents of a YAML file, a line of JSON each: yaml2json <FILE. */
#include <stdio.h>

#include "file.h"
#include "yaml.h"

int main(void)
{
	auto_buf struct buf text = { 0 };
	auto_json struct json *all = NULL;
	struct err e;

	if (fd_read(0, "standard input", YAML_MAX, &text, &e) < 0)
		die("%s", e.msg);
	all = yaml_parse(text.p, text.len, &e);
	if (!all) {
		printf("%s\n", e.msg);
		return 1;
	}
	for (const struct json *j = json_first(all); j; j = json_next(j)) {
		auto_buf struct buf b = { 0 };

		json_print(j, 0, &b);
		puts(b.p);
	}
	return 0;
}
