/* Produce and consume through the broker: our client beside kcat against the same broker, messages a second and
 * processor time a message on both ends. kcat is librdkafka's own tool; Debian does not package rdkafka_performance. */
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client/kafka.h"
#include "foundation/base/file.h"
#include "foundation/base/memory.h"
#include "measure.h"
#include "server/broker.h"

enum {
    MESSAGES = 200000,
    VALUE_SIZE = 100,
    BATCH = 1000,
    PATIENCE_MS = 60000,
    LATENCY_SAMPLES = 2000,
    LATENCY_WARM = 100
};

struct scene {
    char folder[64], lines[96], address[32], topic[32];
    pid_t broker;
    int stop; /* closing it ends the broker's process */
    struct profile *profile;
    struct kafka_admin *admin;
    struct kafka_producer *producer;
    struct kafka_consumer *consumer;
    int64_t first_ns;
    char value[VALUE_SIZE + 1];
    int topics;
};

struct cost { /* a message */
    double wall_ns, broker_ns, client_ns;
};

static void must(bool good, const char *what, const struct error *error) {
    if (good)
        return;
    fprintf(stderr, "broker_bench: %s failed%s%s\n", what, error ? ": " : "", error ? error->message : "");
    exit(1);
}

/* The broker runs in a process of its own, so that its processor time is its own too. Forked before any thread starts.
 */
static void start_broker(struct scene *scene) {
    int ready[2], stop[2];
    uint16_t port = 0;
    must(pipe(ready) == 0 && pipe(stop) == 0, "pipe", NULL);
    scene->broker = fork();
    must(scene->broker >= 0, "fork", NULL);
    if (scene->broker == 0) {
        char log[96], byte;
        struct error error = {0};
        snprintf(log, sizeof log, "%s/log", scene->folder);
        close(stop[1]);
        struct broker_options options = {.folder = log, .address = "127.0.0.1"};
        struct broker *broker = broker_start(&options, &error);
        must(broker != NULL, "the broker", &error);
        port = broker_port(broker);
        must(write(ready[1], &port, sizeof port) == sizeof port, "telling the port", NULL);
        while (read(stop[0], &byte, 1) < 0)
            ;
        broker_stop(broker);
        _exit(0);
    }
    close(stop[0]);
    close(ready[1]);
    scene->stop = stop[1];
    fcntl(scene->stop, F_SETFD, FD_CLOEXEC);
    must(read(ready[0], &port, sizeof port) == sizeof port, "the broker's process", NULL);
    close(ready[0]);
    snprintf(scene->address, sizeof scene->address, "127.0.0.1:%u", port);
}

