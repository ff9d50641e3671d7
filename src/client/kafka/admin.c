#include "client/kafka/admin.h"

#include <unistd.h>

#include "foundation/base/clock.h"
#include "foundation/base/memory.h"
#include "foundation/base/text.h"

enum { METADATA_PAUSE_MS = 5 };

/* Inside kafka_admin_cause, on the owner's thread. */
static void hear_error(rd_kafka_t *handle, int code, const char *reason, void *opaque) {
    (void)handle;
    struct kafka_admin *admin = opaque;
    kafka_cause_hear(&admin->cause, (rd_kafka_resp_err_t)code, reason);
}

struct kafka_admin *kafka_admin_new(const struct profile *profile, struct error *error) {
    /* A consumer handle, since a producer's metadata requests create the topics that they ask for. */
    const struct kafka_setting forced[] = {{"allow.auto.create.topics", "false"}, {"group.id", ""}, {0}};
    struct kafka_admin *admin = memory_zero(1, sizeof *admin);
    rd_kafka_conf_t *config = kafka_config_build(profile, NULL, NULL, forced, admin, error);
    if (config) {
        rd_kafka_conf_set_error_cb(config, hear_error);
        admin->handle = kafka_handle_new(RD_KAFKA_CONSUMER, config, error);
    }
    if (!admin->handle) {
        kafka_admin_free(admin);
        return NULL;
    }
    admin->replies = rd_kafka_queue_new(admin->handle);
    return admin;
}

void kafka_admin_free(struct kafka_admin *admin) {
    if (!admin)
        return;
    if (admin->replies)
        rd_kafka_queue_destroy(admin->replies);
    if (admin->handle)
        rd_kafka_destroy(admin->handle);
    memory_free(admin);
}

rd_kafka_resp_err_t kafka_admin_cause(struct kafka_admin *admin, rd_kafka_resp_err_t code, const char **detail) {
    while (rd_kafka_poll(admin->handle, 0) > 0)
        ;
    if (!code)
        kafka_cause_clear(&admin->cause);
    return code ? kafka_cause_of(&admin->cause, code, detail) : code;
}

rd_kafka_AdminOptions_t *kafka_admin_options(struct kafka_admin *admin, rd_kafka_admin_op_t operation, int timeout_ms) {
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(admin->handle, operation);
    char reason[256];
    rd_kafka_AdminOptions_set_request_timeout(options, timeout_ms > 0 ? timeout_ms : 1, reason, sizeof reason);
    return options;
}

rd_kafka_event_t *kafka_admin_wait(struct kafka_admin *admin, rd_kafka_event_type_t type, int timeout_ms,
                                   const char *what, struct error *error) {
    int64_t deadline = clock_monotonic_ms() + timeout_ms + 200; /* librdkafka's own time-out comes first */
    for (;;) {
        int64_t left = deadline - clock_monotonic_ms();
        rd_kafka_event_t *event = left > 0 ? rd_kafka_queue_poll(admin->replies, (int)left) : NULL;
        const char *detail = NULL;
        if (!event) {
            rd_kafka_resp_err_t code = kafka_admin_cause(admin, RD_KAFKA_RESP_ERR__TIMED_OUT, &detail);
            kafka_fault_set(error, code, detail, "%s", what);
            /* A late reply must not be taken for the one to the next request. */
            rd_kafka_queue_destroy(admin->replies);
            admin->replies = rd_kafka_queue_new(admin->handle);
            return NULL;
        }
        if (rd_kafka_event_type(event) == type) {
            detail = rd_kafka_event_error_string(event);
            rd_kafka_resp_err_t code = rd_kafka_event_error(event);
            if (!code)
                return event;
            code = kafka_admin_cause(admin, code, &detail);
            kafka_fault_set(error, code, detail, "%s", what);
            rd_kafka_event_destroy(event);
            return NULL;
        }
        rd_kafka_event_destroy(event);
    }
}

/* --- the cluster --- */

static void copy_topic(struct kafka_topic_info *info, const struct rd_kafka_metadata_topic *topic) {
    info->name = memory_copy_string(topic->topic);
    info->partitions = topic->partition_cnt;
    info->replicas = topic->partition_cnt ? topic->partitions[0].replica_cnt : 0;
    info->internal = topic->topic[0] == '_';
}

