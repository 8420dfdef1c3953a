/* SPDX-License-Identifier: Apache-2.0 */
/* kube.h - a client of the Kubernetes API: configuration, one call, patches. Blocking: for jobs.
 * Thread-safe: any number of threads may call on one client at once. Watching: kubewatch.h. */
#pragma once
#include "arena.h"
#include "json.h"
#include "kubeobj.h"

/* Where the API server is and who we are. */
struct kube_config {
	const char *server;          /* "https://10.0.0.1:443/base" */
	const char *ca, *cert, *key; /* PEM text; ca NULL: the system's bundle */
	const char *server_name;     /* for SNI and the certificate's check; NULL: the host */
	const char *proxy;      /* "http://HOST:PORT"; NULL: as the environment says (proxy.h) */
	const char *token;      /* secret; NULL: none */
	const char *token_file; /* before token; read again once a minute, as it is rotated */
	const char *ns;         /* of the context or the pod; "default" */
	bool insecure;          /* insecure-skip-tls-verify: said at start */
	/* The exec stanza that would have called `aws eks get-token`: names to sign a token for.
	 * cluster NULL: none. */
	const char *eks_cluster, *eks_region, *eks_role, *eks_profile;
};
/* path NULL: $KUBECONFIG (the first of its files that is there), else the pod's service account
 * (/var/run/secrets/kubernetes.io/serviceaccount and KUBERNETES_SERVICE_HOST, _PORT), else
 * ~/.kube/config. context NULL: the current one. Relative paths are those of the file's folder.
 * EINVAL names file, context and field; ENOTSUP: an exec plugin that is not ours to run, or an auth
 * provider, by name. Strings live in a. */
MUST int kube_config_load(struct kube_config *out, const char *path, const char *context,
			  struct arena *a, struct err *e);

struct kube;
struct kube_options {
	const struct kube_config *config; /* copied */
	const char *agent;                /* User-Agent: "vpcbox/VERSION" */
	/* Asked for a token when config has eks_cluster, and again when it is refused (401) or
	 * *until (wall clock, seconds) is past. Any thread. aws's presigner is put here by whoever
	 * wires both. The text is copied. */
	int (*token)(void *arg, char *text, size_t size, int64_t *until, struct err *e);
	void *token_arg;
};
MUST int kube_new(struct kube **out, const struct kube_options *o, struct err *e);
void kube_free(struct kube **k);
#define auto_kube AUTO(kube_free)

/* ---- one call */

struct kube_call {
	const char *method; /* "GET", "POST", "PUT", "PATCH", "DELETE" */
	const char *path;   /* "/api/v1/namespaces/default/services/web" (kube_path()) */
	const char *query;  /* "limit=500", already encoded; NULL: none */
	const char *type;   /* Content-Type of the body; NULL: application/json */
	const char *body;   /* NULL: none */
	size_t max_answer;  /* 0: 64 MiB */
	/* The body of a 200 goes here piece by piece as it comes, instead of into *out: long lists
	 * and watches. As http.h's: below zero, with *e set, ends the call. A call is not tried
	 * again once a piece was given. */
	int (*on_body)(const void *p, size_t n, void *arg, struct err *e);
	void *on_body_arg;
	int stop; /* a descriptor: ECANCELED once it can be read (conn.h). 0: none */
};
/* The path of a kind: /api/v1/namespaces/NS/services/NAME/SUB. ns "" or NULL: of all namespaces;
 * name, sub NULL: left out. */
const char *kube_path(enum kube_kind kind, const char *ns, const char *name, const char *sub,
		      struct arena *a);
/* *out is the answer, to be freed; out may be NULL: then it need not be JSON. A failure has the
 * API's reason in e->code ("NotFound", "AlreadyExists", "Conflict", "Invalid", "Forbidden",
 * "Expired" ...) and e->num: ENOENT (without a reason: there is not even such a group of APIs),
 * EEXIST, EAGAIN (Conflict), EINVAL, EACCES, ESTALE (410), EBUSY (429, 503 to the end), ENOTSUP
 * (405, 406, 415), EFBIG (413), EIO; e->msg has verb, path, and the Status' message and causes, in
 * one line, without our token. 429, and 5xx with Retry-After, are waited for and tried again until
 * the deadline (API priority and fairness), at most ten times; a GET is tried up to four times more
 * when the connection broke. A token that is refused (401) is renewed once, if it can be. Otherwise
 * e is what http.h says (ETIMEDOUT, ECONNREFUSED, EFBIG ...), or EBADMSG when what came is not
 * JSON. */
MUST int kube_do(struct kube *k, const struct kube_call *c, struct json **out, int64_t deadline,
		 struct err *e);
/* GET one object as text of its kind's struct in a. ENOENT: it is not there. */
MUST int kube_get(struct kube *k, enum kube_kind kind, const char *ns, const char *name, void *out,
		  struct arena *a, int64_t deadline, struct err *e);

/* ---- changes */

enum kube_patch { KUBE_MERGE, KUBE_STRATEGIC, KUBE_JSON_PATCH };
MUST int kube_patch(struct kube *k, enum kube_patch how, const char *path, const struct json *patch,
		    struct json **out, int64_t deadline, struct err *e);
/* Add or remove a finalizer: GET, then a merge patch with the resourceVersion, retried on Conflict
 * (spec-lbc-nlb 1.2: 4 steps from 10 ms, factor 5, jitter 0.1). Nothing is sent when nothing
 * changes; ENOENT is success when one is removed. */
MUST int kube_finalizer(struct kube *k, enum kube_kind kind, const char *ns, const char *name,
			const char *finalizer, bool present, int64_t deadline, struct err *e);
