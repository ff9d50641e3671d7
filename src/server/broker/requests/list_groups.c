/* ListGroups 0-5, filtered by state from version 4 on and by type from version 5 on. */
#include "server/broker/handler.h"

static bool wanted(struct reader filter, int32_t count, const char *word) {
    bool found = count <= 0;
    for (int32_t i = 0; i < count && !found; i++)
        found = view_equal_ignoring_case(read_string(&filter), view_of(word));
    return found;
}

static int32_t read_filter(struct reader *reader, struct reader *filter) {
    int32_t count = read_array(reader, 2);
    *filter = *reader;
    for (int32_t i = 0; i < count && !reader->broken; i++)
        read_string(reader);
    return count;
}

static enum handled handle(struct request *request) {
    struct reader states = {0}, types = {0};
    int32_t state_count = request->version >= 4 ? read_filter(&request->reader, &states) : 0;
    int32_t type_count = request->version >= 5 ? read_filter(&request->reader, &types) : 0;
    struct group_facts facts;
    int32_t count = 0;
    bool classic = wanted(types, type_count, "classic");
    for (size_t at = 0; groups_next(request->core->groups, &at, &facts);)
        count += classic && wanted(states, state_count, facts.state);
    answer_throttle(request, 1);
    write_int16(request->out, KAFKA_OK);
    answer_array(request, count);
    for (size_t at = 0; groups_next(request->core->groups, &at, &facts);) {
        if (!classic || !wanted(states, state_count, facts.state))
            continue;
        answer_view(request, facts.name);
        answer_string(request, facts.protocol_type);
        if (request->version >= 4)
            answer_string(request, facts.state);
        if (request->version >= 5)
            answer_string(request, "classic");
        answer_tags(request);
    }
    answer_tags(request);
    return HANDLED;
}

const struct handler handler_list_groups = {KEY_LIST_GROUPS, 0, 5, 3, "ListGroups", handle, false};
