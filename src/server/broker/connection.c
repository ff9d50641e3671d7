#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "foundation/base/clock.h"
#include "foundation/base/log.h"
#include "foundation/base/memory.h"
#include "foundation/net/listener.h"
#include "server/broker/connection_private.h"

enum {
    ANSWER_MOST = 64 << 20, /* of what is no record */
    BEFORE_LOGIN_MOST = 64 << 10,
    READ_PIECE = 256 << 10,
    WAITING_MOST = 512 << 10,
    LARGE = 256 << 10
};

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

void connection_leave(struct connection *connection) {
    connection->leaves = true;
}

void connection_set_mechanism(struct connection *connection, bool raw) {
    connection->mechanism = true;
    connection->raw_token = raw;
}

static void copy_word(char *to, size_t room, struct view word) {
    size_t size = word.size < room ? word.size : room - 1;
    for (size_t i = 0; i < size; i++) /* it is shown to people */
        to[i] = word.data[i] > ' ' && word.data[i] < 127 ? word.data[i] : '?';
    to[size] = '\0';
}

void connection_set_software(struct connection *connection, struct view name, struct view version) {
    copy_word(connection->facts.software, sizeof connection->facts.software, name);
    copy_word(connection->facts.version, sizeof connection->facts.version, version);
    connection->changed(connection->context);
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
    connection_drop_turn(connection);
    loop_watch_remove(connection->watch);
    loop_timer_remove(connection->timer);
    if (connection->mute)
        loop_timer_remove(connection->mute);
    peers_leave(&connection->core->peers, connection->owner);
    close(connection->descriptor);
    *(connection->before ? &connection->before->next : &connection->core->connections) = connection->next;
    if (connection->next)
        connection->next->before = connection->before;
    connection->core->connection_count--;
    connection->changed(connection->context);
    text_free(&connection->in);
    text_free(&connection->out);
    text_free(&connection->parked);
    memory_free(connection);
}

/* --- writing --- */

static void watch_what_is_needed(struct connection *connection) {
    /* While a request waits or is held the next ones are read, but only so many. */
    bool full = connection->muted || connection->leaves || connection_has_much_to_take(connection) ||
                ((connection->waiting || connection->held) && connection->in.size - connection->in_at > WAITING_MOST);
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
        connection->facts.out += wrote;
        connection->took_ms = clock_monotonic_ms();
    }
    text_clear(&connection->out);
    connection->out_at = 0;
    if (connection->out.capacity > READ_PIECE * 4)
        text_free(&connection->out);
}

static void continue_posted(void *context) {
    /* The connection may be gone: look for it. */
    struct connection **found = context;
    struct connection *connection = found[0];
    struct broker_core *core = (struct broker_core *)found[1];
    for (struct connection *each = core->connections; each; each = each->next) {
        if (each == connection) {
            connection->posted = false;
            connection_work(connection);
            break;
        }
    }
    memory_free(found);
}

static void post_turn(struct connection *connection) {
    if (connection->posted)
        return;
    connection->posted = true;
    void **note = memory_zero(2, sizeof *note);
    note[0] = connection;
    note[1] = connection->core;
    loop_post(connection->core->loop, continue_posted, note);
}

/* Answers leave unless they wait for the disk. No event tells when the system has taken all, so requests that were held
 * have a turn of their own. */
static void finish_turn(struct connection *connection) {
    if (connection->core->unsynced.count == 0)
        flush(connection);
    if (connection->broken || (connection->leaves && connection->out.size == connection->out_at)) {
        connection_close(connection);
        return;
    }
    watch_what_is_needed(connection);
    if (connection->held && connection->out.size == connection->out_at)
        connection_wait_turn(connection);
}

void connection_release(struct connection *connection, bool durable) {
    if (!durable && connection->out.size > connection->out_at)
        connection_close(connection); /* unanswered: the client tries again and hears an error */
    else
        finish_turn(connection);
}

/* ApiVersions keeps the old head in all versions, for those who don't know yet what we know (KIP-511). */
static size_t begin_answer(struct connection *connection, const struct request *request) {
    size_t from = connection->out.size;
    write_int32(&connection->out, 0);
    write_int32(&connection->out, request->correlation);
    if (request->reader.flexible && request->key != KEY_API_VERSIONS)
        write_int8(&connection->out, 0);
    return from;
}

static void end_answer(struct connection *connection, size_t from) {
    set_int32(&connection->out, from, (int32_t)(connection->out.size - from - 4));
}

/* --- one request --- */

static void note_client(struct connection *connection, struct view id) {
    char *known = connection->facts.client_id;
    if (!id.size || (*known && view_equal(view_of(known), id)))
        return;
    bool first = !*known;
    copy_word(known, sizeof connection->facts.client_id, id);
    if (first)
        connection->changed(connection->context);
}

