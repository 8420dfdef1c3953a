/* SPDX-License-Identifier: Apache-2.0 */
/* lab_balancer.c - the lab's load balancers on the wire of a namespace: interfaces, names, sockets,
 * flows, health checks against targets that misbehave. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "addr.h"
#include "balancer.h"
#include "dnsd.h"
#include "iface.h"
#include "labask.h"
#include "lbroom.h"
#include "nstest.h"

/* A balancer in a namespace of its own; what it does is seen by running the loop. */
struct rig {
	struct fix *f;
	struct nl nl;
	int back;
	struct loop *loop;
	struct balancer *b;
	const char *lb, *group, *listener;
};

static void rig_open(struct rig *r)
{
	struct err e = { 0 };
	int ns;

	*r = (struct rig) { .f = fix_new("t3.medium") };
	ns = ns_new(&r->nl);
	CHECK(netns_enter(ns, &r->back, &e) == 0);
	close(ns);
	CHECK(iface_change_name(&r->nl, "lo", &(struct iface_set) { .up = true }, &e) == 0);
	r->loop = loop_new(&e);
	r->f->elb.c.provision_ms = r->f->elb.c.register_ms = r->f->elb.c.release_ms = 0;
	r->f->elb.c.health_ms = 50;
	r->b = balancer_new(r->loop, &r->f->w, &r->f->elb, &e);
	CHECK(r->b);
	CHECK_STR(e.msg, "");
}

static struct timer stopper;
static void turn(struct rig *r, int ms);

/* Health checks under way belong to their threads: they are waited for. */
static void rig_close(struct rig *r)
{
	r->f->elb.c.health_ms = 60000;
	while (r->b && r->b->probing)
		turn(r, 5);
	balancer_free(&r->b);
	timer_stop(&stopper);
	loop_free(&r->loop);
	nl_close(&r->nl);
	netns_leave(&r->back);
	fix_free(&r->f);
}
#define auto_rig AUTO(rig_close)

static void rig_make(struct rig *r, const char *rest)
{
	r->f->elb.now = now_ms();
	r->lb = elb_new_lb(r->f, "n", "network", rest);
	r->group = elb_new_group(r->f, "g", "TCP", "");
	r->listener = elb_new_listener(r->f, r->lb, "TCP", 80, r->group);
	balancer_sync(r->b);
}

static const struct eni *service_eni(struct rig *r, size_t nth)
{
	for (const struct eni *n = r->f->w.enis; n; n = n->next)
		if (n->service && nth-- == 0)
			return n;
	return NULL;
}

/* Where the target's zone is. */
static const struct eni *near_eni(struct rig *r)
{
	for (const struct eni *n = r->f->w.enis; n; n = n->next)
		if (n->service && n->subnet == &r->f->w.subnets[0])
			return n;
	return NULL;
}

static void on_stop(struct timer *t)
{
	loop_stop(t->w.loop);
}

/* Its descriptor stays until the rig goes: turning opens none after the first time. */
static void turn(struct rig *r, int ms)
{
	struct err e = { 0 };

	stopper.fn = on_stop;
	CHECK(timer_set(r->loop, &stopper, ms, &e) == 0 && loop_run(r->loop, &e) == 0);
}

TEST(balancer_interfaces_have_the_addresses_that_were_asked_for)
{
	auto_rig struct rig r;
	struct ip out[4];
	const char *arn;

	rig_open(&r);
	arn = xml_text(elb_ask(r.f, "CreateLoadBalancer",
			       "Name=e&Type=network&SubnetMappings.member.1.SubnetId=%s"
			       "&SubnetMappings.member.1.AllocationId=eipalloc-1",
			       r.f->w.subnets[0].id),
		       "LoadBalancers/member/LoadBalancerArn");
	balancer_sync(r.b);
	CHECK_STR(ip_text(service_eni(&r, 0)->public_ip).s,
		  r.f->elb.lbs->v->zones.v[0].addresses.v[0].ip);
	CHECK_INT(balancer_resolve(r.b, r.f->elb.lbs->v->dns_name, out, 4), 1);
	CHECK(ip_eq(out[0], service_eni(&r, 0)->public_ip));
	CHECK(elb_ask(r.f, "CreateLoadBalancer",
		      "Name=p&Type=network&Scheme=internal&SubnetMappings.member.1.SubnetId=%s"
		      "&SubnetMappings.member.1.PrivateIPv4Address=192.168.1.77",
		      r.f->w.subnets[0].id));
	balancer_sync(r.b);
	CHECK_STR(ip_text(service_eni(&r, 1)->ips[0].ip).s, "192.168.1.77");
	CHECK_INT(service_eni(&r, 1)->public_ip.family, 0);
	CHECK(elb_ask(r.f, "DeleteLoadBalancer", "LoadBalancerArn=%s", arn));
	balancer_sync(r.b);
	CHECK_STR(ip_text(service_eni(&r, 0)->ips[0].ip).s, "192.168.1.77");
	CHECK(!service_eni(&r, 1));
}

