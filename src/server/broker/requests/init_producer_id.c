/* InitProducerId 0-4: an id for idempotence; a transactional id is refused aloud. */
#include "foundation/base/log.h"
#include "server/broker/handler.h"

static enum handled handle(struct request *request) {
    struct view transactional = read_string(&request->reader);
    bool refused = transactional.data != NULL;
    if (refused)
        log_warn("broker",
                 "transactional.id '%.*s' refused: transactions are not supported; use Apache Kafka through --profile",
                 VIEW_ARGS(transactional));
    answer_throttle(request, 0);
    write_int16(request->out, refused ? KAFKA_TRANSACTIONAL_ID_AUTHORIZATION_FAILED : KAFKA_OK);
    /* a producer that asks for its next epoch (version 3 and later) gets a new id: as good, and nothing to remember */
    write_int64(request->out, refused ? -1 : request->core->next_producer_id++);
    write_int16(request->out, refused ? -1 : 0);
    answer_tags(request);
    return HANDLED;
}

const struct handler handler_init_producer_id = {KEY_INIT_PRODUCER_ID, 0, 4, 2, "InitProducerId", handle, false};
