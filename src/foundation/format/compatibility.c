/* May a reader with one schema read what a writer with the other wrote? Avro's resolution rules, and the differences of
 * JSON Schemas for closed and open content as Confluent's registry judges them. */
#include <jansson.h>
#include <string.h>

#include "foundation/base/vector.h"
#include "foundation/format/avro_schema.h"
#include "foundation/format/differences.h"
#include "foundation/format/inspect.h"
#include "foundation/format/json_compatibility.h"
#include "foundation/format/proto_schema.h"

enum { DEPTH_MOST = 400, STEPS_MOST = 50000 };

/* Two records that were compared, or are: types that hold themselves come back to the same two. */
struct pair {
    const struct avro_node *reader, *writer;
    bool differs; /* only known once it is */
};
/* One question, with all its questions inside. */
struct judgement {
    VECTOR(struct pair) pairs;
    int steps;
    bool too_much;
};
struct judging {
    struct judgement *whole;
    struct text *reasons;
    int depth;
    int found;
};

static void reason(struct judging *judging, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void reason(struct judging *judging, const char *path, const char *format, ...) {
    va_list arguments;
    judging->found++;
    va_start(arguments, format);
    difference_append(judging->reasons, *path ? path : "/", format, arguments);
    va_end(arguments);
}

/* A schema of a few pages can ask for more comparisons than anybody waits for: then the answer is no, by name. */
static bool is_too_much(struct judging *judging) {
    if (judging->depth < DEPTH_MOST && ++judging->whole->steps < STEPS_MOST)
        return false;
    judging->whole->too_much = true;
    judging->found++;
    return true;
}

/* --- Avro: specification 1.11, "Schema Resolution" --- */

static bool promotes(enum avro_kind from, enum avro_kind to) {
    switch (from) {
    case AVRO_KIND_INT:
        return to == AVRO_KIND_LONG || to == AVRO_KIND_FLOAT || to == AVRO_KIND_DOUBLE;
    case AVRO_KIND_LONG:
        return to == AVRO_KIND_FLOAT || to == AVRO_KIND_DOUBLE;
    case AVRO_KIND_FLOAT:
        return to == AVRO_KIND_DOUBLE;
    case AVRO_KIND_STRING:
        return to == AVRO_KIND_BYTES;
    case AVRO_KIND_BYTES:
        return to == AVRO_KIND_STRING;
    default:
        return false;
    }
}

static struct view last_part(struct view name) {
    for (size_t i = name.size; i > 0; i--)
        if (name.data[i - 1] == '.')
            return (struct view){name.data + i, name.size - i};
    return name;
}

static bool has_alias(const struct avro_names *aliases, struct view name) {
    for (size_t i = 0; i < aliases->count; i++)
        if (view_equal(aliases->items[i], name))
            return true;
    return false;
}

/* By its name, or by one that the reader knows it had before. */
static const struct avro_field *find_written(const struct avro_node *writer, const struct avro_field *field) {
    const struct avro_field *found = NULL;
    for (size_t i = 0; i < writer->count; i++) {
        if (view_equal(writer->fields[i].name, field->name))
            return &writer->fields[i];
        if (!found && has_alias(&field->aliases, writer->fields[i].name))
            found = &writer->fields[i];
    }
    return found;
}

static void judge_avro(struct judging *judging, const struct avro_node *reader, const struct avro_node *writer,
                       const char *path);

static bool reads(struct judgement *whole, const struct avro_node *reader, const struct avro_node *writer, int depth) {
    struct judging silent = {whole, NULL, depth, 0};
    judge_avro(&silent, reader, writer, "");
    return silent.found == 0;
}

/* Met before, the pair is not compared again: still open it counts as alike, since what differs is found where it was
 * opened. */
static bool is_known(struct judging *judging, const struct avro_node *reader, const struct avro_node *writer,
                     const char *path) {
    for (size_t i = 0; i < judging->whole->pairs.count; i++) {
        const struct pair *pair = &judging->whole->pairs.items[i];
        if (pair->reader != reader || pair->writer != writer)
            continue;
        if (pair->differs)
            reason(judging, path, "RECORD_MISMATCH: %.*s differs, as said before", VIEW_ARGS(reader->name));
        return true;
    }
    return false;
}

static void judge_record(struct judging *judging, const struct avro_node *reader, const struct avro_node *writer,
                         const char *path) {
    struct judgement *whole = judging->whole;
    size_t own = whole->pairs.count;
    int before = judging->found;
    if (is_known(judging, reader, writer, path))
        return;
    vector_push(&whole->pairs, (struct pair){reader, writer, false});
    for (size_t i = 0; i < reader->count; i++) {
        const struct avro_field *field = &reader->fields[i], *old = find_written(writer, field);
        struct text inner = TEXT_EMPTY;
        text_append_format(&inner, "%s/%.*s", path, VIEW_ARGS(field->name));
        if (old)
            judge_avro(judging, field->type, old->type, text_string(&inner));
        else if (!field->has_default)
            reason(judging, text_string(&inner),
                   "READER_FIELD_MISSING_DEFAULT_VALUE: the field is new and has no default");
        text_free(&inner);
    }
    if (judging->found == before)
        return;
    /* what counted as alike since then may have leaned on this pair */
    size_t kept = own;
    whole->pairs.items[kept++].differs = true;
    for (size_t i = own + 1; i < whole->pairs.count; i++)
        if (whole->pairs.items[i].differs)
            whole->pairs.items[kept++] = whole->pairs.items[i];
    whole->pairs.count = kept;
}

static void judge_avro(struct judging *judging, const struct avro_node *reader, const struct avro_node *writer,
                       const char *path) {
    if (is_too_much(judging))
        return;
    judging->depth++;
    if (writer->kind == AVRO_KIND_UNION) {
        for (size_t i = 0; i < writer->count; i++)
            if (!reads(judging->whole, reader, writer->branches[i], judging->depth))
                reason(judging, path, "MISSING_UNION_BRANCH: %s was written and cannot be read",
                       avro_kind_name(writer->branches[i]->kind));
    } else if (reader->kind == AVRO_KIND_UNION) {
        bool any = false;
        for (size_t i = 0; i < reader->count; i++)
            any = any || reads(judging->whole, reader->branches[i], writer, judging->depth);
        if (!any)
            reason(judging, path, "MISSING_UNION_BRANCH: no branch reads %s", avro_kind_name(writer->kind));
    } else if (reader->kind != writer->kind) {
        if (!promotes(writer->kind, reader->kind))
            reason(judging, path, "TYPE_MISMATCH: %s was written, %s is to be read", avro_kind_name(writer->kind),
                   avro_kind_name(reader->kind));
    } else {
        bool named =
            reader->kind == AVRO_KIND_RECORD || reader->kind == AVRO_KIND_ENUM || reader->kind == AVRO_KIND_FIXED;
        if (named && !view_equal(last_part(reader->name), last_part(writer->name)) &&
            !has_alias(&reader->aliases, writer->name))
            reason(judging, path, "NAME_MISMATCH: %.*s was %.*s", VIEW_ARGS(reader->name), VIEW_ARGS(writer->name));
        if (reader->kind == AVRO_KIND_RECORD) {
            judge_record(judging, reader, writer, path);
        } else if (reader->kind == AVRO_KIND_ARRAY || reader->kind == AVRO_KIND_MAP) {
            judge_avro(judging, reader->items, writer->items, path);
        } else if (reader->kind == AVRO_KIND_FIXED && reader->count != writer->count) {
            reason(judging, path, "FIXED_SIZE_MISMATCH: %zu bytes were %zu", reader->count, writer->count);
        } else if (reader->kind == AVRO_KIND_ENUM) {
            for (size_t i = 0; i < writer->count; i++) {
                bool known = reader->has_default;
                for (size_t j = 0; j < reader->count; j++)
                    known = known || view_equal(reader->symbols[j], writer->symbols[i]);
                if (!known)
                    reason(judging, path, "MISSING_ENUM_SYMBOLS: %.*s is gone", VIEW_ARGS(writer->symbols[i]));
            }
        }
        if (reader->logical == AVRO_DECIMAL && writer->logical == AVRO_DECIMAL &&
            (reader->scale != writer->scale || reader->precision < writer->precision))
            reason(judging, path, "DECIMAL_MISMATCH: (%d, %d) were (%d, %d)", reader->precision, reader->scale,
                   writer->precision, writer->scale);
    }
    judging->depth--;
}

/* --- both --- */

static void say_too_much(struct judging *judging) {
    if (judging->whole->too_much)
        reason(judging, "", "TOO_COMPLEX: nested too deeply or with too many branches to be compared");
}

static int check_avro(struct view newer, struct view older, enum compatibility level, struct text *reasons,
                      struct error *error) {
    struct arena arena = ARENA_EMPTY;
    struct judgement whole = {0};
    struct judging judging = {&whole, reasons, 0, 0};
    const struct avro_node *now = avro_schema_parse(newer, &arena, error);
    const struct avro_node *before = now ? avro_schema_parse(older, &arena, error) : NULL;
    if (before && level != COMPATIBILITY_FORWARD)
        judge_avro(&judging, now, before, "");
    if (before && level != COMPATIBILITY_BACKWARD)
        judge_avro(&judging, before, now, "");
    say_too_much(&judging);
    vector_free(&whole.pairs);
    arena_free(&arena);
    return !before ? -1 : judging.found != 0;
}

static int check_json(struct view newer, struct view older, enum compatibility level, struct text *reasons,
                      struct error *error) {
    json_error_t trouble;
    json_t *now = json_loadb(newer.data, newer.size, JSON_DECODE_ANY, &trouble);
    json_t *before = now ? json_loadb(older.data, older.size, JSON_DECODE_ANY, &trouble) : NULL;
    int found = 0;
    if (!before)
        error_set(error, ERROR_INVALID, "JSON Schema: no JSON, line %d: %s", trouble.line, trouble.text);
    if (before && level != COMPATIBILITY_FORWARD)
        found += json_compatibility(now, before, reasons);
    if (before && level != COMPATIBILITY_BACKWARD)
        found += json_compatibility(before, now, reasons);
    int result = !before ? -1 : found != 0;
    json_decref(now);
    json_decref(before);
    return result;
}

static int check_proto(struct view newer, struct view older, enum compatibility level, struct text *reasons,
                       struct error *error) {
    struct arena arena = ARENA_EMPTY;
    const struct proto_file *now = proto_parse(newer, &arena, error);
    const struct proto_file *before = now ? proto_parse(older, &arena, error) : NULL;
    int found = 0;
    if (before && level != COMPATIBILITY_FORWARD)
        found += proto_compare(before, now, reasons);
    if (before && level != COMPATIBILITY_BACKWARD)
        found += proto_compare(now, before, reasons);
    arena_free(&arena);
    return !before ? -1 : found != 0;
}

int compatibility_check(struct view registry_type, struct view newer, struct view older, enum compatibility level,
                        struct text *reasons, struct error *error) {
    if (registry_type.size == 0 || view_equal(registry_type, VIEW("AVRO")))
        return check_avro(newer, older, level, reasons, error);
    if (view_equal(registry_type, VIEW("JSON")))
        return check_json(newer, older, level, reasons, error);
    if (view_equal(registry_type, VIEW("PROTOBUF")))
        return check_proto(newer, older, level, reasons, error);
    return error_set(error, ERROR_UNSUPPORTED, "schema type %.*s is not supported by this registry",
                     VIEW_ARGS(registry_type));
}