TEST(balancer_interfaces_are_nobody_elses)
{
	auto_rig struct rig r;
	const char *id;

	rig_open(&r);
	rig_make(&r, "");
	id = service_eni(&r, 0)->id;
	CHECK_INT(enis_with(r.f, "interface-type", "network_load_balancer"), 2);
	CHECK_INT(enis_with(r.f, "requester-managed", "true"), 2);
	CHECK_INT(enis_with(r.f, "status", "in-use"), 4);
	CHECK(!ask(r.f, "DeleteNetworkInterface", form_id(r.f, "NetworkInterfaceId", id)));
	CHECK(ask_refused(r.f, 400, "OperationNotPermitted", "permission"));
	CHECK(service_eni(&r, 1));
}

TEST(balancer_addresses_of_the_public_kind_can_run_out)
{
	auto_rig struct rig r;
	int with = 0, without = 0;

	rig_open(&r);
	r.f->elb.c.quota[ELB_MAX_NLBS] = 200;
	for (int i = 0; i < 95; i++) {
		char name[16];

		snprintf(name, sizeof(name), "n%d", i);
		elb_new_lb(r.f, name, "network", "");
	}
	balancer_sync(r.b);
	for (size_t i = 0; service_eni(&r, i); i++) {
		with += service_eni(&r, i)->public_ip.family != 0;
		without += !service_eni(&r, i)->public_ip.family;
	}
	CHECK_INT(with, 253 - 75 + 1);
	CHECK_INT(with + without, 190);
}

/* ---- names ---- */

static size_t dns(struct rig *r, const char *name, uint8_t out[512])
{
	uint8_t q[300] = { 0, 1, 1, 0, 0, 1 };
	size_t at = 12;

	while (*name) {
		size_t n = strcspn(name, ".");

		q[at++] = (uint8_t)n;
		memcpy(q + at, name, n);
		at += n;
		name += n + (name[n] == '.');
	}
	at++;
	q[at + 1] = q[at + 3] = 1;
	return dnsd_answer(&r->f->w, r->b, q, at + 4, out, 512);
}

TEST(balancer_names_have_an_address_for_each_zone)
{
	auto_rig struct rig r;
	uint8_t out[512];
	char zone[200];
	const char *name;

	rig_open(&r);
	rig_make(&r, "");
	name = r.f->elb.lbs->v->dns_name;
	CHECK(dns(&r, name, out) > 12);
	CHECK_INT(out[7], 2);
	snprintf(zone, sizeof(zone), "DualStack.%s", name);
	CHECK(dns(&r, zone, out) > 12);
	CHECK_INT(out[7], 2);
	snprintf(zone, sizeof(zone), "ap-northeast-2b.%s", name);
	CHECK(dns(&r, zone, out) > 12);
	CHECK_INT(out[7], 1);
	snprintf(zone, sizeof(zone), "ap-northeast-2x.%s", name);
	CHECK(dns(&r, zone, out) > 12);
	CHECK_INT(out[3] & 15, 3);
	CHECK(dns(&r, "elb.ap-northeast-2.amazonaws.com", out) > 12);
	CHECK_INT(out[3] & 15, 3);
}

/* ---- flows ---- */

static int dial(const struct eni *n, int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(&to.sin_addr, n->ips[0].ip.b, 4);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	close(fd);
	return -1;
}

