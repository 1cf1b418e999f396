/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What two VRRP routers do, seen from the wire between them: a namespace with the bridge to which
 * both are connected. The kernel's timestamps count.
 *
 *	vrrp_wire MASTER BACKUP INSTANCES ADDRESSES PRIORITY
 *
 * MASTER and BACKUP are the bridge's ports of the two routers; INSTANCES the number of VRIDs, 1 to
 * n, of version 3 over IPv4, each with ADDRESSES virtual addresses that are announced by gratuitous
 * ARP; PRIORITY the backup's, from which its skew follows (RFC 9568 section 6.1).
 *
 * Prints "ready" when MASTER has advertised all and BACKUP has been silent for a second. Signals:
 *
 *	USR1	measures from now on: how even the master's advertisements come, takeovers in between
 *	USR2	the master will be killed now; prints "done" when all is taken over
 *	TERM	prints what was measured, one "NAME VALUE" a line, and ends
 *
 * Times are microseconds. Of a takeover, they count from the last advertisement of the master and
 * are less than that by the Master_Down_Interval: what the backup adds to the protocol. "advert" is
 * until its first advertisement, "announced" until the last of the instance's addresses has been
 * announced for the first time.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/if_ether.h>
#include <netinet/ip.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sched.h>
#include <sys/time.h>
#include <time.h>

#define VRIDS 256
#define ADDRESSES 64 /* at most, of one instance */
#define VRRP 112
#define BATCH 64
#define SNAP 512
#define BUFFER (64 * 1024 * 1024)
#define GAPS (4 * 1024 * 1024)
#define SILENCE 1000000
#define PATIENCE 10000000 /* for the announcements after the takeover */

struct instance {
	int64_t last, first, announced; /* 0: not yet */
	int64_t interval;
	uint32_t address[ADDRESSES];
	bool there[ADDRESSES];
	unsigned naddresses, nannounced;
};

static struct instance instance[VRIDS];
static unsigned instances, addresses, taken, complete;
static int priority, master, backup;
static int64_t backup_spoke, killed, began;
static uint64_t takeovers, lost;
static int32_t *gap;
static size_t ngaps;
static bool measuring, killing, is_ready, is_done;
static volatile sig_atomic_t got_measure, got_kill, got_end;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

/* ---- frames */

static void from_master(struct instance *v, const uint8_t *vrrp, size_t len, int64_t at)
{
	v->interval = (((vrrp[4] & 0x0f) << 8) | vrrp[5]) * INT64_C(10000);
	if (v->naddresses == 0)
		for (size_t k = 0; k < vrrp[3] && k < ADDRESSES && 12 + 4 * k <= len; k++)
			memcpy(&v->address[v->naddresses++], vrrp + 8 + 4 * k, 4);
	if (measuring && !killing && v->last > began && ngaps < GAPS)
		gap[ngaps++] = (int32_t)(at - v->last - v->interval);
	if (!v->first)
		v->last = at;
}

static void from_backup(struct instance *v, int64_t at)
{
	backup_spoke = at;
	if (!killing) {
		takeovers += measuring;
	} else if (!v->first && v->last) {
		v->first = at;
		taken++;
	}
}

static void advert(int port, const uint8_t *ip, size_t len, int64_t at)
{
	size_t header = (size_t)(ip[0] & 0x0f) * 4;
	const uint8_t *vrrp = ip + header;
	struct instance *v;

	if (len < header + 8 || ip[9] != VRRP || vrrp[0] != 0x31 || vrrp[1] == 0 ||
	    vrrp[1] > instances)
		return;
	v = &instance[vrrp[1]];
	if (port == master)
		from_master(v, vrrp, len - header, at);
	else
		from_backup(v, at);
}

static void announcement(const struct ether_arp *arp, int64_t at)
{
	uint32_t address;

	memcpy(&address, arp->arp_spa, 4);
	if (memcmp(arp->arp_spa, arp->arp_tpa, 4) != 0)
		return;
	for (unsigned n = 1; n <= instances; n++) {
		struct instance *v = &instance[n];

		for (unsigned k = 0; k < v->naddresses; k++) {
			if (v->address[k] != address || v->there[k])
				continue;
			v->there[k] = true;
			v->announced = at;
			complete += ++v->nannounced == addresses;
			return;
		}
	}
}

static void frame(int port, const uint8_t *bytes, size_t len, int64_t at)
{
	const struct ether_header *e = (const struct ether_header *)bytes;

	if (len < sizeof(*e) || (port != master && port != backup))
		return;
	if (e->ether_type == htons(ETHERTYPE_IP) && len >= sizeof(*e) + sizeof(struct iphdr))
		advert(port, bytes + sizeof(*e), len - sizeof(*e), at);
	else if (e->ether_type == htons(ETHERTYPE_ARP) && port == backup && killing &&
		 len >= sizeof(*e) + sizeof(struct ether_arp))
		announcement((const struct ether_arp *)(bytes + sizeof(*e)), at);
}

/* ---- the socket */

/* What comes in at a port, VRRP or ARP: not the same frame again as the bridge passes it on. */
static void attach_filter(int fd)
{
	struct sock_filter code[] = {
	    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 6, 0),
	    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_ARP, 3, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_IP, 0, 3),
	    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 23),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, VRRP, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SNAP),
	    BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0)
		die("SO_ATTACH_FILTER");
}

static int open_socket(void)
{
	struct sockaddr_ll any = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0), size = BUFFER, on = 1;

	if (fd < 0)
		die("socket");
	attach_filter(fd);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0)
		die("packet socket");
	return fd;
}

