/* SPDX-License-Identifier: Apache-2.0 */
/* kubelist.c - a list of pods into a store: kubelist COUNT. One line of JSON: bytes and
 * microseconds a pod, bytes of its JSON, resident KiB at the end. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "file.h"
#include "kubestore.h"
#include "kubewatch_split.h"
#include "str.h"

/* As a Deployment's pod of two containers looks that a VPC CNI and kubelet have filled in. */
static void add_metadata(int i, struct buf *b)
{
	buf_fmt(b,
		"{\"metadata\":{\"name\":\"checkout-api-6d8f9c7b5d-%05d\",\"generateName\":"
		"\"checkout-"
		"api-6d8f9c7b5d-\",\"namespace\":\"team-%02d\",\"uid\":\"0a1b2c3d-4e5f-6071-8293-"
		"a4b5c6d%05d\",\"resourceVersion\":\"%d\",\"generation\":1,\"creationTimestamp\":"
		"\"2026-01-02T03:04:05Z\",\"labels\":{\"app.kubernetes.io/name\":\"checkout-api\","
		"\"pod-template-hash\":\"6d8f9c7b5d\",\"app.kubernetes.io/instance\":\"checkout\"},"
		"\"annotations\":{\"prometheus.io/scrape\":\"true\",\"prometheus.io/"
		"port\":\"9090\","
		"\"kubectl.kubernetes.io/restartedAt\":\"2026-01-01T00:00:00Z\"},"
		"\"ownerReferences\":[{\"apiVersion\":\"apps/v1\",\"kind\":\"ReplicaSet\",\"name\":"
		"\"checkout-api-6d8f9c7b5d\",\"uid\":\"9a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9\","
		"\"controller\":true,\"blockOwnerDeletion\":true}],\"managedFields\":[",
		i, i % 40, i, 1000000 + i);
	for (int k = 0; k < 3; k++)
		buf_fmt(b,
			"%s{\"manager\":\"kubelet\",\"operation\":\"Update\",\"apiVersion\":\"v1\","
			"\"time\":\"2026-01-02T03:04:05Z\",\"fieldsType\":\"FieldsV1\","
			"\"fieldsV1\":{"
			"\"f:status\":{\"f:conditions\":{\"k:{\\\"type\\\":\\\"Ready\\\"}\":{\".\":"
			"{},"
			"\"f:lastProbeTime\":{},\"f:status\":{},\"f:type\":{}}},\"f:podIPs\":{\"."
			"\":{},"
			"\"k:{\\\"ip\\\":\\\"10.0.0.1\\\"}\":{\".\":{},\"f:ip\":{}}}}}}",
			k ? "," : "");
	buf_str(b, "]},");
}

static void add_spec(int i, struct buf *b)
{
	buf_str(b, "\"spec\":{\"containers\":[");
	for (int k = 0; k < 2; k++)
		buf_fmt(b,
			"%s{\"name\":\"%s\",\"image\":\"registry.test/"
			"checkout:1.2.3\",\"ports\":[{\"name\":"
			"\"http\",\"containerPort\":%d,\"protocol\":\"TCP\"}],\"env\":[{\"name\":"
			"\"A\","
			"\"value\":\"b\"},{\"name\":\"POD\",\"valueFrom\":{\"fieldRef\":{"
			"\"apiVersion\":"
			"\"v1\",\"fieldPath\":\"metadata.name\"}}}],\"resources\":{\"limits\":{"
			"\"memory\":"
			"\"256Mi\"},\"requests\":{\"cpu\":\"100m\",\"memory\":\"256Mi\"}},"
			"\"volumeMounts\":[{"
			"\"name\":\"kube-api-access-x\",\"readOnly\":true,\"mountPath\":"
			"\"/var/run/secrets/kubernetes.io/serviceaccount\"}],\"imagePullPolicy\":"
			"\"IfNotPresent\"}",
			k ? "," : "", k ? "proxy" : "api", 8080 + k);
	buf_fmt(b,
		"],\"restartPolicy\":\"Always\",\"nodeName\":\"ip-10-0-%d-%d.eu-central-1.compute."
		"internal\",\"readinessGates\":[{\"conditionType\":\"target-health.elbv2.k8s.aws/"
		"k8s-team-checkout-0123456789\"}],\"tolerations\":[{\"key\":\"node.kubernetes.io/"
		"not-"
		"ready\",\"operator\":\"Exists\",\"effect\":\"NoExecute\",\"tolerationSeconds\":"
		"300}]},"
		"\"status\":{\"phase\":\"Running\",\"conditions\":[",
		i / 30 / 250, i / 30 % 250);
}

