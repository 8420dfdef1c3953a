/* SPDX-License-Identifier: Apache-2.0 */
/* egress.c - egress-cni, chained behind aws-cni (spec-cni-dataplane 5.1 - 5.3). Not built yet: what
 * it does when it is enabled. Disabled, as Amazon's conflist has it by default, it hands the result
 * on. */
#include <errno.h>
#include <string.h>

#include "cni.h"
#include "log.h"
#include "str.h"

static int load(struct cni *c, bool *enabled, struct err *e)
{
	const char *text = "", *log_file = "";

	c->mtu = c->log_level = "";
	if (cni_text(c->json, "enabled", &text, e) < 0 ||
	    cni_text(c->json, "mtu", &c->mtu, e) < 0 ||
	    cni_text(c->json, "pluginLogFile", &log_file, e) < 0 ||
	    cni_text(c->json, "pluginLogLevel", &c->log_level, e) < 0)
		return -1;
	if (cni_prev(c, e) < 0)
		return wrap(e, "could not parse prevResult");
	c->log_file = log_file;
	cni_log(c);
	*enabled = strcmp(text, "true") == 0;
	return 0;
}

int cni_egress_add(struct cni *c, struct err *e)
{
	bool enabled;
	int64_t mtu;

	if (load(c, &enabled, e) < 0)
		return CNI_FAILED;
	if (!c->has_prev) {
		fail(e, EINVAL, "must be called as a chained plugin: there is no prevResult");
		return CNI_FAILED;
	}
	if (!str_i64(c->mtu, &mtu)) {
		fail(e, EINVAL, "mtu must be a number in a string, not \"%s\"", c->mtu);
		return CNI_FAILED;
	}
	if (enabled) {
		fail(e, EOPNOTSUPP,
		     "enabled is \"true\": egress-cni cannot translate addresses yet");
		return CNI_FAILED;
	}
	cni_handed_on_print(c);
	return 0;
}

/* What Amazon's plugin may have left behind for an enabled pod must not keep the pod from going. */
int cni_egress_del(struct cni *c, struct err *e)
{
	bool enabled;

	if (load(c, &enabled, e) < 0)
		return CNI_FAILED;
	if (enabled)
		log_warn("enabled is \"true\", but egress-cni removes no rules yet container=%s",
			 c->container);
	return 0;
}
