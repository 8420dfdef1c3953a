/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_scalar.h - inside the YAML reader: what a scalar is. */
#pragma once
#include "json.h"

/* A plain scalar as a value, NULL for null; as go-yaml v2 resolves it (yaml.h). EINVAL: infinity or
 * not a number. */
MUST int yaml_plain(const char *s, struct json **out, struct err *e);
/* A scalar with a tag, such as "tag:yaml.org,2002:int". EINVAL: it is none of those, or an unknown
 * tag. */
MUST int yaml_tagged(const char *tag, const char *s, struct json **out, struct err *e);
