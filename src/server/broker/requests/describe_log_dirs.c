/* DescribeLogDirs 0-4: one folder, with the bytes of each partition. */
#include <sys/statvfs.h>

#include "server/broker/handler.h"

struct asked {
    struct reader topics;
    int32_t count; /* -1: all */
};

static bool wanted(const struct asked *asked, struct view topic, int32_t partition) {
    struct reader reader = asked->topics;
    bool found = asked->count < 0;
    for (int32_t i = 0; i < asked->count && !found; i++) {
        struct view name = read_string(&reader);
        for (int32_t j = read_array(&reader, 4); j > 0; j--)
            found = (read_int32(&reader) == partition && view_equal(name, topic)) || found;
        read_tags(&reader);
    }
    return found;
}

static int32_t wanted_count(const struct asked *asked, const struct topic *topic) {
    int32_t count = 0;
    for (int32_t i = 0; i < topic->partition_count; i++)
        count += wanted(asked, view_of(topic->name), i);
    return count;
}

static void answer_topic(struct request *request, const struct topic *topic, const struct asked *asked) {
    answer_string(request, topic->name);
    answer_array(request, wanted_count(asked, topic));
    for (int32_t i = 0; i < topic->partition_count; i++) {
        if (!wanted(asked, view_of(topic->name), i))
            continue;
        write_int32(request->out, i);
        write_int64(request->out, partition_bytes(topic->partitions[i]));
        write_int64(request->out, 0); /* lag */
        write_int8(request->out, 0);  /* not a future copy */
        answer_tags(request);
    }
    answer_tags(request);
}

static enum handled handle(struct request *request) {
    struct reader *reader = &request->reader;
    const struct store *store = &request->core->store;
    struct asked asked = {.count = read_array(reader, 6)};
    struct statvfs disk = {0};
    int32_t count = 0;
    void *topic;
    asked.topics = *reader;
    for (int32_t i = 0; i < asked.count && !reader->broken; i++) {
        read_string(reader);
        for (int32_t j = read_array(reader, 4); j > 0 && !reader->broken; j--)
            read_int32(reader);
        read_tags(reader);
    }
    if (reader->broken)
        return HANDLED;
    answer_throttle(request, 0);
    if (request->version >= 3)
        write_int16(request->out, KAFKA_OK);
    answer_array(request, 1);
    write_int16(request->out, KAFKA_OK);
    answer_string(request, store->folder);
    for (size_t at = 0; map_next(store->topics, &at, NULL, &topic);)
        count += wanted_count(&asked, topic) > 0;
    answer_array(request, count);
    for (size_t at = 0; map_next(store->topics, &at, NULL, &topic);)
        if (wanted_count(&asked, topic) > 0)
            answer_topic(request, topic, &asked);
    if (request->version >= 4) {
        bool known = statvfs(store->folder, &disk) == 0;
        write_int64(request->out, known ? (int64_t)(disk.f_blocks * disk.f_frsize) : -1);
        write_int64(request->out, known ? (int64_t)(disk.f_bavail * disk.f_frsize) : -1);
    }
    answer_tags(request);
    answer_tags(request);
    return HANDLED;
}

const struct handler handler_describe_log_dirs = {KEY_DESCRIBE_LOG_DIRS, 0, 4, 2, "DescribeLogDirs", handle, false};
