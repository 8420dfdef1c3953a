/* SPDX-License-Identifier: Apache-2.0 */
/* pb.h - protobuf: one table per message, one reader and one writer for all of them. */
#pragma once
#include "arena.h"
#include "buf.h"

enum pb_kind { PB_BOOL, PB_INT32, PB_STR, PB_STRS, PB_MSGS };

/* The last two kinds are repeated: n strings (const char **), or n structs of type sub. */
struct pb_list {
	void *v;
	size_t n;
};
struct pb_msg;
struct pb_field {
	uint32_t num;
	enum pb_kind kind;
	size_t off; /* of the member in the message's struct */
	const char *name;
	const struct pb_msg *sub;
};
struct pb_msg {
	const char *name;
	size_t size; /* of the struct */
	const struct pb_field *f;
	size_t n;
};

/* A message is a macro MESSAGE(F, T) with one F(T, number, KIND, member, sub) per field; these
 * two make its struct and its table. proto3: what is zero or empty is not on the wire. */
#define PB_MEMBER(T, num, kind, member, sub) PB_C_##kind member;
#define PB_ROW(T, num, kind, member, sub) \
	{ num, PB_##kind, offsetof(struct T, member), #member, sub },
#define PB_C_BOOL bool
#define PB_C_INT32 int32_t
#define PB_C_STR const char *
#define PB_C_STRS struct pb_list
#define PB_C_MSGS struct pb_list

void pb_encode(const struct pb_msg *m, const void *in, struct buf *out);
/* Fill the struct at out; strings and lists live in a. A string is never NULL afterwards, and UTF-8
 * without NUL. Unknown fields are passed over; EBADMSG names the field that is malformed. */
MUST int pb_decode(const struct pb_msg *m, void *out, const void *data, size_t n, struct arena *a,
		   struct err *e);
void pb_print(const struct pb_msg *m, const void *in, struct buf *out); /* for logs */
/* Append a zeroed element of a list and return it. */
void *pb_push(struct pb_list *l, size_t size, struct arena *a);
