/* SPDX-License-Identifier: Apache-2.0 */
/* aws_answer.c - the body of a 200 as it comes: XML into a tree and items, JSON into a document. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "aws_session.h"

/* Another root is a portal that wants a login, or a refusal that does not say so. */
static int judge_root(const struct aws_reader *r, struct err *e)
{
	const char *name = xml_feed_root(r->feed), *action = r->c->q->action;
	size_t n = strlen(action);

	if (!*name || (strncmp(name, action, n) == 0 && strcmp(name + n, "Response") == 0))
		return 0;
	return fail(e, EBADMSG, "it is a <%.40s>, not a <%sResponse>", name, action);
}

static int on_item(const struct xml *item, void *reader, struct err *e)
{
	struct aws_reader *r = reader;

	if (judge_root(r, e) < 0)
		return -1;
	r->c->given = true;
	if (r->c->q->on_item(item, r->c->q->arg, e) == 0)
		return 0;
	r->e = *e;
	return -1;
}

void aws_reader_start(struct aws_reader *r, struct aws_call *c, const struct aws_secrets *s)
{
	*r = (struct aws_reader) { .c = c, .secrets = s };
	if (c->service->protocol != AWS_JSON)
		r->feed = xml_feed_new(c->items, on_item, r, c->a);
}

int aws_reader_take(const void *p, size_t n, void *reader, struct err *e)
{
	struct aws_reader *r = reader;
	size_t some = sizeof(r->first) - 1 - r->n;

	some = n < some ? n : some;
	memcpy(r->first + r->n, p, some);
	r->n += some;
	if (r->feed && (xml_feed(r->feed, p, n, e) < 0 || judge_root(r, e) < 0)) {
		r->broken = true;
		return -1;
	}
	if (!r->feed)
		buf_add(&r->json, p, n);
	return 0;
}

void aws_reader_free(struct aws_reader *r)
{
	xml_feed_free(&r->feed);
	buf_free(&r->json);
}

void aws_note_request_id(struct aws_call *c, const struct http_response *h, const struct xml *root)
{
	static const char *const headers[] = { "x-amzn-requestid", "x-amz-request-id" };
	static const char *const paths[] = { "requestId", "ResponseMetadata/RequestId", "RequestID",
					     "RequestId" };
	static const char fit[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	const char *id = "";

	for (size_t i = 0; i < COUNT(headers) && !*id; i++)
		id = http_header(&h->headers, headers[i]);
	for (size_t i = 0; i < COUNT(paths) && !*id; i++)
		id = xml_text(root, paths[i]);
	snprintf(c->request_id, sizeof(c->request_id), "%.*s", (int)strspn(id, fit), id);
}

static int end_xml(struct aws_reader *r, const struct http_response *h, struct err *e)
{
	struct aws_call *c = r->c;
	const struct xml *root = xml_feed_end(r->feed, e), *result = NULL;

	if (!root)
		return -1;
	aws_note_request_id(c, h, root);
	if (c->service->protocol == AWS_QUERY)
		result = xml_get(root, arena_fmt(c->a, "%sResult", c->q->action));
	c->r->xml = result ? result : root;
	return 0;
}

static int end_json(struct aws_reader *r, const struct http_response *h, struct err *e)
{
	struct aws_call *c = r->c;
	/* some actions answer nothing at all */
	const char *text = r->json.len ? r->json.p : "{}";

	aws_note_request_id(c, h, NULL);
	c->r->json = json_parse(text, r->json.len ? r->json.len : strlen(text), e);
	if (c->r->json && json_type(c->r->json) != JSON_OBJECT)
		return fail(e, EBADMSG, "it is no JSON object, but of type %s",
			    json_type_name(c->r->json));
	return c->r->json ? 0 : -1;
}

enum aws_outcome aws_reader_end(struct aws_reader *r, const struct http_response *h, struct err *e)
{
	struct aws_call *c = r->c;
	const char *type = h ? http_header(&h->headers, "content-type") : "";

	if (!r->broken && (r->feed ? end_xml(r, h, e) : end_json(r, h, e)) == 0) {
		c->r->request_id = arena_str(c->a, c->request_id);
		return AWS_DONE;
	}
	if (r->e.num) {
		*e = r->e;
		return AWS_REFUSED;
	}
	r->first[r->n] = '\0';
	if (r->n && c->q->service != AWS_STS) /* new keys are in there */
		fail(e, EBADMSG, "%s; it %s%.60s%sbegins with: %s", arena_str(c->a, e->msg),
		     *type ? "is " : "", aws_presentable(type, r->secrets, c->a),
		     *type ? " and " : "", aws_presentable(r->first, r->secrets, c->a));
	wrap(e, "%s: the answer cannot be read", c->q->action);
	return AWS_UNREADABLE;
}
