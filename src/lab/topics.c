#include "lab/topics.h"

const char *lab_transaction_schema(void) {
    return "{\"$schema\":\"http://json-schema.org/draft-07/"
           "schema#\",\"title\":\"Transaction\",\"type\":\"object\",\"properties\":{"
           "\"transaction_id\":{\"type\":\"integer\",\"connect.type\":\"int32\",\"connect.index\":0},"
           "\"transaction_timestamp\":{\"type\":\"string\",\"connect.index\":1},"
           "\"credit_card_number\":{\"type\":\"string\",\"connect.index\":2},"
           "\"amount\":{\"type\":\"integer\",\"connect.type\":\"int32\",\"connect.index\":3},"
           "\"location\":{\"type\":\"string\",\"connect.index\":4}}}";
}

const char *lab_alert_schema(void) {
    return "{\"type\":\"record\",\"name\":\"FraudulentTransactions\",\"namespace\":\"workshop\","
           "\"fields\":[{\"name\":\"details\",\"type\":\"string\"}],\"connect.name\":\"workshop.fraudulenttrans\"}";
}

const char *lab_customer_schema(void) {
    return "{\"type\":\"record\",\"name\":\"Value\",\"namespace\":\"cdc.public.customers\",\"fields\":["
           "{\"name\":\"credit_card_number\",\"type\":\"string\"},{\"name\":\"customer_id\",\"type\":\"string\"},"
           "{\"name\":\"customer_email\",\"type\":\"string\"},{\"name\":\"avg_spending_amount\",\"type\":\"int\"},"
           "{\"name\":\"__deleted\",\"type\":[\"null\",\"string\"],\"default\":null}],"
           "\"connect.name\":\"cdc.public.customers.Value\"}";
}
