/* Which changes of a Protocol Buffers schema break its readers: the rules by which Confluent's registry judges
 * (docs.confluent.io, "Schema Evolution and Compatibility", Protobuf), on the wire format's own grounds
 * (protobuf.dev/programming-guides/proto3, "Updating A Message Type"). */
#include <stdarg.h>

#include "foundation/base/map.h"
#include "foundation/format/differences.h"
#include "foundation/format/proto_schema.h"

enum { DEPTH_MOST = 400 };

struct comparing {
    struct text *reasons;
    struct map *met; /* pairs of messages that were compared, or are */
    struct text path;
    int depth;
    int found;
};

static void report(struct comparing *comparing, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void report(struct comparing *comparing, const char *format, ...) {
    va_list arguments;
    comparing->found++;
    va_start(arguments, format);
    difference_append(comparing->reasons, text_string(&comparing->path), format, arguments);
    va_end(arguments);
}

/* The path with one more part; leave() takes it back to what enter() gave. */
static size_t enter(struct comparing *comparing, struct view part) {
    size_t before = comparing->path.size;
    text_append_format(&comparing->path, "/%.*s", VIEW_ARGS(part));
    return before;
}

static size_t enter_number(struct comparing *comparing, int32_t number) {
    size_t before = comparing->path.size;
    text_append_format(&comparing->path, "/%d", (int)number);
    return before;
}

static void leave(struct comparing *comparing, size_t before) {
    comparing->path.size = before;
    comparing->path.data[before] = '\0';
}

/* --- types of fields --- */

/* Scalars of one group are read from each other's bytes. */
static const char *group_of(const struct proto_type *target, struct view type) {
    static const struct {
        const char *name, *group;
    } groups[] = {{"int32", "general number"},   {"int64", "general number"},
                  {"uint32", "general number"},  {"uint64", "general number"},
                  {"bool", "general number"},    {"sint32", "signed number"},
                  {"sint64", "signed number"},   {"string", "string or bytes"},
                  {"bytes", "string or bytes"},  {"fixed32", "fixed 32 bits"},
                  {"sfixed32", "fixed 32 bits"}, {"fixed64", "fixed 64 bits"},
                  {"sfixed64", "fixed 64 bits"}, {"float", "float"},
                  {"double", "double"}};
    if (target)
        return target->is_enum ? "general number" : "message";
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        if (view_equal(type, view_of(groups[i].name)))
            return groups[i].group;
    return "message";
}

static const char *kind_of(const struct proto_field *field) {
    if (field->key.size)
        return "map";
    return field->target && !field->target->is_enum ? "message" : "scalar";
}

/* The name without the package: a schema may move to another one. */
static struct view local_name(const struct proto_type *type) {
    struct view package = type->file->package, name = type->full_name;
    return package.size && name.size > package.size + 1
               ? (struct view){name.data + package.size + 1, name.size - package.size - 1}
               : name;
}

static void compare_messages(struct comparing *comparing, const struct proto_type *older,
                             const struct proto_type *newer);

/* What lies in the schema's own file is compared where it stands. */
static bool is_elsewhere(const struct proto_type *type) {
    return type->file->path.size != 0;
}

static void compare_targets(struct comparing *comparing, const struct proto_type *older,
                            const struct proto_type *newer) {
    struct view name = local_name(newer);
    if (!view_equal(local_name(older), name))
        report(comparing, "FIELD_NAMED_TYPE_CHANGED: it was a %.*s, now it is a %.*s", VIEW_ARGS(older->full_name),
               VIEW_ARGS(newer->full_name));
    else if (is_elsewhere(older) || is_elsewhere(newer))
        compare_messages(comparing, older, newer);
}

static void compare_values(struct comparing *comparing, const struct proto_field *older,
                           const struct proto_field *newer) {
    const char *before = group_of(older->target, older->type), *now = group_of(newer->target, newer->type);
    bool was_message = older->target && !older->target->is_enum, is_message = newer->target && !newer->target->is_enum;
    if (was_message && is_message)
        compare_targets(comparing, older->target, newer->target);
    else if (was_message || is_message)
        report(comparing, "FIELD_KIND_CHANGED: it was %s, now it is %s", was_message ? "a message" : "a scalar",
               is_message ? "a message" : "a scalar");
    else if (strcmp(before, now) != 0)
        report(comparing, "FIELD_SCALAR_KIND_CHANGED: %.*s (%s) cannot be read as %.*s (%s)", VIEW_ARGS(older->type),
               before, VIEW_ARGS(newer->type), now);
}

static void compare_fields(struct comparing *comparing, const struct proto_field *older,
                           const struct proto_field *newer) {
    const char *before = kind_of(older), *now = kind_of(newer);
    if (strcmp(before, now) != 0) {
        report(comparing, "FIELD_KIND_CHANGED: it was a %s, now it is a %s", before, now);
        return;
    }
    if (newer->key.size && strcmp(group_of(NULL, older->key), group_of(NULL, newer->key)) != 0)
        report(comparing, "FIELD_SCALAR_KIND_CHANGED: keys of %.*s cannot be read as %.*s", VIEW_ARGS(older->key),
               VIEW_ARGS(newer->key));
    compare_values(comparing, older, newer);
}

/* --- messages --- */

static struct map *by_number(const struct proto_type *type) {
    struct map *map = map_new(NULL);
    for (struct proto_field *field = type->fields; field; field = field->next)
        map_put(map, (struct view){(const char *)&field->number, sizeof field->number}, field);
    for (const struct proto_oneof *oneof = type->oneofs; oneof; oneof = oneof->next)
        for (struct proto_field *field = oneof->fields; field; field = field->next)
            map_put(map, (struct view){(const char *)&field->number, sizeof field->number}, field);
    return map;
}

static const struct proto_field *of_number(const struct map *map, int32_t number) {
    return map_get(map, (struct view){(const char *)&number, sizeof number});
}

/* At most one field that stood alone may become part of a oneof, and only of a new one: setting one clears the others.
 */
static void compare_oneofs(struct comparing *comparing, const struct map *before, const struct proto_type *newer) {
    for (const struct proto_oneof *oneof = newer->oneofs; oneof; oneof = oneof->next) {
        int moved = 0, existing = 0;
        for (const struct proto_field *field = oneof->fields; field; field = field->next) {
            const struct proto_field *old = of_number(before, field->number);
            moved += old && !old->oneof;
            existing += old && old->oneof;
        }
        size_t path = enter(comparing, oneof->name);
        if (moved > 1)
            report(comparing, "MULTIPLE_FIELDS_MOVED_TO_ONEOF: %d fields that could be set together exclude each other",
                   moved);
        else if (moved == 1 && existing > 0)
            report(comparing, "FIELD_MOVED_TO_EXISTING_ONEOF: a field that could be set with the others excludes them");
        leave(comparing, path);
    }
}

static void compare_old_field(struct comparing *comparing, const struct map *oneofs, const struct proto_field *older,
                              const struct proto_field *now) {
    size_t path = enter_number(comparing, older->number);
    if (now)
        compare_fields(comparing, older, now);
    else if (older->label == PROTO_REQUIRED)
        report(comparing, "REQUIRED_FIELD_REMOVED: %.*s", VIEW_ARGS(older->name));
    else if (older->oneof && map_has(oneofs, older->oneof->name))
        report(comparing, "ONEOF_FIELD_REMOVED: %.*s of oneof %.*s", VIEW_ARGS(older->name),
               VIEW_ARGS(older->oneof->name));
    leave(comparing, path);
}

static void compare_types(struct comparing *comparing, const struct proto_type *older, const struct proto_type *newer);

static void compare_messages(struct comparing *comparing, const struct proto_type *older,
                             const struct proto_type *newer) {
    const void *pair[] = {older, newer};
    struct view key = {(const char *)pair, sizeof pair};
    if (map_has(comparing->met, key))
        return;
    if (comparing->depth >= DEPTH_MOST) {
        report(comparing, "TOO_COMPLEX: messages lead to messages more than %d times", DEPTH_MOST);
        return;
    }
    comparing->depth++;
    map_put(comparing->met, key, comparing);
    struct map *before = by_number(older), *now = by_number(newer), *oneofs = map_new(NULL);
    for (const struct proto_oneof *oneof = newer->oneofs; oneof; oneof = oneof->next)
        map_put(oneofs, oneof->name, comparing);
    compare_oneofs(comparing, before, newer);
    struct view number;
    void *found;
    for (size_t at = 0; map_next(before, &at, &number, &found);) {
        const struct proto_field *field = found;
        compare_old_field(comparing, oneofs, field, of_number(now, field->number));
    }
    for (const struct proto_field *field = newer->fields; field; field = field->next) {
        if (field->label != PROTO_REQUIRED || of_number(before, field->number))
            continue;
        size_t path = enter_number(comparing, field->number);
        report(comparing, "REQUIRED_FIELD_ADDED: %.*s", VIEW_ARGS(field->name));
        leave(comparing, path);
    }
    map_free(before);
    map_free(now);
    map_free(oneofs);
    compare_types(comparing, older->types, newer->types);
    comparing->depth--;
}

/* Messages by name; enums are read by number and may come, go and change. */
static void compare_types(struct comparing *comparing, const struct proto_type *older, const struct proto_type *newer) {
    struct map *now = map_new(NULL);
    for (; newer; newer = newer->next)
        if (!newer->is_enum)
            map_put(now, newer->name, (void *)(uintptr_t)newer);
    for (; older; older = older->next) {
        if (older->is_enum)
            continue;
        const struct proto_type *found = map_get(now, older->name);
        size_t path = enter(comparing, older->name);
        if (found)
            compare_messages(comparing, older, found);
        else
            report(comparing, "MESSAGE_REMOVED: %.*s", VIEW_ARGS(older->full_name));
        leave(comparing, path);
    }
    map_free(now);
}

int proto_compare(const struct proto_file *older, const struct proto_file *newer, struct text *reasons) {
    struct comparing comparing = {.reasons = reasons, .met = map_new(NULL)};
    text_append_char(&comparing.path, '#');
    if (!view_equal(older->package, newer->package))
        report(&comparing, "PACKAGE_CHANGED: it was '%.*s', now it is '%.*s'", VIEW_ARGS(older->package),
               VIEW_ARGS(newer->package));
    compare_types(&comparing, older->types, newer->types);
    text_free(&comparing.path);
    map_free(comparing.met);
    return comparing.found;
}
