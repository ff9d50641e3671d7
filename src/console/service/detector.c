/* The fraud detector: reads FEATURE_SET in the group FraudDetectorApplication, writes an alert for every update that
 * breaks the rule, commits after the alert is acknowledged (at least once). What cannot be decoded is counted, shown
 * and skipped. */
#include <string.h>

#include "console/service/claim.h"
#include "console/service/feature.h"
#include "foundation/base/memory.h"
#include "foundation/format/format.h"
#include "lab/alert.h"
#include "lab/rule.h"
#include "lab/topics.h"

enum {
    RECEIVE = 500,
    WAIT_MS = 20,
    POST_MS = 250,
    FLUSH_MS = 5000,
    PARTITIONS_MOST = 64,
    LAG_MS = 1000,
    IDLE_MS = 250
};

static const struct column alert_columns[] = {{{"details", 7}, &sql_string}};

struct detector {
    struct service *self;
    struct rule rule;
    struct feature_reader *reader;
    struct kafka_admin *admin;
    struct kafka_consumer *consumer;
    struct kafka_producer *producer;
    struct schema_source schemas;
    struct codec *codec;
    struct model_detector state;
    struct error failed; /* of a delivery since the last batch */
    int64_t posted_ms, lag_ms;
    bool dirty;
    bool wanted;      /* started by a person: goes on after whatever stops it */
    int failures;     /* in a row */
    int64_t retry_ms; /* monotonic: when it is tried again */
};

static void delivered(void *context, const struct kafka_delivery *delivery) {
    struct detector *detector = context;
    if (delivery->error)
        detector->failed = *delivery->error;
    else
        detector->state.alerts++;
}

static void post(struct detector *detector, bool now) {
    int64_t at = clock_monotonic_ms();
    if (!now && (!detector->dirty || at - detector->posted_ms < POST_MS))
        return;
    struct event_detector *event = event_new(&event_detector_kind);
    event->state = detector->state;
    event->state.error = memory_copy_string(detector->state.error);
    event->state.rule_count = detector->rule.count;
    event->state.rule_ratio = detector->rule.ratio;
    detector->posted_ms = at;
    detector->dirty = false;
    mailbox_send(detector->self->context.events, &event->message);
}

static void stop(struct detector *detector) {
    if (detector->producer)
        kafka_producer_flush(detector->producer, FLUSH_MS, NULL);
    kafka_consumer_free(detector->consumer);
    kafka_producer_free(detector->producer);
    feature_reader_free(detector->reader);
    codec_free(detector->codec);
    detector->consumer = NULL;
    detector->producer = NULL;
    detector->reader = NULL;
    detector->codec = NULL;
    detector->state.running = false;
    detector->state.lag = -1;
}

static int start(struct detector *detector, struct error *error) {
    static const char *const topics[] = {LAB_TOPIC_FEATURES};
    struct service *self = detector->self;
    struct kafka_consumer_options options = {.group = LAB_DETECTOR_GROUP, .offset_reset = "earliest"};
    struct codec_options codec = {.full_name = VIEW("workshop.FraudulentTransactions"),
                                  .writer_schema = view_of(lab_alert_schema())};
    struct claims claims = CLAIMS_NONE;
    int32_t id = 0;
    detector->schemas = registry_client_source(self->registry);
    detector->failed = (struct error){0};
    int result = claim_group(self, &claims, detector->admin, LAB_DETECTOR_GROUP, error);
    if (result == 0)
        result = claim_subject(self, &claims, LAB_TOPIC_ALERTS "-value", error);
    if (result == 0)
        result = registry_client_register(self->registry, LAB_TOPIC_ALERTS "-value", "AVRO",
                                          view_of(lab_alert_schema()), &id, error);
    claims_settle(self, &claims, result ? error : NULL);
    if (result != 0)
        return -1;
    detector->reader = feature_reader_new(self->registry, error);
    detector->codec = detector->reader
                          ? format_find(VIEW("AVRO"))->compile(alert_columns, 1, &codec, &detector->schemas, error)
                          : NULL;
    if (detector->codec) {
        codec_set_schema_id(detector->codec, id);
        detector->producer = kafka_producer_new(self->context.profile, NULL, delivered, detector, error);
    }
    if (detector->producer)
        detector->consumer = kafka_consumer_new(self->context.profile, &options, error);
    if (!detector->consumer || kafka_consumer_subscribe(detector->consumer, topics, 1, error) != 0) {
        stop(detector);
        return -1;
    }
    detector->state.running = true;
    return 0;
}

