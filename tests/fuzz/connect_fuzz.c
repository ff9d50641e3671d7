/* The Connect worker's REST and the records of its three topics. Kafka is not there, so a connector that is started
 * fails and says why. Input: what was kept (journal_stage.h), then requests (http_stage.h). */
#include "client/kafka.h"
#include "client/profile.h"
#include "foundation/base/memory.h"
#include "fuzz/http_stage.h"
#include "fuzz/journal_stage.h"
#include "server/connect.h"

struct kafka_admin *__wrap_kafka_admin_new(const struct profile *profile, struct error *error);
struct kafka_admin *__wrap_kafka_admin_new(const struct profile *profile, struct error *error) {
    (void)profile;
    error_set(error, ERROR_INVALID, "there is no Kafka on this stage");
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = fuzz_input(data, size);
    struct error error = {0};
    struct http_server *http = http_server_new(&error);
    struct properties *properties = properties_new();
    properties_set(properties, "bootstrap.servers", "127.0.0.1:1");
    struct profile *profile = profile_from_properties("stage", properties, 0, &error);
    struct connect_server_options options = {.profile = profile, .http = http, .address = "127.0.0.1"};
    journal_stage_records(&input);
    struct connect_server *server = profile ? connect_server_start(&options, &error) : NULL;
    if (!server)
        fatal("the worker does not start: %s", error.message);
    http_stage_run(http, &input);
    connect_server_stop(server);
    profile_release(profile);
    properties_free(properties);
    http_server_free(http);
    return 0;
}
