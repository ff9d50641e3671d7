/* Card transactions from a seed and a clock, as the workshop's own producer makes them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "foundation/base/error.h"
#include "foundation/base/random.h"
#include "foundation/base/text.h"

struct transaction {
    int32_t id;
    char timestamp[24]; /* "2026-03-14 22:41:02.114": text, some hours ahead of the record's own time */
    char card[40];      /* "5031 9467 5978 2983" */
    int32_t amount;
    char location[64];
};

struct transaction_source { /* one owner */
    struct random random;
    const char *const *cards; /* lent, uniform over them */
    size_t card_count;
    double fraud_chance; /* of a burst before a normal transaction, 0.1 by default */
};
enum { TRANSACTION_BURST = 3 };

void transaction_source_init(struct transaction_source *source, uint64_t seed, const char *const *cards, size_t count);
/* Next of the stream: one normal transaction, or with fraud_chance a burst of TRANSACTION_BURST. Number written to out.
 */
size_t transaction_next(struct transaction_source *source, int64_t now_ms, struct transaction out[TRANSACTION_BURST]);
/* card NULL = uniform; amount 0 = as usual for its kind */
void transaction_one(struct transaction_source *source, int64_t now_ms, const char *card, int32_t amount,
                     struct transaction *out);
/* count large transactions of one card, text times three minutes apart */
void transaction_burst(struct transaction_source *source, int64_t now_ms, const char *card, size_t count,
                       struct transaction *out);
/* JSON text with ", " and ": " as Python's json.dumps writes it. */
void transaction_print(const struct transaction *transaction, struct text *out);
/* From decoded JSON of any field order and spacing; fields that are absent or null stay zero or empty. ERROR_CORRUPT
 * when it is no object with the fields' types. */
int transaction_parse(struct view json, struct transaction *transaction, struct error *error);
