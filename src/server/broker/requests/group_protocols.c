/* ConsumerGroupHeartbeat 0-1 (KIP-848) and ShareGroupHeartbeat 1 (KIP-932), refused as by a Kafka that has these
 * protocols switched off. Without the rows librdkafka, which wants just version 1, asks for ever and says nothing. */
#include "foundation/base/log.h"
#include "server/broker/handler.h"

static const char no_consumer_protocol[] =
    "The consumer group protocol is not supported by this broker; set group.protocol=classic.";
static const char no_share_protocol[] =
    "Share groups are not supported by this broker; use Apache Kafka through --profile.";

static void read_strings(struct reader *reader) {
    for (int32_t count = read_array(reader, 1); count > 0 && !reader->broken; count--)
        read_string(reader);
}

static void read_owned(struct reader *reader) {
    for (int32_t topics = read_array(reader, 18); topics > 0 && !reader->broken; topics--) {
        read_uuid(reader);
        for (int32_t partitions = read_array(reader, 4); partitions > 0 && !reader->broken; partitions--)
            read_int32(reader);
        read_tags(reader);
    }
}

static void refuse(struct request *request, struct view group, const char *why) {
    struct text *out = request->out;
    log_warn("broker", "a member of group '%.*s' was refused: %s", VIEW_ARGS(group), why);
    answer_throttle(request, 0);
    write_int16(out, KAFKA_UNSUPPORTED_VERSION);
    answer_string(request, why);
    answer_string(request, NULL); /* member */
    write_int32(out, 0);          /* epoch */
    write_int32(out, 0);          /* heartbeat interval */
    write_int8(out, -1);          /* no assignment */
    answer_tags(request);
}

static enum handled refuse_consumer(struct request *request) {
    struct reader *reader = &request->reader;
    struct view group = read_string(reader);
    read_string(reader); /* member */
    read_int32(reader);  /* epoch */
    read_string(reader); /* instance */
    read_string(reader); /* rack */
    read_int32(reader);  /* time to rebalance */
    read_strings(reader);
    if (request->version >= 1)
        read_string(reader); /* pattern of topics */
    read_string(reader);     /* assignor */
    read_owned(reader);
    refuse(request, group, no_consumer_protocol);
    return HANDLED;
}

static enum handled refuse_share(struct request *request) {
    struct reader *reader = &request->reader;
    struct view group = read_string(reader);
    read_string(reader); /* member */
    read_int32(reader);  /* epoch */
    read_string(reader); /* rack */
    read_strings(reader);
    refuse(request, group, no_share_protocol);
    return HANDLED;
}

const struct handler handler_consumer_group_heartbeat = {
    KEY_CONSUMER_GROUP_HEARTBEAT, 0, 1, 0, "ConsumerGroupHeartbeat", refuse_consumer, false};
const struct handler handler_share_group_heartbeat = {
    KEY_SHARE_GROUP_HEARTBEAT, 1, 1, 0, "ShareGroupHeartbeat", refuse_share, false};
