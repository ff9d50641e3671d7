/* ksqlDB's REST and the records of its command topic: the whole server with its engine and its readers, over the stages
 * of HTTP and of Kafka. Without a registry, so formats that need one are refused. Input: what was kept (kafka_stage.h),
 * then requests (http_stage.h). */
#include "client/profile.h"
#include "foundation/base/clock.h"
#include "foundation/base/memory.h"
#include "fuzz/http_stage.h"
#include "fuzz/kafka_stage.h"
#include "server/ksqldb.h"

/* Time-outs are a hundredth of what they are: the server's only wait is for a command that another request brings. */
int64_t __real_clock_monotonic_ms(void);
int64_t __wrap_clock_monotonic_ms(void);
int64_t __wrap_clock_monotonic_ms(void) {
    return __real_clock_monotonic_ms() * 100;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = fuzz_input(data, size);
    struct error error = {0};
    struct clock clock;
    clock_fix(&clock, 1773500000000);
    struct http_server *http = http_server_new(&error);
    struct properties *properties = properties_new();
    properties_set(properties, "bootstrap.servers", "127.0.0.1:1");
    struct profile *profile = profile_from_properties("stage", properties, 0, &error);
    struct ksqldb_server_options options = {.profile = profile, .http = http, .address = "127.0.0.1", .clock = &clock};
    kafka_stage_open("_confluent-ksql-default__command_topic", &input);
    struct ksqldb_server *server = profile ? ksqldb_server_start(&options, &error) : NULL;
    if (server)
        http_stage_run(http, &input);
    else if (error.code != ERROR_CORRUPT) /* a command topic that is none */
        fatal("the server does not start: %s", error.message);
    ksqldb_server_stop(server);
    kafka_stage_close();
    profile_release(profile);
    properties_free(properties);
    http_server_free(http);
    return 0;
}
