/* Sends one request many times over some connections and waits for the answers, so that a server's pace is measured and
 * not a script's:  pump kafka|http HOST:PORT FILE COUNT CONNECTIONS WINDOW
 * Each connection has at most WINDOW requests unanswered. Prints the whole time, and of the times from a request until
 * its answer the median, 99 % and the longest, in nanoseconds. An HTTP answer that isn't 200 ends it. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "measure.h"

enum { ANSWER_MOST = 1 << 20, PATIENCE_MS = 60000 };

/* How long the answer at the start of `data` is; 0: not all of its head is there yet. */
typedef size_t (*answer_size)(const char *data, size_t size);

struct connection {
    int socket;
    size_t sent, answered, written; /* requests, and bytes of the one that is being sent */
    size_t held;
    int64_t *began; /* of each request in flight, a ring of `window` */
    char *answer;
};

struct pump {
    answer_size size;
    char *request;
    size_t request_size, count, sent, answered, connections, window;
    struct connection *all;
    double *took;
};

static void fail(const char *what) {
    fprintf(stderr, "pump: %s\n", what);
    exit(1);
}

static size_t kafka_answer(const char *data, size_t size) {
    const unsigned char *byte = (const unsigned char *)data;
    if (size < 4)
        return 0;
    return 4 + ((size_t)byte[0] << 24 | (size_t)byte[1] << 16 | (size_t)byte[2] << 8 | byte[3]);
}

static size_t http_answer(const char *data, size_t size) {
    static const char length[] = "\r\ncontent-length:";
    const char *end = memmem(data, size, "\r\n\r\n", 4);
    if (!end)
        return 0;
    if (size < 12 || memcmp(data + 8, " 200", 4) != 0) {
        fprintf(stderr, "pump: the answer is\n%.*s\n", (int)size, data);
        exit(1);
    }
    for (const char *at = data; at < end; at++)
        if (strncasecmp(at, length, sizeof length - 1) == 0)
            return (size_t)(end + 4 - data) + strtoul(at + sizeof length - 1, NULL, 10);
    fail("an answer without a length");
    return 0;
}

static void read_request(struct pump *pump, const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0)
        fail("the request's file cannot be read");
    pump->request_size = (size_t)ftell(file);
    pump->request = malloc(pump->request_size);
    rewind(file);
    if (!pump->request || fread(pump->request, 1, pump->request_size, file) != pump->request_size)
        fail("the request's file cannot be read");
    fclose(file);
}

static int connect_to(char *address) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    char *colon = strrchr(address, ':');
    int on = 1;
    if (!colon)
        fail("the address is HOST:PORT");
    *colon = 0;
    if (getaddrinfo(address, colon + 1, &hints, &found) != 0)
        fail("the address is not known");
    *colon = ':';
    int made = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made < 0 || connect(made, found->ai_addr, found->ai_addrlen) != 0)
        fail("no connection");
    freeaddrinfo(found);
    setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(made, F_SETFL, O_NONBLOCK);
    return made;
}

static bool may_send(const struct pump *pump, const struct connection *connection) {
    return connection->written > 0 ||
           (pump->sent < pump->count && connection->sent - connection->answered < pump->window);
}

static void send_some(struct pump *pump, struct connection *connection) {
    while (may_send(pump, connection)) {
        if (connection->written == 0) {
            connection->began[connection->sent++ % pump->window] = clock_monotonic_ns();
            pump->sent++;
        }
        ssize_t went = send(connection->socket, pump->request + connection->written,
                            pump->request_size - connection->written, MSG_NOSIGNAL);
        if (went < 0 && errno != EAGAIN)
            fail("the server closed a connection");
        if (went > 0)
            connection->written += (size_t)went;
        if (connection->written < pump->request_size)
            break;
        connection->written = 0;
    }
}

static void hear_some(struct pump *pump, struct connection *connection) {
    ssize_t got = recv(connection->socket, connection->answer + connection->held, ANSWER_MOST - connection->held, 0);
    if (got == 0 || (got < 0 && errno != EAGAIN))
        fail("the server closed a connection");
    connection->held += got > 0 ? (size_t)got : 0;
    size_t at = 0, size;
    while ((size = pump->size(connection->answer + at, connection->held - at)) > 0 && size <= connection->held - at) {
        int64_t began = connection->began[connection->answered++ % pump->window];
        pump->took[pump->answered++] = (double)(clock_monotonic_ns() - began);
        at += size;
    }
    if (size > ANSWER_MOST)
        fail("an answer is larger than a megabyte");
    memmove(connection->answer, connection->answer + at, connection->held - at);
    connection->held -= at;
}

static void pump_all(struct pump *pump) {
    struct pollfd *ready = calloc(pump->connections, sizeof *ready);
    if (!ready)
        fail("no memory");
    while (pump->answered < pump->count) {
        for (size_t i = 0; i < pump->connections; i++) {
            send_some(pump, &pump->all[i]);
            ready[i] = (struct pollfd){.fd = pump->all[i].socket,
                                       .events = may_send(pump, &pump->all[i]) ? POLLIN | POLLOUT : POLLIN};
        }
        if (poll(ready, pump->connections, PATIENCE_MS) <= 0)
            fail("no answer for a minute");
        for (size_t i = 0; i < pump->connections; i++)
            if (ready[i].revents & (POLLIN | POLLHUP | POLLERR))
                hear_some(pump, &pump->all[i]);
    }
    free(ready);
}

int main(int argc, char **argv) {
    struct pump pump = {0};
    if (argc != 7)
        fail("pump kafka|http HOST:PORT FILE COUNT CONNECTIONS WINDOW");
    pump.size = strcmp(argv[1], "http") == 0 ? http_answer : kafka_answer;
    read_request(&pump, argv[3]);
    pump.count = strtoul(argv[4], NULL, 10);
    pump.connections = strtoul(argv[5], NULL, 10);
    pump.window = strtoul(argv[6], NULL, 10);
    if (pump.count == 0 || pump.connections == 0 || pump.window == 0)
        fail("counts are above 0");
    pump.all = calloc(pump.connections, sizeof *pump.all);
    pump.took = calloc(pump.count, sizeof *pump.took);
    for (size_t i = 0; i < pump.connections; i++) {
        pump.all[i] = (struct connection){.socket = connect_to(argv[2]),
                                          .began = calloc(pump.window, sizeof(int64_t)),
                                          .answer = malloc(ANSWER_MOST)};
        if (!pump.all[i].began || !pump.all[i].answer)
            fail("no memory");
    }
    int64_t began = clock_monotonic_ns();
    pump_all(&pump);
    int64_t wall = clock_monotonic_ns() - began;
    qsort(pump.took, pump.count, sizeof *pump.took, measure_compare);
    printf("%lld %.0f %.0f %.0f\n", (long long)wall, pump.took[pump.count / 2], pump.took[pump.count * 99 / 100],
           pump.took[pump.count - 1]);
    return 0;
}
