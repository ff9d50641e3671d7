/* Fetch 4-11 with long poll: a fetch that finds too little waits until data arrive or its time is over. Fetch sessions
 * (KIP-227) are declined with session id 0, so every request names its partitions. */
#include "server/broker/handler.h"

enum { RESPONSE_MOST = 64 << 20 };

static enum handled handle(struct request *request) {
    struct reader *reader = &request->reader;
    struct text *out = request->out;
    int16_t version = request->version;
    read_int32(reader); /* replica */
    int32_t wait_ms = read_int32(reader), least = read_int32(reader), most = read_int32(reader);
    read_int8(reader); /* isolation: there are no transactions */
    int32_t session = version >= 7 ? read_int32(reader) : 0;
    if (version >= 7)
        read_int32(reader);
    if (most <= 0 || most > RESPONSE_MOST)
        most = RESPONSE_MOST;
    write_int32(out, 0);
    if (version >= 7) {
        write_int16(out, session ? KAFKA_FETCH_SESSION_NOT_FOUND : KAFKA_OK);
        write_int32(out, 0);
        if (session) {
            write_int32(out, 0);
            return HANDLED;
        }
    }
    int32_t topics = read_array(reader, 6);
    int64_t found = 0;
    bool trouble = false;
    write_int32(out, topics < 0 ? 0 : topics);
    for (int32_t i = 0; i < topics && !reader->broken; i++) {
        struct view name = read_string(reader);
        int32_t partitions = read_array(reader, 16);
        write_view(out, name.data ? name : VIEW(""));
        write_int32(out, partitions < 0 ? 0 : partitions);
        for (int32_t j = 0; j < partitions && !reader->broken; j++) {
            int32_t index = read_int32(reader);
            if (version >= 9)
                read_int32(reader); /* leader epoch: there is but one */
            int64_t offset = read_int64(reader);
            if (version >= 5)
                read_int64(reader);
            int32_t partition_most = read_int32(reader);
            struct partition *partition = store_partition(&request->core->store, name, index);
            int16_t error = !partition ? KAFKA_UNKNOWN_TOPIC
                            : offset < partition_start_offset(partition) || offset > partition_end_offset(partition)
                                ? KAFKA_OFFSET_OUT_OF_RANGE
                                : KAFKA_OK;
            write_int32(out, index);
            size_t error_at = out->size;
            write_int16(out, error);
            write_int64(out, partition ? partition_end_offset(partition) : -1); /* high watermark */
            write_int64(out, partition ? partition_end_offset(partition) : -1); /* last stable offset */
            if (version >= 5)
                write_int64(out, partition ? partition_start_offset(partition) : -1);
            write_int32(out, -1); /* aborted transactions: none */
            if (version >= 11)
                write_int32(out, -1);
            size_t size_at = out->size;
            write_int32(out, 0);
            trouble = trouble || error;
            int64_t left = most - found;
            if (error || (left <= 0 && found > 0))
                continue;
            struct error reading = {0};
            size_t limit = (size_t)(partition_most < left ? (partition_most > 0 ? partition_most : 1)
                                    : left > 0            ? left
                                                          : 1);
            if (offset < partition_end_offset(partition) &&
                partition_read(partition, offset, limit, out, &reading) != 0) {
                out->size = size_at + 4;
                out->data[error_at + 1] = KAFKA_STORAGE_ERROR;
                trouble = true;
            }
            int64_t got = (int64_t)(out->size - size_at - 4);
            set_int32(out, size_at, (int32_t)got);
            found += got;
        }
    }
    if (!reader->broken && found < least && !trouble && wait_ms > 0 && !connection_is_rerun(request->connection)) {
        connection_park(request, wait_ms);
        return HANDLED_LATER;
    }
    return HANDLED;
}

const struct handler handler_fetch = {KEY_FETCH, 4, 11, "Fetch", handle, false};
