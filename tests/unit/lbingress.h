/* SPDX-License-Identifier: Apache-2.0 */
/* lbingress.h - a group of Ingresses in a few lines of text, for tests of the model. */
#pragma once
#include "lbcase.h"

/* The model of the group that the case's first Ingress is in, or was: the lines that begin with one
 * of the words of `begin` ("" for all), or "error: WORDS". References are $SG, $LB, $TG-ID. SG NAME
 * tcp:PORT<SOURCE ... {TAGS} LB NAME SCHEME ADDRESSTYPE SUBNET,... [GROUP,...] {ATTRIBUTES} {TAGS}
 * [coip=] [cap=] [ipam=] L PORT PROTOCOL ACTION [POLICY CERTIFICATES] [keep] {ATTRIBUTES} {TAGS} R
 * PORT:PRIORITY CONDITION ... > ACTION {TAGS} TG ID NAME TYPE:PORT/PROTOCOL/VERSION ADDRESSTYPE
 * HEALTH [control=] {ATTRIBUTES} {TAGS} B ID SERVICE:PORT FROM>PORT,... | - [{NODE LABELS}] out
 * NS/NAME: WORDS (a member that was left out) */
const char *lbingress(struct lbcase *c, const char *begin);
/* The same stack; dies when there is none. */
struct stack *lbingress_stack(struct lbcase *c);
