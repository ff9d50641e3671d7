#include "client/kafka/leftovers.h"

#include "foundation/base/map.h"
#include "foundation/base/memory.h"
#include "foundation/base/text.h"

struct kafka_leftovers {
    struct map *queues; /* "TOPIC PARTITION" to rd_kafka_queue_t */
};

static void empty(void *value) {
    rd_kafka_queue_t *queue = value;
    for (rd_kafka_event_t *event; (event = rd_kafka_queue_poll(queue, 0));)
        rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
}

void kafka_leftovers_note(struct kafka_leftovers **leftovers, rd_kafka_t *handle,
                          const rd_kafka_topic_partition_list_t *assigned) {
    if (!*leftovers) {
        *leftovers = memory_zero(1, sizeof **leftovers);
        (*leftovers)->queues = map_new(empty);
    }
    for (int i = 0; assigned && i < assigned->cnt; i++) {
        rd_kafka_queue_t *queue =
            rd_kafka_queue_get_partition(handle, assigned->elems[i].topic, assigned->elems[i].partition);
        struct text name = TEXT_EMPTY;
        text_append_format(&name, "%s %d", assigned->elems[i].topic, (int)assigned->elems[i].partition);
        if (queue)
            map_put((*leftovers)->queues, text_view(&name), queue);
        text_free(&name);
    }
}

void kafka_leftovers_clear(struct kafka_leftovers **leftovers) {
    if (!*leftovers)
        return;
    map_free((*leftovers)->queues);
    memory_free(*leftovers);
    *leftovers = NULL;
}
