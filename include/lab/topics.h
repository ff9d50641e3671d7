/* The lab's topics, consumer group, connector and contracts (lab.md of the workshop, section 2). */
#pragma once

#define LAB_TOPIC_EXAMPLE "customers" /* made by hand in step 4, stays empty */
#define LAB_TOPIC_CUSTOMERS "cdc.public.customers"
#define LAB_TOPIC_TRANSACTIONS "transactions"
#define LAB_TOPIC_ALERTS "fraudulent_transactions"
#define LAB_TOPIC_FEATURES "FEATURE_SET"
#define LAB_DETECTOR_GROUP "FraudDetectorApplication"
#define LAB_CONNECTOR "CDC_Postgresql"

const char *lab_transaction_schema(void); /* JSON Schema draft 7, title Transaction */
const char *lab_alert_schema(void);       /* Avro, workshop.FraudulentTransactions */
const char *lab_customer_schema(void);    /* Avro, cdc.public.customers.Value */
