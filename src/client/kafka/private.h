/* Shared by the files of client/kafka: the only place where librdkafka's types are known. */
#pragma once

#include <librdkafka/rdkafka.h>

#include "client/kafka.h"

/* A list of defaults or of settings that nobody may override; ends with a zero row. */
struct kafka_setting {
    const char *name, *value;
};

/* Configuration of one handle: our defaults, then the profile, then the overrides, then what is forced. Callbacks for
 * logs are set; `opaque` is the caller's. Properties that this librdkafka does not know are logged and skipped.
 * NULL with ERROR_INVALID that names the property, never the value of a secret. */
rd_kafka_conf_t *kafka_config_build(const struct profile *profile, const struct kafka_setting *defaults,
                                    const struct properties *overrides, const struct kafka_setting *forced,
                                    void *opaque, struct error *error);
/* Takes the configuration in any case. */
rd_kafka_t *kafka_handle_new(rd_kafka_type_t type, rd_kafka_conf_t *config, struct error *error);

/* "WHAT: cause, next step" with our code for librdkafka's. detail may be NULL. Returns -1. */
int kafka_fault_set(struct error *error, rd_kafka_resp_err_t code, const char *detail, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* librdkafka tells why a broker cannot be reached to a callback only, and lets the call itself time out. Heard in the
 * error callback, used when a call fails, cleared when one succeeds. One owner, one thread. */
struct kafka_cause {
    rd_kafka_resp_err_t code;
    char reason[300];
};
void kafka_cause_hear(struct kafka_cause *cause, rd_kafka_resp_err_t code, const char *reason);
/* The code to report for a call that failed with this one; *detail then says more. */
rd_kafka_resp_err_t kafka_cause_of(const struct kafka_cause *cause, rd_kafka_resp_err_t code, const char **detail);
void kafka_cause_clear(struct kafka_cause *cause);

#ifdef __SANITIZE_THREAD__
void kafka_sanitized_threads(void); /* see sanitized_threads.c */
#endif
