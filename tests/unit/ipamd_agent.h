/* SPDX-License-Identifier: Apache-2.0 */
/* ipamd_agent.h - ipamd without a cloud, for tests: its pool is filled by hand and cannot grow. */
#pragma once
#include <pthread.h>

#include "ipamd.h"
#include "tmpdir.h"

struct agent {
	struct ipamd d;
	struct dir dir;
	char sock[96], store[96];
	struct cidr vpc[2], exclude[2];
	struct watch stop;
	pthread_t thread;
};
/* A folder of its own, empty; not serving yet. */
void agent_init(struct agent *g);
/* A wired ENI with the addresses of a NULL-terminated list ("10.0.0.1/32"). */
void agent_eni(struct agent *g, const char *id, int device, const char *const *ips);
/* Serve on g->sock, in a thread. */
void agent_start(struct agent *g);
void agent_stop(struct agent *g);
#define auto_agent AUTO(agent_stop)
/* Leases in the checkpoint, and the checkpoint itself. */
struct leases agent_saved(struct agent *g, struct arena *a);
void agent_store(struct agent *g, const char *text);
struct cidr agent_cidr(const char *s);
