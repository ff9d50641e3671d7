/* The registry's REST and the records of _schemas. Input: what was kept (journal_stage.h), then requests
 * (http_stage.h). */
#include "client/profile.h"
#include "foundation/base/memory.h"
#include "fuzz/http_stage.h"
#include "fuzz/journal_stage.h"
#include "server/registry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = fuzz_input(data, size);
    struct error error = {0};
    struct http_server *http = http_server_new(&error);
    struct registry_server_options options = {.http = http, .address = "127.0.0.1"};
    journal_stage_records(&input);
    struct registry_server *server = registry_server_start(&options, &error);
    if (!server)
        fatal("the registry does not start: %s", error.message);
    http_stage_run(http, &input);
    registry_server_stop(server);
    http_server_free(http);
    return 0;
}