int kafka_admin_cluster(struct kafka_admin *admin, int timeout_ms, struct kafka_cluster *cluster, struct error *error) {
    *cluster = (struct kafka_cluster){.controller = -1};
    const struct rd_kafka_metadata *metadata = NULL;
    const char *detail = NULL;
    rd_kafka_resp_err_t code = rd_kafka_metadata(admin->handle, 1, NULL, &metadata, timeout_ms);
    code = kafka_admin_cause(admin, code, &detail);
    if (code)
        return kafka_fault_set(error, code, detail, "asking for the cluster");
    /* Both were learnt from the reply above; they wait only for brokers too old to say. */
    char *id = rd_kafka_clusterid(admin->handle, 0);
    cluster->cluster_id = id ? memory_copy_string(id) : NULL;
    if (id)
        rd_kafka_mem_free(admin->handle, id);
    cluster->controller = rd_kafka_controllerid(admin->handle, 0);
    cluster->broker_count = (size_t)metadata->broker_cnt;
    cluster->brokers = memory_zero(cluster->broker_count, sizeof *cluster->brokers);
    for (size_t i = 0; i < cluster->broker_count; i++) {
        cluster->brokers[i].id = metadata->brokers[i].id;
        cluster->brokers[i].host = memory_copy_string(metadata->brokers[i].host);
        cluster->brokers[i].port = metadata->brokers[i].port;
    }
    cluster->topics = memory_zero((size_t)metadata->topic_cnt, sizeof *cluster->topics);
    for (int i = 0; i < metadata->topic_cnt; i++) {
        if (!metadata->topics[i].err || metadata->topics[i].partition_cnt)
            copy_topic(&cluster->topics[cluster->topic_count++], &metadata->topics[i]);
    }
    rd_kafka_metadata_destroy(metadata);
    return 0;
}

void kafka_cluster_free(struct kafka_cluster *cluster) {
    if (!cluster)
        return;
    memory_free(cluster->cluster_id);
    for (size_t i = 0; i < cluster->broker_count; i++)
        memory_free(cluster->brokers[i].host);
    memory_free(cluster->brokers);
    for (size_t i = 0; i < cluster->topic_count; i++)
        memory_free(cluster->topics[i].name);
    memory_free(cluster->topics);
    *cluster = (struct kafka_cluster){.controller = -1};
}

/* Partitions of one topic that have a leader; 0 when the topic is not there. */
static rd_kafka_resp_err_t count_partitions(struct kafka_admin *admin, const char *name, int timeout_ms, int32_t *count,
                                            int32_t *with_leader) {
    *count = *with_leader = 0;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(admin->handle, name, NULL);
    if (!topic)
        return rd_kafka_last_error();
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t code = rd_kafka_metadata(admin->handle, 0, topic, &metadata, timeout_ms > 0 ? timeout_ms : 1);
    rd_kafka_topic_destroy(topic);
    if (code)
        return code;
    if (metadata->topic_cnt == 1) {
        const struct rd_kafka_metadata_topic *found = &metadata->topics[0];
        code = found->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
                       found->err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
                       found->err == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE
                   ? RD_KAFKA_RESP_ERR_NO_ERROR
                   : found->err;
        *count = found->partition_cnt;
        for (int i = 0; i < found->partition_cnt; i++)
            *with_leader += found->partitions[i].leader >= 0;
    }
    rd_kafka_metadata_destroy(metadata);
    return code;
}

int kafka_admin_topic_partitions(struct kafka_admin *admin, const char *topic, int timeout_ms, int32_t *partitions,
                                 struct error *error) {
    int32_t with_leader;
    const char *detail = NULL;
    rd_kafka_resp_err_t code = count_partitions(admin, topic, timeout_ms, partitions, &with_leader);
    code = kafka_admin_cause(admin, code, &detail);
    if (code)
        return kafka_fault_set(error, code, detail, "topic %s", topic);
    if (!*partitions)
        return error_set(error, ERROR_NOT_FOUND, "topic %s does not exist", topic);
    return 0;
}

