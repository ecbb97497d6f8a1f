// A load generator for broadcast servers: some clients send, everybody receives, and every byte is checked.
//
//   broadcast PORT [-r receivers] [-n senders] [-d depth] [-s payload bytes] [-t seconds] [-p server pid]
//
// Frames are a 4-byte little-endian length and that many bytes, all the same. A sender hears all senders; it may be
// depth messages ahead of its share of what it has heard, so the load follows the server and never floods it.
// Prints one line of name=value pairs: deliveries a second as rps, and with -p the server's CPU time for each as
// cpu_us.
#include "generator.h"

enum { BUFFER = 256 * 1024 };

struct client {
    int fd;
    uint64_t heard;  // bytes
    uint64_t sent;   // bytes
};

static int receivers = 100, senders = 10, depth = 8, payload = 64, seconds = 2;
static size_t frame;
static char *pattern, buffer[BUFFER];
static uint64_t received;
static int ending; // no message begins any more

// Frames behind each other, so that any piece of the stream can be compared in one go.
static void make_pattern(void)
{
    frame = HEADER + payload;
    pattern = malloc(frame + BUFFER);
    for (size_t i = 0; i < frame + BUFFER; i++)
        pattern[i] = i % frame < HEADER ? (uint32_t)payload >> 8 * (i % frame) : 'a' + i % frame % 26;
}

static void send_more(struct client *c)
{
    uint64_t allowed = ending ? (c->sent + frame - 1) / frame * frame : (c->heard / frame / senders + depth) * frame;
    while (c->sent < allowed) {
        size_t at = c->sent % frame, most = allowed - c->sent;
        ssize_t count = send(c->fd, pattern + at, most < BUFFER ? most : BUFFER, MSG_NOSIGNAL);
        if (count < 0 && errno == EAGAIN)
            return;
        if (count < 0)
            fail("send");
        c->sent += count;
    }
}

static void receive(struct client *c)
{
    ssize_t count = recv(c->fd, buffer, BUFFER, 0);
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

static int turn(struct client *clients, int epoll, int milliseconds)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(epoll, events, EVENTS, milliseconds);
    for (int i = 0; i < count; i++) {
        struct client *c = events[i].data.ptr;
        receive(c);
        if (c < clients + senders)
            send_more(c);
    }
    return count;
}

static void run(struct client *clients, int epoll, uint64_t until)
{
    while (now() < until)
        turn(clients, epoll, 100);
}

// What is still under way would reach the clients of the next run, who may expect other messages.
static void finish(struct client *clients, int epoll)
{
    ending = 1;
    while (turn(clients, epoll, 200) > 0)
        ;
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
        fprintf(stderr, "usage: broadcast PORT [-r receivers] [-n senders] [-d depth] [-s bytes] [-t seconds] "
                        "[-p pid]\n");
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
        clients[i].fd = connect_one();
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
    finish(clients, epoll);
    return 0;
}
