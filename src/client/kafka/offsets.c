#include "client/kafka/admin.h"
#include "foundation/base/memory.h"

int kafka_admin_watermarks(struct kafka_admin *admin, const char *topic, int32_t partition, int timeout_ms,
                           int64_t *low, int64_t *high, struct error *error) {
    *low = *high = 0;
    rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(admin->handle, topic, partition, low, high, timeout_ms);
    const char *detail = NULL;
    code = kafka_admin_cause(admin, code, &detail);
    if (code)
        return kafka_fault_set(error, code, detail, "offsets of %s[%d]", topic, (int)partition);
    return 0;
}

int kafka_admin_offset_at(struct kafka_admin *admin, const char *topic, int32_t partition, int64_t time_ms,
                          int timeout_ms, int64_t *offset, struct error *error) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic, partition)->offset = time_ms < 0 ? 0 : time_ms;
    rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(admin->handle, list, timeout_ms);
    if (!code)
        code = list->elems[0].err;
    *offset = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    const char *detail = NULL;
    code = kafka_admin_cause(admin, code, &detail);
    if (code)
        return kafka_fault_set(error, code, detail, "offset by time of %s[%d]", topic, (int)partition);
    int64_t low;
    return *offset < 0 ? kafka_admin_watermarks(admin, topic, partition, timeout_ms, &low, offset, error) : 0;
}

int kafka_admin_groups(struct kafka_admin *admin, int timeout_ms, struct kafka_group_info **groups, size_t *count,
                       struct error *error) {
    *groups = NULL;
    *count = 0;
    const struct rd_kafka_group_list *list = NULL;
    const char *detail = NULL;
    rd_kafka_resp_err_t code = rd_kafka_list_groups(admin->handle, NULL, &list, timeout_ms);
    /* _PARTIAL: some brokers did not answer; the groups of the others are still worth showing. */
    if (code && code != RD_KAFKA_RESP_ERR__PARTIAL) {
        if (list)
            rd_kafka_group_list_destroy(list);
        return kafka_fault_set(error, kafka_admin_cause(admin, code, &detail), detail, "listing the consumer groups");
    }
    if (!list)
        return 0;
    *groups = memory_zero((size_t)list->group_cnt, sizeof **groups);
    for (int i = 0; i < list->group_cnt; i++) {
        const struct rd_kafka_group_info *group = &list->groups[i];
        if (!group->err)
            (*groups)[(*count)++] = (struct kafka_group_info){memory_copy_string(group->group),
                                                              memory_copy_string(group->state), group->member_cnt};
    }
    rd_kafka_group_list_destroy(list);
    return 0;
}

void kafka_groups_free(struct kafka_group_info *groups, size_t count) {
    for (size_t i = 0; i < count; i++) {
        memory_free(groups[i].name);
        memory_free(groups[i].state);
    }
    memory_free(groups);
}

/* Requests that go to a group's coordinator. librdkafka 2.0.2 ends the program with a failed assertion when such a
 * request has run into its time-out and the coordinator comes back after that. So nothing is asked while nobody
 * answers, and what is under way when the coordinator goes away has a time-out that does not come: only our wait for it
 * ends. */
enum { COORDINATOR_MS = 3600 * 1000 }; /* the longest that is allowed */

static int check_answers(struct kafka_admin *admin, int timeout_ms, const char *doing, const char *group,
                         struct error *error) {
    const struct rd_kafka_metadata *metadata = NULL;
    const char *detail = NULL;
    rd_kafka_resp_err_t code = rd_kafka_metadata(admin->handle, 0, NULL, &metadata, timeout_ms > 0 ? timeout_ms : 1);
    if (metadata)
        rd_kafka_metadata_destroy(metadata);
    code = kafka_admin_cause(admin, code, &detail);
    return code ? kafka_fault_set(error, code, detail, "%s group %s", doing, group) : 0;
}

/* The one group of a reply: its error, if any. */
static int check_groups(struct kafka_admin *admin, const rd_kafka_group_result_t **results, size_t count,
                        const char *doing, const char *group, struct error *error) {
    for (size_t i = 0; i < count; i++) {
        const rd_kafka_error_t *fault = rd_kafka_group_result_error(results[i]);
        const char *detail = rd_kafka_error_string(fault);
        rd_kafka_resp_err_t code = kafka_admin_cause(admin, rd_kafka_error_code(fault), &detail);
        if (code)
            return kafka_fault_set(error, code, detail, "%s group %s", doing, group);
    }
    return 0;
}