static int64_t broker_cpu_ns(const struct scene *scene) {
    clockid_t clock;
    struct timespec time;
    must(clock_getcpuclockid(scene->broker, &clock) == 0 && clock_gettime(clock, &time) == 0, "the broker's clock",
         NULL);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int64_t usage_ns(int who) {
    struct rusage usage;
    getrusage(who, &usage);
    return ((int64_t)usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000 +
           ((int64_t)usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;
}

static void run_kcat(struct scene *scene, bool consume) {
    char count[16];
    snprintf(count, sizeof count, "%d", MESSAGES);
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, 1);
        dup2(null, 2);
        if (consume)
            execlp("kcat", "kcat", "-C", "-b", scene->address, "-t", scene->topic, "-p", "0", "-o", "beginning", "-c",
                   count, "-q", NULL);
        else
            execlp("kcat", "kcat", "-P", "-b", scene->address, "-t", scene->topic, "-p", "0", "-X", "linger.ms=5", "-X",
                   "enable.idempotence=true", "-l", scene->lines, NULL);
        _exit(127);
    }
    int status = 0;
    must(waitpid(child, &status, 0) == child && status == 0, "kcat (is it installed?)", NULL);
}

static void kcat_produce(struct scene *scene) {
    run_kcat(scene, false);
}
static void kcat_consume(struct scene *scene) {
    run_kcat(scene, true);
}

static void produce(struct scene *scene) {
    struct error error = {0};
    struct kafka_record record = {.topic = scene->topic, .value = {scene->value, VALUE_SIZE}};
    for (int i = 0; i < MESSAGES; i++) {
        while (kafka_producer_send(scene->producer, &record, &error) != 0) {
            must(error.code == ERROR_BUSY, "send", &error);
            kafka_producer_poll(scene->producer, 10);
        }
        if (i % BATCH == 0)
            kafka_producer_poll(scene->producer, 0);
    }
    must(kafka_producer_flush(scene->producer, PATIENCE_MS, &error) == 0, "flush", &error);
}

/* A consumer of its own each time, as each kcat is one. Until its first message librdkafka looks for the topic's leader
 * and offsets; how long that took is noted, since it says nothing about the rate. */
static void consume(struct scene *scene) {
    static struct kafka_message messages[BATCH];
    struct error error = {0};
    struct kafka_consumer_options options = {.offset_reset = "earliest"};
    int64_t began = clock_monotonic_ns();
    scene->consumer = kafka_consumer_new(scene->profile, &options, &error);
    struct kafka_partition from = {scene->topic, 0, KAFKA_EARLIEST};
    must(scene->consumer && kafka_consumer_assign(scene->consumer, &from, 1, &error) == 0, "assign", &error);
    for (int got = 0; got < MESSAGES;) {
        int count = kafka_consumer_receive(scene->consumer, messages, BATCH, 5000, &error);
        must(count > 0, "receive", &error);
        if (got == 0)
            scene->first_ns = clock_monotonic_ns() - began;
        got += count;
        kafka_consumer_release(scene->consumer);
    }
}

/* One record at a time, from before it is handed to the producer until the consumer has it. */
static double measure_latency(struct scene *scene) {
    static double samples[LATENCY_SAMPLES];
    struct kafka_message messages[8];
    struct error error = {0};
    struct kafka_consumer_options options = {.offset_reset = "earliest"};
    struct properties *eager = properties_new();
    properties_set(eager, "linger.ms", "0");
    struct kafka_producer *producer = kafka_producer_new(scene->profile, eager, NULL, NULL, &error);
    struct kafka_consumer *consumer = kafka_consumer_new(scene->profile, &options, &error);
    struct kafka_partition from = {scene->topic, 0, KAFKA_EARLIEST};
    struct kafka_record record = {.topic = scene->topic, .value = {scene->value, VALUE_SIZE}};
    must(producer && consumer && kafka_consumer_assign(consumer, &from, 1, &error) == 0, "assign", &error);
    for (int i = -LATENCY_WARM; i < LATENCY_SAMPLES; i++) {
        int64_t began = clock_monotonic_ns();
        must(kafka_producer_send(producer, &record, &error) == 0, "send", &error);
        must(kafka_consumer_receive(consumer, messages, 8, 5000, &error) == 1, "receive", &error);
        if (i >= 0)
            samples[i] = (double)(clock_monotonic_ns() - began) / 1e6;
        kafka_producer_poll(producer, 0);
        usleep(1000);
    }
    qsort(samples, LATENCY_SAMPLES, sizeof *samples, measure_compare);
    printf(
        "produce to fetch              p50 %.3f ms  p99 %.3f ms  (a record each 1 ms, both clients' time included)\n",
        samples[LATENCY_SAMPLES / 2], samples[LATENCY_SAMPLES * 99 / 100]);
    kafka_producer_free(producer);
    kafka_consumer_free(consumer);
    properties_free(eager);
    return samples[LATENCY_SAMPLES / 2];
}

static long resident_kb(pid_t process) {
    char path[64];
    struct text text = TEXT_EMPTY;
    long pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)process);
    if (file_read(path, &text, NULL) == 0) {
        const char *space = strchr(text_string(&text), ' ');
        pages = space ? strtol(space, NULL, 10) : 0;
    }
    text_free(&text);
    return pages * sysconf(_SC_PAGESIZE) / 1024;
}

static struct cost run(struct scene *scene, void (*body)(struct scene *), int who) {
    int64_t wall = clock_monotonic_ns(), broker = broker_cpu_ns(scene), client = usage_ns(who);
    body(scene);
    wall = clock_monotonic_ns() - wall;
    return (struct cost){(double)wall / MESSAGES, (double)(broker_cpu_ns(scene) - broker) / MESSAGES,
                         (double)(usage_ns(who) - client) / MESSAGES};
}

static void new_topic(struct scene *scene) {
    struct error error = {0};
    snprintf(scene->topic, sizeof scene->topic, "bench-%d", scene->topics++);
    must(kafka_admin_create_topic(scene->admin, scene->topic, 1, -1, NULL, 10000, &error) == 0, "create topic", &error);
}

static double median(const struct cost *costs, size_t field) {
    double sorted[MEASURE_RUNS];
    for (int i = 0; i < MEASURE_RUNS; i++)
        sorted[i] = ((const double *)&costs[i])[field];
    qsort(sorted, MEASURE_RUNS, sizeof *sorted, measure_compare);
    return sorted[MEASURE_RUNS / 2];
}

static void report(const char *name, const struct cost *ours, const struct cost *theirs) {
    static const char *const fields[] = {"wall", "broker CPU", "client CPU"};
    printf("%-28s ours %8.0f /s  theirs %8.0f /s  ratio %6.2f\n", name, 1e9 / median(ours, 0), 1e9 / median(theirs, 0),
           median(theirs, 0) / median(ours, 0));
    for (size_t i = 1; i < 3; i++)
        printf("  %-26s ours %8.0f ns  theirs %8.0f ns  ratio %6.2f\n", fields[i], median(ours, i), median(theirs, i),
               median(theirs, i) / median(ours, i));
    /* who is the limit: clients start within their time, and have threads of their own */
    printf("  %-26s ours %8.0f %%   theirs %8.0f %%   of the time\n", "the broker is at work",
           100 * median(ours, 1) / median(ours, 0), 100 * median(theirs, 1) / median(theirs, 0));
}

