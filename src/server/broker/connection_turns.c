#include "server/broker/connection_private.h"

enum { TURN_MOST = 256 << 10 };

/* One of those that wait has its turn, then the loop looks at everybody's events: who asks little waits for few answers
 * of large readers, not for one of each. */
static void next_turn(void *context) {
    struct broker_core *core = context;
    struct connection *connection = core->turns_first;
    core->turn_posted = false;
    core->turn_bytes = 0;
    if (!connection)
        return;
    connection_drop_turn(connection);
    connection_work(connection);
    if (core->turns_first)
        connection_wait_turn(core->turns_first);
}

static void post_next(struct broker_core *core) {
    if (!core->turn_posted)
        loop_post(core->loop, next_turn, core);
    core->turn_posted = true;
}

void connection_count_answer(struct connection *connection, bool fetched, size_t bytes) {
    struct broker_core *core = connection->core;
    if (fetched)
        connection->large = bytes > TURN_MOST;
    core->turn_bytes += bytes;
    if (core->turn_bytes > TURN_MOST)
        post_next(core);
}

bool connection_turn_is_over(const struct connection *connection) {
    return connection->large && connection->core->turn_bytes > TURN_MOST;
}

void connection_wait_turn(struct connection *connection) {
    struct broker_core *core = connection->core;
    if (!connection->queued) {
        connection->queued = true;
        connection->earlier = core->turns_last;
        *(core->turns_last ? &core->turns_last->later : &core->turns_first) = connection;
        core->turns_last = connection;
    }
    post_next(core);
}

void connection_drop_turn(struct connection *connection) {
    struct broker_core *core = connection->core;
    if (!connection->queued)
        return;
    *(connection->earlier ? &connection->earlier->later : &core->turns_first) = connection->later;
    *(connection->later ? &connection->later->earlier : &core->turns_last) = connection->earlier;
    connection->earlier = connection->later = NULL;
    connection->queued = false;
}
