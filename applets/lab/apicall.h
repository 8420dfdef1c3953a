/* SPDX-License-Identifier: Apache-2.0 */
/* apicall.h - one request of AWS's query protocol from bytes to answer: what all services of the
 * lab share. A service is a table of actions and two envelopes. */
#pragma once
#include "buf.h"
#include "json.h"
#include "labapi.h"
#include "shape.h"
#include "str.h"

struct param {
	const char *name, *value; /* decoded */
	const char *plain;        /* the name without numbers: "Filter.Value" */
	bool used;                /* a shape has read it */
};
struct api_call {
	struct api *api;
	struct world *w;
	struct arena *a;    /* of the request: lives until the answer has been sent */
	const char *caller; /* "node1", or "lab" for people */
	const char *action; /* "" when the request has none */
	struct param *params;
	size_t nparams;
	struct json *body; /* of a service that speaks JSON */
	const void *in;    /* the parameters, when the action has a shape */
	int takes_ms;
	char request_id[40];
	struct buf *out; /* what a handler writes: the inside of the envelope */
};
/* n bytes without their %XX, and in a form + as space; NULL when they are not well written. */
const char *percent_decode(const char *s, size_t n, bool form, struct arena *a);
/* From text in application/x-www-form-urlencoded. */
MUST int params_parse(struct api_call *c, const char *text, struct err *e);
/* The value of a parameter; NULL when it is absent or empty. */
const char *param(const struct api_call *c, const char *name);
/* The same, "" when it is there and empty. */
const char *param_given(const struct api_call *c, const char *name);
/* NAME.1, NAME.2, ... up to the first that is absent. */
struct strs param_list(const struct api_call *c, const char *name);
/* A number from 0 to most, def when absent; InvalidParameterValue names the parameter. */
MUST int param_int(const struct api_call *c, const char *name, int def, int most, int *out,
		   struct err *e);
MUST int param_bool(const struct api_call *c, const char *name, bool def, bool *out, struct err *e);

struct api_action {
	const char *name;
	/* All parameters it takes, numbers left out ("Filter.Value"); "!" behind: it must be there.
	 */
	const char *params;
	int (*fn)(struct api_call *c, struct err *e); /* a refusal has its code in e->code */
	int takes;                                    /* times world_config.call_ms */
	const struct shape *in;                       /* instead of params: what c->in is then */
};
/* MissingParameter for what the action needs, UnknownParameter for what it does not take. */
MUST int params_check(const struct api_call *c, const struct api_action *action, struct err *e);

struct api_service {
	const char *name, *version; /* "ec2", "2016-11-15"; no version: JSON */
	const struct api_action *actions;
	size_t nactions;
	void (*wrap)(const struct api_call *c, struct buf *out); /* c->out in its envelope */
	void (*refusal)(const struct api_call *c, const struct err *e, struct buf *out);
};
struct api_answer {
	int status;
	const char *body; /* in the arena of the request */
	size_t len;
	int takes_ms;
	const char *type; /* NULL: XML */
};
/* One line of JSON for one call; of its parameters no credentials. */
void api_log(const struct api_service *s, const struct api_call *c, int status,
	     const struct err *e);
/* Check, do, log and answer one request; c->arg is the struct api. Sends nothing. */
void api_answer(const struct api_service *s, struct httpd_call *c, struct api_answer *out);
/* The same, sent after as long as it takes. */
void api_serve(const struct api_service *s, struct httpd_call *c);
/* The service that a request is signed for, or "". */
const char *api_scope_service(const struct httpd_call *c, struct arena *a);
/* Refuse a call as --fail and --throttle say (apifault.c); done: after it was done. */
MUST int api_fault(struct api_call *c, bool done, struct err *e);
MUST int api_throttle(const struct api_service *s, struct api_call *c, struct err *e);
/* Call fn from the loop in ms; arg is borrowed until then. */
void api_later(struct api *api, int ms, void (*fn)(struct api *api, void *arg), void *arg);

/* Whose credentials signed the request (AWS Signature Version 4 in the Authorization header):
 * "node1", or "lab". Refusals have EC2's codes. */
MUST int api_signer(const struct api *api, const struct httpd_call *c, const char *service,
		    const char **who, struct arena *a, struct err *e);

/* The request's parameters in the query protocol (lists are NAME.member.N), or its JSON, into a new
 * struct of the shape. ValidationError names what cannot be read and what the shape has not. */
MUST int shape_read(struct api_call *c, const struct shape *s, const void **out, struct err *e);
/* A struct as the query protocol answers it. NULL is left out, and a list of nothing unless its v
 * is list_shown. */
void shape_xml(struct buf *b, const struct shape *s, const void *in);
extern void *const list_shown;

/* c->out, or a refusal, in the envelope of query protocols other than EC2's. */
void query_wrap(const struct api_call *c, const char *xmlns, struct buf *out);
void query_refusal(const struct api_call *c, const struct err *e, const char *xmlns,
		   struct buf *out);
/* <name>text</name>, escaped. */
void xml_el(struct buf *b, const char *name, const char *text);
void xml_el_int(struct buf *b, const char *name, int64_t v);
void xml_el_bool(struct buf *b, const char *name, bool v);
