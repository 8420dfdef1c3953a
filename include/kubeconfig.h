/* SPDX-License-Identifier: Apache-2.0 */
/* kubeconfig.h - the parts of kube_config_load(), for it and for tests. */
#pragma once
#include "kube.h"

/* From a kubeconfig's text. path: of the file, for messages and for relative paths. What client-go
 * takes of one file: clusters (server, certificate-authority[-data], insecure-skip-tls-verify,
 * tls-server-name, proxy-url), users (client-certificate[-data], client-key[-data], token,
 * tokenFile, exec), contexts (cluster, user, namespace); -data comes before the file, tokenFile
 * before token. Passwords, impersonation and auth providers are refused, not ignored; unknown
 * fields are passed over. */
MUST int kubeconfig_read(struct kube_config *out, const char *text, size_t n, const char *path,
			 const char *context, struct arena *a, struct err *e);
/* From a pod's service account: token, ca.crt and namespace in folder; KUBERNETES_SERVICE_HOST (an
 * address of either family, or a name) and _PORT. ENOENT: the variables are not set. */
MUST int kubeconfig_pod(struct kube_config *out, const char *folder, struct arena *a,
			struct err *e);
/* The exec stanza of a user. ENOTSUP names a command or an argument that is not ours to carry out.
 * Known are
 *   aws [--region R] [--profile P] eks get-token --cluster-name C (or --cluster-id)
 *       [--role-arn A | --role A] [--output json]
 *   aws-iam-authenticator token -i C (or --cluster-id) [-r A | --role A] [--region R]
 * with the options anywhere, as --x Y or --x=Y, and AWS_PROFILE, AWS_REGION, AWS_DEFAULT_REGION and
 * AWS_STS_REGIONAL_ENDPOINTS in env. */
MUST int kubeconfig_exec(struct kube_config *out, const struct json *exec, struct arena *a,
			 struct err *e);
