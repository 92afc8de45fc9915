/*
 * probe: measures how long a service does not answer (UDP echo, monotonic clock).
 *
 *   probe now                     prints "<monotonic ns> <realtime ns>": a marker
 *   probe kill PID FILE           writes a marker to FILE and sends SIGKILL at once
 *   probe echo -p PORT [-I ID]    server on 0.0.0.0:PORT: answers from the address that was asked,
 *                                 and adds its ID of one byte
 *   probe run -d IP -p PORT       client: a datagram every -i microseconds
 *        [-i US]     interval, default 1000
 *        [-t SEC]    hard end, default 30: it always ends
 *        [-m FILE]   marker; times are relative to it, and gaps that end before it do not count;
 *                    read when it appears
 *        [-g MS]     a silence of at least so long is an outage, default 20
 *        [-s MS]     end once the service has answered for so long after an outage that ended
 *                    after the marker
 *        [-o FILE]   trace: one line per datagram: number, sent us, round trip us, ID
 *
 * The result is one line of key=value:
 *   gap_ms         longest time between two replies one after the other, as received
 *   gap_begin_ms   when the reply before it came, relative to the marker; gap_end_ms: the one after
 *   change_ms      the same, only between replies of different servers: 0 when nobody took over
 *   from, to       servers before and after the gap
 *   open=1         the service had not come back when the probe ended
 *   n_gaps         silences of at least -g
 *   changes        how often the next reply came from another server
 *
 * One machine, one clock: marker and client run on the same kernel, as namespaces do.
 * Exit: 0 the service answered at the end, 1 it did not, 2 usage or system error.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct packet {
    uint64_t number;
    int64_t sent_ns;
    uint8_t id;
    uint8_t pad[7];
};

struct reply {
    uint64_t number;
    int64_t at_ns;
    uint8_t id;
};

struct options {
    const char *address, *mark, *trace;
    int port, id;
    int64_t step_ns, gap_ns, settle_ns;
    double seconds;
};

struct gap {
    int64_t begin_ns, end_ns;
    int from, to;
};

static volatile sig_atomic_t g_stop;

static void on_signal(int number)
{
    (void)number;
    g_stop = 1;
}

static int64_t clock_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t now_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

static void die(const char *what)
{
    perror(what);
    exit(2);
}

static void *need(size_t count, size_t size)
{
    void *p = calloc(count, size);
    if (!p)
        die("calloc");
    return p;
}

/* Answers one datagram from the address that it was sent to. */
static void echo_one(int fd, int id)
{
    char data[2048], control[256], answer[CMSG_SPACE(sizeof(struct in_pktinfo))];
    struct sockaddr_in from;
    struct iovec part = {data, sizeof(data)};
    struct msghdr in = {.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &part,
                        .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
    ssize_t size = recvmsg(fd, &in, 0);
    if (size < (ssize_t)sizeof(struct packet))
        return;
    ((struct packet *)(void *)data)->id = (uint8_t)id;
    part.iov_len = (size_t)size;
    struct msghdr out = {.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &part,
                         .msg_iovlen = 1};
    memset(answer, 0, sizeof(answer));
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&in); c; c = CMSG_NXTHDR(&in, c)) {
        if (c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_PKTINFO)
            continue;
        struct in_pktinfo asked, use = {0};
        memcpy(&asked, CMSG_DATA(c), sizeof(asked));
        use.ipi_spec_dst = asked.ipi_addr;
        out.msg_control = answer;
        out.msg_controllen = sizeof(answer);
        struct cmsghdr *o = CMSG_FIRSTHDR(&out);
        o->cmsg_level = IPPROTO_IP;
        o->cmsg_type = IP_PKTINFO;
        o->cmsg_len = CMSG_LEN(sizeof(use));
        memcpy(CMSG_DATA(o), &use, sizeof(use));
    }
    (void)!sendmsg(fd, &out, MSG_DONTWAIT);
}

static int echo_server(int port, int id)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), one = 1;
    if (fd < 0)
        die("socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one));
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (bind(fd, (struct sockaddr *)&any, sizeof(any)))
        die("bind");
    while (!g_stop)
        echo_one(fd, id);
    return 0;
}

static int print_marker(FILE *file)
{
    fprintf(file, "%" PRId64 " %" PRId64 "\n", now_ns(), clock_ns(CLOCK_REALTIME));
    return fflush(file) ? 2 : 0;
}

static int kill_marked(pid_t pid, const char *path)
{
    FILE *file = fopen(path, "w");
    if (!file)
        die(path);
    if (print_marker(file) || kill(pid, SIGKILL))
        die("kill");
    fclose(file);
    return 0;
}

