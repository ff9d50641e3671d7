#include "server/broker/connection_private.h"

/* One has its turn, then the loop looks at everybody's events: who asks little waits for one answer of a large reader,
 * not for one of each. */
static void next_turn(void *context) {
    struct broker_core *core = context;
    struct connection *connection = core->turns_first;
    core->turn_posted = false;
    if (!connection)
        return;
    connection_drop_turn(connection);
    connection_work(connection);
    if (core->turns_first)
        connection_wait_turn(core->turns_first);
}

void connection_wait_turn(struct connection *connection) {
    struct broker_core *core = connection->core;
    if (!connection->queued) {
        connection->queued = true;
        connection->earlier = core->turns_last;
        *(core->turns_last ? &core->turns_last->later : &core->turns_first) = connection;
        core->turns_last = connection;
    }
    if (!core->turn_posted)
        loop_post(core->loop, next_turn, core);
    core->turn_posted = true;
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
