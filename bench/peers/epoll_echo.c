// The least that a C server can do for the framed echo protocol on one thread: level-triggered epoll, one recv and one
// send per readable socket. It is the limit that the engine is measured against, not a server to use: it closes a
// connection whose reply the kernel does not take whole, and holds 64 KiB for every connection.
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 512, BUFFER = 65536, HEADER = 4 };

struct connection {
    int fd;
    size_t length;
    char buffer[BUFFER];
};

static int listen_on(int port)
{
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 4096)) {
        perror("epoll_echo");
        exit(1);
    }
    return fd;
}

static void watch(int epoll, int fd, struct connection *connection)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static void accept_all(int epoll, int listener)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        struct connection *connection = malloc(sizeof *connection);
        connection->fd = fd;
        connection->length = 0;
        watch(epoll, fd, connection);
    }
}

static void end(struct connection *connection)
{
    close(connection->fd);
    free(connection);
}

static size_t whole_frames(const struct connection *connection)
{
    size_t offset = 0;
    while (connection->length - offset >= HEADER) {
        uint32_t payload;
        memcpy(&payload, connection->buffer + offset, HEADER);
        if (connection->length - offset - HEADER < payload)
            break;
        offset += HEADER + payload;
    }
    return offset;
}

static void serve(struct connection *connection)
{
    ssize_t count = recv(connection->fd, connection->buffer + connection->length, BUFFER - connection->length, 0);
    if (count < 0 && errno == EAGAIN)
        return;
    if (count <= 0) {
        end(connection);
        return;
    }
    connection->length += count;
    size_t ready = whole_frames(connection);
    if (ready == 0)
        return;
    if (send(connection->fd, connection->buffer, ready, MSG_NOSIGNAL) != (ssize_t)ready) {
        end(connection);
        return;
    }
    connection->length -= ready;
    memmove(connection->buffer, connection->buffer + ready, connection->length);
}

int main(int argc, char **argv)
{
    struct rlimit many = {65536, 65536};
    setrlimit(RLIMIT_NOFILE, &many);
    int listener = listen_on(argc > 1 ? atoi(argv[1]) : 5882), epoll = epoll_create1(0);
    watch(epoll, listener, NULL);
    for (;;) {
        struct epoll_event events[EVENTS];
        int count = epoll_wait(epoll, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == NULL)
                accept_all(epoll, listener);
            else
                serve(events[i].data.ptr);
        }
    }
}
