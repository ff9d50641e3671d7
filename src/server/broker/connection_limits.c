#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "foundation/base/clock.h"
#include "foundation/base/log.h"
#include "server/broker/connection_private.h"

enum { FIRST_ANSWERS = 1 << 20, TELL_EVERY_MS = 10000 };

/* --- memory --- */

/* Slow readers cost bounded memory: what waits to be sent counts against their own bound and the common one. */
size_t connections_unsent(const struct broker_core *core) {
    size_t all = 0;
    for (const struct connection *each = core->connections; each; each = each->next)
        all += each->out.size;
    return all;
}

/* What may wait for one client grows with what it has taken so far, as the kernels' windows do: who reads nothing costs
 * a piece of the log, not all that it asked for. */
static size_t allowance(const struct connection *connection) {
    int in_system = 0;
    int64_t most = connection->core->limits.answer_bytes, taken = connection->facts.out;
    if (taken > FIRST_ANSWERS && ioctl(connection->descriptor, SIOCOUTQ, &in_system) == 0)
        taken -= in_system;
    if (taken < FIRST_ANSWERS)
        taken = FIRST_ANSWERS;
    return (size_t)(taken < most ? taken : most);
}

int32_t connection_room(const struct connection *connection) {
    size_t waits = connection->out.size - connection->out_at, all = connections_unsent(connection->core);
    size_t own_most = allowance(connection);
    size_t all_most = (size_t)connection->core->limits.answers_bytes;
    size_t own = waits < own_most ? own_most - waits : 1;
    size_t common = all < all_most ? (all_most - all) / 4 : 1;
    size_t room = own < common ? own : common;
    return room < INT32_MAX ? (int32_t)room : INT32_MAX;
}

bool connection_has_much_to_take(const struct connection *connection) {
    return connection->out.size - connection->out_at > allowance(connection);
}

/* Half requests of all clients together are bounded, or few bad ones could take all the memory. */
bool connections_have_room_for(const struct broker_core *core, int32_t size) {
    size_t all = (size_t)size;
    for (const struct connection *each = core->connections; each; each = each->next)
        all += each->in.size;
    return all <= (size_t)core->limits.requests_bytes;
}

/* --- rates --- */

static void unmute(void *context) {
    struct connection *connection = context;
    connection->muted = false;
    connection_work(connection);
}

/* Told once in a while for an address. */
static void tell_throttled(const struct connection *connection, const char *what, int64_t rate, int32_t wait_ms) {
    int64_t now = clock_monotonic_ms() + 1;
    struct peer *owner = connection->owner;
    if (owner->told_ms && now - owner->told_ms < TELL_EVERY_MS)
        return;
    owner->told_ms = now;
    log_info("broker", "%s (%s): throttled for %d ms, an address may %s %lld bytes a second", connection->peer,
             connection->facts.client_id, wait_ms, what, (long long)rate);
}

int32_t connection_throttle(struct connection *connection, int16_t key, size_t request_size, size_t answer_size) {
    const struct broker_limits *limits = &connection->core->limits;
    bool produces = key == KEY_PRODUCE;
    int64_t rate = produces ? limits->produce_rate : limits->fetch_rate;
    if ((!produces && key != KEY_FETCH) || rate <= 0)
        return 0;
    int32_t wait_ms = peer_charge(connection->owner, produces ? PEER_PRODUCES : PEER_FETCHES,
                                  produces ? request_size : answer_size, rate, clock_monotonic_ms());
    if (wait_ms <= 0)
        return 0;
    tell_throttled(connection, produces ? "produce" : "fetch", rate, wait_ms);
    if (!connection->mute)
        connection->mute = loop_timer_add(connection->core->loop, unmute, connection);
    connection->muted = true;
    loop_timer_set(connection->mute, wait_ms);
    return wait_ms;
}

/* --- silence --- */

void connection_look_after(struct connection *connection, int64_t now_ms) {
    const struct broker_limits *limits = &connection->core->limits;
    size_t waits = connection->out.size - connection->out_at;
    int in_system = 0; /* a slow reader takes of it long before there is room for more */
    if (!waits || (ioctl(connection->descriptor, SIOCOUTQ, &in_system) == 0 && in_system != connection->in_system))
        connection->took_ms = now_ms;
    connection->in_system = in_system;
    if (waits && now_ms - connection->took_ms > limits->stalled_ms) {
        log_warn("broker", "%s (%s): has taken nothing of %zu bytes for %lld s; connection closed", connection->peer,
                 connection->facts.client_id, waits, (long long)(now_ms - connection->took_ms) / 1000);
        connection_close(connection);
    } else if (!waits && !connection->waiting && !connection->muted &&
               now_ms - connection->asked_ms > limits->idle_ms) {
        log_info("broker", "%s (%s): has asked nothing for %lld s; connection closed", connection->peer,
                 connection->facts.client_id, (long long)(now_ms - connection->asked_ms) / 1000);
        connection_close(connection);
    }
}
