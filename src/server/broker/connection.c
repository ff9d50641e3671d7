#include "server/broker/connection.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "foundation/base/log.h"
#include "foundation/base/memory.h"
#include "foundation/net/listener.h"
#include "server/broker.h"

enum { REQUEST_MOST = 100 << 20, BEFORE_LOGIN_MOST = 64 << 10, READ_PIECE = 256 << 10, OUT_MOST = 64 << 20 };

struct connection {
    struct broker_core *core;
    struct connection *next, *before;
    int descriptor;
    char peer[64], address[64];
    uint16_t port;
    struct loop_watch *watch;
    unsigned watched;
    struct text in, out;
    size_t in_at, out_at; /* what is done already */
    bool logged_in, mechanism, broken;
    bool waiting; /* one request is unanswered: others wait behind it */
    bool rerun;
    bool handling;
    int32_t correlation; /* of the waiting request */
    struct text parked;  /* a whole request frame that is run again */
    struct loop_timer *timer;
    void (*closed)(void *context);
    void *context;
};

static void work(struct connection *connection);

const char *connection_host(const struct connection *connection) {
    return connection->peer;
}

void connection_advertised(const struct connection *connection, char address[64], uint16_t *port) {
    memcpy(address, connection->address, 64);
    *port = connection->port;
}

bool connection_logged_in(const struct connection *connection) {
    return connection->logged_in;
}

void connection_set_logged_in(struct connection *connection) {
    connection->logged_in = true;
}

void connection_set_mechanism(struct connection *connection) {
    connection->mechanism = true;
}

bool connection_has_mechanism(const struct connection *connection) {
    return connection->mechanism;
}

bool connection_is_rerun(const struct connection *connection) {
    return connection->rerun;
}

struct connection *connection_next(const struct connection *connection) {
    return connection->next;
}

void connection_close(struct connection *connection) {
    groups_forget(connection->core->groups, connection);
    loop_watch_remove(connection->watch);
    loop_timer_remove(connection->timer);
    close(connection->descriptor);
    *(connection->before ? &connection->before->next : &connection->core->connections) = connection->next;
    if (connection->next)
        connection->next->before = connection->before;
    connection->core->connection_count--;
    if (connection->closed)
        connection->closed(connection->context);
    text_free(&connection->in);
    text_free(&connection->out);
    text_free(&connection->parked);
    memory_free(connection);
}

/* --- writing --- */

static void watch_what_is_needed(struct connection *connection) {
    bool full = connection->out.size - connection->out_at > OUT_MOST || connection->waiting;
    unsigned wanted = (connection->out.size > connection->out_at ? (unsigned)LOOP_WRITE : 0u) |
                      (full ? (unsigned)LOOP_HANGUP : (unsigned)LOOP_READ);
    if (wanted != connection->watched) {
        connection->watched = wanted;
        loop_watch_change(connection->watch, wanted);
    }
}

static void flush(struct connection *connection) {
    while (connection->out_at < connection->out.size) {
        ssize_t wrote = send(connection->descriptor, connection->out.data + connection->out_at,
                             connection->out.size - connection->out_at, MSG_NOSIGNAL);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0) {
            if (errno != EAGAIN)
                connection->broken = true;
            return;
        }
        connection->out_at += (size_t)wrote;
    }
    text_clear(&connection->out);
    connection->out_at = 0;
    if (connection->out.capacity > READ_PIECE * 4)
        text_free(&connection->out);
}

/* Answers leave unless they wait for the disk. */
static void finish_turn(struct connection *connection) {
    if (connection->core->unsynced.count == 0)
        flush(connection);
    if (connection->broken)
        connection_close(connection);
    else
        watch_what_is_needed(connection);
}

void connection_release(struct connection *connection, bool durable) {
    if (!durable && connection->out.size > connection->out_at)
        connection_close(connection); /* unanswered: the client tries again and hears an error */
    else
        finish_turn(connection);
}

