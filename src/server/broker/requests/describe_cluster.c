/* DescribeCluster 0-1: one broker, at the address that the client came in on. */
#include "server/broker/handler.h"

enum { ENDPOINT_BROKERS = 1, ENDPOINT_CONTROLLERS = 2 };

static enum handled handle(struct request *request) {
    struct text *out = request->out;
    char address[64];
    uint16_t port;
    read_int8(&request->reader); /* authorised operations: there are no ACLs */
    int8_t endpoint = request->version >= 1 ? read_int8(&request->reader) : ENDPOINT_BROKERS;
    int16_t code = endpoint == ENDPOINT_BROKERS       ? KAFKA_OK
                   : endpoint == ENDPOINT_CONTROLLERS ? KAFKA_MISMATCHED_ENDPOINT_TYPE
                                                      : KAFKA_UNSUPPORTED_ENDPOINT_TYPE;
    connection_advertised(request->connection, address, &port);
    answer_throttle(request, 0);
    write_int16(out, code);
    answer_string(request, !code ? NULL : "there are no controllers apart from the broker");
    if (request->version >= 1)
        write_int8(out, ENDPOINT_BROKERS);
    answer_string(request, request->core->store.cluster_id);
    write_int32(out, NODE_ID);
    answer_array(request, 1);
    write_int32(out, NODE_ID);
    answer_string(request, address);
    write_int32(out, port);
    answer_string(request, NULL);
    answer_tags(request);
    write_int32(out, INT32_MIN);
    answer_tags(request);
    return HANDLED;
}

const struct handler handler_describe_cluster = {KEY_DESCRIBE_CLUSTER, 0, 1, 0, "DescribeCluster", handle, false};
