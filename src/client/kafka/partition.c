#include "client/kafka/partition.h"

#include "client/kafka.h"

/* MurmurHash2, 32 bit, with the constants and the seed of Kafka's Java client
 * (org.apache.kafka.common.utils.Utils.murmur2). */
uint32_t kafka_murmur2(struct view bytes) {
    const uint32_t multiplier = 0x5bd1e995U;
    const unsigned char *data = (const unsigned char *)bytes.data;
    uint32_t hash = 0x9747b28cU ^ (uint32_t)bytes.size;
    size_t left = bytes.size;
    for (; left >= 4; left -= 4, data += 4) {
        uint32_t word = (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 24;
        word *= multiplier;
        word ^= word >> 24;
        word *= multiplier;
        hash *= multiplier;
        hash ^= word;
    }
    if (left) {
        for (size_t i = left; i-- > 0;)
            hash ^= (uint32_t)data[i] << (8 * i);
        hash *= multiplier;
    }
    hash ^= hash >> 13;
    hash *= multiplier;
    hash ^= hash >> 15;
    return hash;
}

int32_t kafka_partition_for(struct view key, int32_t partitions) {
    return partitions > 0 ? (int32_t)((kafka_murmur2(key) & 0x7fffffffU) % (uint32_t)partitions) : 0;
}
