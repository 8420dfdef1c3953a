/* SPDX-License-Identifier: Apache-2.0 */
/* elbapi.c - Elastic Load Balancing v2 in the lab: its actions (elbapi.def) and its envelopes. */
#include "elbapi.h"

#include "elb.h"

#define XMLNS "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"

static const struct api_action actions[] = {
#define ACTION(name, in, fn, takes) { #name, "", fn, takes, &in##_shape },
#include "elbapi.def"
#undef ACTION
};

static void wrap_answer(const struct api_call *c, struct buf *out)
{
	query_wrap(c, XMLNS, out);
}

static void refusal(const struct api_call *c, const struct err *e, struct buf *out)
{
	query_refusal(c, e, XMLNS, out);
}

const struct api_service elb_service = { "elasticloadbalancing", "2015-12-01", actions,
					 COUNT(actions),         wrap_answer,  refusal };
