#include <stdio.h>

#include "client/kafka/private.h"

/* What librdkafka and the protocol call an error, and what a person can do about it. First match wins. */
static const struct fault {
    rd_kafka_resp_err_t kafka;
    enum error_code code;
    bool retriable;
    const char *advice; /* NULL: librdkafka's own words are enough */
} faults[] = {
    {RD_KAFKA_RESP_ERR__AUTHENTICATION, ERROR_DENIED, true,
     "the broker refused user name or password; a new API key may take a minute to work"},
    {RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, ERROR_DENIED, true,
     "the broker refused user name or password; a new API key may take a minute to work"},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM, ERROR_DENIED, false, "check sasl.mechanism in client.properties"},
    {RD_KAFKA_RESP_ERR__SSL, ERROR_DENIED, false, "TLS failed; check security.protocol and ssl.ca.location"},
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, ERROR_DENIED, false, "the key has no rights on this topic"},
    {RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, ERROR_DENIED, false, "the key has no rights on this consumer group"},
    {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, ERROR_DENIED, false, "the key has no rights on the cluster"},
    {RD_KAFKA_RESP_ERR__TRANSPORT, ERROR_UNREACHABLE, true, "check the address, the network and that the broker runs"},
    {RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, ERROR_UNREACHABLE, true,
     "check the address, the network and that the broker runs"},
    {RD_KAFKA_RESP_ERR__RESOLVE, ERROR_UNREACHABLE, true, "the host name is not known here; check bootstrap.servers"},
    {RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE, ERROR_UNREACHABLE, true, NULL},
    {RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION, ERROR_UNREACHABLE, true, NULL},
    {RD_KAFKA_RESP_ERR__TIMED_OUT, ERROR_TIMEOUT, true, "the broker did not answer in time"},
    {RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, ERROR_TIMEOUT, true, "the broker did not answer in time"},
    {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, ERROR_TIMEOUT, true, "the record could not be delivered in time"},
    {RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, ERROR_TIMEOUT, true, NULL},
    {RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS, ERROR_EXISTS, false, NULL},
    {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, ERROR_NOT_FOUND, true, "the topic does not exist; create it first"},
    {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, ERROR_NOT_FOUND, true, "there is no such topic or partition"},
    {RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, ERROR_NOT_FOUND, true, "the topic has no such partition"},
    {RD_KAFKA_RESP_ERR__UNKNOWN_GROUP, ERROR_NOT_FOUND, false, NULL},
    {RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND, ERROR_NOT_FOUND, false, "there is no such consumer group"},
    {RD_KAFKA_RESP_ERR_NON_EMPTY_GROUP, ERROR_CONFLICT, true, "the group still has members; stop them first"},
    {RD_KAFKA_RESP_ERR__QUEUE_FULL, ERROR_BUSY, true, "the send queue is full; poll, then send again"},
    {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, ERROR_INVALID, false, "the record is larger than message.max.bytes"},
    {RD_KAFKA_RESP_ERR_INVALID_RECORD, ERROR_INVALID, false,
     "the topic's settings do not allow it; a compacted topic takes no record without a key"},
    {RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, ERROR_INVALID, false, NULL},
    {RD_KAFKA_RESP_ERR_INVALID_MSG, ERROR_CORRUPT, true, NULL},
    {RD_KAFKA_RESP_ERR__BAD_MSG, ERROR_CORRUPT, false, "the broker sent bytes that do not decode"},
    {RD_KAFKA_RESP_ERR__BAD_COMPRESSION, ERROR_CORRUPT, false, NULL},
    {RD_KAFKA_RESP_ERR_INVALID_PARTITIONS, ERROR_INVALID, false, NULL},
    {RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR, ERROR_INVALID, false,
     "there are not that many brokers; -1 asks for the broker's default"},
    {RD_KAFKA_RESP_ERR_INVALID_CONFIG, ERROR_INVALID, false, NULL},
    {RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, ERROR_INVALID, false,
     "a topic name has letters, digits, '.', '_' and '-', at most 249"},
    {RD_KAFKA_RESP_ERR_POLICY_VIOLATION, ERROR_DENIED, false, NULL},
    {RD_KAFKA_RESP_ERR__INVALID_ARG, ERROR_INVALID, false, NULL},
    {RD_KAFKA_RESP_ERR_INVALID_REQUEST, ERROR_INVALID, false, NULL},
    {RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, ERROR_UNSUPPORTED, false, "this broker does not offer it"},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION, ERROR_UNSUPPORTED, false, "this broker does not offer it"},
    {RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, ERROR_NOT_FOUND, false,
     "the offset to go on from is no longer there and auto.offset.reset is 'error'"},
    {RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, ERROR_NOT_FOUND, false, NULL},
    {RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED, ERROR_TIMEOUT, true,
     "this consumer read nothing for too long and lost its partitions"},
    {RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, ERROR_CONFLICT, true, "the group was shared out anew meanwhile"},
    {RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, ERROR_CONFLICT, true, "the group was shared out anew meanwhile"},
    {RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, ERROR_CONFLICT, true, "the group is being shared out anew"},
    {RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, ERROR_UNREACHABLE, true, NULL},
    {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, ERROR_UNREACHABLE, true, NULL},
    {RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, ERROR_UNREACHABLE, true, NULL},
    {RD_KAFKA_RESP_ERR_NOT_COORDINATOR, ERROR_UNREACHABLE, true, NULL},
    {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, ERROR_BUSY, true, NULL},
    {RD_KAFKA_RESP_ERR__WAIT_COORD, ERROR_UNREACHABLE, true, NULL},
    {RD_KAFKA_RESP_ERR__DESTROY, ERROR_CLOSED, false, NULL},
    {RD_KAFKA_RESP_ERR__PURGE_QUEUE, ERROR_CLOSED, false, NULL},
    {RD_KAFKA_RESP_ERR__PURGE_INFLIGHT, ERROR_CLOSED, false, NULL},
    {RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, ERROR_IO, true, "the broker cannot write to its disk"},
    {RD_KAFKA_RESP_ERR__FATAL, ERROR_CLOSED, false, "this client must be made anew"},
};

