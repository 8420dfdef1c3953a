/* SPDX-License-Identifier: Apache-2.0 */
/* cni.h - one call of the CNI plugin, from the runtime's environment to the result on stdout
 * (spec-cni-dataplane 2, CNI specification 1.1.0). */
#pragma once
#include "json.h"
#include "pod.h"
#include "rpc.h"

/* Every cniVersion we speak, with the shape of its results and errors. */
enum cni_shape { CNI_020, CNI_040, CNI_100 };
#define CNI_VERSIONS(V)     \
	V("0.1.0", CNI_020) \
	V("0.2.0", CNI_020) \
	V("0.3.0", CNI_040) \
	V("0.3.1", CNI_040) \
	V("0.4.0", CNI_040) \
	V("1.0.0", CNI_100) \
	V("1.1.0", CNI_100)
#define CNI_NEWEST "1.1.0"

/* Codes of the error object. A function that returns one returns 0 when all is well. */
enum cni_code {
	CNI_BAD_VERSION = 1,
	CNI_BAD_ENV = 4,
	CNI_IO = 5,
	CNI_BAD_JSON = 6,
	CNI_BAD_CONF = 7,
	CNI_BAD_NETNS = 8,
	CNI_NOT_AVAILABLE = 50, /* STATUS: ADD would fail */
	CNI_FAILED = 999        /* everything else, as the original */
};

/* A result, ours or the runtime's prevResult, whatever its version. Strings are "" when absent. */
struct cni_if {
	const char *name, *mac, *sandbox; /* mac may be no MAC: see cni_result_make() */
};
struct cni_ip {
	struct cidr address;
	struct ip gateway;
	int64_t interface; /* index into ifs, -1 when absent */
};
struct cni_result {
	struct cni_if *ifs;
	struct cni_ip *ips;
	size_t nifs, nips;
};

/* One call: about 66 KiB, mostly netlink buffers, so it is static and not on the stack. Strings
 * belong to the environment, to the JSON tree or to the arena. */
struct cni {
	struct arena a;
	/* the environment, "" when unset */
	const char *command, *container, *netns, *ifname, *args, *path, *override;
	/* stdin */
	struct buf in;
	struct json *json;
	const char *version; /* cniVersion */
	enum cni_shape shape;
	const char *network; /* name */
	/* the configuration of aws-cni */
	const char *veth_prefix, *mtu, *log_file, *log_level; /* log_file NULL: not read yet */
	bool multi_nic, has_prev, logging;
	struct cni_result prev;
	/* CNI_ARGS */
	const char *pod, *pod_ns, *infra, *uid;
	/* what goes to stdout; details of an error, NULL: made from struct err */
	struct buf out;
	const char *details;
	/* the namespaces; 0 is closed */
	int self, netns_fd;
	struct nl here, there;
};
void cni_free(struct cni *c);

/* env.c - the frame around every verb. */

/* Read CNI_*, check what the verb needs (CNI_BAD_ENV), read stdin unless the verb is VERSION, and
 * take name and cniVersion from it (CNI_IO, CNI_BAD_JSON, CNI_BAD_CONF). An unset CNI_COMMAND is an
 * error too, with c->command "". */
MUST int cni_read(struct cni *c, struct err *e);
/* Is cniVersion one of ours, and at least `least` ("" = any)? Sets c->shape, or CNI_BAD_VERSION. */
MUST int cni_version_check(struct cni *c, const char *least, struct err *e);
/* All of them, oldest first. */
void cni_versions_text(struct buf *out, const char *between);

/* conf.c - what aws-cni itself takes from stdin and CNI_ARGS. */

/* Defaults as Amazon's: prefix "eni", MTU 9001. Errors name field and value. */
MUST int cni_conf(struct cni *c, struct err *e);
MUST int cni_args(struct cni *c, struct err *e);
/* The member as a string: null counts as absent and leaves *out alone; other types are EBADMSG. */
MUST int cni_text(const struct json *j, const char *key, const char **out, struct err *e);
/* Open the log that the configuration names, and begin it with the call; once is enough, and
 * nothing happens as long as there is no configuration. Until then nothing may be logged. */
