/* SaslHandshake 0-1: PLAIN is what there is. */
#include "server/broker/handler.h"

static enum handled handle(struct request *request) {
    struct view mechanism = read_string(&request->reader);
    const char *user = request->core->user;
    bool known = view_equal(mechanism, VIEW("PLAIN")) && user;
    write_int16(request->out, known ? KAFKA_OK : user ? KAFKA_UNSUPPORTED_SASL_MECHANISM : KAFKA_ILLEGAL_SASL_STATE);
    answer_array(request, 1);
    answer_string(request, "PLAIN");
    if (known)
        connection_set_mechanism(request->connection, request->version == 0);
    return HANDLED;
}

const struct handler handler_sasl_handshake = {KEY_SASL_HANDSHAKE, 0, 1, INT16_MAX, "SaslHandshake", handle, true};