/* Apache Kafka 4.3.1 with its own tools, recorded on a machine of this size; it is not measured here. */
static const struct {
    double cpu_low_ns, cpu_high_ns; /* a message produced and consumed */
    double memory_low_mb, memory_high_mb, p50_low_ms, p50_high_ms, rate_low, rate_high;
} kafka = {640, 880, 175, 220, 0.66, 0.88, 447000, 690000};

/* kcat's side is an idempotent producer and a plain consumer, as the recorded tools are. */
static void report_recorded(const struct cost *produced, const struct cost *consumed) {
    double cpu = median(produced, 1) + median(consumed, 1);
    printf("beside Apache Kafka 4.3.1, recorded, not measured here:\n");
    printf("  %-26s ours %8.0f /s  recorded %.0f to %.0f /s\n", "idempotent produce", 1e9 / median(produced, 0),
           kafka.rate_low, kafka.rate_high);
    printf("  %-26s ours %8.0f ns  recorded %.0f to %.0f ns  ratio %.1f to %.1f (aim 3)\n", "broker CPU, in and out",
           cpu, kafka.cpu_low_ns, kafka.cpu_high_ns, kafka.cpu_low_ns / cpu, kafka.cpu_high_ns / cpu);
}

static void report_recorded_rest(double p50_ms, double memory_mb) {
    printf("  %-26s ours %8.3f ms  recorded %.2f to %.2f ms  ratio %.1f to %.1f (aim 2)\n", "produce to fetch, p50",
           p50_ms, kafka.p50_low_ms, kafka.p50_high_ms, kafka.p50_low_ms / p50_ms, kafka.p50_high_ms / p50_ms);
    printf("  %-26s ours %8.1f MB  recorded %.0f to %.0f MB  ratio %.1f to %.1f (aim 20)\n", "memory after all of it",
           memory_mb, kafka.memory_low_mb, kafka.memory_high_mb, kafka.memory_low_mb / memory_mb,
           kafka.memory_high_mb / memory_mb);
}

int main(void) {
    struct scene scene = {.folder = "/tmp/broker-bench-XXXXXX"};
    struct error error = {0};
    struct cost produced[2][MEASURE_RUNS], consumed[2][MEASURE_RUNS], flowing[1][MEASURE_RUNS];
    struct text lines = TEXT_EMPTY;
    must(mkdtemp(scene.folder) != NULL, "a temporary folder", NULL);
    start_broker(&scene);
    for (int i = 0; i < VALUE_SIZE; i++)
        scene.value[i] = (char)('a' + i * 7 % 26);
    for (int i = 0; i < MESSAGES; i++)
        text_append_format(&lines, "%s\n", scene.value);
    snprintf(scene.lines, sizeof scene.lines, "%s/lines", scene.folder);
    must(file_write_atomic(scene.lines, text_view(&lines), 0600, &error) == 0, "writing the lines", &error);
    text_free(&lines);
    struct properties *properties = properties_new();
    properties_set(properties, "bootstrap.servers", scene.address);
    scene.profile = profile_from_properties("bench", properties, 0, &error);
    scene.admin = kafka_admin_new(scene.profile, &error);
    scene.producer = kafka_producer_new(scene.profile, NULL, NULL, NULL, &error);
    must(scene.admin && scene.producer, "the clients", &error);
    for (int i = -1; i < MEASURE_RUNS; i++) { /* the first round warms up */
        int at = i < 0 ? 0 : i;
        new_topic(&scene);
        produced[0][at] = run(&scene, produce, RUSAGE_SELF);
        consumed[0][at] = run(&scene, consume, RUSAGE_SELF);
        flowing[0][at] = consumed[0][at];
        flowing[0][at].wall_ns -= (double)scene.first_ns / MESSAGES;
        kafka_consumer_free(scene.consumer);
        new_topic(&scene);
        produced[1][at] = run(&scene, kcat_produce, RUSAGE_CHILDREN);
        consumed[1][at] = run(&scene, kcat_consume, RUSAGE_CHILDREN);
    }
    printf("broker, %d messages of %d bytes, ours = client/kafka, theirs = kcat, same broker\n", MESSAGES, VALUE_SIZE);
    report("produce / kcat", produced[0], produced[1]);
    report("consume / kcat", consumed[0], consumed[1]);
    printf("  %-26s ours %8.0f /s\n", "from its first message on", 1e9 / median(flowing[0], 0));
    new_topic(&scene);
    double p50 = measure_latency(&scene);
    printf("broker's memory               %ld KB after all of it\n", resident_kb(scene.broker));
    report_recorded(produced[1], consumed[1]);
    report_recorded_rest(p50, (double)resident_kb(scene.broker) / 1000);
    kafka_producer_free(scene.producer);
    kafka_admin_free(scene.admin);
    profile_release(scene.profile);
    properties_free(properties);
    close(scene.stop);
    waitpid(scene.broker, NULL, 0);
    file_remove_tree(scene.folder, NULL);
    return 0;
}
