/* ApiVersions 0-4: which requests in which versions. An unknown version is answered in version 0's shape (KIP-511). */
#include "server/broker/handler.h"

enum { MOST = 4 };

static enum handled handle(struct request *request) {
    struct text *out = request->out;
    int32_t count = 0;
    if (request->version >= 3 && request->version <= MOST) {
        struct view name = read_string(&request->reader), version = read_string(&request->reader);
        connection_set_software(request->connection, name, version);
    }
    while (handlers[count])
        count++;
    write_int16(out, request->version > MOST ? KAFKA_UNSUPPORTED_VERSION : KAFKA_OK);
    answer_array(request, count);
    for (int32_t i = 0; i < count; i++) {
        write_int16(out, handlers[i]->key);
        write_int16(out, handlers[i]->least);
        write_int16(out, handlers[i]->most);
        answer_tags(request);
    }
    if (request->version <= MOST)
        answer_throttle(request, 1);
    answer_tags(request);
    return HANDLED;
}

const struct handler handler_api_versions = {KEY_API_VERSIONS, 0, MOST, 3, "ApiVersions", handle, true};
