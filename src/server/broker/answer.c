#include "server/broker/handler.h"

static bool flexible(const struct request *request) {
    return request->reader.flexible;
}

/* A few bytes can ask for megabytes, again and again in one request. */
static bool has_room(struct request *request, size_t more) {
    if (request->out->size <= request->most && more <= request->most - request->out->size)
        return true;
    request->too_large = request->reader.broken = true;
    return false;
}

static void put(struct request *request, struct view view) {
    write_varint(request->out, view.data ? (uint32_t)view.size + 1 : 0);
    if (view.data)
        text_append(request->out, view);
}

void answer_view(struct request *request, struct view view) {
    if (!has_room(request, view.size))
        return;
    if (flexible(request))
        put(request, view);
    else
        write_view(request->out, view);
}

void answer_string(struct request *request, const char *string) {
    answer_view(request, view_of(string));
}

void answer_name(struct request *request, struct view view) {
    answer_view(request, view.data ? view : VIEW(""));
}

void answer_bytes(struct request *request, struct view bytes) {
    if (!has_room(request, bytes.size))
        return;
    if (flexible(request))
        put(request, bytes);
    else
        write_bytes(request->out, bytes);
}

void answer_array(struct request *request, int32_t count) {
    if (!has_room(request, sizeof count))
        return;
    if (flexible(request))
        write_varint(request->out, (uint32_t)(count + 1));
    else
        write_int32(request->out, count);
}

void answer_uuid(struct request *request, const unsigned char *id) {
    static const unsigned char none[UUID_SIZE];
    text_append_bytes(request->out, id ? id : none, UUID_SIZE);
}

void answer_tags(struct request *request) {
    if (flexible(request))
        write_int8(request->out, 0);
}

void answer_throttle(struct request *request, int16_t since) {
    if (request->version < since)
        return;
    request->throttle_at = request->out->size;
    write_int32(request->out, 0);
}