static void add_pod(int i, struct buf *b)
{
	add_metadata(i, b);
	add_spec(i, b);
	for (int k = 0; k < 5; k++)
		buf_fmt(b,
			"%s{\"type\":\"%s\",\"status\":\"True\",\"lastProbeTime\":null,"
			"\"lastTransitionTime\":\"2026-01-02T03:04:%02dZ\"}",
			k ? "," : "",
			((const char *const[]) {
				"PodScheduled", "Initialized", "Ready", "ContainersReady",
				"target-health.elbv2.k8s.aws/k8s-team-checkout-0123456789" })[k],
			k);
	buf_fmt(b,
		"],\"hostIP\":\"10.0.0.1\",\"podIP\":\"10.0.%d.%d\",\"podIPs\":[{\"ip\":\"10.0.%d.%"
		"d\"}],"
		"\"startTime\":\"2026-01-02T03:04:05Z\",\"containerStatuses\":[{\"name\":\"api\","
		"\"state\":{\"running\":{\"startedAt\":\"2026-01-02T03:04:05Z\"}},\"lastState\":{},"
		"\"ready\":true,\"restartCount\":0,\"image\":\"x\",\"imageID\":\"y\",\"started\":"
		"true}]}}",
		i / 250 % 250, i % 250, i / 250 % 250, i % 250);
}

static size_t object_bytes;

static int on_item(void *arg, const struct json *j, struct err *e)
{
	struct kube_object *o = kube_object(KUBE_POD, j, e);

	if (!o)
		return -1;
	object_bytes += malloc_usable_size(o);
	kubestore_put(arg, o, NULL);
	return 0;
}

static long resident_kib(void)
{
	auto_buf struct buf b = { 0 };
	struct err e;
	const char *line;

	if (file_read("/proc/self/status", 65536, &b, &e) < 0)
		die("%s", e.msg);
	line = strstr(b.p, "VmRSS:");
	return line ? strtol(line + 6, NULL, 10) : 0;
}

int main(int argc, char **argv)
{
	auto_kubestore struct kubestore *s = kubestore_new();
	auto_split struct kube_split split = { .list = true, .item = on_item, .arg = s };
	auto_buf struct buf b = { 0 };
	auto_json struct json *head = NULL;
	struct err e = { 0 };
	uint64_t n = 30000;
	int64_t took = 0;
	size_t bytes = 0;
	long before;

	if (argc > 1 && !str_u64(argv[1], &n))
		die("usage: kubelist [COUNT]");
	before = resident_kib();
	if (kube_split_feed(&split, "{\"items\":[", 10, &e) < 0)
		die("%s", e.msg);
	for (int i = 0; i < (int)n; i++) {
		int64_t since;

		b.len = 0;
		buf_str(&b, i ? "," : "");
		add_pod(i, &b);
		bytes += b.len;
		since = wall_ns();
		if (kube_split_feed(&split, b.p, b.len, &e) < 0)
			die("%s", e.msg);
		took += wall_ns() - since;
	}
	if (kube_split_feed(&split, "]}", 2, &e) < 0 || kube_split_end(&split, &head, &e) < 0)
		die("%s", e.msg);
	printf("{\"pods\":%zu,\"bytes\":%ld,\"object\":%zu,\"us\":%.1f,\"json\":%zu,\"resident_"
	       "kib\":%ld}\n",
	       kubestore_count(s, KUBE_POD), (resident_kib() - before) * 1024 / (long)n,
	       object_bytes / n, (double)took / 1000 / (double)n, bytes / n, resident_kib());
	return 0;
}
