/* SPDX-License-Identifier: Apache-2.0 */
/* awscorpus.c - calls EC2's wrappers for tests: each line of standard input is `ACTION JSON`, with
 * parameters as they are sent ({"NetworkInterfaceId": ...}, lists as arrays); each is answered by a
 * line: {"answer":...} with what the wrapper read, by the paths at which EC2 has it, or
 * {"error":{"code","class","message"}}. A "DryRun" makes it one. `awscorpus tables` prints what is
 * read of each action's answer. Session by the environment. */
#include "ec2host.h"
#include "ec2sg.h"
#include "ec2vpc.h"
#include "jsonlines.h"

struct job {
	struct aws *w;
	const void *in; /* as the action's row says */
	void *out;
	struct arena *a;
	int64_t deadline;
	struct err *e;
};

/* ---- the wrappers, called with what would be sent */

#define REST j->a, j->deadline, j->e
#define QUERY(fn, member)                                       \
	static int fn##_job(const struct job *j)                \
	{                                                       \
		const struct ec2_describe *d = j->in;           \
		struct ec2_query q = { d->member, d->filters }; \
                                                                \
		return fn(j->w, &q, j->out, REST);              \
	}
QUERY(ec2_query_enis, enis)
QUERY(ec2_query_subnets, subnets)
QUERY(ec2_describe_groups, groups)
QUERY(ec2_describe_instances, instances)
QUERY(ec2_describe_route_tables, route_tables)
QUERY(ec2_describe_vpcs, vpcs)
QUERY(ec2_describe_zones, zones)
QUERY(ec2_describe_instance_types, types)

static int tags_job(const struct job *j)
{
	const struct ec2_describe *d = j->in;

	return ec2_describe_tags(j->w, d->filters, j->out, REST);
}

static int create_job(const struct job *j)
{
	const struct ec2_change *c = j->in;
	struct ec2_created *out = j->out;
	struct ec2_eni *eni = NEW(j->a, struct ec2_eni);
	struct ec2_create_eni q = { c->subnet,
				    c->description,
				    c->groups.v,
				    c->groups.n,
				    (int)c->secondary_ips,
				    (int)c->new_prefixes,
				    (int)c->ipv6_addresses,
				    c->tracking,
				    { 0 } };

	if (c->specs.n)
		q.tags = c->specs.v[0].tags;
	out->eni = eni;
	return ec2_create_eni(j->w, &q, eni, REST);
}

static int attach_job(const struct job *j)
{
	const struct ec2_change *c = j->in;
	struct ec2_attached *out = j->out;

	return ec2_attach_eni(j->w, c->eni, c->instance, (int)c->device.v, (int)c->card.v,
			      &out->attachment, REST);
}

static int modify_job(const struct job *j)
{
	const struct ec2_change *c = j->in;

	if (c->groups.n)
		return ec2_set_groups(j->w, c->eni, c->groups, REST);
	return ec2_delete_on_termination(j->w, c->eni, c->attachment, REST);
}

static int assign_job(const struct job *j)
{
	const struct ec2_change *c = j->in;
	struct ec2_assigned *out = j->out;

	if (c->new_prefixes)
		return ec2_assign_prefixes(j->w, c->eni, (int)c->new_prefixes, &out->prefixes,
					   REST);
	return ec2_assign_ips(j->w, c->eni, (int)c->secondary_ips, &out->ips.v, &out->ips.n, REST);
}

static int assign_ipv6_job(const struct job *j)
{
	const struct ec2_change *c = j->in;
	struct ec2_assigned *out = j->out;

	return ec2_assign_ipv6_prefixes(j->w, c->eni, (int)c->new_ipv6_prefixes,
					&out->ipv6_prefixes, REST);
}

static int unassign_job(const struct job *j)
{
	const struct ec2_change *c = j->in;

	if (c->prefixes.n)
		return ec2_unassign_prefixes(j->w, c->eni, c->prefixes, REST);
	return ec2_unassign_ips(j->w, c->eni, c->ips.v, c->ips.n, REST);
}

#define CHANGE(fn, ...)                             \
	static int fn##_job(const struct job *j)    \
	{                                           \
		const struct ec2_change *c = j->in; \
                                                    \
		return fn(j->w, __VA_ARGS__, REST); \
	}
CHANGE(ec2_detach_eni, c->detach)
CHANGE(ec2_delete_eni, c->eni)
CHANGE(ec2_unassign_ipv6_prefixes, c->eni, c->ipv6_prefixes)
CHANGE(ec2_create_tags, c->resources.v[0], &c->tags)
CHANGE(ec2_delete_tags, c->resources.v[0], &c->tags)

static int create_group_job(const struct job *j)
{
	const struct ec2_group_change *c = j->in;
	struct ec2_create_group q = { c->vpc, c->name, c->description, { 0 } };
	struct ec2_group *out = j->out;

	if (c->specs.n)
		q.tags = c->specs.v[0].tags;
	return ec2_create_group(j->w, &q, &out->id, REST);
}

#define GROUP(fn, ...)                                    \
	static int fn##_job(const struct job *j)          \
	{                                                 \
		const struct ec2_group_change *c = j->in; \
                                                          \
		return fn(j->w, c->id, __VA_ARGS__);      \
	}
