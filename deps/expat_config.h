/* SPDX-License-Identifier: Apache-2.0 */
/* expat_config.h - how expat is built: entropy from getrandom, no parameter entities, no
 * namespaces' URIs. */
#pragma once
#define HAVE_GETRANDOM 1
#define XML_CONTEXT_BYTES 0
#define XML_GE 0
#define BYTEORDER 1234
