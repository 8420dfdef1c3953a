/* SPDX-License-Identifier: Apache-2.0 */
/* lb_gate.c - what health makes of readiness gates. */
#include "clock.h"
#include "fakekube.h"
#include "gate.h"
#include "test.h"

#define TYPE "target-health.elbv2.k8s.aws/tgb"

static const char *patch_text(const struct kube_pod *p, const struct kube_condition *want,
			      struct arena *a)
{
	auto_json struct json *j = gate_patch(p, want, "2026-02-02T00:00:00Z");
	auto_buf struct buf out = { 0 };

	json_print(j, 0, &out);
	return arena_str(a, out.p);
}

TEST(a_gate_is_true_for_healthy_targets_alone)
{
	static const struct {
		const char *state, *reason, *words, *status;
	} rows[] = {
		{ "healthy", "", "", "True" },
		{ "initial", "Elb.RegistrationInProgress", "Target registration is in progress",
		  "False" },
		{ "unhealthy", "Target.FailedHealthChecks", "Health checks failed", "False" },
		{ "unused", "Target.NotInUse", "", "False" },
		{ "draining", "Target.DeregistrationInProgress", "", "False" },
		{ "unavailable", "Target.HealthCheckDisabled", "", "False" },
		{ "", "", "", "Unknown" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct elb_target_health h = { .state = rows[i].state,
						     .reason = rows[i].reason,
						     .description = rows[i].words };
		const struct kube_condition c = gate_want(TYPE, &h);

		CHECK_STR(c.type, TYPE);
		CHECK_STR(c.status, rows[i].status);
		CHECK_STR(c.reason, rows[i].reason);
		CHECK_STR(c.message, rows[i].words);
	}
	CHECK_STR(gate_want(TYPE, NULL).status, "Unknown");
}

TEST(a_gate_is_patched_with_uid_and_order)
{
	auto_arena struct arena a = { 0 };
	const struct kube_pod p = { .uid = "u-1" };
	const struct kube_condition want = gate_registered(TYPE);

	CHECK_STR(patch_text(&p, &want, &a),
		  "{\"metadata\":{\"uid\":\"u-1\"},\"status\":{\"$setElementOrder/conditions\":[{"
		  "\"type\":\"" TYPE "\"}],\"conditions\":[{\"type\":\"" TYPE
		  "\",\"status\":\"False\",\"reason\":\"Elb.RegistrationInProgress\",\"message\":"
		  "\"Target registration is in progress\",\"lastTransitionTime\":"
		  "\"2026-02-02T00:00:00Z\"}]}}");
}

TEST(a_gates_time_changes_with_its_status_alone)
{
	auto_arena struct arena a = { 0 };
	struct kube_condition is[] = { { TYPE, "False", "old", "words", "2026-01-01T00:00:00Z" } };
	const struct kube_pod p = { .uid = "u-1", .conditions = { is, 1 } };
	const struct kube_condition same = { TYPE, "False", "new", "", "" };
	const struct kube_condition other = { TYPE, "True", "", "", "" };

	CHECK(strstr(patch_text(&p, &same, &a), "\"lastTransitionTime\":\"2026-01-01T00:00:00Z\""));
	CHECK(strstr(patch_text(&p, &same, &a), "\"reason\":\"new\",\"message\":null"));
	CHECK(strstr(patch_text(&p, &other, &a),
		     "\"lastTransitionTime\":\"2026-02-02T00:00:00Z\""));
	CHECK(strstr(patch_text(&p, &other, &a), "\"reason\":null"));
}

TEST(a_gate_that_is_so_already_costs_nothing)
{
	auto_fakekube struct fakekube k = { 0 };
	auto_arena struct arena a = { 0 };
	struct kube_condition is[] = { { TYPE, "True", "", "", "2026-01-01T00:00:00Z" } };
	struct kube_pod p = { .ns = "default", .name = "gone", .uid = "u" };
	const struct kube_condition want = { TYPE, "True", "", "", "" };
	auto_kube struct kube *client = NULL;
	struct err e;

	fakekube_start(&k);
	client = fakekube_client(&k);
	p.conditions = (struct kube_conditions) { is, 1 };
	CHECK_INT(gate_set(client, &p, &want, &a, now_ms() + 20000, &e), 0);
	CHECK_INT(fakekube_count(&k, "PATCH"), 0);
	/* The pod is no more: nobody waits for it. */
	p.conditions.n = 0;
	CHECK_INT(gate_set(client, &p, &want, &a, now_ms() + 20000, &e), 0);
	CHECK_INT(fakekube_count(&k, "PATCH"), 1);
	CHECK_STR(fakekube_header(&k, "PATCH", "content-type", &a),
		  "application/strategic-merge-patch+json");
	fakekube_order(&k, &(struct fakekube_fault) { .match = "PATCH", .status = 403 });
	CHECK_INT(gate_set(client, &p, &want, &a, now_ms() + 20000, &e), -1);
	/* Another pod of that name: its uid does not fit. */
	fakekube_order(&k, &(struct fakekube_fault) { .match = "PATCH", .status = 409 });
	CHECK_INT(gate_set(client, &p, &want, &a, now_ms() + 20000, &e), 0);
}

TEST(conditions_of_this_binding_that_are_not_true_keep_it_busy)
{
	struct kube_condition other[] = { { "target-health.elbv2.k8s.aws/other", "False", "", "",
					    "" } };
	struct kube_condition own[] = { { TYPE, "False", "", "", "" } };
	struct kube_condition good[] = { { TYPE, "True", "", "", "" } };
	struct kube_pod p[] = { { .conditions = { other, 1 } },
				{ .conditions = { good, 1 } },
				{ .conditions = { own, 1 } },
				{ .conditions = { 0 } } };
	struct endpoint v[] = { { "1", 1, &p[0], NULL },
				{ "2", 1, &p[1], NULL },
				{ "3", 1, &p[3], NULL },
				{ "4", 1, NULL, NULL },
				{ "5", 1, &p[2], NULL } };

	CHECK(!gate_waits(&(struct endpoints) { .v = v, .n = 4 }, TYPE));
	CHECK(gate_waits(&(struct endpoints) { .v = v, .n = 5 }, TYPE));
}

TEST(a_gate_is_closed_until_its_condition_is_true)
{
	struct kube_gate gates[] = { { TYPE } };
	struct kube_condition good[] = { { TYPE, "True", "", "", "" } };
	struct kube_pod p[] = { { .gates = { gates, 1 }, .conditions = { good, 1 } },
				{ .gates = { gates, 1 } },
				{ .name = "none" } };
	struct endpoint v[] = { { "1", 1, &p[0], NULL },
				{ "2", 1, NULL, NULL },
				{ "3", 1, &p[2], NULL },
				{ "4", 1, &p[1], NULL } };

	CHECK(!gate_closed(&(struct endpoints) { .v = v, .n = 3 }, TYPE));
	CHECK(gate_closed(&(struct endpoints) { .v = v, .n = 4 }, TYPE));
}
