/* InitProducerId 0-1: an id for idempotence; a transactional id is refused aloud. */
#include "foundation/base/log.h"
#include "server/broker/handler.h"

static enum handled handle(struct request *request) {
    struct view transactional = read_string(&request->reader);
    bool refused = transactional.data != NULL;
    if (refused)
        log_warn("broker",
                 "transactional.id '%.*s' refused: transactions are not supported; use Apache Kafka through --profile",
                 VIEW_ARGS(transactional));
    write_int32(request->out, 0);
    write_int16(request->out, refused ? KAFKA_TRANSACTIONAL_ID_AUTHORIZATION_FAILED : KAFKA_OK);
    write_int64(request->out, refused ? -1 : request->core->next_producer_id++);
    write_int16(request->out, refused ? -1 : 0);
    return HANDLED;
}

const struct handler handler_init_producer_id = {KEY_INIT_PRODUCER_ID, 0, 1, "InitProducerId", handle, false};