static int64_t read_mark(const char *path)
{
    char text[64] = "";
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return 0;
    ssize_t size = read(fd, text, sizeof(text) - 1);
    close(fd);
    return size > 0 ? strtoll(text, NULL, 10) : 0;
}

struct client {
    const struct options *options;
    int fd;
    struct sockaddr_in server;
    size_t room;
    int64_t *sent_ns;      /* by number */
    struct reply *replies; /* in the order of arrival */
    uint64_t sent, received;
    int64_t mark_ns, back_ns; /* 0: not yet */
    int64_t start_ns;
};

static void client_open(struct client *c, const struct options *options)
{
    int big = 1 << 20;
    memset(c, 0, sizeof(*c));
    c->options = options;
    c->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0)
        die("socket");
    setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &big, sizeof(big));
    c->server.sin_family = AF_INET;
    c->server.sin_port = htons((uint16_t)options->port);
    if (inet_pton(AF_INET, options->address, &c->server.sin_addr) != 1) {
        fprintf(stderr, "probe: '%s' is not an IPv4 address\n", options->address);
        exit(2);
    }
    c->room = (size_t)(options->seconds * 1e9 / (double)options->step_ns) + 16;
    c->sent_ns = need(c->room, sizeof(*c->sent_ns));
    c->replies = need(c->room, sizeof(*c->replies));
}

static void client_send(struct client *c, int64_t now)
{
    struct packet p = {.number = c->sent, .sent_ns = now};
    c->sent_ns[c->sent++] = now;
    (void)!sendto(c->fd, &p, sizeof(p), 0, (struct sockaddr *)&c->server, sizeof(c->server));
}

static void client_receive(struct client *c)
{
    struct packet p;
    for (;;) {
        ssize_t size = recv(c->fd, &p, sizeof(p), 0);
        if (size < 0 && errno != ECONNREFUSED)
            return;
        if (size != (ssize_t)sizeof(p) || p.number >= c->sent || c->received >= c->room)
            continue;
        struct reply *r = &c->replies[c->received++];
        *r = (struct reply){.number = p.number, .at_ns = now_ns(), .id = p.id};
        if (c->received > 1 && r->at_ns - r[-1].at_ns >= c->options->gap_ns) {
            if (!c->mark_ns)
                c->mark_ns = read_mark(c->options->mark);
            if (c->mark_ns && r->at_ns > c->mark_ns)
                c->back_ns = r->at_ns;
        }
    }
}

/* The service has answered long enough after the outage, and answers still. */
static int client_is_done(const struct client *c, int64_t now)
{
    const struct options *o = c->options;
    return o->settle_ns > 0 && c->back_ns && now - c->back_ns > o->settle_ns &&
           now - c->replies[c->received - 1].at_ns < o->gap_ns;
}

static void client_loop(struct client *c)
{
    const struct options *o = c->options;
    int64_t next = now_ns(), end = next + (int64_t)(o->seconds * 1e9);
    c->start_ns = next;
    while (!g_stop) {
        int64_t now = now_ns();
        if (now >= end || client_is_done(c, now))
            return;
        while (now >= next && c->sent < c->room) { /* late: catch up, but no burst */
            client_send(c, now);
            next += o->step_ns;
            if (now - next > 50 * o->step_ns)
                next = now;
        }
        int64_t rest = next - now_ns();
        struct timespec wait = {0, rest > 0 ? (rest < 999999999 ? rest : 999999999) : 0};
        struct pollfd ready = {c->fd, POLLIN, 0};
        if (ppoll(&ready, 1, &wait, NULL) > 0)
            client_receive(c);
    }
}

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void write_trace(const struct client *c, int64_t origin)
{
    FILE *file = fopen(c->options->trace, "w");
    if (!file)
        die(c->options->trace);
    struct reply *by_number = need(c->sent + 1, sizeof(*by_number));
    for (uint64_t i = 0; i < c->received; i++)
        by_number[c->replies[i].number] = c->replies[i];
    for (uint64_t i = 0; i < c->sent; i++)
        fprintf(file, "%" PRIu64 " %.1f %.1f %c\n", i, (double)(c->sent_ns[i] - origin) / 1e3,
                by_number[i].at_ns ? (double)(by_number[i].at_ns - c->sent_ns[i]) / 1e3 : -1.0,
                by_number[i].id ? by_number[i].id : '-');
    free(by_number);
    fclose(file);
}

