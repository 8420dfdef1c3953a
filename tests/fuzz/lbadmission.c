/* SPDX-License-Identifier: Apache-2.0 */
/* lbadmission.c - any JSON as an AdmissionReview, to the webhook that the first byte picks: it is
 * refused with words, or answered with a review. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admission.h"
#include "hash.h"
#include "lbcase.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char cluster[] =
	"[{'kind':'IngressClass','metadata':{'name':'alb'},'spec':{'controller':"
	"'ingress.k8s.aws/alb'}},{'kind':'Service','metadata':{'namespace':'ns','name':'s'},'spec':"
	"{'selector':{'a':'b'}}},{'kind':'TargetGroupBinding','metadata':{'namespace':'ns','name':"
	"'b'},'spec':{'targetGroupARN':'arn','targetType':'ip','serviceRef':{'name':'s','port':1}}}"
	"]";

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "fuzz: %s\n", what);
	abort();
}

static int target_groups(void *arg, const struct kube_binding *as,
			 const struct elb_describe_target_groups *q, struct elb_target_groups *out,
			 struct arena *a, struct err *e)
{
	(void)arg;
	if (*as->role)
		return fail(e, EACCES, "AssumeRole: no");
	*out = (struct elb_target_groups) { NEW(a, struct elb_target_group), 1 };
	*out->v = (struct elb_target_group) { .arn = q->arns.n ? q->arns.v[0] : "arn",
					      .target_type = "ip",
					      .protocol = "TCP",
					      .vpc = "vpc-01234567",
					      .ip_address_type = "ipv4" };
	return 0;
}

static void check_answer(const struct buf *text)
{
	struct err e;
	auto_json struct json *answer = json_parse(text->p, text->len, &e), *patch = NULL;
	auto_buf struct buf plain = { 0 };
	const char *coded = json_str(answer, "response.patch", NULL);

	must(answer, "the answer is JSON");
	must(*json_str(answer, "response.uid", ""), "the answer has the review's uid");
	must(json_bool(answer, "response.allowed", false) ||
		     *json_str(answer, "response.status.message", ""),
	     "denied without words");
	if (!coded)
		return;
	must(base64_decode(coded, &plain), "the patch is base64");
	patch = json_parse(plain.p, plain.len, &e);
	must(json_type(patch) == JSON_ARRAY, "the patch is a list");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_admission_answer struct admission_answer out = { 0 };
	auto_json struct json *j = NULL;
	auto_lbcase struct lbcase c;
	struct admission_env env;
	struct err e = { 0 };

	if (!size)
		return 0;
	j = json_parse((const char *)data + 1, size - 1, &e);
	if (!j)
		return 0;
	lbcase_init(&c);
	lbcase_text(&c, cluster);
	env = (struct admission_env) { .c = &c.config,
				       .inject_gates = true,
				       .objects = c.objects,
				       .target_groups = target_groups };
	if (admission_answer((enum admission_id)(data[0] % HOOKS), &env, j, &out, &e) < 0)
		must(e.num == EBADMSG && *e.msg, "refused without words");
	else
		check_answer(&out.text);
	return 0;
}
