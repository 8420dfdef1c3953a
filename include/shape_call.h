/* SPDX-License-Identifier: Apache-2.0 */
/* shape_call.h - AWS's actions by their rows: one call, every page, every element of every page. */
#pragma once
#include "aws.h"
#include "shape.h"

/* Append a struct's fields as parameters. */
void shape_put(const struct shape *s, const void *in, enum aws_protocol p, struct aws_params *out);

/* ---- actions */

struct aws_action {
	enum aws_service service;
	const char *name;             /* "DescribeListeners" */
	const struct shape *in, *out; /* NULL: nothing is sent, or nothing that counts comes back */
	bool repeatable;              /* as in struct aws_request */
	/* Paged actions: names of the token as sent and as received, and of the list (a field of
	 * out, by its received name as written there). NULL: not paged. */
	const char *token_in, *token_out, *list;
};
/* One call; a paged action: its first page. out is zeroed first. EIO when EC2 answers
 * "<return>false</return>". */
MUST int aws_do(struct aws *w, const struct aws_action *act, const void *in, void *out,
		struct arena *a, int64_t deadline, struct err *e);
/* The same as somebody else: a role that was assumed. keys NULL: the session's own. */
MUST int aws_do_as(struct aws *w, const struct aws_keys *keys, const struct aws_action *act,
		   const void *in, void *out, struct arena *a, int64_t deadline, struct err *e);
/* For wrappers, of an answer without what it must have: EBADMSG "ACTION: why", and e->unsure, for
 * the action was done. */
int aws_useless(const struct aws_action *act, const char *why, struct err *e);
/* Every page; the list has them all, other fields are the last page's. More than 1000 pages are
 * EFBIG, a page that names itself as the next EBADMSG. */
MUST int aws_all(struct aws *w, const struct aws_action *act, const void *in, void *out,
		 struct arena *a, int64_t deadline, struct err *e);
/* Every page, each element of the list given to fn once it is there and forgotten: memory is
 * bounded by one of them (in AWS_JSON by one page). fn sees an element twice when a page had to be
 * asked for again; when it fails, so does the call. */
MUST int aws_each(struct aws *w, const struct aws_action *act, const void *in,
		  int (*fn)(const void *item, void *arg, struct err *e), void *arg,
		  int64_t deadline, struct err *e);
