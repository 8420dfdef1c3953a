/* SPDX-License-Identifier: Apache-2.0 */
/* fault.h - misfortune on request: "vpcbox-lab fault". What there is stands in fault.def. On the
 * loop thread. */
#pragma once
#include "json.h"
#include "lab.h"

struct fault; /* one that was asked for */

/* Make it so, until it is cleared. EINVAL says how it is spelt, or lists the kinds; ENOENT names
 * what there is not. *id is its number, 1... */
MUST int fault_add(struct lab *lab, const char *kind, const char *what, int *id, struct err *e);
/* Undo one, or all (0). ENOENT: there is none of that number. */
MUST int fault_clear(struct lab *lab, int id, struct err *e);
/* [{id, kind, what, seen}]: seen counts the calls that it has concerned. */
struct json *fault_list(const struct lab *lab);
/* The kinds as text, for --help: name, argument, what happens, a line each. */
void fault_kinds(struct buf *out);
