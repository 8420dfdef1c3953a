/* SPDX-License-Identifier: Apache-2.0 */
/* elbcert.h - certificates of listeners. */
#pragma once
#include "elb.h"

bool listener_is_secure(const char *protocol); /* HTTPS, TLS */
/* CertificateNotFound: it is not one that a listener of the protocol can have. */
MUST int certificate_check(const struct elb *b, const char *arn, const char *protocol,
			   struct err *e);