int kafka_fault_set(struct error *error, rd_kafka_resp_err_t code, const char *detail, const char *format, ...) {
    const struct fault *fault = NULL;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0] && !fault; i++) {
        if (faults[i].kafka == code)
            fault = &faults[i];
    }
    const char *cause = detail && detail[0] ? detail : rd_kafka_err2str(code);
    const char *advice = fault && fault->advice ? fault->advice : NULL;
    error_set(error, fault ? fault->code : ERROR_INTERNAL, "%s%s%s%s", cause, advice ? " (" : "", advice ? advice : "",
              advice ? ")" : "");
    if (error) {
        error->retriable = fault && fault->retriable;
        error->fatal = code == RD_KAFKA_RESP_ERR__FATAL;
    }
    struct text what = TEXT_EMPTY;
    va_list arguments;
    va_start(arguments, format);
    text_append_format_v(&what, format, arguments);
    va_end(arguments);
    error_wrap(error, "%s", text_string(&what));
    text_free(&what);
    return -1;
}

/* How much a cause says: wrong credentials explain every failed connection after them. */
static int weight(rd_kafka_resp_err_t code) {
    switch (code) {
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
    case RD_KAFKA_RESP_ERR__SSL:
        return 3;
    case RD_KAFKA_RESP_ERR__RESOLVE:
        return 2;
    case RD_KAFKA_RESP_ERR__TRANSPORT:
        return 1;
    default:
        return 0;
    }
}

void kafka_cause_hear(struct kafka_cause *cause, rd_kafka_resp_err_t code, const char *reason) {
    if (!weight(code) || weight(code) < weight(cause->code))
        return;
    cause->code = code;
    snprintf(cause->reason, sizeof cause->reason, "%s", reason ? reason : "");
}

rd_kafka_resp_err_t kafka_cause_of(const struct kafka_cause *cause, rd_kafka_resp_err_t code, const char **detail) {
    switch (code) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
        if (!cause->code)
            return code;
        *detail = cause->reason;
        return cause->code;
    default:
        return code;
    }
}

void kafka_cause_clear(struct kafka_cause *cause) {
    cause->code = RD_KAFKA_RESP_ERR_NO_ERROR;
}
