/* SPDX-License-Identifier: Apache-2.0 */
/* profile.h - the shared config and credentials files ("Configuration and credential file settings"
 * in the AWS SDKs and Tools reference). */
#pragma once
#include "arena.h"

/* One profile, or all that there are, read once. Zero is empty. */
struct profiles;
/* AWS_CONFIG_FILE or ~/.aws/config, AWS_SHARED_CREDENTIALS_FILE or ~/.aws/credentials; a file that
 * is not there is empty. EBADMSG with file and line. At most 1 MiB each. */
MUST int profiles_load(struct profiles **out, struct err *e);
/* The same from text, for tests: config may be "", credentials may be "". */
MUST int profiles_parse(struct profiles **out, const char *config, const char *credentials,
			struct err *e);
void profiles_free(struct profiles **p);
#define auto_profiles AUTO(profiles_free)
bool profiles_has(const struct profiles *p, const char *profile);
/* Value of a key in a profile: the credentials file wins over the config file. Keys compare without
 * case. "" when absent. */
const char *profiles_get(const struct profiles *p, const char *profile, const char *key);
/* The keys of a profile, all of one file: of the credentials file if there is any of the two there,
 * as in the SDK for Go, which then takes the token alone from the config file, as is not done here.
 * "" for what is absent. */
struct profile_keys {
	const char *id, *secret, *token;
};
struct profile_keys profiles_keys(const struct profiles *p, const char *profile);
/* Of a nested one: [services NAME] with "ec2 =" and an indented "endpoint_url = ...". */
const char *profiles_service(const struct profiles *p, const char *services, const char *service,
			     const char *key);