TEST(balancer_without_targets_resets_and_without_listener_refuses)
{
	auto_rig struct rig r;
	char byte;
	int fd;

	rig_open(&r);
	rig_make(&r, "");
	CHECK(dial(near_eni(&r), 81) < 0);
	fd = dial(near_eni(&r), 80);
	CHECK(fd >= 0);
	turn(&r, 50);
	CHECK(recv(fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == ECONNRESET);
	close(fd);
	CHECK(elb_ask(r.f, "DeleteListener", "ListenerArn=%s", r.listener));
	balancer_sync(r.b);
	CHECK(dial(near_eni(&r), 80) < 0);
}

TEST(balancer_a_port_that_cannot_be_had_is_no_end)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(80) };
	auto_rig struct rig r;
	auto_fd int fd = 0;

	rig_open(&r);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(fd, 1) == 0);
	rig_make(&r, "");
	CHECK(service_eni(&r, 1)); /* said, and the rest goes on */
}

/* A target in the namespace itself: a socket that listens, or is bound only. */
static int target_new(struct rig *r, bool listens)
{
	struct addr a = { .ip = cidr_host(ip_v4(0xc0a80164)) }; /* 192.168.1.100 */
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(80) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), one = 1;
	struct err e = { 0 };
	struct iface lo;

	CHECK(iface_get(&r->nl, "lo", &lo, &e) == 0);
	a.index = lo.index;
	CHECK(addr_ensure(&r->nl, &a, &e) == 0);
	memcpy(&at.sin_addr, a.ip.ip.b, 4);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	CHECK(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
	CHECK(!listens || listen(fd, 8) == 0);
	return fd;
}

static void rig_target(struct rig *r)
{
	rig_make(r, "");
	CHECK(elb_ask(r->f, "RegisterTargets",
		      "TargetGroupArn=%s&Targets.member.1.Id=192.168.1.100", r->group));
	balancer_sync(r->b);
}

/* Turn until the state of the only target is this, for 10 s at most. */
static bool becomes(struct rig *r, const char *state)
{
	int64_t deadline = now_ms() + 10000;

	while (strcmp(elb_state(r->f, r->group), state) != 0) {
		if (now_ms() > deadline)
			return false;
		turn(r, 10);
	}
	return true;
}

/* The connection of the load balancer, past those of health checks, which say nothing and are
 * closed. */
static int take(struct rig *r, int listener, char *out, size_t size)
{
	int64_t deadline = now_ms() + 10000;

	while (now_ms() < deadline) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		ssize_t n = 0;

		turn(r, 5);
		if (fd < 0)
			continue;
		while ((n = recv(fd, out, size, MSG_DONTWAIT)) < 0 && errno == EAGAIN &&
		       now_ms() < deadline)
			turn(r, 5);
		if (n > 0)
			return fd;
		close(fd);
	}
	return -1;
}

/* Read n bytes, or until the end, turning meanwhile. */
static size_t collect(struct rig *r, int fd, size_t n)
{
	int64_t deadline = now_ms() + 20000;
	static char buf[65536];
	size_t have = 0;

	while (have < n && now_ms() < deadline) {
		ssize_t got = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);

		if (got == 0 || (got < 0 && errno != EAGAIN))
			break;
		if (got < 0)
			turn(r, 2);
		else
			have += (size_t)got;
	}
	return have;
}

TEST(balancer_relays_both_ways_and_each_may_end_first)
{
	auto_fd int listener = 0, client = 0, target = 0;
	auto_rig struct rig r;
	char buf[64];

	rig_open(&r);
	listener = target_new(&r, true);
	rig_target(&r);
	CHECK(becomes(&r, "healthy/"));
	client = dial(near_eni(&r), 80);
	CHECK(send(client, "hello", 5, 0) == 5);
	target = take(&r, listener, buf, sizeof(buf));
	CHECK(target > 0 && memcmp(buf, "hello", 5) == 0);
	CHECK_INT(r.b->nflows, 1);
	shutdown(client, SHUT_WR);
	turn(&r, 20);
	CHECK_INT(recv(target, buf, sizeof(buf), MSG_DONTWAIT), 0); /* the end came through */
	CHECK(send(target, "answer", 6, 0) == 6);
	CHECK_INT(collect(&r, client, 6), 6);
	fd_free(&target);
	turn(&r, 20);
	CHECK_INT(recv(client, buf, sizeof(buf), MSG_DONTWAIT), 0);
	CHECK_INT(r.b->nflows, 0);
}

