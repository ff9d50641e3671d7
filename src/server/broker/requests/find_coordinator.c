/* FindCoordinator 0-4: this node for groups; none for transactions, which this broker does not have. */
#include "foundation/base/log.h"
#include "server/broker/handler.h"

enum { KEY_OF_GROUP, KEY_OF_TRANSACTIONS };
static const char no_transactions[] =
    "Transactions are not supported by this broker; use Apache Kafka through --profile.";

/* Told here: most clients stop at this answer, and Kafka's own does not show its words. */
static void tell(struct view key, const char *refusal) {
    if (refusal)
        log_warn("broker", "%s '%.*s' refused: %s", refusal == no_transactions ? "transactional.id" : "coordinator of",
                 VIEW_ARGS(key), refusal);
}

static void answer_coordinator(struct request *request, bool refused) {
    char address[64];
    uint16_t port;
    connection_advertised(request->connection, address, &port);
    write_int32(request->out, refused ? -1 : NODE_ID);
    answer_string(request, refused ? "" : address);
    write_int32(request->out, refused ? -1 : port);
}

static enum handled handle(struct request *request) {
    struct reader *reader = &request->reader;
    bool many = request->version >= 4;
    struct view key = many ? (struct view){0} : read_string(reader);
    int8_t type = request->version >= 1 ? read_int8(reader) : KEY_OF_GROUP;
    const char *refusal = type == KEY_OF_GROUP          ? NULL
                          : type == KEY_OF_TRANSACTIONS ? no_transactions
                                                        : "There are coordinators of groups only.";
    int16_t code = type == KEY_OF_GROUP          ? KAFKA_OK
                   : type == KEY_OF_TRANSACTIONS ? KAFKA_TRANSACTIONAL_ID_AUTHORIZATION_FAILED
                                                 : KAFKA_INVALID_REQUEST;
    answer_throttle(request, 1);
    if (many) {
        int32_t count = read_array(reader, 1);
        answer_array(request, count < 0 ? 0 : count);
        for (int32_t i = 0; i < count && !reader->broken; i++) {
            key = read_string(reader);
            tell(key, refusal);
            answer_name(request, key);
            answer_coordinator(request, code);
            write_int16(request->out, code);
            answer_string(request, refusal);
            answer_tags(request);
        }
    } else {
        tell(key, refusal);
        write_int16(request->out, code);
        if (request->version >= 1)
            answer_string(request, refusal);
        answer_coordinator(request, code);
    }
    answer_tags(request);
    return HANDLED;
}

const struct handler handler_find_coordinator = {KEY_FIND_COORDINATOR, 0, 4, 3, "FindCoordinator", handle, false};
