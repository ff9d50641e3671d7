#include "lab/statements.h"

#include <string.h>

#define JOIN_ON(column)                                                                                                \
    "CREATE STREAM AGGREGATE_TRANSACTIONS WITH (KAFKA_TOPIC='AGGREGATE_TRANS', VALUE_FORMAT='JSON_SR') "               \
    "AS SELECT cust.CUSTOMER_ID AS CUSTOMER_ID, t.TRANSACTION_ID AS TRANSACTION_ID, t.CREDIT_CARD_NUMBER AS "          \
    "CREDIT_CARD_NUMBER, "                                                                                             \
    "cust.CUSTOMER_EMAIL AS CUSTOMER_EMAIL, t.AMOUNT AS AMOUNT, cust.AVG_SPENDING_AMOUNT AS AVERAGE_SPENDING_AMOUNT "  \
    "FROM TRANSACTIONS t INNER JOIN TABLE_CUSTOMER cust ON t." column " = cust.CUST_ID EMIT CHANGES;"

static const struct {
    const char *name, *text;
} rows[] = {
    {"TRANSACTIONS", "CREATE STREAM TRANSACTIONS WITH (KAFKA_TOPIC='transactions', VALUE_FORMAT='JSON_SR');"},
    {"CUSTOMER", "CREATE STREAM CUSTOMER WITH (KAFKA_TOPIC='cdc.public.customers', VALUE_FORMAT='AVRO');"},
    {"REKEY_CUSTOMER", "CREATE STREAM REKEY_CUSTOMER WITH (KAFKA_TOPIC='REKEY_CUSTOMER', VALUE_FORMAT='AVRO') "
                       "AS SELECT * FROM CUSTOMER PARTITION BY CREDIT_CARD_NUMBER EMIT CHANGES;"},
    {"TABLE_CUSTOMER", "CREATE TABLE TABLE_CUSTOMER (CUST_ID STRING PRIMARY KEY) WITH (KAFKA_TOPIC='REKEY_CUSTOMER', "
                       "VALUE_FORMAT='AVRO');"},
    {"AGGREGATE_TRANSACTIONS", JOIN_ON("CREDIT_CARD_NUMBER")},
    {"FEATURE_SET",
     "CREATE TABLE FEATURE_SET WITH (KAFKA_TOPIC='FEATURE_SET', VALUE_FORMAT='JSON_SR', KEY_FORMAT='AVRO') "
     "AS SELECT CREDIT_CARD_NUMBER, CUSTOMER_EMAIL, COUNT(TRANSACTION_ID) AS TRANSACTION_COUNT, SUM(AMOUNT) AS "
     "TOTAL_AMOUNT, "
     "AVERAGE_SPENDING_AMOUNT, TIMESTAMPTOSTRING(WINDOWSTART, 'yyyy-MM-dd HH:mm:ss Z') AS WINDOW_START, "
     "TIMESTAMPTOSTRING(WINDOWEND, 'yyyy-MM-dd HH:mm:ss Z') AS WINDOW_END "
     "FROM AGGREGATE_TRANSACTIONS WINDOW TUMBLING (SIZE 5 MINUTES) "
     "GROUP BY CREDIT_CARD_NUMBER, CUSTOMER_EMAIL, AVERAGE_SPENDING_AMOUNT EMIT CHANGES;"},
    {"FRAUDULENT_TRANSACTIONS",
     "CREATE STREAM FRAUDULENT_TRANSACTIONS WITH (KAFKA_TOPIC='fraudulent_transactions', VALUE_FORMAT='AVRO');"},
    {"SELECT_DETAILS", "SELECT DETAILS FROM FRAUDULENT_TRANSACTIONS EMIT CHANGES;"},
};

const char *lab_statement(const char *name) {
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].name, name) == 0)
            return rows[i].text;
    return NULL;
}

bool lab_statement_at(size_t index, const char **name, const char **statement) {
    if (index >= sizeof rows / sizeof *rows)
        return false;
    *name = rows[index].name;
    *statement = rows[index].text;
    return true;
}

const char *lab_failing_join(void) {
    return JOIN_ON("CUSTOMER_ID");
}