int kafka_admin_group_offset(struct kafka_admin *admin, const char *group, const char *topic, int32_t partition,
                             int timeout_ms, int64_t *offset, struct error *error) {
    *offset = -1;
    if (check_answers(admin, timeout_ms, "offsets of", group, error) != 0)
        return -1;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic, partition);
    rd_kafka_ListConsumerGroupOffsets_t *request = rd_kafka_ListConsumerGroupOffsets_new(group, list);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_AdminOptions_t *options =
        kafka_admin_options(admin, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, COORDINATOR_MS);
    rd_kafka_ListConsumerGroupOffsets(admin->handle, &request, 1, options, admin->replies);
    rd_kafka_ListConsumerGroupOffsets_destroy(request);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_event_t *event = kafka_admin_wait(admin, RD_KAFKA_EVENT_LISTCONSUMERGROUPOFFSETS_RESULT, timeout_ms,
                                               "reading the offsets of a group", error);
    if (!event)
        return -1;
    size_t count;
    const rd_kafka_group_result_t **results =
        rd_kafka_ListConsumerGroupOffsets_result_groups(rd_kafka_event_ListConsumerGroupOffsets_result(event), &count);
    int result = check_groups(admin, results, count, "offsets of", group, error);
    for (size_t i = 0; i < count && !result; i++) {
        const rd_kafka_topic_partition_list_t *partitions = rd_kafka_group_result_partitions(results[i]);
        for (int j = 0; partitions && j < partitions->cnt && !result; j++) {
            if (partitions->elems[j].err)
                result = kafka_fault_set(error, partitions->elems[j].err, NULL, "offset of group %s in %s[%d]", group,
                                         topic, (int)partition);
            else if (partitions->elems[j].offset >= 0)
                *offset = partitions->elems[j].offset;
        }
    }
    rd_kafka_event_destroy(event);
    return result;
}

int kafka_admin_set_group_offsets(struct kafka_admin *admin, const char *group, const struct kafka_partition *offsets,
                                  size_t count, int timeout_ms, struct error *error) {
    if (check_answers(admin, timeout_ms, "committing offsets of", group, error) != 0)
        return -1;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (size_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, offsets[i].topic, offsets[i].partition)->offset = offsets[i].offset;
    rd_kafka_AlterConsumerGroupOffsets_t *request = rd_kafka_AlterConsumerGroupOffsets_new(group, list);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_AdminOptions_t *options =
        kafka_admin_options(admin, RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS, COORDINATOR_MS);
    rd_kafka_AlterConsumerGroupOffsets(admin->handle, &request, 1, options, admin->replies);
    rd_kafka_AlterConsumerGroupOffsets_destroy(request);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_event_t *event = kafka_admin_wait(admin, RD_KAFKA_EVENT_ALTERCONSUMERGROUPOFFSETS_RESULT, timeout_ms,
                                               "committing offsets of a group", error);
    if (!event)
        return -1;
    size_t results_count;
    const rd_kafka_group_result_t **results = rd_kafka_AlterConsumerGroupOffsets_result_groups(
        rd_kafka_event_AlterConsumerGroupOffsets_result(event), &results_count);
    int result = check_groups(admin, results, results_count, "committing offsets of", group, error);
    for (size_t i = 0; i < results_count && !result; i++) {
        const rd_kafka_topic_partition_list_t *done = rd_kafka_group_result_partitions(results[i]);
        for (int j = 0; done && j < done->cnt && !result; j++)
            if (done->elems[j].err)
                result = kafka_fault_set(error, done->elems[j].err, NULL, "committing %s[%d] of group %s",
                                         done->elems[j].topic, (int)done->elems[j].partition, group);
    }
    rd_kafka_event_destroy(event);
    return result;
}

int kafka_admin_delete_group(struct kafka_admin *admin, const char *group, int timeout_ms, struct error *error) {
    if (check_answers(admin, timeout_ms, "deleting", group, error) != 0)
        return -1;
    rd_kafka_DeleteGroup_t *request = rd_kafka_DeleteGroup_new(group);
    rd_kafka_AdminOptions_t *options = kafka_admin_options(admin, RD_KAFKA_ADMIN_OP_DELETEGROUPS, COORDINATOR_MS);
    rd_kafka_DeleteGroups(admin->handle, &request, 1, options, admin->replies);
    rd_kafka_DeleteGroup_destroy(request);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_event_t *event =
        kafka_admin_wait(admin, RD_KAFKA_EVENT_DELETEGROUPS_RESULT, timeout_ms, "deleting a group", error);
    if (!event)
        return -1;
    size_t count;
    const rd_kafka_group_result_t **results =
        rd_kafka_DeleteGroups_result_groups(rd_kafka_event_DeleteGroups_result(event), &count);
    int result = check_groups(admin, results, count, "deleting", group, error);
    rd_kafka_event_destroy(event);
    return result;
}
