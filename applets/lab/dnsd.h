/* SPDX-License-Identifier: Apache-2.0 */
/* dnsd.h - the VPC's resolver (VPC + 2 and 169.254.169.253): the names of the lab, nothing else.
 * RFC 1035. */
#pragma once
#include "lab.h"

MUST int dnsd_start(struct lab *lab, struct err *e);
/* Answer one query datagram; 0: not worth an answer. Pure. */
size_t dnsd_answer(const struct world *w, const uint8_t *q, size_t n, uint8_t *out, size_t room);
