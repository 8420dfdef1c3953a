/* SPDX-License-Identifier: Apache-2.0 */
/* fakeaws.h - an AWS endpoint for tests: checks each signature, answers as told, remembers. */
#pragma once
#include "aws.h"
#include "web.h"

#define FAKE_ID "AKIAIOSFODNN7EXAMPLE"
#define FAKE_SECRET "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

struct fakeaws_answer {
	int status;
	const char *body;
};
/* Zero-initialise, set answers and n; the last one serves for ever. Read after fakeaws_stop(). */
struct fakeaws {
	const struct fakeaws_answer *answers;
	const struct http_headers *headers; /* of every answer; may be NULL */
	size_t n, asked;
	int bad_signatures;
	/* of the last request */
	struct buf body;
	char agent[64], target[64];
	int64_t signed_at;

	struct web web;
};
/* Starts it and points a session at it, with keys from the environment, short pauses and no rate
 * limits of our own. */
void fakeaws_start(struct fakeaws *f, struct aws **w);
void fakeaws_stop(struct fakeaws *f);
#define auto_fakeaws AUTO(fakeaws_stop)
/* Keys, region and endpoint in the environment; NULL endpoint: removes them all. Files of
 * the user who tests are kept out. */
void fakeaws_env(const char *endpoint);
/* Whether the last request's body has this "name=value" among its parameters. */
bool fakeaws_got(const struct fakeaws *f, const char *pair);