void cni_log(struct cni *c);

/* result.c - results in and out. */

/* prevResult into c->prev when stdin has one. EBADMSG: of another family than cniVersion, or
 * malformed. */
MUST int cni_prev(struct cni *c, struct err *e);
/* Index of the interface of that name, -1 when absent. */
int cni_find_if(const struct cni_result *r, const char *name);
/* The one address bound to the interface, or -1: e says how many were found. */
MUST int cni_find_ip(const struct cni_result *r, const char *ifname, struct cni_ip *out,
		     struct err *e);
/* Names in a result: of the pod's i-th interface (CNI_IFNAME, mNicIf1, mNicIf2 ...), and of the
 * last one, which does not exist ("dummy" + hash). */
const char *cni_ifname(struct cni *c, int i);
const char *cni_dummy(struct cni *c);
/* Result of n interfaces. Amazon's plugin keeps what DEL will need in the fields of the result: a
 * container interface's mac is its route table in decimal, and the dummy has mac "0" and the ENI's
 * device number as sandbox. */
void cni_result_make(struct cni *c, const struct pod_if *p, size_t n, int device,
		     struct cni_result *out);
/* In the shape of c->version, as Go's encoding/json indents it, without a newline, into c->out. */
void cni_result_print(struct cni *c, const struct cni_result *r);
/* prevResult as it came, under our cniVersion, into c->out. */
void cni_handed_on_print(struct cni *c);
/* VERSION's answer, one line. */
void cni_versions_print(struct cni *c);
/* The error object into c->out, replacing what is there. */
void cni_error_print(struct cni *c, int code, const struct err *e);

/* ask.c - the address daemon and the network-policy agent. */

/* AddNetwork; Success=false is an error too. Once the question is out, meanwhile(arg) may do what
 * needs no answer. */
MUST int cni_ask_add(struct cni *c, struct add_reply *r, void (*meanwhile)(void *), void *arg,
		     struct err *e);
/* DelNetwork: for DEL ("PodDeleted", with the pod's UID), or after a failed ADD ("SetupNSFailed",
 * ""). */
MUST int cni_ask_del(struct cni *c, const char *reason, const char *uid, struct del_reply *r,
		     struct err *e);
MUST int cni_ask_health(struct cni *c, struct err *e);
/* The agent is given two seconds to be there; *reached tells an agent that is not from one that
 * fails. */
MUST int cni_policy_add(struct cni *c, const char *mode, size_t interfaces, struct err *e);
MUST int cni_policy_del(struct cni *c, bool *reached, struct err *e);

/* ends.c - the two namespaces of a call. */

/* Descriptors of the plugin's own namespace and of CNI_NETNS, into c->self and c->netns_fd: 0, or
 * CNI_FAILED, or CNI_BAD_NETNS when they are the same and CNI_NETNS_OVERRIDE does not allow that.
 */
MUST int cni_ends_open(struct cni *c, struct err *e);
/* A netlink socket in the plugin's namespace and, when it is open, in the pod's; once is enough. */
MUST int cni_ends_talk(struct cni *c, struct err *e);
/* As pod.h wants them. */
struct pod_ends cni_ends(struct cni *c);
void cni_ends_close(struct cni *c);

/* The verbs, each in a file of its name: 0 or a code. The result is in c->out. */
int cni_add(struct cni *c, struct err *e);
int cni_del(struct cni *c, struct err *e);
int cni_check(struct cni *c, struct err *e);
/* egress-cni; only its disabled form, a link in the chain that changes nothing, is there. */
int cni_egress_add(struct cni *c, struct err *e);
int cni_egress_del(struct cni *c, struct err *e);
