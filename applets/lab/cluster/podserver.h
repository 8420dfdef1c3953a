/* SPDX-License-Identifier: Apache-2.0 */
/* podserver.h - what runs in a pod in the place of an image that is not pulled: NAME of
 * podimage.def. */
#pragma once
#include "httpd.h"

/* `vpcbox-lab pod-server NAME`, until SIGTERM. Its port is PORT of the environment or the image's
 * own. */
int podserver_main(int argc, char **argv);

httpd_fn podserver_echo, podserver_page, podserver_game, podserver_ready;
/* Names are answered by the resolver of /etc/resolv.conf. */
MUST int podserver_dns(struct loop *l, struct err *e);
/* As the echo server's image answers: who we are (of the environment), who asks, what was asked. */
void podserver_echo_text(const struct httpd_call *c, const char *hostname, struct buf *out);
/* A line for each request, as nginx writes it. */
void podserver_access(const struct httpd_call *c, int status, size_t bytes);
