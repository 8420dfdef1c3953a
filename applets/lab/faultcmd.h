/* SPDX-License-Identifier: Apache-2.0 */
/* faultcmd.h - the verb "fault" of vpcbox-lab. */
#pragma once
#include "base.h"

/* action: "" or "list"; "add", argv KIND WHAT; "clear", argv [ID]. Prints what there is then. Exit
 * status. */
int fault_verb(const char *lab, bool as_json, const char *action, int argc, char **argv);
