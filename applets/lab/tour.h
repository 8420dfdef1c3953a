/* SPDX-License-Identifier: Apache-2.0 */
/* tour.h - the guided walk: what each step shows, the command, its output, and claims that are
 * checked. */
#pragma once
#include <stdbool.h>

/* Starts a lab of its own whose nodes run vpcbox, walks, ends it; step: waits for Enter after each
 * step. The last line is "N passed, N failed"; exit status 1 if any claim failed. Needs root, as
 * tcpdump does. */
int tour_main(const char *vpcbox, bool step);
