#include "server/broker/handler.h"

#define ROW(name) extern const struct handler handler_##name
ROW(produce);
ROW(fetch);
ROW(list_offsets);
ROW(metadata);
ROW(offset_commit);
ROW(offset_fetch);
ROW(find_coordinator);
ROW(join_group);
ROW(heartbeat);
ROW(leave_group);
ROW(sync_group);
ROW(describe_groups);
ROW(list_groups);
ROW(sasl_handshake);
ROW(api_versions);
ROW(create_topics);
ROW(delete_topics);
ROW(delete_records);
ROW(init_producer_id);
ROW(offset_for_leader_epoch);
ROW(describe_acls);
ROW(create_acls);
ROW(delete_acls);
ROW(describe_configs);
ROW(alter_configs);
ROW(describe_log_dirs);
ROW(sasl_authenticate);
ROW(create_partitions);
ROW(delete_groups);
ROW(incremental_alter_configs);
ROW(offset_delete);
ROW(describe_cluster);
ROW(describe_producers);
ROW(consumer_group_heartbeat);
ROW(share_group_heartbeat);
#undef ROW

const struct handler *const handlers[] = {
    &handler_produce,
    &handler_fetch,
    &handler_list_offsets,
    &handler_metadata,
    &handler_offset_commit,
    &handler_offset_fetch,
    &handler_find_coordinator,
    &handler_join_group,
    &handler_heartbeat,
    &handler_leave_group,
    &handler_sync_group,
    &handler_describe_groups,
    &handler_list_groups,
    &handler_sasl_handshake,
    &handler_api_versions,
    &handler_create_topics,
    &handler_delete_topics,
    &handler_delete_records,
    &handler_init_producer_id,
    &handler_offset_for_leader_epoch,
    &handler_describe_acls,
    &handler_create_acls,
    &handler_delete_acls,
    &handler_describe_configs,
    &handler_alter_configs,
    &handler_describe_log_dirs,
    &handler_sasl_authenticate,
    &handler_create_partitions,
    &handler_delete_groups,
    &handler_incremental_alter_configs,
    &handler_offset_delete,
    &handler_describe_cluster,
    &handler_describe_producers,
    &handler_consumer_group_heartbeat,
    &handler_share_group_heartbeat,
    NULL,
};

const struct handler *handler_find(int16_t key) {
    for (size_t i = 0; handlers[i]; i++)
        if (handlers[i]->key == key)
            return handlers[i];
    return NULL;
}

void names_note(struct map *named, struct view name) {
    struct view key = name.data ? name : VIEW("");
    map_put(named, key, map_has(named, key) ? named : NULL); /* the value says: again */
}

bool names_twice(const struct map *named, struct view name, struct error *error) {
    if (!map_get(named, name.data ? name : VIEW("")))
        return false;
    error_set(error, ERROR_INVALID, "'%.*s' is named twice in this request.", VIEW_ARGS(name));
    return true;
}

int16_t kafka_error_of(const struct error *error) {
    switch (error->code) {
    case ERROR_NONE:
        return KAFKA_OK;
    case ERROR_EXISTS:
        return KAFKA_TOPIC_ALREADY_EXISTS;
    case ERROR_NOT_FOUND:
        return KAFKA_UNKNOWN_TOPIC;
    case ERROR_INVALID:
        return KAFKA_INVALID_REQUEST;
    case ERROR_CORRUPT:
        return KAFKA_CORRUPT_MESSAGE;
    default:
        return KAFKA_STORAGE_ERROR;
    }
}
