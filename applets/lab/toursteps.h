/* SPDX-License-Identifier: Apache-2.0 */
/* toursteps.h - the tour as data: one row a step. */
#pragma once
#include "base.h"

enum { STEP_CLAIMS = 4 };

/* In text, command and patterns {name} stands for a value of the running lab: {node1} and
 * {node1.public} its addresses, {node1.gw} its subnet's gateway, {vpc}, {vpc.dns}, {pod-1} a pod's
 * address, {pod-1.veth} its host end. */
struct step {
	const char *chapter; /* heading, at the first step of a chapter, else NULL */
	const char *text;
	/* tcpdump of ICMP on an interface of a node while the command runs, until it has seen two
	 * packets: "node2", "ens5" */
	const char *capture, *dev;
	const char *place;   /* "you": a shell on this machine; "node1", "vpc", "internet";
				"pod-1@node1" */
	const char *command; /* lines for sh */
	bool wait; /* what is shown takes a moment: repeat the command until the claims hold, ten
		      seconds at most */
	struct {
		const char *says;
		const char *pattern; /* POSIX extended regular expression that the output must
					match; '!' in front: must not */
	} claims[STEP_CLAIMS];
};
extern const struct step tour_steps[];
extern const size_t tour_nsteps;
