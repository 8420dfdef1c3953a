/* SPDX-License-Identifier: Apache-2.0 */
/* imds.h - the instance metadata service, version 2 (spec-ipamd 5, 6). Blocking: for jobs. */
#pragma once
#include "arena.h"
#include "http.h"

/* Zero-initialise, imds_init(), then use from one thread at a time. */
struct imds {
	struct http_client http;
	char base[64]; /* path of the endpoint, "" as a rule */
	char token[256];
	int64_t token_until; /* on now_ms() */
	int attempts;
	int64_t timeout_ms; /* of one request; 0: the deadline alone */
	bool v1;         /* AWS_EC2_METADATA_V1_DISABLED=false: without a token if there is none */
	bool ipv6_alone; /* may be set before imds_init(): where the host has no IPv4 address but
			    loopback's, the default is the IPv6 endpoint (spec-lbc-nlb 15.1) */
};
/* http://169.254.169.254, or http://[fd00:ec2::254] with
 * AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=IPv6, or AWS_EC2_METADATA_SERVICE_ENDPOINT.
 * AWS_METADATA_SERVICE_TIMEOUT: seconds for a request, AWS_METADATA_SERVICE_NUM_ATTEMPTS: instead
 * of three. AWS_EC2_METADATA_DISABLED=true is EACCES. EINVAL names a variable that is wrong.
 * Nothing is sent yet. */
MUST int imds_init(struct imds *m, struct err *e);
/* The text at an absolute path ("/latest/meta-data/mac"). ENOENT: 404, and e->msg names the path.
 * EACCES: the service is switched off. A token is fetched (TTL 21600 s) and renewed before it
 * expires or after a 401. A token request that times out while the address answers names the hop
 * limit as the likely cause (ETIMEDOUT). 5xx, 429 and broken connections are tried three times. */
MUST int imds_get(struct imds *m, const char *path, const char **text, struct arena *a,
		  int64_t deadline, struct err *e);
void imds_free(struct imds *m);
#define auto_imds AUTO(imds_free)
