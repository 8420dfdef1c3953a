/* SPDX-License-Identifier: Apache-2.0 */
/* ec2limits.h - what an instance type allows (aws/limits.def, generated from EC2's published
 * limits). Pure. */
#pragma once
#include "base.h"

struct limits {
	const char *type;
	int32_t memory_mib;  /* -1: not known */
	int16_t vcpus;       /* -1: not known */
	int16_t branch_enis; /* 0: no trunk; -1: not known */
	uint8_t enis;        /* of the default network card */
	uint8_t ipv4;        /* addresses per ENI, the primary one included */
	uint8_t cards, default_card;
	bool nitro, bare_metal;
};
/* NULL: the table does not know the type. */
const struct limits *limits_of(const char *type);
size_t limits_count(void);
const struct limits *limits_at(size_t i); /* in order of type */
