/* SPDX-License-Identifier: Apache-2.0 */
/* typefind.h - where the limits of an instance type come from: the built-in table, a file of newer
 * ones, EC2. */
#pragma once
#include "arena.h"
#include "ec2limits.h"

/* "m5.large": two words of small letters, digits and dashes. */
bool type_valid(const char *type);
/* Type names as a user typed them, safe to print. */
const char *type_shown(const char *type, struct arena *a);

/* The table, and before it a file's types. Zero: the table alone. */
struct types {
	struct limits *v; /* of the file, in order of type */
	size_t n;
	const char *file; /* NULL: none */
};
/* Read a file into t: lines with tabs between columns named in the first one, as tools/limits.awk
 * takes them (type, eni_limit and ipv4_limit must be there), or the JSON of `aws ec2
 * describe-instance-types`. What a row says nothing about (an empty cell, not "-") is the table's.
 * EBADMSG names line or type, column and value. */
MUST int types_read(struct types *t, const char *path, struct arena *a, struct err *e);
/* Where it was found is in *from ("table of 2026-08", "FILE"). */
bool types_find(const struct types *t, const char *type, struct limits *out, const char **from,
		struct arena *a);
/* All of them, in order of type. */
struct limits *types_all(const struct types *t, size_t *n, struct arena *a);
/* ENOENT, with what the user may have meant: the nearest type, or the sizes that the family has. */
int types_unknown(const struct types *t, const char *type, struct arena *a, struct err *e);

/* describe.c: ask EC2 (DescribeInstanceTypes). ENOENT: it knows no such type. */
MUST int type_describe(const char *type, struct limits *out, int64_t deadline, struct err *e);
/* The type of this instance, by IMDS; in a. */
MUST int type_here(const char **type, struct arena *a, int64_t deadline, struct err *e);

/* What told, about the same type, does not know, it takes from known. */
void limits_fill(struct limits *told, const struct limits *known);

/* Names for ARCH_* and enum hypervisor. */
int arch_bit(const char *name); /* 0: no such architecture */
const char *arch_names(int archs, const char *between, struct arena *a); /* "-": not known */
const char *hypervisor_name(int hypervisor);
