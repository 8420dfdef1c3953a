/* SPDX-License-Identifier: Apache-2.0 */
/* nstest.h - network namespaces for tests: a new one for each, so that none sees another's links.
 */
#pragma once
#include "netns.h"
#include "nl.h"
#include "test.h"

/* A conversation in a new namespace, whose descriptor is returned for the caller to close. */
static inline int ns_new(struct nl *nl)
{
	struct err e = { 0 };
	int ns = 0;

	CHECK(netns_new(&ns, &e) == 0 && nl_open(nl, ns, &e) == 0);
	CHECK_STR(e.msg, "");
	return ns;
}

/* The same where the conversation is all that is needed; it keeps the namespace alive. */
static inline void ns_open(struct nl *nl)
{
	auto_fd int ns = ns_new(nl);

	CHECK(ns > 0);
}