static void remember(struct detector *detector, const struct feature *feature, bool alert) {
    struct model_decision *decisions = detector->state.decisions;
    memmove(&decisions[1], &decisions[0], 9 * sizeof *decisions);
    decisions[0] = (struct model_decision){
        .count = feature->count,
        .total = feature->total,
        .average = feature->average,
        .at_ms = service_now(detector->self),
        .alert = alert,
    };
    memcpy(decisions[0].card, feature->card, sizeof decisions[0].card);
    if (detector->state.decision_count < 10)
        detector->state.decision_count++;
}

static int raise_alert(struct detector *detector, const struct feature *feature, int64_t made_ms, struct error *error) {
    struct alert alert = {.total = feature->total, .average = feature->average, .count = feature->count};
    struct text text = TEXT_EMPTY, bytes = TEXT_EMPTY;
    memcpy(alert.card, feature->card, sizeof alert.card);
    memcpy(alert.email, feature->has_email ? feature->email : "unknown",
           feature->has_email ? sizeof alert.email : sizeof "unknown");
    memcpy(alert.window_start, feature->window_start_text, sizeof alert.window_start);
    memcpy(alert.window_end, feature->window_end_text, sizeof alert.window_end);
    alert_print(&alert, &text);
    struct value value = value_string(text_view(&text));
    char made[24];
    int made_size = snprintf(made, sizeof made, "%lld", (long long)made_ms);
    struct header header = {VIEW("transaction.timestamp"), {made, (size_t)made_size}};
    int result = codec_encode(detector->codec, &value, &bytes, error);
    struct kafka_record record = {
        .topic = LAB_TOPIC_ALERTS,
        .partition = -1,
        .value = text_view(&bytes),
        .timestamp = service_now(detector->self),
        .headers = &header,
        .header_count = 1,
    };
    while (result == 0 && kafka_producer_send(detector->producer, &record, error) != 0) {
        if (error->code != ERROR_BUSY)
            result = -1;
        kafka_producer_poll(detector->producer, 10);
    }
    text_free(&text);
    text_free(&bytes);
    return result;
}

/* One batch: decide, alert, wait for the acknowledgements, then commit. */
static int turn(struct detector *detector, struct error *error) {
    struct service *self = detector->self;
    struct kafka_message messages[RECEIVE];
    struct kafka_partition next[PARTITIONS_MOST];
    size_t next_count = 0;
    int count = kafka_consumer_receive(detector->consumer, messages, RECEIVE, WAIT_MS, error);
    if (count <= 0)
        return count;
    detector->dirty = true;
    for (int i = 0; i < count; i++) {
        struct feature feature;
        struct error trouble = {0};
        int outcome = feature_read(detector->reader, &messages[i], &feature, &trouble);
        detector->state.read++;
        if (outcome < 0) {
            detector->state.undecodable++;
            service_say(self, MESSAGE_WARN, "The detector skips a record that it cannot read: %s", trouble.message);
        } else if (outcome == 0) {
            bool broken = rule_is_broken(detector->rule, feature.count, feature.total, feature.average);
            remember(detector, &feature, broken);
            if (broken && raise_alert(detector, &feature, messages[i].timestamp, error) != 0)
                return -1;
        }
        size_t at = 0;
        while (at < next_count && next[at].partition != messages[i].partition)
            at++;
        if (at < PARTITIONS_MOST) {
            next[at] = (struct kafka_partition){LAB_TOPIC_FEATURES, messages[i].partition, messages[i].offset + 1};
            next_count = at == next_count ? next_count + 1 : next_count;
        }
    }
    kafka_consumer_release(detector->consumer);
    if (kafka_producer_flush(detector->producer, FLUSH_MS, error) != 0)
        return -1;
    if (detector->failed.code) {
        *error = detector->failed;
        detector->failed = (struct error){0};
        return -1;
    }
    return kafka_consumer_commit(detector->consumer, next, next_count, error) ? -1 : count;
}

/* Tries again later, further apart each time; said once, not at every try. */
static void fall(struct detector *detector, const struct error *error) {
    stop(detector);
    memory_free(detector->state.error);
    detector->state.error = memory_copy_string(error->message);
    detector->dirty = true;
    if (++detector->failures == 1)
        service_complain(detector->self, error, "the detector tries again from its last commit until it works");
    detector->retry_ms = clock_monotonic_ms() + service_backoff_ms(detector->failures);
}

static void rise(struct detector *detector) {
    if (detector->failures)
        service_say(detector->self, MESSAGE_OK, "The detector goes on.");
    detector->failures = 0;
    memory_free(detector->state.error);
    detector->state.error = NULL;
}

