/* SPDX-License-Identifier: Apache-2.0 */
/* dnsd.h - the VPC's resolver (VPC + 2 and 169.254.169.253), and the Internet's (8.8.8.8, there):
 * the names of the lab, nothing else. RFC 1035. */
#pragma once
#include "lab.h"

struct balancer;
MUST int dnsd_start(struct lab *lab, struct err *e);
/* Answer one query datagram; 0: not worth an answer. Names of load balancers are b's (NULL: none);
 * of several addresses the query's id says which comes first. */
size_t dnsd_answer(const struct world *w, struct balancer *b, const uint8_t *q, size_t n,
		   uint8_t *out, size_t room);
