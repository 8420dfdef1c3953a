/* SPDX-License-Identifier: Apache-2.0 */
/* rpc.c - the tables behind rpc.h. */
#include "rpc.h"

#define TABLE(T, FIELDS)                                                   \
	static const struct pb_field T##_fields[] = { FIELDS(PB_ROW, T) }; \
	const struct pb_msg T##_pb = { #T, sizeof(struct T), T##_fields, COUNT(T##_fields) };
RPC_MESSAGES(TABLE)

#define METHOD(name, path, in, out) const struct grpc_method name = { path, &in##_pb, &out##_pb };
RPC_METHODS(METHOD)
