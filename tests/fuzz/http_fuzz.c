/* The HTTP server itself over real sockets: requests in pieces, several on a connection, half ends, clients that go
 * while an answer is made or streams, handlers that answer later. What it does is in the order of the input; when the
 * server's thread comes to it is not. Input: a byte of settings, then steps of a byte each (enum step) and what belongs
 * to it. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "foundation/base/memory.h"
#include "foundation/base/vector.h"
#include "foundation/net/http_server.h"
#include "fuzz/fuzz.h"

enum { CLIENTS = 4, STEPS_MOST = 60, ANSWER_MS = 5, BODY_LIMIT = 2000, STREAM_LIMIT = 4000 };
enum { ASKS_PASSWORD = 1, PATIENT = 2 };
enum step { CHOOSE, SEND, END_SIDE, LEAVE, READ, ANSWER, WRITE, END, STEPS };

struct kept {
    struct http_exchange *exchange;
    bool streams;
};
struct stage {
    struct http_server *server;
    uint16_t port;
    int clients[CLIENTS]; /* -1: none */
    bool heard[CLIENTS];
    size_t chosen;
    pthread_mutex_t lock;
    VECTOR(struct kept) kept;
};

/* --- handlers --- */

static void look(struct http_exchange *exchange) {
    struct view body = http_exchange_body(exchange);
    struct text text = TEXT_EMPTY;
    const char *query = http_exchange_query(exchange, "q"), *word = http_exchange_header(exchange, "X-Word");
    const char *name = http_exchange_parameter(exchange, "name");
    if (body.size > BODY_LIMIT)
        fuzz_broken("a body is not larger than its limit");
    text_append_format(&text, "%s %s %s %s %s %.*s", http_exchange_method(exchange), http_exchange_path(exchange),
                       name ? name : "", query ? query : "", word ? word : "", VIEW_ARGS(body));
    text_free(&text);
}

static void now(void *context, struct http_exchange *exchange) {
    (void)context;
    look(exchange);
    http_exchange_answer_header(exchange, "X-Word", "word");
    http_exchange_answer(exchange, 200, "text/plain", http_exchange_body(exchange));
}

static void keep(struct stage *stage, struct http_exchange *exchange, bool streams) {
    look(exchange);
    pthread_mutex_lock(&stage->lock);
    vector_push(&stage->kept, (struct kept){exchange, streams});
    pthread_mutex_unlock(&stage->lock);
}

static void later(void *context, struct http_exchange *exchange) {
    keep(context, exchange, false);
}

static void gone(void *context) {
    (void)context;
}

static void stream(void *context, struct http_exchange *exchange) {
    http_exchange_on_gone(exchange, gone, context);
    http_exchange_start(exchange, 200, "text/plain", STREAM_LIMIT);
    keep(context, exchange, true);
}

static const struct http_route routes[] = {
    {"GET", "/now/{name}", now, ""},     {"POST", "/now/{name}", now, ""}, {"GET", "/later", later, ""},
    {"PUT", "/later/{name}", later, ""}, {"POST", "/stream", stream, ""},  {0},
};

/* Of the oldest that is kept; true when that was its last. */
static bool go_on(struct stage *stage, enum step step) {
    struct kept *oldest = &stage->kept.items[0];
    if (!oldest->streams)
        http_exchange_answer(oldest->exchange, 202, "text/plain", VIEW("late"));
    else if (step == WRITE)
        http_exchange_write(oldest->exchange, VIEW("row\n"));
    else
        http_exchange_end(oldest->exchange);
    return !oldest->streams || step != WRITE;
}

static void handle(struct stage *stage, enum step step) {
    pthread_mutex_lock(&stage->lock);
    if (stage->kept.count) {
        look(stage->kept.items[0].exchange);
        if (go_on(stage, step))
            vector_remove(&stage->kept, 0);
    }
    pthread_mutex_unlock(&stage->lock);
}

/* --- clients --- */

static void dial(struct stage *stage, size_t client) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(stage->port)};
    const struct linger at_once = {.l_onoff = 1}; /* no port is left waiting */
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        fatal("the stage lets no client in");
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    stage->clients[client] = fd;
    stage->heard[client] = false;
}

static void leave(struct stage *stage, size_t client) {
    if (stage->clients[client] >= 0)
        close(stage->clients[client]);
    stage->clients[client] = -1;
}

static void hear(struct stage *stage, size_t client, int wait_ms) {
    char piece[4096];
    struct pollfd ready = {.fd = stage->clients[client], .events = POLLIN};
    if (ready.fd < 0 || poll(&ready, 1, wait_ms) <= 0)
        return;
    ssize_t got = recv(ready.fd, piece, sizeof piece, MSG_DONTWAIT);
    if (got >= 5 && !stage->heard[client] && memcmp(piece, "HTTP/", 5) != 0)
        fuzz_broken("an answer begins as one");
    stage->heard[client] = stage->heard[client] || got > 0;
}

static void act(struct stage *stage, enum step step, struct fuzz_input *input, int wait_ms) {
    size_t client = stage->chosen;
    if (step == CHOOSE)
        stage->chosen = fuzz_byte(input) % CLIENTS;
    else if (step == LEAVE)
        leave(stage, client);
    else if (step == READ)
        hear(stage, client, wait_ms);
    else if (step == END_SIDE && stage->clients[client] >= 0)
        shutdown(stage->clients[client], SHUT_WR);
    else if (step >= ANSWER)
        handle(stage, step);
    else if (step == SEND) {
        struct view piece = fuzz_piece(input, fuzz_short(input));
        if (stage->clients[client] < 0)
            dial(stage, client);
        if (send(stage->clients[client], piece.data, piece.size, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
            leave(stage, client);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = fuzz_input(data, size);
    struct stage stage = {.lock = PTHREAD_MUTEX_INITIALIZER, .clients = {-1, -1, -1, -1}};
    struct error error = {0};
    uint8_t settings = fuzz_byte(&input);
    struct http_service_options options = {
        .name = "stage", .address = "127.0.0.1", .routes = routes, .context = &stage, .body_limit = BODY_LIMIT};
    options.user = options.password = settings & ASKS_PASSWORD ? "user" : NULL;
    stage.server = http_server_new(&error);
    if (!stage.server || http_server_listen(stage.server, &options, &stage.port, &error) != 0)
        fatal("the stage does not stand: %s", error.message);
    for (int i = 0; i < STEPS_MOST && input.at < input.end; i++)
        act(&stage, fuzz_byte(&input) % STEPS, &input, settings & PATIENT ? ANSWER_MS : 0);
    for (size_t i = 0; i < CLIENTS; i++) {
        hear(&stage, i, settings & PATIENT ? ANSWER_MS : 0);
        leave(&stage, i);
    }
    http_server_unlisten(stage.server, stage.port);
    while (stage.kept.count)
        handle(&stage, END);
    http_server_free(stage.server);
    vector_free(&stage.kept);
    return 0;
}
