/* SPDX-License-Identifier: Apache-2.0 */
/* kube_auth.c - bearer tokens: given, from a file that is rotated, or signed when they are wanted.
 */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "file.h"
#include "kube_client.h"

enum {
	MAX_TOKEN = 64 * 1024,
	FILE_MS = 60 * 1000,  /* a file is read again after that */
	EARLY_S = 60,         /* so long before its end a token is not used any more */
	RELIEF_MS = 10 * 1000 /* between two tries to read a file that cannot be read */
};

static void set_token(struct kube *k, const char *text, size_t n, int64_t renew_at)
{
	pthread_mutex_lock(&k->lock);
	if (k->token.p)
		explicit_bzero(k->token.p, k->token.len);
	k->token.len = 0;
	buf_add(&k->token, text, n);
	k->renew_at = renew_at;
	pthread_mutex_unlock(&k->lock);
}

/* The present one, if it has not to be renewed (or, stale, whatever its age). */
static bool present(struct kube *k, bool stale, struct buf *out)
{
	bool good;

	pthread_mutex_lock(&k->lock);
	good = k->token.len && (stale || now_ms() < k->renew_at);
	if (good)
		buf_add(out, k->token.p, k->token.len);
	if (good && stale)
		k->renew_at = now_ms() + RELIEF_MS;
	pthread_mutex_unlock(&k->lock);
	return good;
}

/* White space around it is not the token's. */
static int from_file(struct kube *k, struct buf *out, struct err *e)
{
	auto_buf struct buf b = { 0 };
	const char *path = k->config.token_file, *from;
	size_t n;

	if (file_read(path, MAX_TOKEN, &b, e) < 0) {
		if (present(k, true, out))
			return 0;
		return wrap(e, "Kubernetes' token");
	}
	from = b.p + strspn(b.p, " \t\r\n");
	n = strcspn(from, " \t\r\n");
	if (!n)
		return fail(e, EINVAL, "Kubernetes' token: %s is empty", path);
	set_token(k, from, n, now_ms() + FILE_MS);
	buf_add(out, from, n);
	explicit_bzero(b.p, b.len);
	return 0;
}

/* Several threads may ask at once: each gets one that is good. */
static int signed_anew(struct kube *k, struct buf *out, struct err *e)
{
	auto_ptr char *text = xalloc(MAX_TOKEN);
	int64_t until = 0;
	size_t n;

	if (k->token_fn(k->token_arg, text, MAX_TOKEN, &until, e) < 0)
		return wrap(e, "token for EKS cluster %s", k->config.eks_cluster);
	n = strnlen(text, MAX_TOKEN);
	if (!n || n == MAX_TOKEN)
		return fail(e, EINVAL, "token for EKS cluster %s: there is none",
			    k->config.eks_cluster);
	set_token(k, text, n, now_ms() + (until - EARLY_S - wall_s()) * 1000);
	buf_add(out, text, n);
	explicit_bzero(text, n);
	return 0;
}

int kube_token(struct kube *k, struct buf *out, struct err *e)
{
	const struct kube_config *c = &k->config;

	if (!c->token_file && !c->eks_cluster) {
		buf_str(out, c->token ? c->token : "");
		return 0;
	}
	if (present(k, false, out))
		return 0;
	return c->token_file ? from_file(k, out, e) : signed_anew(k, out, e);
}

bool kube_token_refused(struct kube *k, const char *token)
{
	if (!k->config.token_file && !k->config.eks_cluster)
		return false;
	pthread_mutex_lock(&k->lock);
	if (k->token.len && strcmp(k->token.p, token) == 0)
		k->renew_at = 0;
	pthread_mutex_unlock(&k->lock);
	return true;
}
