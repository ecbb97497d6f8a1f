// The least that a C server can do for the framed echo protocol on one thread over io_uring: a multishot accept, a
// multishot receive per connection into shared buffers, one send under way per connection, one enter a turn. It is the
// limit that the engine is measured against, not a server to use: it holds 128 KiB for every connection and ends one
// that has more outstanding. Build with -luring.
#define _GNU_SOURCE
#include <liburing.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { ENTRIES = 2048, COMPLETIONS = 16384, BUFFERS = 4096, BUFFER = 4096 /* a page */, CONNECTION = 65536, HEADER = 4 };
enum operation { ACCEPT, RECEIVE, SEND, OPERATION = 7 }; // in the low bits of a connection's address

struct connection {
    int fd, receiving, ended;
    size_t length, sending;
    char received[CONNECTION], reply[CONNECTION];
};

static struct io_uring ring;
static struct io_uring_buf_ring *buffers;
static char *memory;
static int returned; // buffers of this turn

static void fail(const char *what, int error)
{
    fprintf(stderr, "uring_echo: %s: %s\n", what, strerror(error));
    exit(1);
}

static int listen_on(int port)
{
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 4096)) {
        perror("uring_echo");
        exit(1);
    }
    return fd;
}

static void start(void)
{
    struct io_uring_params parameters = {
        .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE
            | IORING_SETUP_SUBMIT_ALL,
        .cq_entries = COMPLETIONS};
    int error = io_uring_queue_init_params(ENTRIES, &ring, &parameters);
    if (error)
        fail("io_uring_setup", -error);
    io_uring_register_ring_fd(&ring);
    buffers = aligned_alloc(BUFFER, BUFFERS * sizeof(struct io_uring_buf));
    io_uring_buf_ring_init(buffers);
    struct io_uring_buf_reg registration = {.ring_addr = (uintptr_t)buffers, .ring_entries = BUFFERS};
    error = io_uring_register_buf_ring(&ring, &registration, 0);
    if (error)
        fail("buffer ring", -error);
    memory = malloc((size_t)BUFFERS * BUFFER);
    for (int i = 0; i < BUFFERS; i++)
        io_uring_buf_ring_add(buffers, memory + (size_t)i * BUFFER, BUFFER, i, BUFFERS - 1, i);
    io_uring_buf_ring_advance(buffers, BUFFERS);
}

static struct io_uring_sqe *next_entry(void)
{
    struct io_uring_sqe *entry = io_uring_get_sqe(&ring);
    if (entry)
        return entry;
    io_uring_submit(&ring);
    return io_uring_get_sqe(&ring);
}

static void accept_from(int listener)
{
    struct io_uring_sqe *entry = next_entry();
    io_uring_prep_multishot_accept(entry, listener, NULL, NULL, 0);
    io_uring_sqe_set_data64(entry, ACCEPT);
}

static void receive_from(struct connection *c)
{
    struct io_uring_sqe *entry = next_entry();
    io_uring_prep_recv_multishot(entry, c->fd, NULL, 0, 0);
    entry->flags |= IOSQE_BUFFER_SELECT;
    entry->buf_group = 0;
    io_uring_sqe_set_data64(entry, (uintptr_t)c | RECEIVE);
    c->receiving = 1;
}

static size_t whole_frames(const struct connection *c)
{
    size_t whole = 0;
    for (uint32_t payload; c->length - whole >= HEADER; whole += HEADER + payload) {
        memcpy(&payload, c->received + whole, HEADER);
        if (c->length - whole < HEADER + (size_t)payload)
            break;
    }
    return whole;
}

static void send_whole_frames(struct connection *c)
{
    size_t whole = c->sending ? 0 : whole_frames(c);
    if (whole == 0)
        return;
    memcpy(c->reply, c->received, whole);
    c->length -= whole;
    memmove(c->received, c->received + whole, c->length);
    c->sending = whole;
    struct io_uring_sqe *entry = next_entry();
    io_uring_prep_send(entry, c->fd, c->reply, whole, MSG_NOSIGNAL | MSG_WAITALL);
    io_uring_sqe_set_data64(entry, (uintptr_t)c | SEND);
}

static void free_if_over(struct connection *c)
{
    if (!c->ended || c->receiving || c->sending)
        return;
    close(c->fd);
    free(c);
}

static void end(struct connection *c)
{
    c->ended = 1;
    shutdown(c->fd, SHUT_RDWR);
}

static void on_accepted(int fd)
{
    struct connection *c = malloc(sizeof *c);
    c->fd = fd;
    c->ended = 0;
    c->length = c->sending = 0;
    receive_from(c);
}

static void take(struct connection *c, const char *data, size_t count)
{
    if (c->ended)
        return;
    if (c->length + count > CONNECTION) {
        end(c);
        return;
    }
    memcpy(c->received + c->length, data, count);
    c->length += count;
    send_whole_frames(c);
}

static void on_received(struct connection *c, const struct io_uring_cqe *completion)
{
    if (completion->res > 0) {
        int place = completion->flags >> IORING_CQE_BUFFER_SHIFT;
        char *data = memory + (size_t)place * BUFFER;
        take(c, data, completion->res);
        io_uring_buf_ring_add(buffers, data, BUFFER, place, BUFFERS - 1, returned++);
    } else if (completion->res != -ENOBUFS) {
        c->ended = 1;
    }
    if (completion->flags & IORING_CQE_F_MORE)
        return;
    c->receiving = 0;
    if (!c->ended)
        receive_from(c);
    free_if_over(c);
}

static void on_sent(struct connection *c, int result)
{
    size_t asked = c->sending;
    c->sending = 0;
    if (result != (int)asked)
        end(c);
    else if (!c->ended)
        send_whole_frames(c);
    free_if_over(c);
}

static void serve(int listener, const struct io_uring_cqe *completion)
{
    struct connection *c = (struct connection *)(uintptr_t)(completion->user_data & ~(uint64_t)OPERATION);
    switch (completion->user_data & OPERATION) {
    case ACCEPT:
        if (completion->res >= 0)
            on_accepted(completion->res);
        if (!(completion->flags & IORING_CQE_F_MORE))
            accept_from(listener);
        break;
    case RECEIVE:
        on_received(c, completion);
        break;
    default:
        on_sent(c, completion->res);
    }
}

int main(int argc, char **argv)
{
    struct rlimit many = {65536, 65536};
    setrlimit(RLIMIT_NOFILE, &many);
    int listener = listen_on(argc > 1 ? atoi(argv[1]) : 5882);
    start();
    accept_from(listener);
    for (;;) {
        unsigned head, count = 0;
        struct io_uring_cqe *completion;
        io_uring_submit_and_wait(&ring, 1);
        io_uring_for_each_cqe(&ring, head, completion) {
            serve(listener, completion);
            count++;
        }
        io_uring_buf_ring_advance(buffers, returned);
        returned = 0;
        io_uring_cq_advance(&ring, count);
    }
}
