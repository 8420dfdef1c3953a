/* SPDX-License-Identifier: Apache-2.0 */
/* world.h - the simulated VPC as EC2 knows it: subnets, instances, ENIs, addresses, tags. In
 * memory, on the loop thread, without a socket; what must happen on the wire goes through hooks. */
#pragma once
#include "arena.h"
#include "clock.h"
#include "ec2limits.h"
#include "ip.h"

enum {
	WORLD_ID = 32, /* "subnet-0" + 16 hex digits and room */
	WORLD_NAME = 64,
	WORLD_SUBNET_MIN = 20,
	WORLD_MAX_NODES = 64,
	WORLD_MAX_ZONES = 6
};
#define WORLD_ROLE "vpcbox-lab-node" /* the IAM role of every node */

struct world_config {
	int nodes, zones;
	const char *type, *region; /* "t3.medium", "ap-northeast-2" */
	struct cidr vpc;           /* a /16 to /20 */
	int subnet_len;            /* 20 to 24; subnet k of zone k (1..) is the k-th such block */
	int hop_limit;             /* of IMDS token answers: 2 as on EKS nodes, 1 shuts pods out */
	bool ipv6;                 /* blocks of 2001:db8::/32, for those that only ask */
	bool private_subnets;      /* one in each zone too, behind all the public ones */
	uint64_t seed;             /* ids and addresses are a function of it */
	int call_ms, attach_ms, imds_lag_ms; /* how long a call takes, a link needs, IMDS lags */
};

struct world_tag {
	struct world_tag *next;
	char *key, *value;
};
struct subnet {
	char id[WORLD_ID], zone[WORLD_NAME], zone_id[16];
	struct cidr cidr;
	bool private; /* no way to the Internet */
	struct world_tag *tags;
	uint64_t rng; /* of all that is created in it: what other zones do changes nothing here */
};
struct eni_ip {
	struct ip ip;
	int64_t since; /* now_ms(): IMDS shows it imds_lag_ms later */
};
struct eni {
	struct eni *next;
	uint64_t serial; /* 1.., never given twice: the order of the list and of pages */
	char id[WORLD_ID], description[256], group[WORLD_ID];
	struct mac mac;
	struct subnet *subnet;
	struct eni_ip *ips; /* ips[0] is the primary address */
	size_t nips;
	struct world_tag *tags;
	char token[80]; /* ClientToken of its creation */
	/* Of a service's own interface ("network_load_balancer", as EC2 calls the kind), which
	 * nobody else may touch, or NULL; its public address, and its other security groups. */
	const char *service;
	struct ip public_ip;
	char more_groups[4][WORLD_ID];
	/* The attachment; host NULL: available. */
	struct instance *host;
	char attachment[WORLD_ID + 8]; /* "eni-attach-..." */
	int device, card;
	bool delete_on_termination, attached; /* attached: the link is there */
	int64_t attached_at;                  /* now_ms() of it, for IMDS */
	int64_t attach_s;                     /* wall clock of AttachNetworkInterface, seconds */
};
struct instance {
	char id[WORLD_ID], name[WORLD_NAME]; /* name: "node1" */
	char hostname[WORLD_NAME];           /* "ip-192-168-1-51.ap-northeast-2.compute.internal" */
	int number;                          /* 1.. */
	const struct limits *limits;
	struct subnet *subnet;
	struct eni *primary;
	struct ip public_ip;
	int hop_limit; /* of IMDS token answers; 2 as on EKS nodes */
	int64_t launched_s;
	struct world_tag *tags;
	/* IMDS tokens given out */
	struct {
		char text[60];
		int64_t until; /* now_ms() */
	} tokens[16];
	size_t next_token;
	char key_id[32], secret[48], session[200]; /* of its role */
	int imds_status; /* a fault that was asked for: IMDS answers this; 0: as it should */
};

struct world;
/* What the fabric does about it. Called on the loop thread; attach is told attach_ms after the
 * call. detached and address are told only of ENIs whose link is there (attached). */
