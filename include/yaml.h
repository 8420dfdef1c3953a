/* SPDX-License-Identifier: Apache-2.0 */
/* yaml.h - YAML text to JSON values, as kubectl reads it. The only door to libyaml. */
#pragma once
#include "json.h"

enum {
	YAML_MAX = 16 * 1024 * 1024, /* bytes of a text */
	YAML_DEPTH = 64,
	YAML_KEYS = 4096,              /* of one mapping */
	YAML_ALIASED = 4 * 1024 * 1024 /* bytes, about, that aliases may add */
};
/* An array with one value for each document of the text that is not empty. Text that is JSON is
 * read as such, like kubectl does.
 *
 * Scalars are what go-yaml v2, and so Kubernetes, takes them for (YAML 1.1, less its base 60):
 * plain y yes on true and n no off false in three cases each are booleans, "" ~ null are null;
 * integers are decimal, 0x 0o 0b or with a leading 0 octal, with _ between digits; dates are
 * strings, as is all that is quoted. !!str !!int !!float !!bool !!null !!map !!seq say it
 * themselves; other tags are refused, as are .inf and .nan, which JSON has not. Keys are strings;
 * integers and booleans become such, others are refused. << merges mappings, explicit keys win.
 * Anchors hold within one document.
 *
 * NULL and EBADMSG with line and column, but never a word of the text, which may be secret: no
 * YAML, a key twice in one mapping, NUL, or more than the above allows. EFBIG: the text is too
 * long. */
struct json *yaml_parse(const char *text, size_t n, struct err *e);
/* The same from one document: NULL and EBADMSG when there are several or none. */
struct json *yaml_parse_one(const char *text, size_t n, struct err *e);
