#include "server/broker/cleaner.h"

#include <pthread.h>
#include <string.h>

#include "foundation/base/log.h"
#include "foundation/base/memory.h"
#include "foundation/base/thread.h"
#include "server/broker/compact.h"

struct cleaner {
    struct store *store;
    struct loop *loop;
    pthread_t thread;
    bool running;
    /* of the job: set before the thread starts, used after it has ended */
    struct compaction compaction;
    struct error error;
    int result;
    unsigned char topic_id[TOPIC_ID_SIZE];
    int32_t partition;
};

struct candidate {
    const struct topic *topic;
    int32_t partition;
    double dirtiness;
    size_t count; /* closed segments that may be compacted */
};

struct cleaner *cleaner_new(struct store *store, struct loop *loop) {
    struct cleaner *cleaner = memory_zero(1, sizeof *cleaner);
    cleaner->store = store;
    cleaner->loop = loop;
    return cleaner;
}

void cleaner_free(struct cleaner *cleaner) {
    if (!cleaner)
        return;
    if (cleaner->running) {
        thread_join(cleaner->thread);
        compaction_free(&cleaner->compaction);
    }
    memory_free(cleaner);
}

/* How much of what may be compacted is new; 0: nothing to do. */
static struct candidate judge(const struct topic *topic, int32_t index, int64_t now_ms) {
    const struct topic_policy *policy = &topic->policy;
    const struct partition *partition = topic->partitions[index];
    struct candidate candidate = {.topic = topic, .partition = index};
    int64_t clean_until = partition_clean_until(partition), dirty = 0, all = 0, oldest_dirty = INT64_MAX;
    for (size_t i = 0; i < partition_closed_count(partition); i++) {
        const struct segment *segment = partition_closed(partition, i);
        int64_t newest = segment->max_timestamp >= 0 ? segment->max_timestamp : segment->began_ms;
        if (policy->compaction_lag_least_ms > 0 && newest > now_ms - policy->compaction_lag_least_ms)
            break;
        all += segment->size;
        if (segment->end_offset > clean_until) {
            dirty += segment->size;
            oldest_dirty = segment->began_ms < oldest_dirty ? segment->began_ms : oldest_dirty;
        }
        candidate.count = i + 1;
    }
    if (dirty > 0)
        candidate.dirtiness = (double)dirty / (double)all;
    bool overdue = dirty > 0 && policy->compaction_lag_most_ms < INT64_MAX &&
                   now_ms - oldest_dirty > policy->compaction_lag_most_ms;
    if (candidate.dirtiness < policy->dirty_ratio && !overdue)
        candidate.dirtiness = 0;
    return candidate;
}

/* --- the work --- */

static void take_over(void *context) {
    struct cleaner *cleaner = context;
    struct compaction *compaction = &cleaner->compaction;
    thread_join(cleaner->thread);
    cleaner->running = false;
    const struct topic *topic = store_topic_by_id(cleaner->store, cleaner->topic_id);
    bool there = topic && cleaner->partition < topic->partition_count;
    int result = cleaner->result;
    for (size_t i = 0; there && result == 0 && i < compaction->results.count; i++) {
        struct compaction_result *made = &compaction->results.items[i];
        result = partition_replace(topic->partitions[cleaner->partition], made->first, made->last, made->path,
                                   &made->segment, &cleaner->error);
        memory_free(made->path);
        made->path = NULL; /* the partition has it, or has done away with it */
    }
    if (there && result == 0) {
        partition_set_clean_until(topic->partitions[cleaner->partition], compaction->clean_until);
        log_info("broker", "%s compacted: %lld records kept, %lld dropped", compaction->folder,
                 (long long)compaction->kept, (long long)compaction->dropped);
    } else if (there && cleaner->error.code != ERROR_CONFLICT) { /* retention was faster: it is tried again */
        log_warn("broker", "compaction: %s", cleaner->error.message);
    }
    compaction_free(compaction);
}

static void *run(void *context) {
    struct cleaner *cleaner = context;
    cleaner->result = compaction_run(&cleaner->compaction, &cleaner->error);
    loop_post(cleaner->loop, take_over, cleaner);
    return NULL;
}

static void start(struct cleaner *cleaner, const struct candidate *candidate, int64_t now_ms) {
    const struct partition *partition = candidate->topic->partitions[candidate->partition];
    cleaner->error = (struct error){0};
    cleaner->partition = candidate->partition;
    memcpy(cleaner->topic_id, candidate->topic->id, TOPIC_ID_SIZE);
    cleaner->compaction = (struct compaction){
        .folder = memory_copy_string(partition_folder(partition)),
        .dirty_from = partition_clean_until(partition),
        .segment_bytes = candidate->topic->policy.segment_bytes,
        .now_ms = now_ms,
        .delete_retention_ms = candidate->topic->policy.delete_retention_ms,
        .keys_most = COMPACTION_KEYS_MOST,
    };
    for (size_t i = 0; i < candidate->count; i++) {
        if (compaction_add(&cleaner->compaction, partition_closed(partition, i), &cleaner->error) != 0) {
            log_warn("broker", "%s", cleaner->error.message);
            compaction_free(&cleaner->compaction);
            return;
        }
    }
    cleaner->running = true;
    cleaner->thread = thread_start("compaction", run, cleaner);
}

void cleaner_consider(struct cleaner *cleaner, int64_t now_ms) {
    struct candidate best = {0};
    size_t at = 0;
    void *value;
    if (cleaner->running)
        return;
    while (map_next(cleaner->store->topics, &at, NULL, &value)) {
        const struct topic *topic = value;
        for (int32_t i = 0; topic->policy.compacts && i < topic->partition_count; i++) {
            struct candidate candidate = judge(topic, i, now_ms);
            if (candidate.dirtiness > best.dirtiness)
                best = candidate;
        }
    }
    if (best.topic)
        start(cleaner, &best, now_ms);
}
