/* FindCoordinator 0-4: this node for groups; none for transactions, which this broker does not have. */
#include "foundation/base/log.h"
#include "server/broker/handler.h"

static const char refusal[] = "Transactions are not supported by this broker; use Apache Kafka through --profile.";

/* Told here: most clients stop at this answer, and Kafka's own does not show its words. */
static void tell(struct view key, bool transactions) {
    if (transactions)
        log_warn("broker", "transactional.id '%.*s' refused: %s", VIEW_ARGS(key), refusal);
}

static void answer_coordinator(struct request *request, bool transactions) {
    char address[64];
    uint16_t port;
    connection_advertised(request->connection, address, &port);
    write_int32(request->out, transactions ? -1 : NODE_ID);
    answer_string(request, transactions ? "" : address);
    write_int32(request->out, transactions ? -1 : port);
}

static enum handled handle(struct request *request) {
    struct reader *reader = &request->reader;
    bool many = request->version >= 4;
    struct view key = many ? (struct view){0} : read_string(reader);
    bool transactions = request->version >= 1 && read_int8(reader) == 1;
    int16_t code = transactions ? KAFKA_TRANSACTIONAL_ID_AUTHORIZATION_FAILED : KAFKA_OK;
    answer_throttle(request, 1);
    if (many) {
        int32_t count = read_array(reader, 1);
        answer_array(request, count < 0 ? 0 : count);
        for (int32_t i = 0; i < count && !reader->broken; i++) {
            key = read_string(reader);
            tell(key, transactions);
            answer_name(request, key);
            answer_coordinator(request, transactions);
            write_int16(request->out, code);
            answer_string(request, transactions ? refusal : NULL);
            answer_tags(request);
        }
    } else {
        tell(key, transactions);
        write_int16(request->out, code);
        if (request->version >= 1)
            answer_string(request, transactions ? refusal : NULL);
        answer_coordinator(request, transactions);
    }
    answer_tags(request);
    return HANDLED;
}

const struct handler handler_find_coordinator = {KEY_FIND_COORDINATOR, 0, 4, 3, "FindCoordinator", handle, false};
