/* ApiVersions 0-3: which requests in which versions. An unknown version is answered in version 0's shape (KIP-511). */
#include "server/broker/handler.h"

static enum handled handle(struct request *request) {
    struct text *out = request->out;
    bool flexible = request->version == 3;
    int32_t count = 0;
    while (handlers[count])
        count++;
    write_int16(out, request->version > 3 ? KAFKA_UNSUPPORTED_VERSION : KAFKA_OK);
    if (flexible)
        write_varint(out, (uint32_t)count + 1);
    else
        write_int32(out, count);
    for (int32_t i = 0; i < count; i++) {
        write_int16(out, handlers[i]->key);
        write_int16(out, handlers[i]->least);
        write_int16(out, handlers[i]->most);
        if (flexible)
            write_varint(out, 0);
    }
    if (request->version >= 1 && request->version <= 3)
        write_int32(out, 0);
    if (flexible)
        write_varint(out, 0);
    return HANDLED;
}

const struct handler handler_api_versions = {KEY_API_VERSIONS, 0, 3, "ApiVersions", handle, true};
