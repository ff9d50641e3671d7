/* Fetch 4-17 with long poll: a fetch that finds too little waits until data arrive or its time is over. Fetch sessions
 * (KIP-227) are declined with session id 0, so every request names its partitions. From version 13 on topics are asked
 * for by their ids. */
#include "server/broker/handler.h"

enum { RESPONSE_MOST = 64 << 20 };

struct fetch { /* one answer in the making */
    int32_t most, found;
    bool trouble;      /* an error leaves at once */
    uint64_t interest; /* partitions that are waited for */
};

struct asked { /* a topic of the request */
    const struct topic *topic;
    bool by_id;
};

static int16_t state_of(const struct asked *asked, const struct partition *partition, int64_t offset) {
    if (!partition)
        return asked->by_id && !asked->topic ? KAFKA_UNKNOWN_TOPIC_ID : KAFKA_UNKNOWN_TOPIC;
    bool inside = offset >= partition_start_offset(partition) && offset <= partition_end_offset(partition);
    return inside ? KAFKA_OK : KAFKA_OFFSET_OUT_OF_RANGE;
}

/* A partition gives at least one batch while the answer is not full, whatever the limits say. */
static size_t limit_of(const struct fetch *fetch, int32_t partition_most) {
    int32_t left = fetch->most - fetch->found;
    int32_t limit = partition_most < left ? partition_most : left;
    return limit > 0 ? (size_t)limit : 1;
}

/* Appends the records; true when they could be read. In flexible versions their size is a varint, known only
 * afterwards. */
static bool answer_records(struct request *request, struct fetch *fetch, const struct partition *partition,
                           int64_t offset, int32_t partition_most) {
    struct text *out = request->out;
    bool flexible = request->reader.flexible;
    size_t size_at = out->size;
    struct error error = {0};
    int result = 0;
    bool full = fetch->found > 0 && fetch->found >= fetch->most;
    if (flexible) {
        for (int i = 0; i < 5; i++)
            write_int8(out, (int8_t)(i < 4 ? 0x80 : 0)); /* filled in below: five bytes hold any size */
    } else {
        write_int32(out, 0);
    }
    size_t from = out->size;
    if (!full && offset < partition_end_offset(partition))
        result = partition_read(partition, offset, limit_of(fetch, partition_most), out, &error);
    if (result != 0) {
        broker_core_trouble(request->core, &error);
        out->size = from;
    }
    uint32_t size = (uint32_t)(out->size - from);
    fetch->found += (int32_t)size;
    if (flexible) {
        for (int i = 0; i < 5; i++)
            out->data[size_at + (size_t)i] = (char)(((size + 1) >> (7 * i) & 0x7f) | (i < 4 ? 0x80 : 0));
    } else {
        set_int32(out, size_at, (int32_t)size);
    }
    return result == 0;
}

static void answer_partition(struct request *request, struct fetch *fetch, const struct asked *asked, int32_t index,
                             int64_t offset, int32_t partition_most) {
    struct text *out = request->out;
    const struct partition *partition = topic_partition(asked->topic, index);
    int16_t code = state_of(asked, partition, offset);
    write_int32(out, index);
    size_t code_at = out->size;
    write_int16(out, code);
    write_int64(out, partition ? partition_end_offset(partition) : -1); /* high watermark */
    write_int64(out, partition ? partition_end_offset(partition) : -1); /* last stable offset */
    if (request->version >= 5)
        write_int64(out, partition ? partition_start_offset(partition) : -1);
    answer_array(request, -1); /* aborted transactions: none */
    if (request->version >= 11)
        write_int32(out, -1);
    if (code) {
        answer_bytes(request, VIEW(""));
    } else if (!answer_records(request, fetch, partition, offset, partition_most)) {
        code = KAFKA_STORAGE_ERROR;
        out->data[code_at] = 0;
        out->data[code_at + 1] = KAFKA_STORAGE_ERROR;
    }
    answer_tags(request);
    fetch->trouble = fetch->trouble || code;
    if (partition)
        fetch->interest |= broker_core_interest(partition);
}

static void handle_partition(struct request *request, struct fetch *fetch, const struct asked *asked) {
    struct reader *reader = &request->reader;
    int16_t version = request->version;
    int32_t index = read_int32(reader);
    if (version >= 9)
        read_int32(reader); /* leader epoch: there is but one */
    int64_t offset = read_int64(reader);
    if (version >= 12)
        read_int32(reader);
    if (version >= 5)
        read_int64(reader);
    int32_t partition_most = read_int32(reader);
    read_tags(reader);
    answer_partition(request, fetch, asked, index, offset, partition_most);
}

static void handle_topic(struct request *request, struct fetch *fetch) {
    struct reader *reader = &request->reader;
    const struct store *store = &request->core->store;
    struct asked asked = {.by_id = request->version >= 13};
    if (asked.by_id) {
        const unsigned char *id = read_uuid(reader);
        asked.topic = store_topic_by_id(store, id);
        answer_uuid(request, id);
    } else {
        struct view name = read_string(reader);
        asked.topic = store_topic(store, name);
        answer_name(request, name);
    }
    int32_t partitions = read_array(reader, 16);
    answer_array(request, partitions < 0 ? 0 : partitions);
    for (int32_t i = 0; i < partitions && !reader->broken; i++)
        handle_partition(request, fetch, &asked);
    read_tags(reader);
    answer_tags(request);
}

static enum handled handle(struct request *request) {
    struct reader *reader = &request->reader;
    int16_t version = request->version;
    if (version <= 14)
        read_int32(reader); /* replica; a tagged field later on */
    int32_t wait_ms = read_int32(reader), least = read_int32(reader), most = read_int32(reader);
    read_int8(reader); /* isolation: there are no transactions */
    int32_t session = version >= 7 ? read_int32(reader) : 0;
    if (version >= 7)
        read_int32(reader);
    struct fetch fetch = {.most = most > 0 && most < RESPONSE_MOST ? most : RESPONSE_MOST};
    if (fetch.most > connection_room(request->connection))
        fetch.most = connection_room(request->connection);
    answer_throttle(request, 1);
    if (version >= 7) {
        write_int16(request->out, session ? KAFKA_FETCH_SESSION_NOT_FOUND : KAFKA_OK);
        write_int32(request->out, 0);
    }
    int32_t topics = session ? 0 : read_array(reader, 6);
    answer_array(request, topics < 0 ? 0 : topics);
    for (int32_t i = 0; i < topics && !reader->broken; i++)
        handle_topic(request, &fetch);
    answer_tags(request);
    bool waits = !reader->broken && !session && fetch.found < least && !fetch.trouble && wait_ms > 0;
    if (waits && !connection_is_rerun(request->connection)) {
        connection_park(request, wait_ms, fetch.interest);
        return HANDLED_LATER;
    }
    return HANDLED;
}

const struct handler handler_fetch = {KEY_FETCH, 4, 17, 12, "Fetch", handle, false};
