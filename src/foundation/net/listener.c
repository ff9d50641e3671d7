#include "foundation/net/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024, DESCRIPTORS_KEPT = 64 };

static int fill_address(const char *text, uint16_t port, struct sockaddr_storage *address, socklen_t *size) {
    memset(address, 0, sizeof *address);
    struct sockaddr_in *four = (struct sockaddr_in *)address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;
    if (strcmp(text, "localhost") == 0)
        text = "127.0.0.1";
    if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons(port);
        *size = sizeof *four;
        return 0;
    }
    if (inet_pton(AF_INET6, text, &six->sin6_addr) == 1) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(port);
        *size = sizeof *six;
        return 0;
    }
    return -1;
}

static uint16_t port_of(const struct sockaddr_storage *address) {
    return ntohs(address->ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)address)->sin6_port
                                                : ((const struct sockaddr_in *)address)->sin_port);
}

static void print_address(const struct sockaddr_storage *address, char out[64]) {
    const void *bytes = address->ss_family == AF_INET6
                            ? (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr
                            : (const void *)&((const struct sockaddr_in *)address)->sin_addr;
    if (!inet_ntop(address->ss_family, bytes, out, 64))
        snprintf(out, 64, "?");
    if (strncmp(out, "::ffff:", 7) == 0) /* an IPv4 client of an IPv6 socket */
        memmove(out, out + 7, strlen(out + 7) + 1);
}

static int try_bind(const char *address, uint16_t port, int *descriptor) {
    struct sockaddr_storage where;
    socklen_t size;
    int one = 1;
    if (fill_address(address, port, &where, &size) != 0)
        return EINVAL;
    int fd = socket(where.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&where, size) != 0 || listen(fd, BACKLOG) != 0) {
        int number = errno;
        close(fd);
        return number;
    }
    *descriptor = fd;
    return 0;
}

int listener_open(const char *address, uint16_t *port, bool explicit_port, int *descriptor, struct error *error) {
    int number = try_bind(address, *port, descriptor);
    if (number == EADDRINUSE && !explicit_port && *port != 0)
        number = try_bind(address, 0, descriptor);
    if (number == EINVAL)
        return error_set(error, ERROR_INVALID,
                         "'%s' is not an address to listen on; write one like 127.0.0.1 or 0.0.0.0", address);
    if (number == EADDRINUSE)
        return error_set(
            error, ERROR_BUSY,
            "port %u on %s is taken by another program; stop that one, choose another port, or leave the port out to "
            "get a free one",
            *port, address);
    if (number)
        return error_set_errno(error, number, "cannot listen on %s:%u", address, *port);
    struct sockaddr_storage bound;
    socklen_t size = sizeof bound;
    if (getsockname(*descriptor, (struct sockaddr *)&bound, &size) == 0)
        *port = port_of(&bound);
    return 0;
}

bool listener_may_accept(int descriptor) {
    struct rlimit limit;
    int next = fcntl(descriptor, F_DUPFD_CLOEXEC, 0); /* the lowest free one: what accept would give */
    if (next < 0)
        return false;
    close(next);
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return true;
    rlim_t kept = limit.rlim_cur / 4 < DESCRIPTORS_KEPT ? limit.rlim_cur / 4 : DESCRIPTORS_KEPT;
    return (rlim_t)next < limit.rlim_cur - kept;
}

int listener_accept(int descriptor, char peer[64]) {
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    int one = 1;
    int fd = accept4(descriptor, (struct sockaddr *)&address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    char host[64];
    print_address(&address, host);
    snprintf(peer, 64, "%.50s:%u", host, port_of(&address));
    return fd;
}

int listener_local_address(int descriptor, char address[64], uint16_t *port) {
    struct sockaddr_storage local;
    socklen_t size = sizeof local;
    if (getsockname(descriptor, (struct sockaddr *)&local, &size) != 0)
        return -1;
    print_address(&local, address);
    *port = port_of(&local);
    return 0;
}
