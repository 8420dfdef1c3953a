/* SPDX-License-Identifier: Apache-2.0 */
/* labask.h - a simulated VPC to ask, without a socket: two nodes in two zones, EC2's answers read
 * as XML. */
#pragma once
#include "ec2api.h"
#include "sigv4.h"
#include "test.h"
#include "xml.h"

struct fix {
	struct world w;
	struct api api;
	struct arena a; /* of answers, and of what a test writes */
	struct api_answer r;
	struct xml *x; /* the last answer */
};
struct fix *fix_new(const char *type);
void fix_free(struct fix **fp);
#define auto_fix AUTO(fix_free)

/* How a request is signed, so that a test can spoil one thing. */
struct signer {
	struct aws_keys keys;
	const char *region, *service;
	int64_t ago_s;
	const char *spoil; /* sent instead of the right Authorization; "" sends none; NULL: right */
	const char *token; /* sent instead of the session token that was signed */
};
extern const struct signer signer_lab; /* as people sign */

/* Send a form and read the answer; its root element. */
const struct xml *ask_as(struct fix *f, const struct signer *s, const char *method,
			 const char *form);
/* Do an action; the root of the answer, NULL when it was refused. */
const struct xml *ask(struct fix *f, const char *action, const char *form);
/* "NAME=id" */
const char *form_id(struct fix *f, const char *name, const char *id);
/* Was the last answer this refusal? Words are a part of the message. */
bool ask_refused(struct fix *f, int status, const char *code, const char *words);
/* How many elements there are at a path. */
int xml_count(const struct xml *x, const char *path);
/* ENIs that pass a filter, -1: refused. */
int enis_with(struct fix *f, const char *name, const char *value);
