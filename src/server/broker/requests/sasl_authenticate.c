/* SaslAuthenticate 0-2: PLAIN (RFC 4616), the one pair made at start. */
#include <string.h>

#include "foundation/base/log.h"
#include "server/broker/handler.h"

/* Takes as long for a wrong character as for a right one. */
static bool same(struct view given, const char *wanted) {
    size_t size = strlen(wanted);
    unsigned different = given.size != size;
    for (size_t i = 0; i < size; i++)
        different |= (unsigned char)wanted[i] ^ (unsigned char)(i < given.size ? given.data[i] : 0);
    return different == 0;
}

/* authorisation id NUL user NUL password */
bool sasl_plain_is_right(const struct broker_core *core, struct view bytes) {
    const char *first = bytes.data ? memchr(bytes.data, 0, bytes.size) : NULL;
    const char *second = first ? memchr(first + 1, 0, (size_t)(bytes.data + bytes.size - first - 1)) : NULL;
    if (!second || !core->user)
        return false;
    struct view user = {first + 1, (size_t)(second - first - 1)};
    struct view password = {second + 1, (size_t)(bytes.data + bytes.size - second - 1)};
    return same(user, core->user) & same(password, core->password);
}

static enum handled handle(struct request *request) {
    struct text *out = request->out;
    struct view bytes = read_bytes(&request->reader);
    bool good = connection_has_mechanism(request->connection) && sasl_plain_is_right(request->core, bytes);
    if (good)
        connection_set_logged_in(request->connection);
    else
        log_warn("broker", "%s: wrong user name or password; connection closed", connection_host(request->connection));
    if (!good) /* a guess costs a connection */
        connection_leave(request->connection);
    write_int16(out, good ? KAFKA_OK : KAFKA_SASL_AUTHENTICATION_FAILED);
    answer_string(request, good ? NULL : "Authentication failed: Invalid username or password");
    answer_bytes(request, VIEW(""));
    if (request->version >= 1)
        write_int64(out, 0);
    answer_tags(request);
    return HANDLED;
}

const struct handler handler_sasl_authenticate = {KEY_SASL_AUTHENTICATE, 0, 2, 2, "SaslAuthenticate", handle, true};
