#include "server/ksqldb/media.h"

#include <stddef.h>

#include "foundation/base/text.h"

static const struct {
    const char *name;
    enum media media;
} types[] = {
    {"application/vnd.ksql.v1+json", MEDIA_V1},
    {"application/json", MEDIA_JSON},
    {"application/vnd.ksqlapi.delimited.v1", MEDIA_DELIMITED},
    {"application/vnd.ksql.v1+protobuf", MEDIA_PROTOBUF},
};
static const struct {
    enum media nothing, anything; /* without the header; for a star */
    unsigned offered;             /* bits of enum media */
} kinds[] = {
    [MEDIA_ADMIN] = {MEDIA_JSON, MEDIA_JSON, 1u << MEDIA_V1 | 1u << MEDIA_JSON},
    [MEDIA_QUERY] = {MEDIA_V1, MEDIA_DELIMITED,
                     1u << MEDIA_V1 | 1u << MEDIA_JSON | 1u << MEDIA_DELIMITED | 1u << MEDIA_PROTOBUF},
    [MEDIA_STREAM] = {MEDIA_DELIMITED, MEDIA_DELIMITED,
                      1u << MEDIA_V1 | 1u << MEDIA_JSON | 1u << MEDIA_DELIMITED | 1u << MEDIA_PROTOBUF},
};

static enum media find(enum media_kind kind, struct view name) {
    if (view_equal(name, VIEW("*/*")) || view_equal_ignoring_case(name, VIEW("application/*")))
        return kinds[kind].anything;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (view_equal_ignoring_case(name, view_of(types[i].name)))
            return kinds[kind].offered & 1u << types[i].media ? types[i].media : MEDIA_NONE;
    return MEDIA_NONE;
}

/* On /query JSON means what it meant before there was another kind. */
static enum media older(enum media_kind kind, enum media media) {
    return kind == MEDIA_QUERY && media == MEDIA_JSON ? MEDIA_V1 : media;
}

/* "name; q=0.5" */
static enum media read_one(enum media_kind kind, struct view item, double *weight) {
    struct view name, parameter;
    *weight = 1;
    if (!view_split(&item, ';', &name))
        return MEDIA_NONE;
    while (view_split(&item, ';', &parameter)) {
        parameter = view_trim(parameter);
        if (view_starts_with(parameter, VIEW("q=")) &&
            !view_to_double((struct view){parameter.data + 2, parameter.size - 2}, weight))
            *weight = 0;
    }
    return find(kind, view_trim(name));
}

enum media media_choose(enum media_kind kind, const char *accept) {
    struct view rest = view_of(accept), item;
    enum media best = MEDIA_NONE;
    double best_weight = 0;
    if (!rest.size)
        return kinds[kind].nothing;
    while (view_split(&rest, ',', &item)) {
        double weight;
        enum media media = read_one(kind, item, &weight);
        if (media != MEDIA_NONE && weight > best_weight) {
            best = media;
            best_weight = weight;
        }
    }
    return older(kind, best);
}
