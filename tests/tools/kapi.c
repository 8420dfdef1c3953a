/* SPDX-License-Identifier: Apache-2.0 */
/* kapi.c - the lab's API server alone, for tests and others: kapi PORT KUBECONFIG listens on
 * 127.0.0.1 (0: a free port) over TLS, writes a kubeconfig to that file, prints "PORT TOKEN" and
 * serves until its input ends. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "clock.h"
#include "hash.h"
#include "kapi.h"
#include "str.h"
#include "tls_accept.h"
#include "tls_cert.h"

static void on_input(struct watch *w, uint32_t events)
{
	char text[64];

	(void)events;
	if (read(w->fd, text, sizeof(text)) <= 0)
		loop_stop(w->loop);
}

/* Who we are, and the kubeconfig that says so. */
static struct tls_identity *identity(struct buf *ca_text, struct err *e)
{
	static const char *const name = "kubernetes";
	auto_pair struct tls_pair ca = { 0 };
	auto_pair struct tls_pair own = { 0 };
	struct tls_identity *id = NULL;
	int64_t now = wall_s();

	if (tls_cert_ca(&ca, "vpcbox-lab", now - 3600, now + 864000, e) < 0 ||
	    tls_cert_issue(&own, &ca, &name, 1, now - 3600, now + 864000, e) < 0 ||
	    tls_identity_new(&id, own.cert.p, own.key.p, NULL, e) < 0)
		return NULL;
	base64(ca.cert.p, ca.cert.len, ca_text);
	return id;
}

static void write_config(const char *path, int port, const char *token, const char *ca)
{
	FILE *f = fopen(path, "we");

	if (!f)
		die("cannot write %s", path);
	fprintf(f,
		"apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{name: c, context: "
		"{cluster: k, user: u}}]\nclusters: [{name: k, cluster: {server: "
		"\"https://127.0.0.1:%d\", tls-server-name: kubernetes, "
		"certificate-authority-data: %s}}]\nusers: [{name: u, user: {token: %s}}]\n",
		port, ca, token);
	fclose(f);
}

static void begin(struct kstore *s)
{
	static const char *const names[] = { "default", "kube-node-lease", "kube-public",
					     "kube-system" };
	struct err e;

	for (size_t i = 0; i < COUNT(names); i++) {
		auto_json struct json *o = json_object(), *meta = json_object();

		json_add_str(meta, "name", names[i]);
		json_add(o, "metadata", TAKE(meta));
		if (kstore_create(s, kstore_resource(s, "", "namespaces"), "", o, NULL, &e) < 0)
			die("%s", e.msg);
	}
}

int main(int argc, char **argv)
{
	struct ip ip = ip_v4(0x7f000001);
	struct httpd_at at = { .ip = &ip, .max_clients = 4096, .max_body = 3 << 20 };
	struct kstore *s = kstore_new();
	struct watch input = { .fn = on_input };
	auto_buf struct buf ca = { 0 };
	uint8_t dice[16];
	char token[33];
	uint64_t port = 0;
	struct httpd *d;
	struct kapi *k;
	struct loop *l;
	struct err e;

	if (argc != 3 || !str_u64(argv[1], &port) || port > 65535)
		die("usage: kapi PORT KUBECONFIG");
	signal(SIGPIPE, SIG_IGN);
	random_bytes(dice, sizeof(dice));
	hex(dice, sizeof(dice), token);
	l = loop_new(&e);
	if (!l)
		die("%s", e.msg);
	begin(s);
	at.port = (uint16_t)port;
	at.tls = identity(&ca, &e);
	if (!at.tls)
		die("%s", e.msg);
	k = kapi_new(l, s, &(struct kapi_config) { .token = token });
	d = httpd_new(l, &at, kapi_serve, k, &e);
	if (!d || watch_add(l, &input, STDIN_FILENO, EPOLLIN, &e) < 0)
		die("%s", e.msg);
	write_config(argv[2], httpd_port(d), token, ca.p);
	printf("%d %s\n", httpd_port(d), token);
	fflush(stdout);
	if (loop_run(l, &e) < 0)
		die("%s", e.msg);
	watch_del(&input);
	kapi_free(&k);
	httpd_free(&d);
	tls_identity_unref(&at.tls);
	loop_free(&l);
	kstore_free(&s);
	return 0;
}