static int64_t stamp_of(struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		struct timespec t;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&t, CMSG_DATA(c), sizeof(t));
		return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
	}
	return now();
}

static int receive(int fd)
{
	static uint8_t bytes[BATCH][SNAP];
	static struct sockaddr_ll from[BATCH];
	static char control[BATCH][64];
	struct mmsghdr m[BATCH];
	struct iovec v[BATCH];
	int n;

	memset(m, 0, sizeof(m));
	for (int k = 0; k < BATCH; k++) {
		v[k] = (struct iovec){bytes[k], SNAP};
		m[k].msg_hdr = (struct msghdr){.msg_name = &from[k],
		    .msg_namelen = sizeof(from[k]),
		    .msg_iov = &v[k],
		    .msg_iovlen = 1,
		    .msg_control = control[k],
		    .msg_controllen = sizeof(control[k])};
	}
	n = recvmmsg(fd, m, BATCH, MSG_DONTWAIT, NULL);
	for (int k = 0; k < n; k++)
		frame(from[k].sll_ifindex, bytes[k], m[k].msg_len, stamp_of(&m[k].msg_hdr));
	return n;
}

static void count_lost(int fd)
{
	struct tpacket_stats s;
	socklen_t len = sizeof(s);

	if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &s, &len) == 0)
		lost += s.tp_drops;
}

/* ---- results */

static int ascending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}
static int ascending32(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return x < y ? -1 : x > y;
}

static void print_delays(const char *name, int64_t *list, size_t n)
{
	if (n == 0)
		return;
	qsort(list, n, sizeof(*list), ascending);
	printf("%s_median %lld\n", name, (long long)list[n / 2]);
	printf("%s_worst %lld\n", name, (long long)list[n - 1]);
}

static void print_takeover(void)
{
	int64_t first[VRIDS], announced[VRIDS];
	size_t nfirst = 0, nannounced = 0;

	for (unsigned n = 1; n <= instances; n++) {
		const struct instance *v = &instance[n];
		int64_t down = v->last + 3 * v->interval + v->interval * (256 - priority) / 256;

		if (v->first)
			first[nfirst++] = v->first - down;
		if (v->nannounced == addresses)
			announced[nannounced++] = v->announced - down;
	}
	printf("taken_over %zu\nannounced %zu\n", nfirst, nannounced);
	print_delays("advert", first, nfirst);
	print_delays("announced", announced, nannounced);
}

static void print_gaps(void)
{
	if (ngaps == 0)
		return;
	for (size_t k = 0; k < ngaps; k++)
		gap[k] = abs(gap[k]);
	qsort(gap, ngaps, sizeof(*gap), ascending32);
	printf("adverts %zu\n", ngaps);
	printf("jitter_p50 %d\n", gap[ngaps / 2]);
	printf("jitter_p99 %d\n", gap[ngaps - 1 - ngaps / 100]);
	printf("jitter_worst %d\n", gap[ngaps - 1]);
}

static void report(int fd)
{
	count_lost(fd);
	printf("takeovers_while_master_lives %llu\n", (unsigned long long)takeovers);
	print_gaps();
	if (killing)
		print_takeover();
	printf("lost %llu\n", (unsigned long long)lost);
}

/* ---- */

static void on_signal(int signo)
{
	if (signo == SIGUSR1)
		got_measure = 1;
	else if (signo == SIGUSR2)
		got_kill = 1;
	else
		got_end = 1;
}

static void say(const char *what, bool *said)
{
	*said = true;
	puts(what);
	fflush(stdout);
}

static bool all_heard(void)
{
	for (unsigned n = 1; n <= instances; n++)
		if (!instance[n].last)
			return false;
	return true;
}

static void step(void)
{
	int64_t t = now();

	if (got_measure && !measuring) {
		measuring = true;
		began = t;
	}
	if (got_kill && !killing) {
		killing = true;
		killed = t;
	}
	if (!is_ready && t - backup_spoke > SILENCE && all_heard())
		say("ready", &is_ready);
	if (killing && !is_done &&
	    ((taken == instances && complete == instances) || t - killed > PATIENCE))
		say("done", &is_done);
}

static int port(const char *name)
{
	int index = (int)if_nametoindex(name);

	if (!index)
		die(name);
	return index;
}

int main(int argc, char **argv)
{
	struct sigaction act = {.sa_handler = on_signal};
	struct sched_param realtime = {.sched_priority = 1};
	int fd;

	if (argc != 6) {
		fprintf(stderr, "usage: vrrp_wire MASTER BACKUP INSTANCES ADDRESSES PRIORITY\n");
		return 2;
	}
	master = port(argv[1]);
	backup = port(argv[2]);
	instances = (unsigned)atoi(argv[3]);
	addresses = (unsigned)atoi(argv[4]);
	priority = atoi(argv[5]);
	if (instances < 1 || instances > 255 || addresses < 1 || addresses > ADDRESSES)
		return 2;
	gap = calloc(GAPS, sizeof(*gap));
	if (!gap)
		die("calloc");
	sigaction(SIGUSR1, &act, NULL);
	sigaction(SIGUSR2, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	/* of the lowest real-time priority: it reads what is queued before its room is full */
	sched_setscheduler(0, SCHED_RR, &realtime);
	fd = open_socket();
	backup_spoke = now();
	while (!got_end) {
		/* by and by: to be woken by each packet would disturb what is measured */
		poll(NULL, 0, 20);
		for (int k = 0; k < 64 && receive(fd) == BATCH; k++)
			;
		step();
	}
	while (receive(fd) == BATCH)
		;
	report(fd);
	return 0;
}
