/* SyncGroup 0-5 */
#include "server/broker/handler.h"

static void synced(void *context, const struct group_synced *synced) {
    struct request *request = connection_resume(context);
    answer_throttle(request, 1);
    write_int16(request->out, synced->error);
    if (request->version >= 5) {
        answer_string(request, synced->protocol_type);
        answer_string(request, synced->protocol);
    }
    answer_bytes(request, synced->assignment.data ? synced->assignment : VIEW(""));
    answer_tags(request);
    connection_finish(context);
}

static enum handled handle(struct request *request) {
    struct reader *reader = &request->reader;
    struct group_sync sync = {.group = read_string(reader)};
    sync.generation = read_int32(reader);
    sync.member = read_string(reader);
    if (request->version >= 3)
        sync.instance = read_string(reader);
    if (request->version >= 5) {
        sync.protocol_type = read_string(reader);
        sync.protocol = read_string(reader);
    }
    sync.assignment_count = read_array(reader, 6);
    sync.assignments = *reader;
    for (int32_t i = 0; i < sync.assignment_count && !reader->broken; i++) {
        read_string(reader);
        read_bytes(reader);
        read_tags(reader);
    }
    if (reader->broken)
        return HANDLED;
    struct group_reply reply = {.synced = synced, .context = connection_answer_later(request)};
    groups_sync(request->core->groups, &sync, reply);
    return HANDLED_LATER;
}

const struct handler handler_sync_group = {KEY_SYNC_GROUP, 0, 5, 4, "SyncGroup", handle, false};
