/* DeleteTopics 0-6: by name, and from version 6 on also by id. */
#include "foundation/base/memory.h"
#include "server/broker/handler.h"

static int16_t delete_topic(struct request *request, const struct topic *topic, struct error *error) {
    struct broker_core *core = request->core;
    if (topic_is_internal(view_of(topic->name))) {
        error_set(error, ERROR_INVALID, "%s is the broker's own.", topic->name);
        return KAFKA_INVALID_TOPIC;
    }
    char *name = memory_copy_string(topic->name);
    for (int32_t i = 0; i < topic->partition_count; i++)
        broker_core_forget(core, topic->partitions[i]);
    int result = store_delete(&core->store, view_of(name), error);
    if (result == 0)
        groups_topic_deleted(core->groups, view_of(name));
    for (int32_t i = 0; result != 0 && i < topic->partition_count; i++) /* it stays, and what waits for the disk too */
        broker_core_appended(core, topic->partitions[i]);
    broker_core_appended(core, NULL); /* whoever waits for records of it shall hear */
    memory_free(name);
    return result == 0 ? KAFKA_OK : kafka_error_of(error);
}

static enum handled handle(struct request *request) {
    struct reader *reader = &request->reader;
    const struct store *store = &request->core->store;
    int16_t version = request->version;
    int32_t count = read_array(reader, 2);
    answer_throttle(request, 1);
    answer_array(request, count < 0 ? 0 : count);
    for (int32_t i = 0; i < count && !reader->broken; i++) {
        struct error error = {0};
        struct view name = read_string(reader);
        const unsigned char *id = version >= 6 ? read_uuid(reader) : NULL;
        if (version >= 6)
            read_tags(reader);
        bool by_id = id && !name.data;
        const struct topic *topic = by_id ? store_topic_by_id(store, id) : store_topic(store, name);
        int16_t code = by_id ? KAFKA_UNKNOWN_TOPIC_ID : KAFKA_UNKNOWN_TOPIC;
        if (by_id && topic)
            answer_string(request, topic->name);
        else if (version >= 6)
            answer_view(request, name);
        else
            answer_name(request, name);
        if (version >= 6)
            answer_uuid(request, topic ? topic->id : id);
        if (topic)
            code = delete_topic(request, topic, &error);
        else
            error_set(&error, ERROR_NOT_FOUND, "This topic does not exist.");
        write_int16(request->out, code);
        if (version >= 5)
            answer_string(request, code ? error.message : NULL);
        answer_tags(request);
    }
    answer_tags(request);
    return HANDLED;
}

const struct handler handler_delete_topics = {KEY_DELETE_TOPICS, 0, 6, 4, "DeleteTopics", handle, false};
