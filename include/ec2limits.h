/* SPDX-License-Identifier: Apache-2.0 */
/* ec2limits.h - what an instance type allows (aws/limits.def, generated from EC2's published
 * limits). Pure. */
#pragma once
#include "base.h"

enum { LIMITS_TYPE = 32 }; /* "u7inh-32tb.480xlarge" has 20 letters, the longest */
enum hypervisor { HYPERVISOR_UNKNOWN, HYPERVISOR_NITRO, HYPERVISOR_XEN };
enum { ARCH_X86_64 = 1, ARCH_ARM64 = 2, ARCH_I386 = 4, ARCH_X86_64_MAC = 8, ARCH_ARM64_MAC = 16 };

struct limits {
	char type[LIMITS_TYPE];
	int32_t memory_mib;  /* -1: not known */
	int16_t vcpus;       /* -1: not known */
	int16_t branch_enis; /* 0: no trunk; -1: not known */
	uint8_t enis;        /* of the default network card */
	uint8_t ipv4;        /* addresses per ENI, the primary one included */
	uint8_t cards;       /* 0: not known, which no row of the table is */
	uint8_t default_card;
	bool bare_metal;
	uint8_t hypervisor; /* enum hypervisor */
	uint8_t archs;      /* ARCH_*; 0: not known */
	bool cards_differ;  /* other cards have other limits than the default one */
};
/* false, and *out as it was: the table does not know the type. out may be NULL. */
bool limits_of(const char *type, struct limits *out);
size_t limits_count(void);
struct limits limits_at(size_t i); /* in order of type */
/* "2026-08", when the table was made. */
const char *limits_as_of(void);
