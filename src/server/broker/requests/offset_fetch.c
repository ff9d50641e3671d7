/* OffsetFetch 0-8: null topics ask for all of the group's; from version 8 on for several groups at once. */
#include <string.h>

#include "server/broker/handler.h"

static void answer_offset(struct request *request, int32_t index, const struct committed *committed) {
    struct text *out = request->out;
    write_int32(out, index);
    write_int64(out, committed->offset);
    if (request->version >= 5)
        write_int32(out, committed->leader_epoch);
    answer_name(request, committed->metadata);
    write_int16(out, KAFKA_OK);
    answer_tags(request);
}

/* How many of the group's offsets from there on are of one topic. */
static int32_t count_topic(const struct groups *groups, struct view group, size_t at) {
    struct committed committed;
    const char *topic, *first = NULL;
    int32_t count = 0, index;
    while (groups_next_offset(groups, group, &at, &topic, &index, &committed) &&
           (!first || strcmp(first, topic) == 0)) {
        first = topic;
        count++;
    }
    return count;
}

/* Each topic comes once: clients take a second entry for the whole of it. */
static void answer_all(struct request *request, struct view group) {
    const struct groups *groups = request->core->groups;
    struct committed committed;
    int32_t topics = 0, index;
    const char *topic;
    for (size_t at = 0, count; (count = (size_t)count_topic(groups, group, at)) > 0; at += count)
        topics++;
    answer_array(request, topics);
    for (size_t at = 0; topics > 0; topics--) {
        int32_t count = count_topic(groups, group, at);
        for (int32_t i = 0; i < count && groups_next_offset(groups, group, &at, &topic, &index, &committed); i++) {
            if (i == 0) {
                answer_string(request, topic);
                answer_array(request, count);
            }
            answer_offset(request, index, &committed);
        }
        answer_tags(request);
    }
}

static void answer_asked(struct request *request, struct view group, int32_t topics) {
    struct reader *reader = &request->reader;
    answer_array(request, topics);
    for (int32_t i = 0; i < topics && !reader->broken; i++) {
        struct view name = read_string(reader);
        int32_t partitions = read_array(reader, 4);
        answer_name(request, name);
        answer_array(request, partitions < 0 ? 0 : partitions);
        for (int32_t j = 0; j < partitions && !reader->broken; j++) {
            struct committed committed = {.offset = -1, .leader_epoch = -1};
            int32_t index = read_int32(reader);
            groups_offset(request->core->groups, group, name, index, &committed);
            answer_offset(request, index, &committed);
        }
        read_tags(reader);
        answer_tags(request);
    }
}

static void answer_topics(struct request *request, struct view group) {
    int32_t topics = read_array(&request->reader, 6);
    if (topics < 0)
        answer_all(request, group);
    else
        answer_asked(request, group, topics);
}

static enum handled handle(struct request *request) {
    struct reader *reader = &request->reader;
    answer_throttle(request, 3);
    if (request->version < 8) {
        answer_topics(request, read_string(reader));
        if (request->version >= 2)
            write_int16(request->out, KAFKA_OK);
    } else {
        int32_t groups = read_array(reader, 3);
        answer_array(request, groups < 0 ? 0 : groups);
        for (int32_t i = 0; i < groups && !reader->broken; i++) {
            struct view group = read_string(reader);
            answer_name(request, group);
            answer_topics(request, group);
            write_int16(request->out, KAFKA_OK);
            read_tags(reader);
            answer_tags(request);
        }
    }
    answer_tags(request);
    return HANDLED;
}

const struct handler handler_offset_fetch = {KEY_OFFSET_FETCH, 0, 8, 6, "OffsetFetch", handle, false};