TEST(balancer_keeps_little_of_what_a_client_does_not_read)
{
	auto_fd int listener = 0, client = 0, target = 0;
	static char piece[65536];
	auto_rig struct rig r;
	size_t sent = 0;
	char buf[64];

	rig_open(&r);
	listener = target_new(&r, true);
	rig_target(&r);
	CHECK(becomes(&r, "healthy/"));
	client = dial(near_eni(&r), 80);
	CHECK(send(client, "x", 1, 0) == 1);
	target = take(&r, listener, buf, sizeof(buf));
	for (int idle = 0; idle < 10 && sent < 256u << 20;) {
		ssize_t n = send(target, piece, sizeof(piece), MSG_DONTWAIT);

		idle = n > 0 ? 0 : idle + 1;
		sent += n > 0 ? (size_t)n : 0;
		turn(&r, 1);
	}
	CHECK(sent > 0 && sent < 64u << 20); /* what sockets hold: nothing takes it all */
	CHECK_INT(collect(&r, client, sent), sent);
}

TEST(balancer_a_target_that_dies_resets_its_clients)
{
	const struct linger now = { .l_onoff = 1 };
	auto_fd int listener = 0, client = 0, target = 0;
	auto_rig struct rig r;
	char buf[64];

	rig_open(&r);
	listener = target_new(&r, true);
	rig_target(&r);
	CHECK(becomes(&r, "healthy/"));
	client = dial(near_eni(&r), 80);
	CHECK(send(client, "x", 1, 0) == 1);
	target = take(&r, listener, buf, sizeof(buf));
	setsockopt(target, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	fd_free(&target);
	turn(&r, 20);
	CHECK(recv(client, buf, sizeof(buf), MSG_DONTWAIT) < 0 && errno == ECONNRESET);
	CHECK_INT(r.b->nflows, 0);
}

TEST(balancer_has_so_many_connections_and_no_more)
{
	auto_fd int listener = 0, first = 0, second = 0;
	auto_rig struct rig r;
	char byte;

	rig_open(&r);
	listener = target_new(&r, true);
	rig_target(&r);
	CHECK(becomes(&r, "healthy/"));
	r.b->max_flows = 1;
	first = dial(near_eni(&r), 80);
	turn(&r, 20);
	CHECK_INT(r.b->nflows, 1);
	second = dial(near_eni(&r), 80);
	turn(&r, 20);
	CHECK(recv(second, &byte, 1, MSG_DONTWAIT) < 0 && errno == ECONNRESET);
	CHECK(recv(first, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN);
}

TEST(balancer_goes_on_when_descriptors_have_run_out)
{
	auto_fd int listener = 0, client = 0, next = 0;
	struct rlimit before, none;
	auto_rig struct rig r;
	char buf[16];

	rig_open(&r);
	listener = target_new(&r, true);
	rig_target(&r);
	CHECK(becomes(&r, "healthy/"));
	client = dial(near_eni(&r), 80);
	next = dup(client);
	CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
	none = (struct rlimit) { (rlim_t)next, before.rlim_max };
	fd_free(&next); /* whatever is opened now is this or above */
	CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
	turn(&r, 20);
	CHECK_INT(r.b->nflows, 0);
	CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
	CHECK(send(client, "late", 4, 0) == 4);
	next = take(&r, listener, buf, sizeof(buf));
	CHECK(next > 0 && memcmp(buf, "late", 4) == 0);
}

TEST(balancer_flows_end_with_their_load_balancer)
{
	auto_fd int listener = 0, client = 0;
	auto_rig struct rig r;
	char byte;

	rig_open(&r);
	listener = target_new(&r, true);
	rig_target(&r);
	CHECK(becomes(&r, "healthy/"));
	client = dial(near_eni(&r), 80);
	turn(&r, 20);
	CHECK(elb_ask(r.f, "DeleteLoadBalancer", "LoadBalancerArn=%s", r.lb));
	balancer_sync(r.b);
	CHECK(recv(client, &byte, 1, MSG_DONTWAIT) < 0 && errno == ECONNRESET);
	CHECK_INT(r.b->nflows, 0);
}

/* ---- health ---- */

TEST(balancer_a_target_without_a_server_is_unhealthy)
{
	auto_fd int bound = 0;
	auto_rig struct rig r;

	rig_open(&r);
	bound = target_new(&r, false);
	rig_target(&r);
	CHECK(becomes(&r, "unhealthy/Target.FailedHealthChecks"));
	CHECK(listen(bound, 8) == 0);
	CHECK(becomes(&r, "healthy/"));
}