struct world_hooks {
	void (*attached)(void *arg, struct eni *eni);
	void (*detached)(void *arg, struct eni *eni); /* eni->host still set */
	void (*address)(void *arg, struct eni *eni, struct ip ip, bool added);
	void (*groups)(void *arg); /* a security group, or an ENI's, has changed */
	void *arg;
};
struct world {
	struct world_config c;
	struct limits *limits; /* of c.type */
	char vpc_id[WORLD_ID], group[WORLD_ID], account[16], igw[WORLD_ID];
	struct world_tag *vpc_tags;
	struct subnet *subnets;
	size_t nsubnets;
	struct instance *instances;
	size_t ninstances;
	struct eni *enis;
	struct sgroup *groups; /* security groups, sgroup.h */
	struct world_hooks hooks;
	bool route_lost; /* a fault: the main route table has no way to the Internet */
	uint64_t rng, serials;
	struct arena a; /* strings that live as long as the world */
};

/* VPC, subnets, one instance per node with its primary ENI (addresses by seed, gateway + 1, .0 to
 * .3 and the last address of a subnet are never given out), public addresses 203.0.113.10 + number.
 * Hooks are not called for these: the fabric walks the lists. EINVAL names the parameter that is
 * wrong. */
MUST int world_init(struct world *w, const struct world_config *c, struct err *e);
void world_free(struct world *w);
/* Names that EC2's DNS has: "ip-192-168-1-51.ap-northeast-2.compute.internal" and
 * "ec2-203-0-113-11.ap-northeast-2.compute.amazonaws.com" (us-east-1 has its own forms). */
struct world_dns {
	char s[96];
};
struct world_dns world_private_dns(const struct world *w, struct ip ip);
struct world_dns world_public_dns(const struct world *w, struct ip ip);
/* The next number of a generator (splitmix64). */
uint64_t world_draw(uint64_t *rng);
/* "eni-0" + 16 hex digits, from the world's own generator. */
void world_id(struct world *w, const char *prefix, char *out, size_t size);

/* IPv6 blocks, of the VPC and of a subnet; none without world_config.ipv6. */
struct cidr world_vpc6(const struct world *w);
struct cidr world_subnet6(const struct world *w, const struct subnet *s);

struct eni *world_eni(struct world *w, const char *id);
struct eni *world_eni_attachment(struct world *w, const char *attachment);
struct subnet *world_subnet(struct world *w, const char *id);
struct instance *world_instance(struct world *w, const char *id_or_name);
/* Who has this address (private on an ENI, or public); NULL: nobody. */
struct eni *world_by_ip(struct world *w, struct ip ip);
struct instance *world_by_key(struct world *w, const char *key_id);

/* Addresses of the subnet that nobody has. */
int world_subnet_free(const struct world *w, const struct subnet *s);
/* Index of an address in eni->ips; -1: it has not got it. */
int world_ip_index(const struct eni *eni, struct ip ip);

/* Record a refusal and return -1: EINVAL, AWS's error code and its words. */
int world_refuse(struct err *e, const char *code, const char *fmt, ...) FMT(3, 4);

/* Changes. On refusal e->num is EINVAL, e->code is AWS's error code and e->msg AWS's wording;
 * nothing is half-done. */
MUST int world_create(struct world *w, struct subnet *s, const char *description, int secondary,
		      struct eni **out, struct err *e);
MUST int world_attach(struct world *w, struct eni *eni, struct instance *i, int device, int card,
		      struct err *e);
void world_link_up(struct world *w, struct eni *eni); /* attach_ms later: calls hooks.attached */
MUST int world_detach(struct world *w, struct eni *eni, struct err *e);
MUST int world_delete(struct world *w, struct eni *eni, struct err *e);
/* count > 0: any free ones of the subnet; else ip. first is the index of the first new address in
 * eni->ips. */
MUST int world_assign(struct world *w, struct eni *eni, int count, const struct ip *ip,
		      size_t *first, struct err *e);
MUST int world_unassign(struct world *w, struct eni *eni, struct ip ip, struct err *e);
void world_tag(struct world *w, struct world_tag **tags, const char *key, const char *value);
/* Take a tag off the list; a value that is not NULL must be its own. */
void world_untag(struct world_tag **tags, const char *key, const char *value);
const char *world_tag_get(const struct world_tag *tags, const char *key); /* NULL: absent */
