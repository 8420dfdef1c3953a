/* SPDX-License-Identifier: Apache-2.0 */
/* podstatus.h - a pod's status as the kubelet writes it, from what its containers do. Pure; phases,
 * conditions, reasons and their words are the kubelet's (Kubernetes 1.32, pkg/kubelet/status and
 * kubelet_pods.go). */
#pragma once
#include "json.h"

enum podrun_state { PODRUN_WAITING, PODRUN_RUNNING, PODRUN_ENDED };
/* How a container ended. */
struct podrun_end {
	bool is;
	int code, signal;
	int64_t started_s, finished_s;
	char id[65];
	char reason[32]; /* "Completed", "Error", "OOMKilled", "StartError" */
	char message[200];
};
struct podrun {
	char name[64];
	bool init, sidecar; /* sidecar: an init container that stays */
	enum podrun_state state;
	char reason[40];   /* of waiting: "ContainerCreating", "CrashLoopBackOff" ... */
	char message[600]; /* the same */
	char id[65];       /* of the running one */
	int64_t started_s;
	int restarts;
	bool started, ready;         /* as the probes say; of a running one */
	struct podrun_end end, last; /* end: when it has ended; last: the one before */
};
struct podstatus_in {
	const struct json *pod; /* as the API server has it */
	const struct podrun *v;
	size_t n;
	bool networked; /* the sandbox is there */
	const char *ip; /* "": none yet */
	const char *host_ip;
	int64_t start_s; /* when the kubelet saw it first */
	int64_t now_s;
	const char *rejected; /* a reason ("OutOfpods"): the pod never runs; NULL */
	const char *why;      /* its message */
	bool patch;           /* with null for what an earlier state had and this one has not */
	const struct json *before; /* the status that was written last, for times of transitions */
};
/* To be freed. */
struct json *podstatus_make(const struct podstatus_in *in);
/* "Pending", "Running", "Succeeded", "Failed" */
const char *podstatus_phase(const struct podstatus_in *in);
/* By requests and limits: "BestEffort", "Burstable", "Guaranteed". */
const char *podstatus_qos(const struct json *pod);
/* Is a container to be started again, after this end? */
bool podstatus_again(const struct json *pod, const struct podrun *c);
/* Milliseconds to wait before that: none the first time, then 10 s, doubled with each restart up to
 * 5 minutes; none after one that ran for 10 minutes. restarts: those until now. */
int64_t podstatus_pause(int restarts, const struct podrun_end *end);
