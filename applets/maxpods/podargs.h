/* SPDX-License-Identifier: Apache-2.0 */
/* podargs.h - the options of maxpods, for people and for scripts that call max-pods-calculator.sh.
 */
#pragma once
#include "podmath.h"
#include "podshow.h"
#include "str.h"

struct pod_args {
	bool script; /* called as max-pods-calculator.sh */
	const char *type, *version, *max_eni, *profile, *file, *output, *arch, *sort;
	bool here, custom, prefix, uncapped, ipv6, groups, explain, describe, list, help;
	bool bare, no_bare, trunk;
	long min_pods, min_vcpus, max_vcpus, min_memory, max_memory;
	bool chosen, has_max_vcpus, has_max_memory; /* options with numbers were there */
	struct strs words;                          /* types, with --list patterns */

	/* what they mean */
	struct question q;
	enum format format;
};
/* Reads argv; strings point into it. Options may stand behind words. EINVAL: what is wrong, with
 * what may have been meant. Called as the script, words and unknown options are passed over as it
 * does; what was is in *ignored, for a note. */
MUST int pod_args_read(struct pod_args *in, int argc, char **argv, struct strs *ignored,
		       struct arena *a, struct err *e);
/* Fills q and format. ENODATA: what must be said is missing; EINVAL. */
MUST int pod_args_check(struct pod_args *in, struct err *e);
void pod_args_help(void);
