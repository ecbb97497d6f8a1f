// A load generator for broadcast servers: some clients send, everybody receives, and every byte is checked.
//
//   broadcast PORT [-r receivers] [-n senders] [-d depth] [-s payload bytes] [-t seconds] [-p server pid]
//
// Frames are a 4-byte little-endian length and that many bytes, all the same. A sender hears all senders; it may be
// depth messages ahead of its share of what it has heard, so the load follows the server and never floods it.
// Prints one line of name=value pairs: deliveries a second as rps, and with -p the server's CPU time for each as cpu_us.
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 512, HEADER = 4, BUFFER = 256 * 1024 };

struct client {
    int fd;
    uint64_t heard;  // bytes
    uint64_t sent;   // bytes
};

static int port, receivers = 100, senders = 10, depth = 8, payload = 64, seconds = 2, server;
static size_t frame;
static char *pattern, buffer[BUFFER];
static uint64_t received;

static void fail(const char *what)
{
    fprintf(stderr, "broadcast: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static double server_cpu_seconds(void)
{
    char path[64], text[1024];
    unsigned long user = 0, system = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", server);
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    sscanf(strrchr(text, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
    return (double)(user + system) / sysconf(_SC_CLK_TCK);
}

// Frames behind each other, so that any piece of the stream can be compared in one go.
static void make_pattern(void)
{
    frame = HEADER + payload;
    pattern = malloc(frame + BUFFER);
    for (size_t i = 0; i < frame + BUFFER; i++)
        pattern[i] = i % frame < HEADER ? (uint32_t)payload >> 8 * (i % frame) : 'a' + i % frame % 26;
}

static int open_client(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        fail("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static void send_more(struct client *c)
{
    uint64_t allowed = (c->heard / frame / senders + depth) * frame;
    while (c->sent < allowed) {
        size_t at = c->sent % frame, most = allowed - c->sent;
        ssize_t count = send(c->fd, pattern + at, most < BUFFER ? most : BUFFER, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count < 0 && errno == EAGAIN)
            return;
        if (count < 0)
            fail("send");
        c->sent += count;
    }
}

static void receive(struct client *c)
{
    ssize_t count = recv(c->fd, buffer, BUFFER, MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN)
        return;
    if (count <= 0)
        fail("receive");
    if (memcmp(buffer, pattern + c->heard % frame, count)) {
        fprintf(stderr, "broadcast: a client heard something else than was said\n");
        exit(1);
    }
    c->heard += count;
    received += count;
}

static void run(struct client *clients, int epoll, uint64_t until)
{
    struct epoll_event events[EVENTS];
    while (now() < until) {
        int count = epoll_wait(epoll, events, EVENTS, 100);
        for (int i = 0; i < count; i++) {
            struct client *c = events[i].data.ptr;
            receive(c);
            if (c < clients + senders)
                send_more(c);
        }
    }
}

static void read_arguments(int argc, char **argv)
{
    for (int option; (option = getopt(argc, argv, "r:n:d:s:t:p:")) != -1;) {
        int *target = option == 'r' ? &receivers : option == 'n' ? &senders : option == 'd' ? &depth
            : option == 's' ? &payload : option == 't' ? &seconds : option == 'p' ? &server : NULL;
        if (!target)
            exit(2);
        *target = atoi(optarg);
    }
    if (optind >= argc || senders < 1 || senders > receivers) {
        fprintf(stderr, "usage: broadcast PORT [-r receivers] [-n senders] [-d depth] [-s bytes] [-t seconds] [-p pid]\n");
        exit(2);
    }
    port = atoi(argv[optind]);
}

int main(int argc, char **argv)
{
    read_arguments(argc, argv);
    make_pattern();
    int epoll = epoll_create1(0);
    struct client *clients = calloc(receivers, sizeof *clients);
    for (int i = 0; i < receivers; i++) {
        clients[i].fd = open_client();
        struct epoll_event event = { .events = EPOLLIN, .data.ptr = clients + i };
        epoll_ctl(epoll, EPOLL_CTL_ADD, clients[i].fd, &event);
    }

    // A client that the server has accepted late would begin in the middle; nobody counts this moment.
    usleep(300000);
    for (int i = 0; i < senders; i++)
        send_more(clients + i);
    run(clients, epoll, now() + 300000000ull);

    uint64_t begin = now(), received_before = received;
    double cpu = server_cpu_seconds();
    run(clients, epoll, begin + seconds * 1000000000ull);
    double took = (now() - begin) / 1e9, deliveries = (double)(received - received_before) / frame;
    cpu = server_cpu_seconds() - cpu;
    printf("rps=%.0f cpu_us=%.3f cpu=%.2f\n", deliveries / took, deliveries ? cpu / deliveries * 1e6 : 0, cpu / took);
    return 0;
}
