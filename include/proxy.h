/* SPDX-License-Identifier: Apache-2.0 */
/* proxy.h - the HTTP proxy that the environment names, with curl's and Go's variables. */
#pragma once
#include "http.h"

/* After http_url(): let c reach its origin by a proxy if the environment says so, else directly.
 * Only clients of public services ask for this; the instance metadata is never asked by a proxy.
 *
 * HTTPS_PROXY, else https_proxy, for origins with TLS (by CONNECT); http_proxy, else HTTP_PROXY,
 * for the others (HTTP_PROXY not in a CGI program, where REQUEST_METHOD is set and a client could
 * set it): [http://][USER:PASSWORD@]HOST[:PORT], port 80 when none is named, user and password
 * percent-encoded. EINVAL names the variable when it cannot be used, but never shows it, because of
 * the password. Proxies of other kinds (https://, socks5://) are refused so.
 *
 * Never for localhost and loopback addresses, nor for what NO_PROXY (else no_proxy) lists, with
 * commas or blanks between: "*" all; "name" that name and all below it; ".name" or "*.name" only
 * those below it; an address; a prefix "10.0.0.0/8"; each but the prefix also with ":port". */
MUST int http_use_proxy(struct http_client *c, struct err *e);
/* The same by this very proxy, whatever the environment says; name is what messages call it. */
MUST int http_proxy_at(struct http_client *c, const char *url, const char *name, struct err *e);
