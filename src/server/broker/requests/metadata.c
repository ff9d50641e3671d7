/* Metadata 0-8. Each client is told the address that it came in on, so one listener serves loopback and a classroom
 * alike. */
#include "server/broker/handler.h"

static void write_topic(struct request *request, struct view name, const struct topic *topic, int16_t error) {
    struct text *out = request->out;
    int16_t version = request->version;
    write_int16(out, error);
    write_view(out, name.data ? name : VIEW(""));
    if (version >= 1)
        write_int8(out, view_equal(name, VIEW("__consumer_offsets")));
    write_int32(out, topic ? topic->partition_count : 0);
    for (int32_t i = 0; topic && i < topic->partition_count; i++) {
        write_int16(out, KAFKA_OK);
        write_int32(out, i);
        write_int32(out, NODE_ID);
        if (version >= 7)
            write_int32(out, 0);
        for (int list = 0; list < 2; list++) { /* replicas, in sync */
            write_int32(out, 1);
            write_int32(out, NODE_ID);
        }
        if (version >= 5)
            write_int32(out, 0);
    }
    if (version >= 8)
        write_int32(out, INT32_MIN);
}

static enum handled handle(struct request *request) {
    struct reader *reader = &request->reader;
    struct text *out = request->out;
    struct store *store = &request->core->store;
    int16_t version = request->version;
    char address[64];
    uint16_t port;
    connection_advertised(request->connection, address, &port);
    int32_t count = read_array(reader, 2);
    struct reader names = *reader;
    for (int32_t i = 0; i < count; i++)
        read_string(reader);
    bool may_create = version >= 4 ? read_int8(reader) : true;
    if (version >= 3)
        write_int32(out, 0);
    write_int32(out, 1);
    write_int32(out, NODE_ID);
    write_string(out, address);
    write_int32(out, port);
    if (version >= 1)
        write_string(out, NULL); /* rack */
    if (version >= 2)
        write_string(out, store->cluster_id);
    if (version >= 1)
        write_int32(out, NODE_ID);                   /* controller */
    if (count < 0 || (count == 0 && version == 0)) { /* all */
        size_t at = 0;
        struct view name;
        void *topic;
        write_int32(out, (int32_t)map_count(store->topics));
        while (map_next(store->topics, &at, &name, &topic))
            write_topic(request, name, topic, KAFKA_OK);
    } else {
        write_int32(out, count);
        for (int32_t i = 0; i < count && !names.broken; i++) {
            struct view name = read_string(&names);
            const struct topic *topic = store_topic(store, name);
            if (!topic && may_create && request->core->auto_create && topic_name_valid(name) &&
                store_create(store, name, 1, NULL, NULL) == 0)
                topic = store_topic(store, name);
            write_topic(request, name, topic,
                        topic                    ? KAFKA_OK
                        : topic_name_valid(name) ? KAFKA_UNKNOWN_TOPIC
                                                 : KAFKA_INVALID_TOPIC);
        }
    }
    if (version >= 8)
        write_int32(out, INT32_MIN);
    return HANDLED;
}

const struct handler handler_metadata = {KEY_METADATA, 0, 8, "Metadata", handle, false};
