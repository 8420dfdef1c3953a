/* SPDX-License-Identifier: Apache-2.0 */
/* podenv.h - a container's environment and command line, from its pod's manifest. Pure: what lies
 * in ConfigMaps and Secrets is asked for by a function. */
#pragma once
#include "json.h"
#include "str.h"

struct podenv_from {
	const struct json *pod, *container;
	const char *pod_ip, *host_ip, *node;
	/* The object, borrowed until the end; NULL: it is not there (ENOENT) or cannot be asked
	 * for. kind: "configmaps" or "secrets". */
	const struct json *(*object)(void *arg, const char *kind, const char *name, struct err *e);
	void *arg;
};
/* NAME=VALUE, in the manifest's order behind PATH and HOSTNAME; a later one takes an earlier one's
 * place. The message of a failure is as the kubelet's (CreateContainerConfigError). */
MUST int podenv_make(const struct podenv_from *f, struct strs *out, struct arena *a, struct err *e);
/* command and args with $(NAME) put in; $$(NAME) is $(NAME). Empty: the image's own. own: of the
 * image, NULL: none. */
struct strs podenv_command(const struct json *container, const char *own, const struct strs *env,
			   struct arena *a);
/* $(NAME) in s. */
const char *podenv_expand(const char *s, const struct strs *env, struct arena *a);
