/* SPDX-License-Identifier: Apache-2.0 */
/* podmath.h - how many pods an instance type has room for, by each that has a say in it: the script
 * max-pods-calculator.sh, the bootstrap of AL2, nodeadm, ipamd (spec-maxpods-diag 1). Pure. */
#pragma once
#include "arena.h"
#include "ec2limits.h"

/* Pods on the host's network, aws-node and kube-proxy: they need no address. */
enum { HOST_PODS = 2, PREFIX_IPS = 16, FEW_VCPUS = 30, CAP_FEW = 110, CAP_MANY = 250 };

/* What the node is to be. */
struct question {
	bool prefix;       /* prefix delegation: 16 addresses in the place of each one */
	bool custom;       /* custom networking: the primary ENI has no pods */
	bool ipv6, groups; /* groups: security groups for pods */
	bool uncapped;     /* as many as there are addresses, whatever the vCPUs */
	bool has_max_eni;  /* MAX_ENI is set */
	bool old_cni;      /* before 1.9: no prefix delegation */
	bool floor;        /* fewer than no ENIs are none; the script reckons on below zero */
	long max_eni;
};

/* Number for kubelet's --max-pods: the script's, or where it has no say (IPv6) the cap alone. */
struct answer {
	long pods;
	long uncapped;
	bool unlimited; /* addresses are no limit (IPv6) */
	int cap;        /* of the vCPUs */
	bool by_prefix;
	bool cap_counts; /* it is less than uncapped, and was asked for */
	bool unsure;     /* the vCPUs are not known, and with many the answer would be: */
	long many;
	const char *formula;
};
/* ENOTSUP: ipamd would not start; e->msg says why. */
MUST int answer_of(const struct limits *l, const struct question *q, struct answer *out,
		   struct arena *a, struct err *e);

/* What one of them says. */
struct verdict {
	const char *who; /* "script" */
	long pods;       /* for --max-pods */
	long addresses;  /* for pods with an address of their own, branch ENIs not counted */
	bool unlimited;  /* there is no limit to either */
	const char *formula;
	const char *note; /* what it does not see, or differently; NULL */
};
enum { ARITHMETIC, SCRIPT, BOOTSTRAP, NODEADM, IPAMD, VERDICTS };
void verdicts_of(const struct limits *l, const struct question *q, const struct answer *answer,
		 struct verdict out[VERDICTS], struct arena *a);

/* maxPodsExpression that makes nodeadm count prefixes, custom networking and MAX_ENI, and its
 * value, which nodeadm refuses below 1; NULL: it needs none. */
const char *nodeadm_expression(const struct limits *l, const struct answer *answer,
			       const struct question *q, long *value, struct arena *a);

/* kubeReserved as AL2 and nodeadm reckon it: MiB (fewer than no pods are none), and thousandths of
 * a CPU; beside it 1 GiB of disk. */
long reserved_memory_mib(long pods);
long reserved_cpu(int vcpus);
enum { EVICT_MIB = 100 }; /* evictionHard memory.available */

/* "v1.9" and the like: "X.Y[.Z]" without a v. *old: before 1.9. EINVAL names the option. */
MUST int cni_version_parse(const char *text, bool *old, struct err *e);