/* Widens `longest` to the silence between two replies, if it is longer. */
static void consider(struct gap *longest, int64_t begin, int64_t end, int from, int to)
{
    if (end - begin > longest->end_ns - longest->begin_ns)
        *longest = (struct gap){begin, end, from, to};
}

static int report(struct client *c)
{
    const struct options *o = c->options;
    const int64_t end = now_ns(), grace = o->gap_ns > 20000000 ? o->gap_ns : 20000000;
    struct gap longest = {0, 0, 0, 0}, change = {0, 0, 0, 0};
    uint64_t gaps = 0, changes = 0;
    if (!c->mark_ns)
        c->mark_ns = read_mark(o->mark);
    const int64_t origin = c->mark_ns ? c->mark_ns : c->start_ns;
    for (uint64_t i = 1; i < c->received; i++) {
        const struct reply *a = &c->replies[i - 1], *b = a + 1;
        if (b->at_ns < c->mark_ns)
            continue;
        gaps += b->at_ns - a->at_ns >= o->gap_ns;
        consider(&longest, a->at_ns, b->at_ns, a->id, b->id);
        changes += a->id != b->id;
        if (a->id != b->id)
            consider(&change, a->at_ns, b->at_ns, a->id, b->id);
    }
    const struct reply *last = c->received ? &c->replies[c->received - 1] : NULL;
    const int64_t last_ns = last ? last->at_ns : c->start_ns;
    const int is_open = !last || end - last_ns > grace;
    if (is_open)
        consider(&longest, last_ns, end, last ? last->id : 0, 0);
    if (o->trace)
        write_trace(c, origin);
    int64_t *trips = need(c->received + 1, sizeof(*trips));
    for (uint64_t i = 0; i < c->received; i++)
        trips[i] = c->replies[i].at_ns - c->sent_ns[c->replies[i].number];
    qsort(trips, c->received, sizeof(*trips), compare);
    printf("gap_ms=%.2f gap_begin_ms=%.2f gap_end_ms=%.2f change_ms=%.2f from=%c to=%c open=%d "
           "n_gaps=%" PRIu64 " changes=%" PRIu64 " sent=%" PRIu64 " lost=%" PRIu64 " "
           "rtt50_us=%.0f rtt99_us=%.0f marked=%d\n",
           (double)(longest.end_ns - longest.begin_ns) / 1e6,
           (double)(longest.begin_ns - origin) / 1e6, (double)(longest.end_ns - origin) / 1e6,
           (double)(change.end_ns - change.begin_ns) / 1e6, longest.from ? longest.from : '-',
           longest.to ? longest.to : '-', is_open, gaps, changes, c->sent,
           c->sent - c->received,
           c->received ? (double)trips[c->received / 2] / 1e3 : 0.0,
           c->received ? (double)trips[c->received * 99 / 100] / 1e3 : 0.0, c->mark_ns != 0);
    free(trips);
    return is_open;
}

static int usage(void)
{
    fprintf(stderr, "usage: probe now | kill PID FILE | echo -p PORT -I ID | run -d IP -p PORT "
                    "[-i us] [-t s] [-m markfile] [-g ms] [-s ms] [-o trace]\n");
    return 2;
}

int main(int argc, char **argv)
{
    struct options o = {.port = 7007, .id = '?', .step_ns = 1000000, .gap_ns = 20000000,
                        .seconds = 30};
    const char *mode = argc > 1 ? argv[1] : "";
    int letter;
    if (!strcmp(mode, "now"))
        return print_marker(stdout);
    if (!strcmp(mode, "kill") && argc == 4)
        return kill_marked((pid_t)atoi(argv[2]), argv[3]);
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    optind = 2;
    while (argc > 1 && (letter = getopt(argc, argv, "d:p:i:t:m:g:s:o:I:")) != -1)
        switch (letter) {
        case 'd': o.address = optarg; break;
        case 'p': o.port = atoi(optarg); break;
        case 'i': o.step_ns = atoll(optarg) * 1000; break;
        case 't': o.seconds = atof(optarg); break;
        case 'm': o.mark = optarg; break;
        case 'g': o.gap_ns = atoll(optarg) * 1000000; break;
        case 's': o.settle_ns = atoll(optarg) * 1000000; break;
        case 'o': o.trace = optarg; break;
        case 'I': o.id = optarg[0]; break;
        default: return usage();
        }
    if (!strcmp(mode, "echo"))
        return echo_server(o.port, o.id);
    if (strcmp(mode, "run") || !o.address || o.step_ns <= 0 || o.seconds <= 0)
        return usage();
    struct client c;
    client_open(&c, &o);
    client_loop(&c);
    return report(&c);
}
