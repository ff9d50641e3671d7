/* Metadata 0-12. Each client is told the address that it came in on, so one listener serves loopback and a classroom
 * alike. */
#include <string.h>

#include "server/broker/handler.h"

static void answer_node_list(struct request *request, int32_t count) {
    answer_array(request, count);
    for (int32_t i = 0; i < count; i++)
        write_int32(request->out, NODE_ID);
}

static void answer_topic(struct request *request, struct view name, const unsigned char *id, const struct topic *topic,
                         int16_t error) {
    struct text *out = request->out;
    int16_t version = request->version;
    write_int16(out, error);
    if (version >= 12)
        answer_view(request, name);
    else
        answer_name(request, name);
    if (version >= 10)
        answer_uuid(request, topic ? topic->id : id);
    if (version >= 1)
        write_int8(out, topic_is_internal(name));
    answer_array(request, topic ? topic->partition_count : 0);
    for (int32_t i = 0; topic && i < topic->partition_count; i++) {
        write_int16(out, KAFKA_OK);
        write_int32(out, i);
        write_int32(out, NODE_ID);
        if (version >= 7)
            write_int32(out, 0);
        answer_node_list(request, 1); /* replicas */
        answer_node_list(request, 1); /* in sync */
        if (version >= 5)
            answer_node_list(request, 0); /* offline */
        answer_tags(request);
    }
    if (version >= 8)
        write_int32(out, INT32_MIN);
    answer_tags(request);
}

static struct view read_topic(struct request *request, struct reader *reader, const unsigned char **id) {
    *id = request->version >= 10 ? read_uuid(reader) : NULL;
    struct view name = read_string(reader);
    read_tags(reader);
    return name;
}

static void answer_asked(struct request *request, struct reader *names) {
    const struct store *store = &request->core->store;
    const unsigned char *id;
    struct view name = read_topic(request, names, &id);
    if (!name.data && id) {
        const struct topic *topic = store_topic_by_id(store, id);
        answer_topic(request, topic ? view_of(topic->name) : (struct view){0}, id, topic,
                     topic ? KAFKA_OK : KAFKA_UNKNOWN_TOPIC_ID);
        return;
    }
    const struct topic *topic = store_topic(store, name);
    answer_topic(request, name, NULL, topic,
                 topic                    ? KAFKA_OK
                 : topic_name_valid(name) ? KAFKA_UNKNOWN_TOPIC
                                          : KAFKA_INVALID_TOPIC);
}

static void answer_all(struct request *request) {
    const struct store *store = &request->core->store;
    size_t at = 0;
    struct view name;
    void *topic;
    answer_array(request, (int32_t)map_count(store->topics));
    while (map_next(store->topics, &at, &name, &topic))
        answer_topic(request, name, NULL, topic, KAFKA_OK);
}

static void answer_broker(struct request *request) {
    char address[64];
    uint16_t port;
    connection_advertised(request->connection, address, &port);
    answer_array(request, 1);
    write_int32(request->out, NODE_ID);
    answer_string(request, address);
    write_int32(request->out, port);
    if (request->version >= 1)
        answer_string(request, NULL); /* rack */
    answer_tags(request);
    if (request->version >= 2)
        answer_string(request, request->core->store.cluster_id);
    if (request->version >= 1)
        write_int32(request->out, NODE_ID); /* controller */
}

static enum handled handle(struct request *request) {
    struct reader *reader = &request->reader;
    int16_t version = request->version;
    const unsigned char *id;
    int32_t count = read_array(reader, 2);
    struct reader names = *reader;
    for (int32_t i = 0; i < count && !reader->broken; i++)
        read_topic(request, reader, &id);
    if (version >= 4)
        read_int8(reader); /* whether topics may be made by it: they never are */
    answer_throttle(request, 3);
    answer_broker(request);
    if (count < 0 || (count == 0 && version == 0)) {
        answer_all(request);
    } else {
        answer_array(request, count);
        for (int32_t i = 0; i < count && !reader->broken; i++)
            answer_asked(request, &names);
    }
    if (version >= 8 && version <= 10)
        write_int32(request->out, INT32_MIN);
    answer_tags(request);
    return HANDLED;
}

const struct handler handler_metadata = {KEY_METADATA, 0, 12, 9, "Metadata", handle, false};
