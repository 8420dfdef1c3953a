/* SPDX-License-Identifier: Apache-2.0 */
/* probe.h - grpc-health-probe. */
#pragma once
#include "base.h"

/* Go's durations as flags take them: "5s", "500ms", "1m30s", "1.5s"; no sign, a day at most. */
bool probe_duration(const char *s, int64_t *ms);
/* Exit status: 0 serving, 1 usage, 2 cannot connect, 3 call failed, 4 not serving. */
int probe_main(int argc, char **argv);
