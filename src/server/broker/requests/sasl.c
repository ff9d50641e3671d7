/* SaslHandshake 0-1, SaslAuthenticate 0-1: PLAIN (RFC 4616), the one pair made at start. */
#include <string.h>

#include "foundation/base/log.h"
#include "server/broker/handler.h"

static enum handled handshake(struct request *request) {
    struct view mechanism = read_string(&request->reader);
    bool known = view_equal(mechanism, VIEW("PLAIN")) && request->core->user;
    write_int16(request->out, known                 ? KAFKA_OK
                              : request->core->user ? KAFKA_UNSUPPORTED_SASL_MECHANISM
                                                    : KAFKA_ILLEGAL_SASL_STATE);
    write_int32(request->out, 1);
    write_string(request->out, "PLAIN");
    if (known)
        connection_set_mechanism(request->connection);
    return HANDLED;
}

static bool same(struct view given, const char *wanted) {
    size_t size = strlen(wanted);
    unsigned different = given.size != size;
    for (size_t i = 0; i < size; i++)
        different |= (unsigned char)wanted[i] ^ (unsigned char)(i < given.size ? given.data[i] : 0);
    return different == 0;
}

static enum handled authenticate(struct request *request) {
    struct view bytes = read_bytes(&request->reader), part;
    struct text *out = request->out;
    bool good = false;
    if (request->core->user && connection_has_mechanism(request->connection) && bytes.data) {
        /* authorisation id NUL user NUL password */
        const char *first = memchr(bytes.data, 0, bytes.size);
        const char *second = first ? memchr(first + 1, 0, (size_t)(bytes.data + bytes.size - first - 1)) : NULL;
        if (second) {
            part = (struct view){first + 1, (size_t)(second - first - 1)};
            struct view password = {second + 1, (size_t)(bytes.data + bytes.size - second - 1)};
            good = same(part, request->core->user) & same(password, request->core->password);
        }
    }
    if (good)
        connection_set_logged_in(request->connection);
    else
        log_warn("broker", "%s: wrong user name or password", connection_host(request->connection));
    write_int16(out, good ? KAFKA_OK : KAFKA_SASL_AUTHENTICATION_FAILED);
    write_string(out, good ? NULL : "Authentication failed: Invalid username or password");
    write_bytes(out, VIEW(""));
    if (request->version >= 1)
        write_int64(out, 0);
    return HANDLED;
}

const struct handler handler_sasl_handshake = {KEY_SASL_HANDSHAKE, 0, 1, "SaslHandshake", handshake, true};
const struct handler handler_sasl_authenticate = {KEY_SASL_AUTHENTICATE, 0, 1, "SaslAuthenticate", authenticate, true};
