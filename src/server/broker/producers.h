/* Idempotent producers' state of one partition: the last batches of each, so that a repeated one is recognised and a gap is
 * refused (KIP-98; five batches in flight as Kafka keeps them). */
#pragma once

#include <stdint.h>

#include "foundation/base/text.h"
#include "server/broker/batch_header.h"

struct producers;
enum producer_verdict { PRODUCER_NEW, PRODUCER_DUPLICATE, PRODUCER_OUT_OF_ORDER, PRODUCER_FENCED };

struct producers *producers_new(void);
void producers_free(struct producers *producers);
/* *offset: where a duplicate was stored before. Batches without a producer id are always new. */
enum producer_verdict producers_judge(const struct producers *producers, const struct batch_header *header, int64_t *offset);
void producers_add(struct producers *producers, const struct batch_header *header, int64_t offset);
void producers_save(const struct producers *producers, struct text *out);
bool producers_load(struct producers *producers, struct view bytes);
