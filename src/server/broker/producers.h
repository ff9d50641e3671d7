/* Idempotent producers' state of one partition: the last batches of each, so that a repeated one is recognised and a
 * gap is refused (KIP-98; five batches in flight as Kafka keeps them). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "foundation/base/text.h"
#include "server/broker/batch_header.h"

struct producers;
enum producer_verdict { PRODUCER_NEW, PRODUCER_DUPLICATE, PRODUCER_OUT_OF_ORDER, PRODUCER_FENCED };

struct producers *producers_new(void);
void producers_free(struct producers *producers);
/* *offset: where a duplicate was stored before. Batches without a producer id are always new. */
enum producer_verdict producers_judge(const struct producers *producers, const struct batch_header *header,
                                      int64_t *offset);
void producers_add(struct producers *producers, const struct batch_header *header, int64_t offset, int64_t now_ms);
/* Forgets who has sent nothing since then. */
void producers_expire(struct producers *producers, int64_t oldest_ms);
size_t producers_count(const struct producers *producers);
/* for (size_t at = 0; producers_next(...);) what is known of each */
struct producer_facts {
    int64_t id, last_ms;
    int16_t epoch;
    int32_t last_sequence;
};
bool producers_next(const struct producers *producers, size_t *at, struct producer_facts *facts);
void producers_save(const struct producers *producers, struct text *out);
bool producers_load(struct producers *producers, struct view bytes);