GROUP(ec2_delete_group, REST)
GROUP(ec2_authorize_ingress, c->permissions, REST)
GROUP(ec2_revoke_ingress, c->permissions, REST)

static int (*const jobs[EC2_ACTIONS])(const struct job *j) = {
	[EC2_ASSIGN_IPS] = assign_job,
	[EC2_ASSIGN_IPV6] = assign_ipv6_job,
	[EC2_ATTACH_ENI] = attach_job,
	[EC2_AUTHORIZE_INGRESS] = ec2_authorize_ingress_job,
	[EC2_CREATE_ENI] = create_job,
	[EC2_CREATE_GROUP] = create_group_job,
	[EC2_CREATE_TAGS] = ec2_create_tags_job,
	[EC2_DELETE_ENI] = ec2_delete_eni_job,
	[EC2_DELETE_GROUP] = ec2_delete_group_job,
	[EC2_DELETE_TAGS] = ec2_delete_tags_job,
	[EC2_DESCRIBE_ENIS] = ec2_query_enis_job,
	[EC2_DESCRIBE_GROUPS] = ec2_describe_groups_job,
	[EC2_DESCRIBE_INSTANCES] = ec2_describe_instances_job,
	[EC2_DESCRIBE_ROUTE_TABLES] = ec2_describe_route_tables_job,
	[EC2_DESCRIBE_SUBNETS] = ec2_query_subnets_job,
	[EC2_DESCRIBE_TAGS] = tags_job,
	[EC2_DESCRIBE_TYPES] = ec2_describe_instance_types_job,
	[EC2_DESCRIBE_VPCS] = ec2_describe_vpcs_job,
	[EC2_DESCRIBE_ZONES] = ec2_describe_zones_job,
	[EC2_DETACH_ENI] = ec2_detach_eni_job,
	[EC2_MODIFY_ENI] = modify_job,
	[EC2_REVOKE_INGRESS] = ec2_revoke_ingress_job,
	[EC2_UNASSIGN_IPS] = unassign_job,
	[EC2_UNASSIGN_IPV6] = ec2_unassign_ipv6_prefixes_job,
};

/* ---- JSON */

/* The same structure with one name for both ways; strings that are not there stay NULL. */
static const struct shape *one_name(const struct shape *s, int which, struct arena *a)
{
	struct shape *out = NEW(a, struct shape);
	struct shape_field *f = arena_get(a, s->n * sizeof(*f));

	*out = (struct shape) { s->size, f, s->n };
	memcpy(f, s->f, s->n * sizeof(*f));
	for (size_t i = 0; i < s->n; i++) {
		const char *name = f[i].name[0];

		if (which == 1 && f[i].name[1]) {
			name = f[i].name[1];
		} else if (which == 1) {
			char *small = arena_str(a, name);

			*small |= 0x20;
			name = small;
		}
		f[i].name[0] = f[i].name[1] = name;
		if (f[i].kind == SHAPE_STR)
			f[i].kind = SHAPE_OPT;
		if (f[i].sub)
			f[i].sub = one_name(f[i].sub, which, a);
	}
	return out;
}

static struct json *call(struct aws *w, const char *line, struct arena *a, struct err *e)
{
	const char *args = line + strcspn(line, " ");
	const char *name = arena_fmt(a, "%.*s", (int)(args - line), line);
	struct job j = { .w = w, .a = a, .deadline = now_ms() + PATIENCE_MS, .e = e };
	auto_json struct json *q = json_parse(args, strlen(args), e);
	const struct aws_action *act;
	enum ec2_action i = 0;
	void *in;
	int rc;

	while (i < EC2_ACTIONS && strcmp(ec2_actions[i].name, name) != 0)
		i++;
	if (i == EC2_ACTIONS)
		return fail(e, EINVAL, "no such action here: %s", name), NULL;
	act = &ec2_actions[i];
	in = arena_get(a, act->in->size);
	if (!q || shape_get_json(one_name(act->in, 0, a), in, q, a, e) < 0)
		return NULL;
	j.in = in;
	j.out = act->out ? arena_get(a, act->out->size) : NULL;
	rc = json_bool(q, "DryRun", false) ? ec2_dry_run(w, i, in, j.deadline, e) : jobs[i](&j);
	if (rc < 0)
		return NULL;
	return act->out ? shape_json(one_name(act->out, 1, a), j.out) : json_object();
}

static struct json *table(const struct shape *s)
{
	struct json *j = json_object();

	for (size_t i = 0; i < s->n; i++) {
		struct json *f = json_object();

		json_add(f, "of", s->f[i].sub ? table(s->f[i].sub) : NULL);
		if (*s->f[i].name[0])
			json_add(j, s->f[i].name[0], f);
		else
			json_free(&f);
	}
	return j;
}

static void print_tables(void)
{
	auto_json struct json *all = json_object();
	auto_arena struct arena a = { 0 };

	for (size_t i = 0; i < EC2_ACTIONS; i++)
		if (ec2_actions[i].out)
			json_add(all, ec2_actions[i].name,
				 table(one_name(ec2_actions[i].out, 1, &a)));
	jsonlines_print(all);
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "tables") == 0) {
		print_tables();
		return 0;
	}
	if (argc != 1) {
		fputs("usage: awscorpus [tables]\n", stderr);
		return 2;
	}
	return jsonlines_serve("awscorpus", call);
}