static void begin(struct detector *detector) {
    struct service *self = detector->self;
    struct error error = {0};
    if (detector->state.running) {
        service_say(self, MESSAGE_INFO, "The detector runs already.");
        return;
    }
    detector->wanted = true;
    detector->failures = 0;
    if (start(detector, &error) != 0)
        fall(detector, &error);
    else
        service_say(self, MESSAGE_OK, "Detector started in group %s.", LAB_DETECTOR_GROUP);
}

static void rewind_to(struct detector *detector, const char *where) {
    struct service *self = detector->self;
    struct error error = {0};
    bool was_wanted = detector->wanted;
    bool latest = where && strcmp(where, "latest") == 0;
    stop(detector);
    int32_t partitions = 0;
    struct kafka_consumer_options options = {.group = LAB_DETECTOR_GROUP, .offset_reset = "earliest"};
    struct kafka_consumer *consumer = kafka_consumer_new(self->context.profile, &options, &error);
    int result =
        consumer ? kafka_admin_topic_partitions(detector->admin, LAB_TOPIC_FEATURES, 2000, &partitions, &error) : -1;
    struct kafka_partition *offsets = memory_zero((size_t)(partitions > 0 ? partitions : 1), sizeof *offsets);
    for (int32_t i = 0; result == 0 && i < partitions; i++) {
        int64_t low = 0, high = 0;
        result = kafka_admin_watermarks(detector->admin, LAB_TOPIC_FEATURES, i, 2000, &low, &high, &error);
        offsets[i] = (struct kafka_partition){LAB_TOPIC_FEATURES, i, latest ? high : low};
    }
    if (result == 0)
        result = kafka_consumer_commit(consumer, offsets, (size_t)partitions, &error);
    kafka_consumer_free(consumer);
    memory_free(offsets);
    if (result != 0)
        service_complain(self, &error, NULL);
    else
        service_say(self, MESSAGE_OK, "The detector's group starts at the %s record.", latest ? "next" : "earliest");
    if (was_wanted)
        begin(detector);
}

static void handle(struct detector *detector, const struct request *request) {
    struct service *self = detector->self;
    switch (request->verb) {
    case REQUEST_START:
        begin(detector);
        break;
    case REQUEST_STOP:
        if (detector->wanted)
            service_say(self, MESSAGE_OK, "Detector stopped.");
        detector->wanted = false;
        stop(detector);
        break;
    case REQUEST_REWIND:
        rewind_to(detector, request->text);
        break;
    case REQUEST_RULE:
        if (request->count > 0)
            detector->rule.count = (int)request->count;
        if (request->number > 0)
            detector->rule.ratio = request->number;
        service_say(self, MESSAGE_INFO, "Rule: count >= %d and total > %g times the average.", detector->rule.count,
                    detector->rule.ratio);
        break;
    default:
        break;
    }
    post(detector, true);
    service_poke_watch(self);
}

static void work(struct detector *detector) {
    struct error error = {0};
    int64_t now = clock_monotonic_ms();
    if (!detector->state.running) {
        if (detector->wanted && now >= detector->retry_ms && start(detector, &error) != 0)
            fall(detector, &error);
        return;
    }
    int count = turn(detector, &error);
    if (count < 0) {
        fall(detector, &error);
        return;
    }
    if (count > 0 || !detector->failures)
        rise(detector);
    if (now - detector->lag_ms >= LAG_MS) {
        detector->lag_ms = now;
        detector->state.lag = service_group_lag(detector->admin, LAB_DETECTOR_GROUP, LAB_TOPIC_FEATURES);
        detector->dirty = true;
        if (detector->state.lag == 0)
            rise(detector);
    }
}

static void run(struct service *self) {
    struct detector detector = {.self = self, .rule = RULE_DEFAULT, .state = {.lag = -1}};
    struct error error = {0};
    detector.admin = kafka_admin_new(self->context.profile, &error);
    if (!detector.admin)
        service_complain(self, &error, NULL);
    while (detector.admin && !service_stopping(self)) {
        struct request *request = service_receive(self, detector.state.running ? 0 : IDLE_MS);
        if (request) {
            handle(&detector, request);
            message_free(&request->message);
        }
        work(&detector);
        post(&detector, false);
    }
    stop(&detector);
    memory_free(detector.state.error);
    kafka_admin_free(detector.admin);
}

const struct service_row service_detector = {"detector", "raises alerts for windows that break the rule",
                                             PROFILE_KAFKA | PROFILE_REGISTRY, run, true};
