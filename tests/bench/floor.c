/* SPDX-License-Identifier: Apache-2.0 */
/* floor.c - the least that a plugin can do. It makes the kernel changes of one ADD or DEL in the
 * fewest requests we know of, one round trip on a Unix socket, one rename of a checkpoint as large
 * as the real one, and nothing else: no configuration, no result, no log, no error told in words.
 *
 *   floor SOCKET CHECKPOINT       as a plugin: CNI_COMMAND, CNI_NETNS; stdin is not read
 *   floor SOCKET serve            the other end of the socket: it sends back what it gets */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/fib_rules.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define CHECK(x) ((x) ? (void)0 : failed(#x))

enum { ASKED = 190, BATCH = 1024, TABLE = 2 };

static char name[IFNAMSIZ]; /* of the host's end */
static const uint8_t mac[6] = { 0x02, 0xf1, 0, 0, 0, 1 };

struct batch {
	_Alignas(4) char b[BATCH];
	size_t at, n; /* start of the last request, and end of all */
};

static void failed(const char *what)
{
	dprintf(2, "floor: %s: %m\n", what);
	_exit(1);
}

static void request(struct batch *q, int type, int flags, const void *head, size_t n)
{
	struct nlmsghdr *m = (struct nlmsghdr *)(q->b + q->n);

	m->nlmsg_type = (uint16_t)type;
	m->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	m->nlmsg_len = (uint32_t)NLMSG_LENGTH(n);
	memcpy(NLMSG_DATA(m), head, n);
	q->at = q->n;
	q->n += NLMSG_ALIGN(m->nlmsg_len);
}

static struct rtattr *put(struct batch *q, int type, const void *data, size_t n)
{
	struct rtattr *a = (struct rtattr *)(q->b + q->n);

	a->rta_type = (uint16_t)type;
	a->rta_len = (uint16_t)RTA_LENGTH(n);
	if (n)
		memcpy(RTA_DATA(a), data, n);
	q->n += RTA_ALIGN(a->rta_len);
	((struct nlmsghdr *)(q->b + q->at))->nlmsg_len = (uint32_t)(q->n - q->at);
	return a;
}

static void put_u32(struct batch *q, int type, uint32_t v)
{
	put(q, type, &v, sizeof(v));
}

static void end(struct batch *q, struct rtattr *nest)
{
	nest->rta_len = (uint16_t)(q->b + q->n - (char *)nest);
}

/* One send for all; the last is acknowledged, any failure is answered before that. */
static void commit(struct batch *q, int fd)
{
	struct nlmsghdr *last = (struct nlmsghdr *)(q->b + q->at);
	_Alignas(4) char in[512];
	struct nlmsghdr *m = (struct nlmsghdr *)in;

	last->nlmsg_flags |= NLM_F_ACK;
	CHECK(send(fd, q->b, q->n, 0) == (ssize_t)q->n);
	CHECK(recv(fd, in, sizeof(in), 0) > 0);
	CHECK(m->nlmsg_type == NLMSG_ERROR && ((const struct nlmsgerr *)NLMSG_DATA(m))->error == 0);
}

static void round_trip(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char b[ASKED] = "";

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	CHECK(connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0);
	CHECK(send(fd, b, sizeof(b), MSG_NOSIGNAL) == sizeof(b));
	CHECK(recv(fd, b, sizeof(b), 0) > 0);
	close(fd);
}

static void checkpoint(const char *path)
{
	static char b[256 * 1024];
	char part[256];
	struct stat st;
	int fd;

	if (stat(path, &st) < 0 || st.st_size > (off_t)sizeof(b))
		st.st_size = 300;
	snprintf(part, sizeof(part), "%s.floor", path);
	fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CHECK(fd >= 0 && write(fd, b, (size_t)st.st_size) == st.st_size);
	close(fd);
	snprintf(b, 256, "%s.2", part);
	CHECK(rename(part, b) == 0);
}

/* The container's end here, the host's end born over there, both with the indexes that we say: so
 * all that follows in the pod goes along in the same send. */
static void pair(struct batch *q, int host_ns, int host)
{
	const struct ifinfomsg cont = { .ifi_index = 2, .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
	const struct ifinfomsg peer = { .ifi_index = host };
	struct rtattr *info, *data, *end_of;

	request(q, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &cont, sizeof(cont));
	put(q, IFLA_IFNAME, "eth0", 5);
	put_u32(q, IFLA_MTU, 9001);
	info = put(q, IFLA_LINKINFO, NULL, 0);
	put(q, IFLA_INFO_KIND, "veth", 4);
	data = put(q, IFLA_INFO_DATA, NULL, 0);
	end_of = put(q, VETH_INFO_PEER, &peer, sizeof(peer));
	put(q, IFLA_IFNAME, name, strlen(name) + 1);
	put_u32(q, IFLA_MTU, 9001);
	put(q, IFLA_ADDRESS, mac, sizeof(mac));
	put_u32(q, IFLA_NET_NS_FD, (uint32_t)host_ns);
	end(q, end_of);
	end(q, data);
	end(q, info);
}

static void route(struct batch *q, uint32_t dst, uint32_t via, int oif)
{
	const struct rtmsg r = { .rtm_family = AF_INET,
				 .rtm_dst_len = dst ? 32 : 0,
				 .rtm_table = RT_TABLE_MAIN,
				 .rtm_protocol = RTPROT_BOOT,
				 .rtm_scope = via ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
				 .rtm_type = RTN_UNICAST };

	request(q, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &r, sizeof(r));
	if (dst)
		put_u32(q, RTA_DST, dst);
	if (via)
		put_u32(q, RTA_GATEWAY, via);
	put_u32(q, RTA_OIF, (uint32_t)oif);
}

static void rule(struct batch *q, int type, int flags, uint32_t prio, uint32_t table, uint32_t ip)
{
	const struct fib_rule_hdr r = { .family = AF_INET,
					.dst_len = prio == 512 ? 32 : 0,
					.src_len = prio == 512 ? 0 : 32,
					.table = (uint8_t)table,
					.action = type == RTM_NEWRULE ? FR_ACT_TO_TBL : 0 };

	request(q, type, flags, &r, sizeof(r));
	put_u32(q, FRA_PRIORITY, prio);
	put_u32(q, prio == 512 ? FRA_DST : FRA_SRC, ip);
}

static void in_pod(struct batch *q, uint32_t ip)
{
	const struct ifaddrmsg a = { .ifa_family = AF_INET, .ifa_prefixlen = 32, .ifa_index = 2 };
	const struct ndmsg n = { .ndm_family = AF_INET,
				 .ndm_ifindex = 2,
				 .ndm_state = NUD_PERMANENT };
	uint32_t hop = inet_addr("169.254.1.1");

	route(q, hop, 0, 2);
	route(q, 0, hop, 2);
	request(q, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &a, sizeof(a));
	put_u32(q, IFA_LOCAL, ip);
	put_u32(q, IFA_ADDRESS, ip);
	request(q, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL, &n, sizeof(n));
	put_u32(q, NDA_DST, hop);
	put(q, NDA_LLADDR, mac, sizeof(mac));
}

static void sysctls(void)
{
	static const char *const keys[][2] = { { "accept_ra", "0" },
					       { "accept_redirects", "1" },
					       { "forwarding", "0" } };
	char path[128];

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		int fd;

		snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/%s", name, keys[i][0]);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		CHECK(fd >= 0 && write(fd, keys[i][1], 1) == 1);
		close(fd);
	}
}

static void add(uint32_t ip, int host)
{
	const struct ifinfomsg up = { .ifi_index = host,
				      .ifi_flags = IFF_UP,
				      .ifi_change = IFF_UP };
	int self = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int ns = open(getenv("CNI_NETNS"), O_RDONLY | O_CLOEXEC);
	int here = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), pod;
	static struct batch there, q;

	CHECK(setns(ns, CLONE_NEWNET) == 0);
	pod = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	CHECK(setns(self, CLONE_NEWNET) == 0);
	pair(&there, self, host);
	in_pod(&there, ip);
	commit(&there, pod);
	sysctls();
	request(&q, RTM_NEWLINK, 0, &up, sizeof(up));
	route(&q, ip, 0, host);
	rule(&q, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, 512, RT_TABLE_MAIN, ip);
	rule(&q, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, 1536, TABLE, ip);
	commit(&q, here);
}

static void del(uint32_t ip)
{
	const struct rtmsg r = { .rtm_family = AF_INET,
				 .rtm_dst_len = 32,
				 .rtm_table = RT_TABLE_MAIN,
				 .rtm_scope = RT_SCOPE_LINK };
	int here = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	static struct batch q;

	rule(&q, RTM_DELRULE, 0, 512, RT_TABLE_MAIN, ip);
	rule(&q, RTM_DELRULE, 0, 1536, TABLE, ip);
	request(&q, RTM_DELROUTE, 0, &r, sizeof(r));
	put_u32(&q, RTA_DST, ip);
	commit(&q, here);
}

_Noreturn static void serve(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char b[ASKED];

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	CHECK(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(fd, 128) == 0);
	for (;;) {
		int c = accept(fd, NULL, NULL);
		ssize_t n = recv(c, b, sizeof(b), 0);

		if (n > 0)
			send(c, b, (size_t)n, MSG_NOSIGNAL);
		close(c);
	}
}

/* Everything that tells one pod from another comes from the number at the end of the container id.
 */
int main(int argc, char **argv)
{
	const char *id = getenv("CNI_CONTAINERID"), *verb = getenv("CNI_COMMAND");
	int pod;

	if (argc == 3 && strcmp(argv[2], "serve") == 0)
		serve(argv[1]);
	CHECK(argc == 3 && id && verb);
	pod = (int)strtol(id + strcspn(id, "0123456789"), NULL, 10);
	snprintf(name, sizeof(name), "enif%08d", pod);
	round_trip(argv[1]);
	checkpoint(argv[2]);
	if (strcmp(verb, "ADD") == 0)
		add(htonl(0x0ac80000 + (uint32_t)pod), 1000000 + pod);
	else
		del(htonl(0x0ac80000 + (uint32_t)pod));
	return 0;
}
