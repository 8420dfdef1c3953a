/* SPDX-License-Identifier: Apache-2.0 */
/* lbsummary.h - a stack in a few lines of text, for tests of the model. */
#pragma once
#include "lbcase.h"

/* The model of the case's first Service: lines, or "error: WORDS". References are $SG, $LB, $TG.
 * SG NAME PROTOCOL:PORT<SOURCE ...
 * LB NAME SCHEME ADDRESSTYPE [nat] [plink=on] SUBNET,... [GROUP,...] {ATTRIBUTES} [cap=N]
 * L PORT PROTOCOL TARGETGROUP [POLICY CERTIFICATES] [alpn] {ATTRIBUTES}
 * TG PORT NAME TYPE:PORT/PROTOCOL ADDRESSTYPE HEALTH {ATTRIBUTES}
 * B PORT FROM,...>PROTOCOL:PORT,... ; ... | - */
const char *lbsummary(struct lbcase *c);
/* Its line that begins with these words, without them; "" when there is none. */
const char *lbsummary_line(struct lbcase *c, const char *begin);