/* Until the metadata shows the topic with a leader for each partition, or not at all. */
static int wait_for_topic(struct kafka_admin *admin, const char *topic, bool there, int64_t deadline,
                          struct error *error) {
    for (;;) {
        int32_t count, with_leader;
        int64_t left = deadline - clock_monotonic_ms();
        rd_kafka_resp_err_t code =
            left > 0 ? count_partitions(admin, topic, (int)left, &count, &with_leader) : RD_KAFKA_RESP_ERR__TIMED_OUT;
        if (code)
            return kafka_fault_set(error, code, NULL, "waiting until topic %s is %s", topic, there ? "there" : "gone");
        if (there ? count && with_leader == count : !count)
            return 0;
        usleep(METADATA_PAUSE_MS * 1000);
    }
}

/* --- topics --- */

/* The first error of the topics in a reply; requests carry one topic. */
static int check_topics(struct kafka_admin *admin, const rd_kafka_topic_result_t **results, size_t count,
                        const char *doing, const char *topic, struct error *error) {
    for (size_t i = 0; i < count; i++) {
        const char *detail = rd_kafka_topic_result_error_string(results[i]);
        rd_kafka_resp_err_t code = kafka_admin_cause(admin, rd_kafka_topic_result_error(results[i]), &detail);
        if (code)
            return kafka_fault_set(error, code, detail, "%s topic %s", doing, topic);
    }
    return 0;
}

int kafka_admin_create_topic(struct kafka_admin *admin, const char *topic, int32_t partitions, int32_t replicas,
                             const struct properties *configs, int timeout_ms, struct error *error) {
    char reason[512] = "";
    int64_t deadline = clock_monotonic_ms() + timeout_ms;
    if (partitions < 1 && partitions != -1)
        return error_set(error, ERROR_INVALID,
                         "creating topic %s: %d partitions; at least 1, or -1 for the broker's default", topic,
                         (int)partitions);
    rd_kafka_NewTopic_t *request = rd_kafka_NewTopic_new(topic, partitions, replicas, reason, sizeof reason);
    if (!request)
        return error_set(error, ERROR_INVALID, "creating topic %s: %s", topic, reason);
    for (size_t i = 0; configs && i < properties_count(configs); i++) {
        const char *name, *value;
        properties_at(configs, i, &name, &value);
        rd_kafka_NewTopic_set_config(request, name, value);
    }
    rd_kafka_AdminOptions_t *options = kafka_admin_options(admin, RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout_ms);
    rd_kafka_CreateTopics(admin->handle, &request, 1, options, admin->replies);
    rd_kafka_NewTopic_destroy(request);
    rd_kafka_AdminOptions_destroy(options);
    struct text what = TEXT_EMPTY;
    text_append_format(&what, "creating topic %s", topic);
    rd_kafka_event_t *event =
        kafka_admin_wait(admin, RD_KAFKA_EVENT_CREATETOPICS_RESULT, timeout_ms, text_string(&what), error);
    text_free(&what);
    if (!event)
        return -1;
    size_t count;
    const rd_kafka_topic_result_t **results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
    int result = check_topics(admin, results, count, "creating", topic, error);
    rd_kafka_event_destroy(event);
    return result ? result : wait_for_topic(admin, topic, true, deadline, error);
}

int kafka_admin_delete_topic(struct kafka_admin *admin, const char *topic, int timeout_ms, struct error *error) {
    int64_t deadline = clock_monotonic_ms() + timeout_ms;
    rd_kafka_DeleteTopic_t *request = rd_kafka_DeleteTopic_new(topic);
    rd_kafka_AdminOptions_t *options = kafka_admin_options(admin, RD_KAFKA_ADMIN_OP_DELETETOPICS, timeout_ms);
    rd_kafka_DeleteTopics(admin->handle, &request, 1, options, admin->replies);
    rd_kafka_DeleteTopic_destroy(request);
    rd_kafka_AdminOptions_destroy(options);
    struct text what = TEXT_EMPTY;
    text_append_format(&what, "deleting topic %s", topic);
    rd_kafka_event_t *event =
        kafka_admin_wait(admin, RD_KAFKA_EVENT_DELETETOPICS_RESULT, timeout_ms, text_string(&what), error);
    text_free(&what);
    if (!event)
        return -1;
    size_t count;
    const rd_kafka_topic_result_t **results =
        rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count);
    int result = check_topics(admin, results, count, "deleting", topic, error);
    rd_kafka_event_destroy(event);
    return result ? result : wait_for_topic(admin, topic, false, deadline, error);
}

