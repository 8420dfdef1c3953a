/* SPDX-License-Identifier: Apache-2.0 */
/* apifault.h - which calls fail: for the command line. */
#pragma once
#include "labapi.h"

/* What AWS grants an account is not told; these are the order of magnitude that EC2's documentation
 * and the load-balancer controller's own limits name. The first row that an action begins with
 * counts. */
#define API_BUCKETS                                                                             \
	"RegisterTargets=10:40,DeregisterTargets=10:40,Describe=20:100,List=10:40,Modify=5:40," \
	"Set=5:40,Create=5:50,Delete=5:50,Add=5:40,Remove=5:40,Authorize=5:50,Revoke=5:50"

/* "ACTION[:N]=CODE[/done],...": the Nth call of the action, or each, is refused with the code;
 * with "/done" only after it was done, as when an answer is lost; "1500ms" instead of a code: is
 * answered so much later. Seen counts from now. EINVAL names the entry that is not so. Strings live
 * in a. */
MUST int api_faults(struct api *api, const char *text, struct arena *a, struct err *e);
/* "ACTION=RATE:BURST,...", or "aws": calls whose action begins so come from one bucket. */
MUST int api_buckets(struct api *api, const char *text, struct arena *a, struct err *e);
void api_rules_free(struct api_rule **list);
/* Those that were made under a number of api->fault. */
void api_rules_drop(struct api_rule **list, int fault);
