/* What the files of the admin client share. */
#pragma once

#include "client/kafka/private.h"

struct kafka_admin {
    rd_kafka_t *handle;
    rd_kafka_queue_t *replies;
    struct kafka_cause cause;
};

/* After a call: looks for the cause of a failure, as kafka_cause_of; forgets old ones after a success. */
rd_kafka_resp_err_t kafka_admin_cause(struct kafka_admin *admin, rd_kafka_resp_err_t code, const char **detail);

/* Waits for the reply to the one request under way. NULL with the error when it failed as a whole; the caller destroys
 * the event. */
rd_kafka_event_t *kafka_admin_wait(struct kafka_admin *admin, rd_kafka_event_type_t type, int timeout_ms,
                                   const char *what, struct error *error);
/* Options with the time-out set; the caller destroys them. */
rd_kafka_AdminOptions_t *kafka_admin_options(struct kafka_admin *admin, rd_kafka_admin_op_t operation, int timeout_ms);