static void begin_answer(struct connection *connection, size_t *from, int32_t correlation) {
    *from = connection->out.size;
    write_int32(&connection->out, 0);
    write_int32(&connection->out, correlation); /* ApiVersions keeps header v0 in all versions (KIP-511) */
}

static void end_answer(struct connection *connection, size_t from) {
    set_int32(&connection->out, from, (int32_t)(connection->out.size - from - 4));
}

/* --- one request --- */

/* False: the connection is to be closed. */
static bool handle_frame(struct connection *connection, struct view frame) {
    struct broker_core *core = connection->core;
    struct request request = {.core = core, .connection = connection};
    request.reader = (struct reader){frame.data, frame.data + frame.size, false};
    request.key = read_int16(&request.reader);
    request.version = read_int16(&request.reader);
    request.correlation = read_int32(&request.reader);
    request.client_id = read_string(&request.reader);
    const struct handler *handler = handler_find(request.key);
    if (request.reader.broken || !handler) {
        log_warn("broker", "%s: request %d is unknown here; connection closed", connection->peer, request.key);
        return false;
    }
    if (request.key == KEY_API_VERSIONS && request.version >= 3 && request.version <= handler->most)
        read_tagged_fields(&request.reader); /* header v2 */
    if ((request.version < handler->least || request.version > handler->most) && request.key != KEY_API_VERSIONS) {
        log_warn("broker", "%s: %s version %d is not supported (%d to %d are); connection closed", connection->peer,
                 handler->name, request.version, handler->least, handler->most);
        return false;
    }
    if (core->user && !connection->logged_in && !handler->before_login) {
        log_warn("broker", "%s: %s before logging in; connection closed", connection->peer, handler->name);
        return false;
    }
    size_t from;
    begin_answer(connection, &from, request.correlation);
    request.out = &connection->out;
    if (request.key == KEY_API_VERSIONS && request.version > handler->most)
        request.version = INT16_MAX;
    enum handled handled = handler->handle(&request);
    if (request.reader.broken) {
        connection->out.size = from;
        log_warn("broker", "%s: %s is malformed; connection closed", connection->peer, handler->name);
        return false;
    }
    if (handled == HANDLED) {
        end_answer(connection, from);
    } else if (handled == HANDLED_SILENT) {
        connection->out.size = from;
    } else if (connection->waiting) {
        connection->out.size = from; /* answered later, from the beginning */
    }
    return true;
}

void *connection_answer_later(struct request *request) {
    struct connection *connection = request->connection;
    connection->waiting = true;
    connection->correlation = request->correlation;
    return connection;
}

static void continue_posted(void *context) {
    /* The connection may be gone: look for it. */
    struct connection **found = context;
    struct connection *connection = found[0];
    struct broker_core *core = (struct broker_core *)found[1];
    for (struct connection *each = core->connections; each; each = each->next) {
        if (each == connection) {
            work(connection);
            break;
        }
    }
    memory_free(found);
}

/* May be called while other connections' requests are handled: the rest of this one's work is posted. */
void connection_finish(void *context, struct text *body) {
    struct connection *connection = context;
    size_t from;
    /* inside of its own handler the answer's head is there already; it is cut off by handle_frame, so begin anew behind
     * it */
    if (connection->handling) {
        connection->waiting = false;
        from = connection->out.size - 8;
        text_append(&connection->out, text_view(body));
        end_answer(connection, from);
        return;
    }
    connection->waiting = false;
    begin_answer(connection, &from, connection->correlation);
    text_append(&connection->out, text_view(body));
    end_answer(connection, from);
    void **note = memory_zero(2, sizeof *note);
    note[0] = connection;
    note[1] = connection->core;
    loop_post(connection->core->loop, continue_posted, note);
}

/* --- parked fetches --- */

static void run_parked(struct connection *connection, bool last) {
    struct text frame = connection->parked;
    connection->parked = TEXT_EMPTY;
    connection->waiting = false;
    connection->rerun = last;
    loop_timer_set(connection->timer, -1);
    connection->handling = true;
    bool good = handle_frame(connection, text_view(&frame));
    connection->handling = false;
    connection->rerun = false;
    if (connection->waiting)
        connection->parked = frame; /* still too little: it waits on, its time runs anew from the rest */
    else
        text_free(&frame);
    if (!good)
        connection->broken = true;
    work(connection);
}

