/* SPDX-License-Identifier: Apache-2.0 */
/* planfile.c - the head of a file of plans: written, and held against where it shall be applied. */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "planfile.h"
#include "sts.h"

enum { VERSION_NOW = 1 };

static int account_of(struct people *p, const char **out, struct err *e)
{
	struct sts_identity id;

	if (sts_get_caller_identity(p->aws, &id, &p->mem, p->env.deadline, e) < 0)
		return wrap(e, "which account this is");
	*out = id.account;
	return 0;
}

/* NULL: nobody knows which cluster it is. */
static const char *kube_system(struct people *p)
{
	const struct kube_namespace *n =
		p->cluster ? snapshot_get(&p->objects, KUBE_NAMESPACE, "", "kube-system") : NULL;

	return n && *n->uid ? n->uid : NULL;
}

int planfile_head(struct people *p, struct json **out, struct err *e)
{
	char date[21];
	const char *account = NULL;
	struct json *j;

	if (account_of(p, &account, e) < 0)
		return -1;
	time_rfc3339(wall_s(), date);
	j = json_object();
	json_add_int(j, "version", VERSION_NOW);
	json_add_str(j, "date", date);
	json_add_str(j, "cluster", p->o.c.cluster);
	json_add_str(j, "region", p->o.c.region);
	json_add_str(j, "account", account);
	json_add_str(j, "vpc", p->o.c.vpc);
	if (kube_system(p))
		json_add_str(j, "kubeSystem", kube_system(p));
	*out = j;
	return 0;
}

/* ---- back */

static int take(struct people *p, const struct json *root, const char *member, const char *flag,
		const char **at, struct err *e)
{
	const char *made = json_str(root, member, "");

	if (!*made)
		return fail(e, EBADMSG,
			    "%s: it does not say its %s; it is made by lbctl plan -o json", p->plan,
			    member);
	if (*at && **at && strcmp(*at, made) != 0)
		return fail(e, EINVAL, "%s was made for %s %.100s, and %s is %.100s", p->plan,
			    member, made, flag, *at);
	*at = arena_str(&p->mem, made);
	return 0;
}

int planfile_take(struct people *p, const struct json *root, struct err *e)
{
	if (json_type(json_member(root, "plans")) != JSON_ARRAY)
		return fail(e, EBADMSG, "%s: no list of plans; it is made by lbctl plan -o json",
			    p->plan);
	if (json_int(root, "version", 0) != VERSION_NOW)
		return fail(e, EBADMSG, "%s: of version %lld, this program reads version %d",
			    p->plan, (long long)json_int(root, "version", 0), VERSION_NOW);
	if (take(p, root, "cluster", "--cluster-name", &p->o.c.cluster, e) < 0 ||
	    take(p, root, "region", "--aws-region", &p->o.region, e) < 0)
		return -1;
	return take(p, root, "vpc", "--aws-vpc-id", &p->o.vpc, e);
}

static int other(struct people *p, const struct json *root, const char *member, const char *what,
		 const char *is, struct err *e)
{
	const char *made = json_str(root, member, "");

	if (strcmp(made, is) == 0)
		return 0;
	return fail(e, EPERM,
		    "%s was made for %s %.100s, and this one is %.100s: nothing was changed",
		    p->plan, what, made, is);
}

int planfile_account(struct people *p, const struct json *root, struct err *e)
{
	const char *account = NULL;

	if (account_of(p, &account, e) < 0 || other(p, root, "account", "account", account, e) < 0)
		return -1;
	return other(p, root, "region", "region", p->o.c.region, e);
}

int planfile_cluster(struct people *p, const struct json *root, struct err *e)
{
	auto_arena struct arena a = { 0 };
	struct kube_namespace n;

	if (!*json_str(root, "kubeSystem", ""))
		return 0;
	if (kube_get(p->kube, KUBE_NAMESPACE, "", "kube-system", &n, &a, p->env.deadline, e) < 0)
		return wrap(e, "whether this is the plan's cluster");
	return other(p, root, "kubeSystem", "the cluster whose kube-system has UID", n.uid, e);
}
