/* SPDX-License-Identifier: Apache-2.0 */
/* creds_chain.h - inside the credentials: creds.c keeps them, creds_chain.c asks the sources in
 * their order, creds_profile.c, creds_container.c and creds_instance.c are sources. */
#pragma once
#include "creds.h"
#include "imds.h"

/* One fetch. Strings live in the arena. */
struct creds_ask {
	const struct profiles *profiles;
	const char *profile;
	bool by_option, must_exist, no_imds;
	struct aws *session;
	struct imds *imds; /* initialised when imds_ready */
	bool *imds_ready;
	struct arena *a;
	int64_t deadline;
};
struct creds_got {
	struct aws_keys keys;
	int64_t until; /* wall clock seconds; 0: for ever */
	const char *source;
};
MUST int creds_fetch(const struct creds_ask *q, struct creds_got *out, struct err *e);

/* Sources: 1 found, 0 not configured, -1 configured but it fails. */
MUST int creds_from_environment(const struct creds_ask *q, struct creds_got *out, struct err *e);
MUST int creds_from_profile(const struct creds_ask *q, struct creds_got *out, struct err *e);
MUST int creds_from_web_identity(const struct creds_ask *q, struct creds_got *out, struct err *e);
MUST int creds_from_container(const struct creds_ask *q, struct creds_got *out, struct err *e);
MUST int creds_from_instance(const struct creds_ask *q, struct creds_got *out, struct err *e);

/* Values that cannot be keys are refused by name, never shown. EBADMSG. */
MUST int creds_check(const struct aws_keys *k, const char *from, struct err *e);
/* AccessKeyId, SecretAccessKey, Token, Expiration, as IMDS and containers give them. */
MUST int creds_read(const char *text, const char *from, struct creds_got *out, struct arena *a,
		    struct err *e);
/* A file with a secret: at most 64 KiB without NUL; the line end behind it is cut. */
MUST int creds_secret_file(const char *path, const char *what, const char **out, struct arena *a,
			   struct err *e);
