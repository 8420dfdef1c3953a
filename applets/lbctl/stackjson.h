/* SPDX-License-Identifier: Apache-2.0 */
/* stackjson.h - what the writers of a stack's JSON share. */
#pragma once
#include "stack.h"

/* Members that are left out when they are empty; lists and maps are taken. */
void stackjson_text(struct json *j, const char *key, const char *v);
void stackjson_num(struct json *j, const char *key, struct shape_num v);
void stackjson_list(struct json *j, const char *key, struct json *list);
void stackjson_strs(struct json *j, const char *key, const struct strs *v);
void stackjson_map(struct json *j, const char *key, const struct tags *v); /* sorted by key */
void stackjson_attributes(struct json *j, const char *key, const struct tags *v,
			  const char *const names[2]);
/* Text, or what it refers to. */
void stackjson_token(struct json *j, const char *key, const char *v);

struct json *stackjson_listener(const struct stack_listener *l);
struct json *stackjson_rule(const struct stack_rule *r);
