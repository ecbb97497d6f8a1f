// A closed-loop load generator: every connection keeps a fixed number of requests outstanding and checks every reply.
// Idle connections can be opened beside the busy ones.
//
//   load PORT [-m echo|http|resp-get|resp-set] [-c connections] [-d depth] [-s payload bytes] [-t seconds]
//        [-i idle connections] [-p server pid]
//
// echo sends frames of a 4-byte little-endian length, http sends GET /, and the resp modes read or write one key, which
// resp-get sets first. Every byte of a reply is checked; of an HTTP reply, whose Date may change, the status and length.
// Prints one line of name=value pairs; exits 1 when a connection failed or a reply was wrong. With -p it also tells the
// server's CPU time per request and how much resident memory the idle connections added.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 512, HEADER = 4, LATENCIES = 1 << 20 };

struct connection {
    int fd;
    size_t unsent;      // bytes of the request stream that the kernel has not taken yet
    size_t sent_at;     // where in the request the next unsent byte is
    size_t received_at; // where in the reply the next byte is
    uint64_t batch_started;
    int replies_in_batch;
};

static int port, connections = 64, depth = 1, payload = 32, idle, server;
static double seconds = 3;
static const char *mode = "echo";
static char *request, *reply, *buffer;
static size_t request_length, reply_length, checked_length, buffer_length = 1 << 20;
static uint64_t replies;
static float *latencies;
static size_t latency_count;

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void fail(const char *what)
{
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double server_cpu_seconds(void)
{
    char path[64], text[1024];
    unsigned long user = 0, system = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", server);
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = 0;
    char *after_name = strrchr(text, ')');
    sscanf(after_name + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
    return (double)(user + system) / sysconf(_SC_CLK_TCK);
}

static long server_resident_bytes(void)
{
    char path[64];
    long pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", server);
    FILE *file = fopen(path, "r");
    if (file && fscanf(file, "%*d %ld", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

static int connect_one(void)
{
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address))
        fail("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static void set_request(const char *text)
{
    request = strdup(text);
    request_length = strlen(text);
}

static void expect(char *text, size_t length)
{
    reply = text;
    reply_length = checked_length = length;
}

// Sends one request and waits for as many bytes as the caller asks for; tells where the reply's head ends.
static size_t ask_once(int fd, size_t wanted, char *answer)
{
    size_t got = 0;
    fcntl(fd, F_SETFL, 0);
    if (send(fd, request, request_length, MSG_NOSIGNAL) != (ssize_t)request_length)
        fail("send");
    for (char *end = NULL; wanted ? got < wanted : !end;) {
        ssize_t count = recv(fd, answer + got, buffer_length - 1 - got, 0);
        if (count <= 0)
            fail("the server closed the first connection");
        got += count;
        answer[got] = 0;
        end = strstr(answer, "\r\n\r\n");
        if (end && !wanted)
            return end + 4 - answer;
    }
    return got;
}

static void build_echo(void)
{
    uint32_t length = payload;
    request_length = HEADER + payload;
    request = malloc(request_length);
    memcpy(request, &length, HEADER);
    for (int i = 0; i < payload; i++)
        request[HEADER + i] = 'a' + i % 26;
    expect(request, request_length);
}

// The length of every reply is that of the first, because a date has a fixed width.
static void build_http(void)
{
    set_request("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    int fd = connect_one();
    reply = malloc(buffer_length);
    size_t head = ask_once(fd, 0, reply);
    char *length = strcasestr(reply, "content-length:");
    if (memcmp(reply, "HTTP/1.1 200", 12) || !length || length > reply + head) {
        fprintf(stderr, "load: the first reply is not a 200 with a length\n");
        exit(1);
    }
    reply_length = head + atoi(length + 15);
    checked_length = 12;
    close(fd);
}

static void build_resp(void)
{
    char *text = malloc(payload + 128), *value = malloc(payload + 1);
    memset(value, 'v', payload);
    value[payload] = 0;
    sprintf(text, "*3\r\n$3\r\nSET\r\n$8\r\nload:key\r\n$%d\r\n%s\r\n", payload, value);
    set_request(text);
    expect("+OK\r\n", 5);
    if (strcmp(mode, "resp-get") == 0) {
        int fd = connect_one();
        ask_once(fd, reply_length, buffer);
        close(fd);
        set_request("*2\r\n$3\r\nGET\r\n$8\r\nload:key\r\n");
        expect(text, sprintf(text, "$%d\r\n%s\r\n", payload, value));
    }
}

static void build_request(void)
{
    if (strcmp(mode, "echo") == 0)
        build_echo();
    else if (strcmp(mode, "http") == 0)
        build_http();
    else if (strcmp(mode, "resp-get") == 0 || strcmp(mode, "resp-set") == 0)
        build_resp();
    else {
        fprintf(stderr, "load: there is no mode '%s'; there are echo, http, resp-get and resp-set\n", mode);
        exit(2);
    }
}

// Sends as much of what is due as the kernel takes, gathered to one call per buffer.
static void send_due(struct connection *c)
{
    while (c->unsent > 0) {
        size_t length = 0;
        for (size_t at = c->sent_at; length < c->unsent && length + request_length <= buffer_length; at = 0) {
            size_t part = request_length - at;
            if (part > c->unsent - length)
                part = c->unsent - length;
            memcpy(buffer + length, request + at, part);
            length += part;
        }
        ssize_t sent = send(c->fd, buffer, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN)
            return;
        if (sent < 0)
            fail("send");
        c->unsent -= sent;
        c->sent_at = (c->sent_at + sent) % request_length;
    }
}

static void start_batch(struct connection *c, int count)
{
    if (c->replies_in_batch == 0)
        c->batch_started = now();
    c->unsent += count * request_length;
    send_due(c);
}

static int check_replies(struct connection *c, const char *bytes, size_t length)
{
    int whole = 0;
    while (length > 0) {
        size_t part = reply_length - c->received_at;
        if (part > length)
            part = length;
        size_t checked = c->received_at >= checked_length ? 0 : checked_length - c->received_at;
        if (memcmp(bytes, reply + c->received_at, checked < part ? checked : part)) {
            fprintf(stderr, "load: a reply is not what it must be\n");
            exit(1);
        }
        bytes += part;
        length -= part;
        c->received_at = (c->received_at + part) % reply_length;
        whole += c->received_at == 0;
    }
    return whole;
}

static void receive(struct connection *c)
{
    ssize_t count = recv(c->fd, buffer, buffer_length, 0);
    if (count < 0 && errno == EAGAIN)
        return;
    if (count <= 0)
        fail("the server closed a connection");
    int whole = check_replies(c, buffer, count);
    replies += whole;
    c->replies_in_batch += whole;
    if (c->replies_in_batch >= depth) {
        if (latency_count < LATENCIES)
            latencies[latency_count++] = (now() - c->batch_started) / 1e3f;
        c->replies_in_batch = 0;
    }
    if (whole > 0)
        start_batch(c, whole);
}

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static double quantile(double q)
{
    return latency_count == 0 ? 0 : latencies[(size_t)(q * (latency_count - 1))];
}

static void run(int epoll, double duration)
{
    for (uint64_t end = now() + (uint64_t)(duration * 1e9); now() < end;) {
        struct epoll_event events[EVENTS];
        int count = epoll_wait(epoll, events, EVENTS, 100);
        for (int i = 0; i < count; i++) {
            send_due(events[i].data.ptr);
            receive(events[i].data.ptr);
        }
    }
}

static void parse(int argc, char **argv)
{
    for (int option; (option = getopt(argc, argv, "m:c:d:s:t:i:p:")) > 0;) {
        if (option == 'm') {
            mode = optarg;
            continue;
        }
        if (option == 't') {
            seconds = atof(optarg);
            continue;
        }
        int *target = option == 'c' ? &connections : option == 'd' ? &depth : option == 's' ? &payload
                    : option == 'i' ? &idle : option == 'p' ? &server : NULL;
        if (!target) {
            fprintf(stderr, "usage: load PORT [-m echo|http|resp-get|resp-set] [-c N] [-d N] [-s BYTES] [-t SECONDS] [-i N] [-p PID]\n");
            exit(2);
        }
        *target = atoi(optarg);
    }
    port = optind < argc ? atoi(argv[optind]) : 5882;
}

int main(int argc, char **argv)
{
    struct rlimit many = {65536, 65536};
    parse(argc, argv);
    setrlimit(RLIMIT_NOFILE, &many);
    buffer = malloc(buffer_length);
    build_request();
    latencies = malloc(LATENCIES * sizeof *latencies);

    long before_idle = server_resident_bytes();
    for (int i = 0; i < idle; i++)
        connect_one();
    usleep(idle > 0 ? 500000 : 0);
    long idle_bytes = server_resident_bytes() - before_idle;

    int epoll = epoll_create1(0);
    struct connection *all = calloc(connections, sizeof *all);
    for (int i = 0; i < connections; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
        all[i].fd = connect_one();
        epoll_ctl(epoll, EPOLL_CTL_ADD, all[i].fd, &event);
    }
    for (int i = 0; i < connections; i++)
        start_batch(&all[i], depth);

    run(epoll, seconds < 2 ? seconds / 4 : 0.5);
    replies = latency_count = 0;
    double cpu = server ? server_cpu_seconds() : 0;
    uint64_t started = now();
    run(epoll, seconds);
    double elapsed = (now() - started) / 1e9;
    cpu = server ? server_cpu_seconds() - cpu : 0;
    qsort(latencies, latency_count, sizeof *latencies, by_value);
    printf("rps=%.0f cpu_us=%.3f p50_us=%.1f p99_us=%.1f idle_bytes=%.0f\n", replies / elapsed,
           replies ? cpu * 1e6 / replies : 0, quantile(0.5), quantile(0.99), idle ? (double)idle_bytes / idle : 0);
    return 0;
}