/* False: the connection is to be closed. */
static bool handle_frame(struct connection *connection, struct view frame) {
    struct broker_core *core = connection->core;
    struct request request = {.core = core, .connection = connection};
    request.reader = (struct reader){.at = frame.data, .end = frame.data + frame.size};
    request.key = read_int16(&request.reader);
    request.version = read_int16(&request.reader);
    request.correlation = read_int32(&request.reader);
    request.client_id = read_string(&request.reader);
    note_client(connection, request.client_id);
    const struct handler *handler = handler_find(request.key);
    if (request.reader.broken || !handler) {
        log_warn("broker", "%s: request %d is unknown here; connection closed", connection->peer, request.key);
        return false;
    }
    if ((request.version < handler->least || request.version > handler->most) && request.key != KEY_API_VERSIONS) {
        log_warn("broker", "%s: %s version %d is not supported (%d to %d are); connection closed", connection->peer,
                 handler->name, request.version, handler->least, handler->most);
        return false;
    }
    if (core->user && !connection->logged_in && !handler->before_login) {
        log_warn("broker", "%s: %s before logging in; connection closed", connection->peer, handler->name);
        return false;
    }
    if (request.key == KEY_API_VERSIONS && request.version > handler->most)
        request.version = INT16_MAX;
    else
        request.reader.flexible = request.version >= handler->flexible;
    read_tags(&request.reader);
    size_t from = begin_answer(connection, &request);
    request.out = &connection->out;
    request.most = request.key == KEY_FETCH ? SIZE_MAX : from + ANSWER_MOST; /* a fetch has limits of its own */
    enum handled handled = handler->handle(&request);
    if (request.reader.broken) {
        connection->out.size = from;
        if (request.too_large)
            log_warn("broker",
                     "%s: %s asks for an answer of more than %d bytes; connection closed, ask for less at once",
                     connection->peer, handler->name, ANSWER_MOST);
        else
            log_warn("broker", "%s: %s is malformed; connection closed", connection->peer, handler->name);
        return false;
    }
    if (handled == HANDLED_REFUSED) {
        connection->out.size = from;
        log_warn("broker", "%s: %s wants no answer and was refused; connection closed, so that its client notices",
                 connection->peer, handler->name);
        return false;
    }
    bool answered = handled == HANDLED || (handled == HANDLED_LATER && !connection->waiting);
    if (answered || handled == HANDLED_SILENT) {
        int32_t wait_ms = connection_throttle(connection, request.key, frame.size, connection->out.size - from);
        if (wait_ms && answered && request.throttle_at)
            set_int32(&connection->out, request.throttle_at, wait_ms);
    }
    if (answered)
        end_answer(connection, from);
    else
        connection->out.size = from; /* never, or later from the beginning */
    return true;
}

void *connection_answer_later(struct request *request) {
    struct connection *connection = request->connection;
    connection->waiting = true;
    connection->pending = *request;
    connection->pending.most = SIZE_MAX; /* what members said is bounded where it is kept */
    connection->pending_from = connection->out.size;
    return connection;
}

struct request *connection_resume(void *context) {
    struct connection *connection = context;
    if (connection->handling) { /* inside of its own handler: the answer's head is there already */
        connection->out.size = connection->pending_from;
    } else {
        connection->pending_from = begin_answer(connection, &connection->pending);
        connection->pending.out = &connection->out;
    }
    return &connection->pending;
}

/* May be called while other connections' requests are handled: the rest of this one's work is posted. */
void connection_finish(void *context) {
    struct connection *connection = context;
    connection->waiting = false;
    if (connection->handling)
        return; /* handle_frame ends the answer */
    end_answer(connection, connection->pending_from);
    post_turn(connection);
}

/* --- parked fetches --- */

static void run_parked(struct connection *connection, bool last) {
    struct text frame = connection->parked;
    connection->parked = TEXT_EMPTY;
    connection->waiting = false;
    connection->rerun = last;
    connection->parked_before = true;
    loop_timer_set(connection->timer, -1);
    connection->handling = true;
    bool good = handle_frame(connection, text_view(&frame));
    connection->handling = false;
    connection->rerun = connection->parked_before = false;
    if (connection->waiting)
        connection->parked = frame; /* still too little: it waits on for the rest of its time */
    else
        text_free(&frame);
    if (!good)
        connection->broken = true;
    connection_work(connection);
}

static void wait_is_over(void *context) {
    struct connection *connection = context;
    if (connection->parked.size)
        run_parked(connection, true);
}

