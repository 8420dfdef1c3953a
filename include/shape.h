/* SPDX-License-Identifier: Apache-2.0 */
/* shape.h - the structures of AWS's and Kubernetes' APIs: one table each, one writer and one reader
 * for all of them. */
#pragma once
#include "arena.h"
#include "buf.h"
#include "ip.h"
#include "json.h"
#include "str.h"
#include "xml.h"

/* How a service of AWS writes structures. Kubernetes is AWS_JSON. */
enum aws_protocol {
	AWS_EC2_QUERY, /* form in, XML out; lists are Name.N, answers have xxxSet/item */
	AWS_QUERY,     /* the same with Name.member.N and Name/member, under ActionResult */
	AWS_JSON       /* JSON 1.1 both ways, X-Amz-Target */
};

enum shape_kind {
	SHAPE_STR,   /* const char *: NULL is not sent, "" is; never NULL when read */
	SHAPE_OPT,   /* the same, but NULL when absent: for what is sent back as it was read */
	SHAPE_RAW,   /* const char *: any value as JSON text; NULL when absent; never sent */
	SHAPE_INT,   /* int64_t: 0 is not sent; 0 when absent */
	SHAPE_NUM,   /* struct shape_num: for numbers whose 0 counts */
	SHAPE_BOOL,  /* bool: sent when true; false when absent */
	SHAPE_FLAG,  /* enum shape_flag: for those whose false counts */
	SHAPE_PORT,  /* struct int_or_str: 0 and NULL are not sent, and absent */
	SHAPE_IP,    /* struct ip: family 0 is not sent, and absent */
	SHAPE_CIDR,  /* struct cidr: the same */
	SHAPE_STRS,  /* struct strs (str.h) */
	SHAPE_IPS,   /* struct ips (ip.h) */
	SHAPE_CIDRS, /* struct cidrs */
	SHAPE_ONE,   /* const struct T *: NULL is not sent, and absent */
	SHAPE_LIST,  /* struct Ts: n structs T */
	SHAPE_MAP    /* struct tags: strings by name; EC2 has none */
};
struct shape_num {
	int64_t v;
	bool set;
};
/* Kubernetes' IntOrString: the string if s is set, else the number. */
struct int_or_str {
	const char *s;
	int64_t n;
};
enum shape_flag { FLAG_UNSET, FLAG_NO, FLAG_YES };

/* What every struct Ts and list of values looks like, whatever T is. */
struct shape_list {
	void *v;
	size_t n;
};

struct shape;
struct shape_field {
	enum shape_kind kind;
	uint32_t at;             /* of the member in the struct */
	const struct shape *sub; /* ONE, LIST */
	const char *name[2];     /* as sent, as received */
};
struct shape {
	size_t size; /* of the struct */
	const struct shape_field *f;
	size_t n;
};

/* A structure is a macro FIELDS(F, T) with one F(T, KIND, member, sub, sent, received) per field;
 * sub is the name of ONE's or LIST's structure, else 0. A name "" is never sent, or never read. The
 * second name may be left out: then it is the first, in EC2 with a small first letter.
 * EC2: sent is the parameter ("SecurityGroupId", "Attachment.AttachmentId"; a list's index
 * follows), received a path in which a list says what repeats: all that match are its elements
 * ("groupSet/item/groupId", "reservationSet/item/instancesSet/item").
 * Elsewhere both are the member's name; ".member.N" and "/member" (of maps ".entry.N.key" ...) are
 * added as the protocol wants. received may be a path there too ("Certificate/DomainName").
 *
 * SHAPE_STRUCT() makes struct T, struct Ts { struct T *v; size_t n; } and declares the table
 * T_shape, which SHAPE_TABLE() defines in one .c file. */
#define SHAPE_STRUCT(T, FIELDS)         \
	struct T {                      \
		FIELDS(SHAPE_MEMBER, T) \
	};                              \
	struct T##s {                   \
		struct T *v;            \
		size_t n;               \
	};                              \
	extern const struct shape T##_shape;
#define SHAPE_TABLE(T, FIELDS)                                                   \
	static const struct shape_field T##_fields[] = { FIELDS(SHAPE_ROW, T) }; \
	const struct shape T##_shape = { sizeof(struct T), T##_fields, COUNT(T##_fields) };

/* The table of struct Ts itself, for actions that answer a list and no more. */
#define AWS_LIST(T, received)                                   \
	static const struct shape_field T##s_fields[] = {       \
		{ SHAPE_LIST, 0, &T##_shape, { "", received } } \
	};                                                      \
	static const struct shape T##s_shape = { sizeof(struct T##s), T##s_fields, 1 };

