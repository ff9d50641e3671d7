/* librdkafka alone, the same client for whichever broker: one kind of load, its figures on one line.
 *   kafka_load produce HOST:PORT TOPIC PARTITIONS COUNT    idempotent, acks=all, linger.ms=5, values of 150 bytes, keys
 * of 8 kafka_load consume HOST:PORT TOPIC PARTITIONS COUNT    from the beginning both: nanoseconds from the first
 * message on, and of this process's CPU in them. kafka_load latency HOST:PORT TOPIC PARTITIONS COUNT    one message at
 * a time at random moments, linger.ms=0, acks=all nanoseconds from before it is handed to the producer until the
 * consumer has it: median, 99 %, longest. */
#include <librdkafka/rdkafka.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "measure.h"

enum { VALUE_SIZE = 150, KEY_SIZE = 8, PATIENCE_MS = 60000, PULLED = 10000, WARM = 50 };

struct load {
    const char *address, *topic;
    int partitions, count;
};

static void fail(const char *what, const char *why) {
    fprintf(stderr, "kafka_load: %s: %s\n", what, why);
    exit(1);
}

static int64_t cpu_ns(void) {
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

static void delivered(rd_kafka_t *client, const rd_kafka_message_t *message, void *context) {
    (void)client;
    (void)context;
    if (message->err)
        fail("a message was not taken", rd_kafka_err2str(message->err));
}

static rd_kafka_t *client_new(const struct load *load, rd_kafka_type_t type, const char *const (*settings)[2]) {
    char why[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (rd_kafka_conf_set(conf, "bootstrap.servers", load->address, why, sizeof why) != RD_KAFKA_CONF_OK)
        fail("setting", why);
    for (; (*settings)[0]; settings++)
        if (rd_kafka_conf_set(conf, (*settings)[0], (*settings)[1], why, sizeof why) != RD_KAFKA_CONF_OK)
            fail("setting", why);
    if (type == RD_KAFKA_PRODUCER)
        rd_kafka_conf_set_dr_msg_cb(conf, delivered);
    rd_kafka_t *client = rd_kafka_new(type, conf, why, sizeof why);
    if (!client)
        fail("client", why);
    return client;
}

static void send_one(const struct load *load, rd_kafka_t *producer, int number) {
    char value[VALUE_SIZE], key[KEY_SIZE + 1];
    memset(value, 'x', sizeof value);
    snprintf(key, sizeof key, "%08u", (unsigned)number % 100000000u);
    for (;;) {
        rd_kafka_resp_err_t code =
            rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(load->topic), RD_KAFKA_V_PARTITION(number % load->partitions),
                              RD_KAFKA_V_KEY(key, KEY_SIZE), RD_KAFKA_V_VALUE(value, sizeof value),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
            return;
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            fail("produce", rd_kafka_err2str(code));
        rd_kafka_poll(producer, 10);
    }
}

static void flush(rd_kafka_t *producer) {
    if (rd_kafka_flush(producer, PATIENCE_MS) != RD_KAFKA_RESP_ERR_NO_ERROR)
        fail("flush", "not all taken within a minute");
}

static void produce(const struct load *load) {
    static const char *const settings[][2] = {
        {"enable.idempotence", "true"}, {"linger.ms", "5"}, {"queue.buffering.max.messages", "500000"}, {NULL, NULL}};
    rd_kafka_t *producer = client_new(load, RD_KAFKA_PRODUCER, settings);
    for (int i = 0; i < load->partitions; i++) /* what connections and a producer id take isn't the load's */
        send_one(load, producer, i);
    flush(producer);
    int64_t wall = clock_monotonic_ns(), cpu = cpu_ns();
    for (int i = 0; i < load->count; i++) {
        send_one(load, producer, i);
        if (i % 1000 == 0)
            rd_kafka_poll(producer, 0);
    }
    flush(producer);
    printf("%lld %lld\n", (long long)(clock_monotonic_ns() - wall), (long long)(cpu_ns() - cpu));
    rd_kafka_destroy(producer);
}

static rd_kafka_t *consumer_at(const struct load *load, int64_t offset) {
    static const char *const settings[][2] = {{"group.id", "bench"},
                                              {"enable.auto.commit", "false"},
                                              {"auto.offset.reset", "earliest"},
                                              {"queued.min.messages", "1000000"},
                                              {NULL, NULL}};
    rd_kafka_t *consumer = client_new(load, RD_KAFKA_CONSUMER, settings);
    rd_kafka_topic_partition_list_t *places = rd_kafka_topic_partition_list_new(load->partitions);
    for (int i = 0; i < load->partitions; i++)
        rd_kafka_topic_partition_list_add(places, load->topic, i)->offset = offset;
    rd_kafka_poll_set_consumer(consumer);
    if (rd_kafka_assign(consumer, places) != RD_KAFKA_RESP_ERR_NO_ERROR)
        fail("assign", "refused");
    rd_kafka_topic_partition_list_destroy(places);
    return consumer;
}

static void consume(const struct load *load) {
    static rd_kafka_message_t *pulled[PULLED];
    rd_kafka_t *consumer = consumer_at(load, RD_KAFKA_OFFSET_BEGINNING);
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(consumer);
    int64_t wall = 0, cpu = 0;
    for (int got = 0; got < load->count;) {
        ssize_t count = rd_kafka_consume_batch_queue(queue, 1000, pulled, PULLED);
        if (count > 0 && wall == 0) {
            wall = clock_monotonic_ns();
            cpu = cpu_ns();
        }
        for (ssize_t i = 0; i < count; i++) {
            if (pulled[i]->err)
                fail("consume", rd_kafka_message_errstr(pulled[i]));
            got++;
            rd_kafka_message_destroy(pulled[i]);
        }
    }
    printf("%lld %lld\n", (long long)(clock_monotonic_ns() - wall), (long long)(cpu_ns() - cpu));
    rd_kafka_queue_destroy(queue);
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
}

static void latency(const struct load *load) {
    static const char *const settings[][2] = {{"linger.ms", "0"}, {"acks", "all"}, {NULL, NULL}};
    double *took = calloc((size_t)load->count, sizeof *took);
    unsigned seed = 7;
    if (!took)
        fail("latency", "no memory");
    rd_kafka_t *producer = client_new(load, RD_KAFKA_PRODUCER, settings);
    rd_kafka_t *consumer = consumer_at(load, RD_KAFKA_OFFSET_BEGINNING);
    for (int i = -WARM; i < load->count; i++) {
        int64_t began = clock_monotonic_ns();
        send_one(load, producer, 0);
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, PATIENCE_MS);
        if (!message || message->err)
            fail("latency", message ? rd_kafka_message_errstr(message) : "no message within a minute");
        if (i >= 0)
            took[i] = (double)(clock_monotonic_ns() - began);
        rd_kafka_message_destroy(message);
        rd_kafka_poll(producer, 0);
        usleep(1000 + (useconds_t)rand_r(&seed) % 4000);
    }
    qsort(took, (size_t)load->count, sizeof *took, measure_compare);
    printf("%.0f %.0f %.0f\n", took[load->count / 2], took[load->count * 99 / 100], took[load->count - 1]);
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    rd_kafka_destroy(producer);
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*run)(const struct load *);
    } kinds[] = {{"produce", produce}, {"consume", consume}, {"latency", latency}};
    if (argc != 6)
        fail("arguments", "kafka_load produce|consume|latency HOST:PORT TOPIC PARTITIONS COUNT");
    struct load load = {.address = argv[2],
                        .topic = argv[3],
                        .partitions = (int)strtol(argv[4], NULL, 10),
                        .count = (int)strtol(argv[5], NULL, 10)};
    if (load.partitions < 1 || load.count < 1)
        fail("arguments", "counts are above 0");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(argv[1], kinds[i].name) == 0) {
            kinds[i].run(&load);
            return 0;
        }
    fail("no such load", argv[1]);
}
