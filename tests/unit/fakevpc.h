/* SPDX-License-Identifier: Apache-2.0 */
/* fakevpc.h - IMDS and EC2 for ipamd's tests: one instance, a few ENIs, and whatever goes wrong on
 * demand. Read and write the state only while no call to it is under way. */
#pragma once
#include "ip.h"
#include "test.h"
#include "web.h"

enum { FAKE_ENIS = 8, FAKE_IPS = 20, FAKE_FAULTS = 8 };

struct fake_eni {
	char id[32], mac[20], subnet[32], description[64], type[16];
	char ips[FAKE_IPS][16]; /* the first is the primary address */
	int nips;
	int device;  /* -1: not attached */
	bool hidden; /* from IMDS */
	bool delete_on_termination;
	char tags[8][2][64];
	int ntags;
};
/* Answer an action with an error so many times. code "": with no error that EC2 knows. done: but do
 * it first. */
struct fake_fault {
	const char *action, *code, *message;
	int times;
	bool done;
};
/* An item of IMDS, below /latest/meta-data/, that says something else. text NULL: 404. */
struct fake_item {
	const char *path, *text;
};
struct fake {
	struct web web;
	struct fake_eni enis[FAKE_ENIS];
	int nenis, made;     /* made: by CreateNetworkInterface */
	const char *subnets; /* items of DescribeSubnets; NULL: the node's own subnet */
	const char *vpc_cidrs;
	struct fake_fault faults[FAKE_FAULTS];
	struct fake_item items[FAKE_FAULTS];
	char log[4096]; /* the actions asked for, in order */
};
/* eni-0: device 0 with 10.0.0.10; sets the environment that leads clients here. */
void fake_start(struct fake *f);
void fake_stop(struct fake *f);
#define auto_fake AUTO(fake_stop)
/* Attached with primary address 10.0.0.(100 * device + 10) and so many more behind it. */
struct fake_eni *fake_add(struct fake *f, const char *id, int device, int secondary);
void fake_tag(struct fake_eni *x, const char *key, const char *value);
struct fake_eni *fake_find(struct fake *f, const char *id);
