/* The lab's ksqlDB statements, by the name of the source they make. One place for their text: guide, headless run and
 * take-home bundle read it here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* "TRANSACTIONS", "CUSTOMER", "REKEY_CUSTOMER", "TABLE_CUSTOMER", "AGGREGATE_TRANSACTIONS", "FEATURE_SET",
 * "FRAUDULENT_TRANSACTIONS", "SELECT_DETAILS"; NULL when unknown. One line each. */
const char *lab_statement(const char *name);
bool lab_statement_at(size_t index, const char **name, const char **statement); /* in order; false past the end */
/* The join as the workshop prints it: it names a column that the producer never sends, and a ksqlDB server answers
 * "JOIN ON column 'T.CUSTOMER_ID' cannot be resolved." Shown to be understood, never part of the list above. */
const char *lab_failing_join(void);
