/* What ksqlDB's REST reads of a request before the engine has it: body, settings, variables, the one statement of a
 * query, the Accept header; and the fault that is answered. Input: a byte that chooses the endpoint, the header, NUL,
 * the body. */
#include <jansson.h>

#include "foundation/base/memory.h"
#include "fuzz/fuzz.h"
#include "server/ksqldb/media.h"
#include "server/ksqldb/settings.h"
#include "server/ksqldb/statements.h"

static void answer(const struct fault *fault) {
    struct text body = TEXT_EMPTY;
    if (fault_status(fault) < 400 || fault_status(fault) > 599)
        fuzz_broken("a fault has a status of HTTP");
    fault_print(&body, fault, (struct view){0});
    json_t *json = json_loadb(text_string(&body), body.size, JSON_ALLOW_NUL, NULL);
    if (!json)
        fuzz_broken("a fault is told in JSON");
    json_decref(json);
    text_free(&body);
}

static void parse(const struct ksql_request *request, bool substitute) {
    struct arena arena = ARENA_EMPTY;
    struct statement *statement;
    struct fault fault = {0};
    if (statements_parse_one(request, substitute, &arena, &statement, &fault) != 0)
        answer(&fault);
    fault_free(&fault);
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = fuzz_input(data, size);
    uint8_t chosen = fuzz_byte(&input);
    struct view accept = fuzz_until(&input, '\0'), body = fuzz_rest(&input);
    struct text header = TEXT_EMPTY;
    struct ksql_request request;
    struct fault fault = {0};
    text_append(&header, accept);
    for (int kind = MEDIA_ADMIN; kind <= MEDIA_STREAM; kind++)
        media_choose((enum media_kind)kind, text_string(&header));
    char *copy = fuzz_copy(body);
    if (request_read((enum request_kind)(chosen & 3), (struct view){copy, body.size}, &request, &fault) != 0 ||
        settings_check(request.properties, &fault) != 0) {
        answer(&fault);
    } else {
        parse(&request, false);
        parse(&request, true);
    }
    for (size_t i = 0; i < properties_count(request.properties); i++) {
        const char *name, *value;
        properties_at(request.properties, i, &name, &value);
        if (setting_check_name(name, &fault) != 0)
            answer(&fault);
    }
    fault_free(&fault);
    request_free(&request);
    memory_free(copy);
    text_free(&header);
    return 0;
}
