/* SPDX-License-Identifier: Apache-2.0 */
/* control.h - the lab's control socket: what is there, for status, exec and the tour. */
#pragma once
#include "lab.h"

/* The socket, bound but not listening; EEXIST: a lab of that name is up. */
MUST int control_bind(const char *name, int *fd, struct err *e);
/* Serve it: GET /status. Takes fd. */
MUST int control_start(struct lab *lab, int fd, struct err *e);
/* When every node's agent answers its health check, write a summary to fd and close it. */
MUST int control_when_ready(struct lab *lab, int fd, struct err *e);
/* The world as JSON, what "status -o json" prints. */
struct json *control_status(struct lab *lab);