/* --- topic configuration --- */

/* Adds the topic's settings to *config; own_only: just those set on the topic itself. */
static int describe(struct kafka_admin *admin, const char *topic, bool own_only, int timeout_ms,
                    struct properties *config, struct error *error) {
    rd_kafka_ConfigResource_t *request = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    rd_kafka_AdminOptions_t *options = kafka_admin_options(admin, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout_ms);
    rd_kafka_DescribeConfigs(admin->handle, &request, 1, options, admin->replies);
    rd_kafka_ConfigResource_destroy(request);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_event_t *event = kafka_admin_wait(admin, RD_KAFKA_EVENT_DESCRIBECONFIGS_RESULT, timeout_ms,
                                               "reading the settings of a topic", error);
    if (!event)
        return -1;
    size_t count, entry_count;
    int result = 0;
    const rd_kafka_ConfigResource_t **resources =
        rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event), &count);
    for (size_t i = 0; i < count && !result; i++) {
        rd_kafka_resp_err_t code = rd_kafka_ConfigResource_error(resources[i]);
        if (code)
            result = kafka_fault_set(error, code, rd_kafka_ConfigResource_error_string(resources[i]),
                                     "reading the settings of topic %s", topic);
        const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resources[i], &entry_count);
        for (size_t j = 0; j < entry_count && !result; j++) {
            const char *value = rd_kafka_ConfigEntry_value(entries[j]);
            bool own = rd_kafka_ConfigEntry_source(entries[j]) == RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG;
            if (value && (own || !own_only))
                properties_set(config, rd_kafka_ConfigEntry_name(entries[j]), value);
        }
    }
    rd_kafka_event_destroy(event);
    return result;
}

int kafka_admin_topic_config(struct kafka_admin *admin, const char *topic, int timeout_ms, struct properties *config,
                             struct error *error) {
    return describe(admin, topic, false, timeout_ms, config, error);
}

/* librdkafka 2.0.2 only has the request that replaces all of a topic's settings, so what is set stays part of it. */
int kafka_admin_set_topic_config(struct kafka_admin *admin, const char *topic, const struct properties *config,
                                 int timeout_ms, struct error *error) {
    struct properties *merged = properties_new();
    int result = describe(admin, topic, true, timeout_ms, merged, error);
    rd_kafka_event_t *event = NULL;
    const char *name, *value;
    if (result)
        goto cleanup;
    for (size_t i = 0; i < properties_count(config); i++) {
        properties_at(config, i, &name, &value);
        properties_set(merged, name, value);
    }
    rd_kafka_ConfigResource_t *request = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    for (size_t i = 0; i < properties_count(merged); i++) {
        properties_at(merged, i, &name, &value);
        rd_kafka_ConfigResource_set_config(request, name, value);
    }
    rd_kafka_AdminOptions_t *options = kafka_admin_options(admin, RD_KAFKA_ADMIN_OP_ALTERCONFIGS, timeout_ms);
    rd_kafka_AlterConfigs(admin->handle, &request, 1, options, admin->replies);
    rd_kafka_ConfigResource_destroy(request);
    rd_kafka_AdminOptions_destroy(options);
    event = kafka_admin_wait(admin, RD_KAFKA_EVENT_ALTERCONFIGS_RESULT, timeout_ms, "changing the settings of a topic",
                             error);
    result = event ? 0 : -1;
    if (event) {
        size_t count;
        const rd_kafka_ConfigResource_t **resources =
            rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(event), &count);
        for (size_t i = 0; i < count && !result; i++) {
            rd_kafka_resp_err_t code = rd_kafka_ConfigResource_error(resources[i]);
            if (code)
                result = kafka_fault_set(error, code, rd_kafka_ConfigResource_error_string(resources[i]),
                                         "changing the settings of topic %s", topic);
        }
    }
cleanup:
    if (event)
        rd_kafka_event_destroy(event);
    properties_free(merged);
    return result;
}