static void wait_is_over(void *context) {
    struct connection *connection = context;
    if (connection->parked.size)
        run_parked(connection, true);
}

void connection_park(struct request *request, int32_t wait_ms) {
    struct connection *connection = request->connection;
    connection->waiting = true; /* the caller keeps a copy of the frame */
    loop_timer_set(connection->timer, wait_ms);
}

void connection_look_again(struct connection *connection) {
    if (connection->parked.size)
        run_parked(connection, false);
}

/* --- reading --- */

static void work(struct connection *connection) {
    while (!connection->broken && !connection->waiting && connection->out.size - connection->out_at <= OUT_MOST) {
        size_t have = connection->in.size - connection->in_at;
        if (have < 4)
            break;
        struct reader size_reader = {connection->in.data + connection->in_at, connection->in.data + connection->in.size,
                                     false};
        int32_t size = read_int32(&size_reader);
        int32_t most = connection->core->user && !connection->logged_in ? BEFORE_LOGIN_MOST : REQUEST_MOST;
        if (size < 8 || size > most) {
            log_warn("broker", "%s: a request of %d bytes; connection closed (is it a Kafka client without TLS?)",
                     connection->peer, size);
            connection->broken = true;
            break;
        }
        if (have < (size_t)size + 4)
            break;
        struct view frame = {connection->in.data + connection->in_at + 4, (size_t)size};
        connection->handling = true;
        bool good = handle_frame(connection, frame);
        connection->handling = false;
        if (connection->waiting && !connection->parked.size) {
            /* a fetch that was parked keeps its frame; a join or sync does not need it any more */
            struct reader key = {frame.data, frame.data + frame.size, false};
            if (read_int16(&key) == KEY_FETCH)
                text_append(&connection->parked, frame);
        }
        connection->in_at += (size_t)size + 4;
        if (!good)
            connection->broken = true;
    }
    if (connection->in_at == connection->in.size) {
        text_clear(&connection->in);
        connection->in_at = 0;
        if (connection->in.capacity > READ_PIECE * 8)
            text_free(&connection->in);
    }
    finish_turn(connection);
}

static void ready(void *context, unsigned events) {
    struct connection *connection = context;
    if (events & LOOP_READ) {
        if (connection->in_at > READ_PIECE) {
            memmove(connection->in.data, connection->in.data + connection->in_at,
                    connection->in.size - connection->in_at);
            connection->in.size -= connection->in_at;
            connection->in_at = 0;
        }
        text_reserve(&connection->in, READ_PIECE);
        ssize_t got = recv(connection->descriptor, connection->in.data + connection->in.size, READ_PIECE, 0);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
            connection->broken = true;
        else if (got > 0)
            connection->in.size += (size_t)got;
    } else if (events & LOOP_HANGUP) {
        connection->broken = true;
    }
    work(connection);
}

struct connection *connection_open(struct broker_core *core, int descriptor, const char *peer,
                                   void (*closed)(void *context), void *context) {
    struct connection *connection = memory_zero(1, sizeof *connection);
    connection->core = core;
    connection->descriptor = descriptor;
    size_t size = strlen(peer);
    memcpy(connection->peer, peer, size < sizeof connection->peer ? size : sizeof connection->peer - 1);
    if (listener_local_address(descriptor, connection->address, &connection->port) != 0) {
        close(descriptor);
        memory_free(connection);
        return NULL;
    }
    connection->closed = closed;
    connection->context = context;
    connection->timer = loop_timer_add(core->loop, wait_is_over, connection);
    connection->watched = LOOP_READ;
    connection->watch = loop_watch_add(core->loop, descriptor, LOOP_READ, ready, connection);
    connection->next = core->connections;
    if (connection->next)
        connection->next->before = connection;
    core->connections = connection;
    core->connection_count++;
    return connection;
}