void connection_park(struct request *request, int32_t wait_ms, uint64_t interest) {
    struct connection *connection = request->connection;
    int64_t now = clock_monotonic_ms();
    if (!connection->parked_before)
        connection->park_until_ms = now + wait_ms;
    connection->interest = interest;
    connection->waiting = true; /* the caller keeps a copy of the frame */
    loop_timer_set(connection->timer, connection->park_until_ms > now ? connection->park_until_ms - now : 0);
}

void connection_look_again(struct connection *connection, uint64_t interest) {
    if (connection->parked.size && connection->interest & interest)
        run_parked(connection, false);
}

/* --- reading --- */

/* SaslHandshake 0: the token comes without a request around it, and so does the answer. */
static bool take_token(struct connection *connection, struct view token) {
    connection->raw_token = false;
    if (!sasl_plain_is_right(connection->core, token)) {
        log_warn("broker", "%s: wrong user name or password", connection->peer);
        return false;
    }
    connection->logged_in = true;
    write_int32(&connection->out, 0);
    return true;
}

/* Every fetch is answered with a batch at least, so when all together have too much to take, who has not taken his last
 * answer gets no further one. With --sync the turn's end decides what may leave. */
static bool must_take_first(struct connection *connection) {
    const struct broker_core *core = connection->core;
    if (connection->out.size == connection->out_at || core->unsynced.count ||
        connections_unsent(core) <= (size_t)core->limits.answers_bytes)
        return false;
    flush(connection);
    return connection->out.size > connection->out_at;
}

void connection_work(struct connection *connection) {
    bool next_turn = false;
    while (!connection->broken && !connection->leaves && !connection->waiting && !connection->muted &&
           !connection_has_much_to_take(connection) && !must_take_first(connection)) {
        size_t have = connection->in.size - connection->in_at;
        if (have < 4)
            break;
        const char *at = connection->in.data + connection->in_at;
        struct reader size_reader = {.at = at, .end = at + have};
        int32_t size = read_int32(&size_reader);
        int64_t most = connection->core->limits.request_bytes;
        if (connection->core->user && !connection->logged_in && most > BEFORE_LOGIN_MOST)
            most = BEFORE_LOGIN_MOST;
        if (size < 8 || size > most) {
            log_warn("broker",
                     "%s: a request of %d bytes, %lld are the most; connection closed (is it a Kafka client without "
                     "TLS?)",
                     connection->peer, size, (long long)most);
            connection->broken = true;
            break;
        }
        if (have < (size_t)size + 4) {
            if (size > LARGE && !connections_have_room_for(connection->core, size)) {
                log_warn("broker", "%s: a request of %d bytes, and others are waiting already; connection closed",
                         connection->peer, size);
                connection->broken = true;
            }
            break;
        }
        struct view frame = {connection->in.data + connection->in_at + 4, (size_t)size};
        struct reader key = {.at = frame.data, .end = frame.data + frame.size};
        bool fetches = !connection->raw_token && read_int16(&key) == KEY_FETCH;
        if (fetches && (next_turn = connection_turn_is_over(connection)))
            break;
        size_t before = connection->out.size;
        connection->asked_ms = clock_monotonic_ms();
        connection->handling = true;
        bool good = connection->raw_token ? take_token(connection, frame) : handle_frame(connection, frame);
        connection->handling = false;
        if (connection->waiting && !connection->parked.size && fetches)
            text_append(&connection->parked, frame); /* a join or sync does not need its frame any more */
        connection_count_answer(connection, fetches, connection->out.size - before);
        connection->in_at += (size_t)size + 4;
        if (!good)
            connection->broken = true;
    }
    connection->held =
        !connection->waiting && !connection->muted && (next_turn || connection_has_much_to_take(connection));
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
        if (got > 0)
            connection->facts.in += got;
    } else if (events & LOOP_HANGUP) {
        connection->broken = true;
    }
    if (connection->held)
        finish_turn(connection);
    else
        connection_work(connection);
}

struct connection *connection_open(struct broker_core *core, int descriptor, const char *peer,
                                   void (*changed)(void *context), void *context) {
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
    connection->owner = peers_join(&core->peers, connection->peer);
    if (connection->owner->connections > core->limits.connections_each) {
        log_warn("broker", "%s: refused, its address has %lld connections already (max.connections.per.ip)", peer,
                 (long long)core->limits.connections_each);
        peers_leave(&core->peers, connection->owner);
        close(descriptor);
        memory_free(connection);
        return NULL;
    }
    memcpy(connection->facts.address, connection->peer, sizeof connection->facts.address);
    connection->large = true; /* until it is known better */
    connection->began_ms = connection->asked_ms = connection->took_ms = clock_monotonic_ms();
    connection->changed = changed;
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

void connection_describe(const struct connection *connection, struct broker_peer *peer) {
    *peer = connection->facts;
    peer->seconds = (clock_monotonic_ms() - connection->began_ms) / 1000;
}
