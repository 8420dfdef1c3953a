/* SPDX-License-Identifier: Apache-2.0 */
/* bindaws.h - inside bindcase.h: its AWS. */
#pragma once
#include "bindcase.h"

void bindaws_start(struct bindaws *w);
void bindaws_stop(struct bindaws *w);
/* Under its lock. */
void bindaws_add(struct bindaws *w, const char *arn, const char *id, int port, const char *zone,
		 const char *state);
/* The value of a parameter, decoded; "" when it is not there. */
const char *form_get(const char *body, const char *name, struct arena *a);
