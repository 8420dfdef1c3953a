/* SPDX-License-Identifier: Apache-2.0 */
/* aws.h - one signed AWS call. Blocking: for jobs. */
#pragma once
#include "arena.h"
#include "buf.h"
#include "http.h"
#include "imds.h"
#include "sigv4.h"
#include "xml.h"

/* A session: region, endpoint and credentials of this process. Used by one thread at a time.
 * Zero-initialise, aws_init(). Credentials: environment, else the instance role by IMDS. */
struct aws {
	char region[32];
	struct imds *imds;       /* borrowed */
	struct http_client http; /* of the service last called */
	char http_service[32];
	char http_base[64]; /* path of its endpoint */
	char key_id[128], secret[128], token[4096];
	int64_t keys_until; /* wall clock seconds; 0: for ever */
};
/* Region: AWS_REGION, AWS_DEFAULT_REGION, else the instance identity document. imds may be NULL
 * where the environment has all. */
MUST int aws_init(struct aws *w, struct imds *imds, int64_t deadline, struct err *e);
void aws_free(struct aws *w);
#define auto_aws AUTO(aws_free)

/* Parameters of the query protocol, in order of appending. */
struct aws_params {
	struct buf body;
	bool repeatable; /* twice does no more than once; Describe*, Get*, List* and calls with a
			  * ClientToken are so anyway */
};
void aws_param(struct aws_params *p, const char *name, const char *value); /* "Filter.1.Name" */
void aws_param_int(struct aws_params *p, const char *name, int64_t value);
/* NAME.1 .. NAME.n */
void aws_param_list(struct aws_params *p, const char *name, const char *const *v, size_t n);
void aws_params_free(struct aws_params *p);
#define auto_aws_params AUTO(aws_params_free)

/* POST one action of the query protocol ("ec2", "2016-11-15", "DescribeSubnets"). *out is the
 * answer's root element. Endpoint: AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, AWS_EC2_ENDPOINT,
 * else https://SERVICE.REGION.amazonaws.com. Three attempts with backoff, none after the deadline:
 * what surely was not executed (throttling, no connection, expired credentials) is tried again
 * whatever it is; 5xx and broken connections only if the call is repeatable. On refusal e->code is
 * AWS's code, e->num its class from errors.def, and e->msg "ACTION: CODE: message (request id
 * ...)"; e->code is empty when it is not sure whether AWS has executed it: no answer came that
 * could be read, or a 5xx, whose code only e->msg tells. */
MUST int aws_query(struct aws *w, const char *service, const char *version, const char *action,
		   struct aws_params *p, struct arena *a, struct xml **out, int64_t deadline,
		   struct err *e);
/* The errno class of an AWS error code: EAGAIN retry, ENOENT gone, EEXIST done, EDQUOT limit,
 * EACCES permission, EINVAL wrong, else EIO. */
int aws_errno(const char *code);
