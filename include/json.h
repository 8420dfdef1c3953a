/* SPDX-License-Identifier: Apache-2.0 */
/* json.h - JSON values: read by path, build, print. The only door to cJSON. */
#pragma once
#include "arena.h"
#include "buf.h"

struct json; /* a value; in fact a cJSON node */

/* n bytes of RFC 8259, at most 32 levels deep, nothing but white space behind; strings cannot hold
 * NUL. NULL and EBADMSG with the offset otherwise. Free the root with json_free(). */
struct json *json_parse(const char *text, size_t n, struct err *e);
void json_free(struct json **j);
#define auto_json AUTO(json_free)

/* Member by dotted path ("metadata.name"), or NULL; j itself at ""; keys with dots are reached with
 * json_member(). Names compare with their case; of members with one name the last counts. All of
 * these take NULL and give NULL, the default, or 0. */
const struct json *json_get(const struct json *j, const char *path);
const struct json *json_member(const struct json *j, const char *key);
const struct json *json_first(const struct json *j); /* of an array or object; then json_next() */
const struct json *json_next(const struct json *j);
size_t json_count(const struct json *j);
const char *json_key(const struct json *j); /* of a member of an object */

enum json_type {
	JSON_NONE,
	JSON_NULL,
	JSON_BOOL,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT
};
enum json_type json_type(const struct json *j); /* JSON_NONE for NULL */
const char *json_type_name(const struct json *j);
/* The value at path when it has that type, else def. */
const char *json_str(const struct json *j, const char *path, const char *def);
bool json_bool(const struct json *j, const char *path, bool def);
int64_t json_int(const struct json *j, const char *path, int64_t def); /* 1.5 and 1e30 are not */
/* Whether both say the same, whatever the order of members; NULL is like NULL alone. */
bool json_same(const struct json *a, const struct json *b);
/* A string as it is, anything else as JSON; in a. */
const char *json_words(const struct json *j, struct arena *a);
const char *json_text(const struct json *j); /* of a string, else NULL */

/* Builders. A child belongs to its parent from the call on; strings are copied; NULL is null. Keys
 * stay in order; json_add*() takes the place of a member of that name, at the end. */
struct json *json_object(void);
struct json *json_array(void);
void json_add(struct json *object, const char *key, struct json *v);
void json_add_str(struct json *object, const char *key, const char *v);
void json_add_int(struct json *object, const char *key, int64_t v);
void json_add_bool(struct json *object, const char *key, bool v);
void json_push(struct json *array, struct json *v);
void json_push_str(struct json *array, const char *v);
struct json *json_copy(const struct json *j);
void json_drop(struct json *object, const char *key); /* every member of that name, if any */
/* Of a tree that is ours to change: a member or child of it as such (NULL stays NULL); a child
 * taken out, now the caller's; a value put before the element at index `at`, or at the end. */
struct json *json_at(struct json *object, const char *key);
struct json *json_edit(struct json *parent, const struct json *child);
struct json *json_take(struct json *parent, const struct json *child);
void json_put(struct json *array, size_t at, struct json *v);

/* Text as Go's encoding/json writes it: indent 0 is one line without spaces, else that many spaces
 * a level with ": " after keys; <, > and & are escaped as Go does; empty containers are [] and {}.
 * Integers that fit 64 bits print as they are, other numbers in the shortest form. NULL is null. */
void json_print(const struct json *j, int indent, struct buf *out);
/* Append s quoted and escaped (what is not UTF-8 becomes U+FFFD), for writers of single lines. */
void json_quote(const char *s, struct buf *out);
