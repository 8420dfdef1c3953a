/* SPDX-License-Identifier: Apache-2.0 */
/* labask.h - a simulated VPC to ask, without a socket: two nodes in two zones, the services'
 * answers read as XML or JSON. */
#pragma once
#include "acmlab.h"
#include "ec2api.h"
#include "elb.h"
#include "json.h"
#include "sigv4.h"
#include "test.h"
#include "xml.h"

struct fix {
	struct world w;
	struct elb elb; /* AWS's delays; now is 1000 until a test moves it */
	struct acm acm;
	struct api api;
	struct arena a; /* of answers, and of what a test writes */
	struct api_answer r;
	struct xml *x;  /* the last answer */
	struct json *j; /* the same of Certificate Manager */
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

/* Do an action of Elastic Load Balancing; what is in its ActionResult, NULL: refused. */
const struct xml *elb_ask(struct fix *f, const char *action, const char *fmt, ...) FMT(3, 4);
bool elb_refused(struct fix *f, const char *code, const char *words);
/* Did it refuse, with this? One line in a test that lists what is refused. */
#define CHECK_REFUSED(f, code, words, ...)          \
	do {                                        \
		CHECK(!elb_ask(f, __VA_ARGS__));    \
		CHECK(elb_refused(f, code, words)); \
	} while (0)
/* Things to work with: their ARNs. Rest is more of the form, or "". */
const char *elb_new_lb(struct fix *f, const char *name, const char *type, const char *rest);
const char *elb_new_group(struct fix *f, const char *name, const char *protocol, const char *rest);
const char *elb_new_listener(struct fix *f, const char *lb, const char *protocol, int port,
			     const char *group);
/* The value of an attribute in the last answer, "" when it is not there. */
const char *elb_attr(struct fix *f, const char *key);
/* The state, a slash, the reason of the only target of a group; "" when there is none. */
const char *elb_state(struct fix *f, const char *group);

/* Do an action of Certificate Manager; NULL: refused. */
const struct json *acm_ask(struct fix *f, const char *action, const char *body);
bool acm_refused(struct fix *f, const char *code, const char *words);
/* A certificate that is issued. */
const char *acm_new(struct fix *f, const char *domain);
