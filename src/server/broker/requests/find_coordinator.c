/* FindCoordinator 0-2: this node for groups; none for transactions, which this broker does not have. */
#include "server/broker/handler.h"

static enum handled handle(struct request *request) {
    struct reader *reader = &request->reader;
    struct text *out = request->out;
    char address[64];
    uint16_t port;
    read_string(reader);
    bool transactions = request->version >= 1 && read_int8(reader) == 1;
    connection_advertised(request->connection, address, &port);
    if (request->version >= 1)
        write_int32(out, 0);
    write_int16(out, transactions ? KAFKA_TRANSACTIONAL_ID_AUTHORIZATION_FAILED : KAFKA_OK);
    if (request->version >= 1)
        write_string(out, transactions
                              ? "Transactions are not supported by this broker; use Apache Kafka through --profile."
                              : NULL);
    write_int32(out, transactions ? -1 : NODE_ID);
    write_string(out, transactions ? "" : address);
    write_int32(out, transactions ? -1 : port);
    return HANDLED;
}

const struct handler handler_find_coordinator = {KEY_FIND_COORDINATOR, 0, 2, "FindCoordinator", handle, false};
