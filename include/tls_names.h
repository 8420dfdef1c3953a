/* SPDX-License-Identifier: Apache-2.0 */
/* tls_names.h - what a certificate says of itself. */
#pragma once
#include "str.h"

struct cert_facts {
	const char *subject;     /* its common name, "" without one */
	struct strs names;       /* DNS names that it is for; the subject when it lists none */
	const char *key_type;    /* "RSA_2048", "EC_prime256v1" ...: as AWS calls them */
	int64_t from_s, until_s; /* seconds since 1970 */
};
/* Of the first certificate in PEM. EBADMSG when there is none that can be read, or its key is of
 * another kind. */
MUST int cert_facts(const char *pem, struct cert_facts *out, struct arena *a, struct err *e);
