/* SPDX-License-Identifier: Apache-2.0 */
/* people.h - what lbctl's commands for people share: options, objects from files or the cluster,
 * AWS. */
#pragma once
#include "lboptions.h"
#include "pass.h"
#include "progress.h"

struct eks_asker {
	struct aws *aws;
	const struct kube_config *config;
};
struct people {
	struct lboptions o;
	struct arena mem;
	const char *files[64]; /* -f */
	size_t nfiles;
	bool cluster; /* --cluster: what the API server has */
	bool json, colour;
	const char *plan; /* --plan FILE */
	const char *command;
	struct progress *progress; /* told what is done, and tells it when it takes long */
	/* of single commands */
	const char *ns;              /* -n */
	bool verbose;                /* -v */
	const char *balancer;        /* --load-balancer NAME */
	const char *method, *source; /* --method, --source */
	const char *headers[32];     /* --header */
	size_t nheaders;
	/* What a pass would have said in events, of the owner it looks at now. */
	struct people_note {
		const char *about, *reason, *text;
	} * notes;
	size_t nnotes, notes_cap;

	struct aws *aws;
	struct kube_config kube_config;
	struct eks_asker eks;
	struct kube *kube; /* NULL: none is asked */
	struct elbindex *index;
	struct awsfacts *facts;
	struct snapshot objects;
	struct passenv env;
};
/* Help that was asked for is printed: 0. 1: go on. -1: a usage error or the like was told. argv
 * without our own options goes to lboptions_read(); what is left are operands, *n of them. */
int people_start(struct people *p, const char *command, const char *help, int *argc, char ***argv);
/* AWS session, VPC, and the API server when it is asked for. */
MUST int people_open(struct people *p, struct err *e);
MUST int people_open_kube(struct people *p, struct err *e); /* the API server alone, later */
/* Objects: of the files, over those of the cluster. EBADMSG names file and document. */
MUST int people_read(struct people *p, struct err *e);
/* "lbctl COMMAND: WORDS" to stderr. */
void people_tell(const struct people *p, const char *fmt, ...) FMT(2, 3);
/* The same; the exit status that it means. */
int people_sorry(const struct people *p, const struct err *e);
/* JSON to stdout; the exit status: 0, or 1 when it cannot be written. */
int people_print(struct json **j);
enum { PEOPLE_USAGE = 100 };
void people_free(struct people *p);
#define auto_people AUTO(people_free)

/* controller.c: the session and the VPC that the flags say; its calls are counted in metrics that
 * may be NULL. */
MUST int open_aws(const struct lboptions *o, struct lbconfig *c, struct metrics *counted,
		  struct aws **out, struct arena *a, struct err *e);
/* controller.c: a kube_options.token; arg is a struct eks_asker. */
int eks_token(void *arg, char *text, size_t size, int64_t *until, struct err *e);

/* Each owner of ours: a Service or a group. */
struct owner {
	bool service;
	const char *ns, *name; /* of a group: its id */
};
struct owners {
	struct owner *v;
	size_t n;
};
/* *bad: how many objects were left out, which was told. */
struct owners people_owners(struct people *p, size_t *bad);
const char *owner_name(const struct owner *o, struct arena *a); /* "Service default/web" */
/* A dry pass; the plan is in *out, what it said in p->notes. */
MUST int people_plan(struct people *p, const struct owner *o, struct pass *out, struct err *e);

int cmd_plan(int argc, char **argv);
int cmd_apply(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_route(int argc, char **argv);
int cmd_status(int argc, char **argv);
