/* SPDX-License-Identifier: Apache-2.0 */
/* probe.h - grpc-health-probe. */
#pragma once
#include "base.h"

/* Exit status: 0 serving, 1 usage, 2 cannot connect, 3 call failed, 4 not serving. */
int probe_main(int argc, char **argv);
