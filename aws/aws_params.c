/* SPDX-License-Identifier: Apache-2.0 */
/* aws_params.c - the parameters of the query protocols. */
#include <stdio.h>
#include <string.h>

#include "aws.h"
#include "uri.h"

void aws_param(struct aws_params *p, const char *name, const char *value)
{
	if (p->body.len)
		buf_str(&p->body, "&");
	uri_encode(name, strlen(name), "", &p->body);
	buf_str(&p->body, "=");
	uri_encode(value, strlen(value), "", &p->body);
}

void aws_param_int(struct aws_params *p, const char *name, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	aws_param(p, name, text);
}

void aws_params_free(struct aws_params *p)
{
	buf_free(&p->body);
}