#define SHAPE_MEMBER(T, kind, member, sub, ...) SHAPE_C_##kind(sub) member;
#define SHAPE_ROW(T, kind, member, sub, ...) \
	{ SHAPE_##kind, offsetof(struct T, member), SHAPE_SUB_##kind(sub), { __VA_ARGS__ } },
#define SHAPE_C_STR(sub) const char *
#define SHAPE_C_OPT(sub) const char *
#define SHAPE_C_RAW(sub) const char *
#define SHAPE_C_INT(sub) int64_t
#define SHAPE_C_NUM(sub) struct shape_num
#define SHAPE_C_BOOL(sub) bool
#define SHAPE_C_FLAG(sub) enum shape_flag
#define SHAPE_C_PORT(sub) struct int_or_str
#define SHAPE_C_IP(sub) struct ip
#define SHAPE_C_CIDR(sub) struct cidr
#define SHAPE_C_STRS(sub) struct strs
#define SHAPE_C_IPS(sub) struct ips
#define SHAPE_C_CIDRS(sub) struct cidrs
#define SHAPE_C_ONE(sub) const struct sub *
#define SHAPE_C_LIST(sub) struct sub##s
#define SHAPE_C_MAP(sub) struct tags
#define SHAPE_SUB_STR(sub) NULL
#define SHAPE_SUB_OPT(sub) NULL
#define SHAPE_SUB_RAW(sub) NULL
#define SHAPE_SUB_INT(sub) NULL
#define SHAPE_SUB_NUM(sub) NULL
#define SHAPE_SUB_BOOL(sub) NULL
#define SHAPE_SUB_FLAG(sub) NULL
#define SHAPE_SUB_PORT(sub) NULL
#define SHAPE_SUB_IP(sub) NULL
#define SHAPE_SUB_CIDR(sub) NULL
#define SHAPE_SUB_STRS(sub) NULL
#define SHAPE_SUB_IPS(sub) NULL
#define SHAPE_SUB_CIDRS(sub) NULL
#define SHAPE_SUB_ONE(sub) &sub##_shape
#define SHAPE_SUB_LIST(sub) &sub##_shape
#define SHAPE_SUB_MAP(sub) NULL

/* As a JSON object. */
struct json *shape_json(const struct shape *s, const void *in);
/* Fill the struct at out from an element, NULL: nothing is there; strings and lists live in a
 * (strings from XML are the tree's own). EBADMSG names the field and the value that cannot be read,
 * after the struct's first string. */
MUST int shape_get(const struct shape *s, void *out, const struct xml *x, enum aws_protocol p,
		   struct arena *a, struct err *e);
MUST int shape_get_json(const struct shape *s, void *out, const struct json *j, struct arena *a,
			struct err *e);

/* Tags have the same form in every service. */
#define TAG(F, T)                \
	F(T, STR, key, 0, "Key") \
	F(T, STR, value, 0, "Value")
SHAPE_STRUCT(tag, TAG)
const char *tag_get(const struct tags *t, const char *key); /* NULL when absent */

/* Read what shape_json() has written: members by the names they are sent by; what is absent is
 * unset, strings too. */
MUST int shape_get_sent(const struct shape *s, void *out, const struct json *j, struct arena *a,
			struct err *e);
/* Give every string that is set, at any depth, to fn, which may put another in its place. */
void shape_strings(const struct shape *s, void *at, void (*fn)(const char **text, void *arg),
		   void *arg);

/* A copy of in, whole and in one piece of memory: behind head zeroed bytes (rounded up to 8) that
 * the caller has use for. Strings that are equal mostly share their bytes: none may be written to.
 * To be freed with free(). */
void *shape_copy(const struct shape *s, const void *in, size_t head);
/* The same in a, without a head. */
void *shape_dup(const struct shape *s, const void *in, struct arena *a);

/* As few bytes as it takes, for what is kept a thousand times and seldom looked at. */
void shape_pack(const struct shape *s, const void *in, struct buf *out);
/* What shape_pack() wrote, and nothing else: to what is behind it. Strings of out are among the
 * bytes at at, structures and lists in a. */
const char *shape_unpack(const struct shape *s, const char *at, void *out, struct arena *a);

/* Whether two structs say the same, in the members from offset `from` on. */
bool shape_same(const struct shape *s, const void *a, const void *b, size_t from);

/* ---- for writers of further forms */

struct shape_text {
	char s[64];
};
/* A single value as text, in t unless it is a string; NULL when it is not to be sent. */
const char *shape_scalar(enum shape_kind kind, const void *at, struct shape_text *t);
/* The i-th value of a list as text, in t unless it is a string. */
const char *shape_element(enum shape_kind kind, struct shape_list l, size_t i,
			  struct shape_text *t);
bool shape_is_list(const struct shape_field *f);
size_t shape_element_size(const struct shape_field *f); /* of a list */
struct shape_list shape_list_at(const void *at);
const void *shape_pointer_at(const void *at);
