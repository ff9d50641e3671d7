#include "foundation/net/http_route.h"

#include "foundation/base/memory.h"
#include "foundation/net/http_text.h"

void http_route_free(struct parameter *parameters, size_t count) {
    for (size_t i = 0; i < count; i++)
        memory_free(parameters[i].value);
}

bool http_route_fits(const char *pattern_text, const char *path_text, struct parameter parameters[PARAMETERS],
                     size_t *count) {
    struct view pattern = view_of(pattern_text), path = view_of(path_text);
    size_t found = 0;
    const char *names[PARAMETERS];
    struct view values[PARAMETERS];
    for (;;) {
        struct view want = {0}, have = {0};
        bool more_pattern = view_split(&pattern, '/', &want), more_path = view_split(&path, '/', &have);
        if (!more_pattern || !more_path) {
            if (more_pattern != more_path)
                return false;
            break;
        }
        if (want.size > 2 && want.data[0] == '{') {
            if (have.size == 0 || found == PARAMETERS)
                return false;
            names[found] = want.data + 1;
            values[found++] = have;
        } else if (!view_equal(want, have)) {
            return false;
        }
    }
    http_route_free(parameters, *count);
    for (size_t i = 0; i < found; i++)
        parameters[i] = (struct parameter){names[i], http_text_decode(values[i])};
    *count = found;
    return true;
}

const char *http_route_parameter(const struct parameter *parameters, size_t count, const char *name) {
    size_t size = strlen(name);
    for (size_t i = 0; i < count; i++)
        if (strncmp(parameters[i].name, name, size) == 0 && parameters[i].name[size] == '}')
            return parameters[i].value;
    return NULL;
}
