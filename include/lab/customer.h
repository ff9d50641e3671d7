/* The bank's customers: made from a seed, or read from CSV files. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "foundation/base/error.h"

struct customer {
    char *card, *id, *email; /* owned */
    int32_t average;
};
struct customers {
    struct customer *items;
    size_t count;
};
void customers_make(struct customers *customers, uint64_t seed, size_t count); /* cards are unique */
/* Header names the columns in any order; quotes allowed. credit_cards_file may be NULL; else it brings
 * credit_card_number by customer_id. Errors name file and line. */
int customers_read(struct customers *customers, const char *file, const char *credit_cards_file, struct error *error);
void customers_free(struct customers *customers);
