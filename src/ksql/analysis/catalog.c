#include "ksql/analysis/catalog.h"

#include <string.h>

#include "foundation/base/map.h"
#include "foundation/base/memory.h"
#include "foundation/base/vector.h"

/* Each entry owns an arena, so that a replaced or dropped source frees all that it had. */
struct entry {
    struct arena arena;
    struct source source;
};
struct custom_type {
    struct arena arena;
    struct view name;
    const struct sql_type *type;
};
struct link {
    char *source, *query;
    bool writes;
};
struct catalog {
    VECTOR(struct entry *) entries; /* by name */
    VECTOR(struct custom_type *) types;
    VECTOR(struct link) links;
};

struct catalog *catalog_new(void) {
    return memory_zero(1, sizeof(struct catalog));
}

static void entry_free(struct entry *entry) {
    if (entry == NULL)
        return;
    arena_free(&entry->arena);
    memory_free(entry);
}

static void type_free(struct custom_type *type) {
    arena_free(&type->arena);
    memory_free(type);
}

static void link_free(struct link *link) {
    memory_free(link->source);
    memory_free(link->query);
}

void catalog_free(struct catalog *catalog) {
    if (catalog == NULL)
        return;
    for (size_t i = 0; i < catalog->entries.count; i++)
        entry_free(catalog->entries.items[i]);
    for (size_t i = 0; i < catalog->types.count; i++)
        type_free(catalog->types.items[i]);
    for (size_t i = 0; i < catalog->links.count; i++)
        link_free(&catalog->links.items[i]);
    vector_free(&catalog->entries);
    vector_free(&catalog->types);
    vector_free(&catalog->links);
    memory_free(catalog);
}

struct catalog *catalog_copy(const struct catalog *catalog) {
    struct catalog *copy = catalog_new();
    for (size_t i = 0; i < catalog->entries.count; i++)
        catalog_add(copy, &catalog->entries.items[i]->source, true, NULL);
    for (size_t i = 0; i < catalog->types.count; i++)
        catalog_add_type(copy, catalog->types.items[i]->name, catalog->types.items[i]->type, NULL);
    for (size_t i = 0; i < catalog->links.count; i++) {
        const struct link *link = &catalog->links.items[i];
        catalog_link(copy, view_of(link->source), view_of(link->query), link->writes);
    }
    return copy;
}

static bool entry_at(const struct catalog *catalog, struct view name, size_t *at) {
    for (*at = 0; *at < catalog->entries.count; (*at)++) {
        int order = view_compare(catalog->entries.items[*at]->source.name, name);
        if (order >= 0)
            return order == 0;
    }
    return false;
}

const struct source *catalog_find(const struct catalog *catalog, struct view name) {
    size_t at;
    return entry_at(catalog, name, &at) ? &catalog->entries.items[at]->source : NULL;
}

const struct source *catalog_at(const struct catalog *catalog, size_t index) {
    return index < catalog->entries.count ? &catalog->entries.items[index]->source : NULL;
}

static void own(struct arena *arena, struct view *view) {
    *view = view->size == 0 ? (struct view){"", 0} : arena_copy_view(arena, *view);
}

int catalog_add(struct catalog *catalog, const struct source *source, bool replace, struct error *error) {
    size_t at;
    bool there = entry_at(catalog, source->name, &at);
    if (there && !replace)
        return error_set(error, ERROR_EXISTS, "Cannot add %s '%.*s': A %s with the same name already exists",
                         source->kind == SOURCE_STREAM ? "stream" : "table", VIEW_ARGS(source->name),
                         catalog->entries.items[at]->source.kind == SOURCE_STREAM ? "stream" : "table");
    struct entry *entry = memory_zero(1, sizeof *entry);
    entry->source = *source;
    struct source *own_source = &entry->source;
    own_source->schema = schema_copy(&entry->arena, source->schema);
    struct topic_format *format = &own_source->format;
    struct view *views[] = {&own_source->name,
                            &own_source->topic,
                            &own_source->statement,
                            &own_source->made_by,
                            &own_source->timestamp_column,
                            &own_source->timestamp_format,
                            &format->key_format,
                            &format->value_format,
                            &format->key_schema_name,
                            &format->value_schema_name,
                            &format->key_delimiter,
                            &format->value_delimiter};
    for (size_t i = 0; i < sizeof views / sizeof *views; i++)
        own(&entry->arena, views[i]);
    if (there) {
        entry_free(catalog->entries.items[at]);
        catalog->entries.items[at] = entry;
        return 0;
    }
    vector_push(&catalog->entries, entry);
    memmove(&catalog->entries.items[at + 1], &catalog->entries.items[at],
            (catalog->entries.count - 1 - at) * sizeof *catalog->entries.items);
    catalog->entries.items[at] = entry;
    return 0;
}

int catalog_drop(struct catalog *catalog, struct view name, struct error *error) {
    size_t at;
    if (!entry_at(catalog, name, &at))
        return error_set(error, ERROR_NOT_FOUND, "Source %.*s does not exist.", VIEW_ARGS(name));
    entry_free(catalog->entries.items[at]);
    vector_remove(&catalog->entries, at);
    return 0;
}

static char *string_of(struct view view) {
    char *string = memory_allocate(view.size + 1);
    memcpy(string, view.data, view.size);
    string[view.size] = '\0';
    return string;
}

void catalog_link(struct catalog *catalog, struct view source, struct view query_id, bool writes) {
    struct link link = {string_of(source), string_of(query_id), writes};
    vector_push(&catalog->links, link);
}

void catalog_unlink(struct catalog *catalog, struct view query_id) {
    for (size_t i = catalog->links.count; i-- > 0;)
        if (view_equal(view_of(catalog->links.items[i].query), query_id)) {
            link_free(&catalog->links.items[i]);
            vector_remove(&catalog->links, i);
        }
}

bool catalog_query_at(const struct catalog *catalog, struct view source, size_t index, struct view *query_id,
                      bool *writes) {
    for (size_t i = 0; i < catalog->links.count; i++)
        if (view_equal(view_of(catalog->links.items[i].source), source) && index-- == 0) {
            *query_id = view_of(catalog->links.items[i].query);
            *writes = catalog->links.items[i].writes;
            return true;
        }
    return false;
}

static struct custom_type *find_type(const struct catalog *catalog, struct view name, size_t *at) {
    for (*at = 0; *at < catalog->types.count; (*at)++)
        if (view_equal(catalog->types.items[*at]->name, name))
            return catalog->types.items[*at];
    return NULL;
}

const struct sql_type *catalog_type(const struct catalog *catalog, struct view name) {
    size_t at;
    const struct custom_type *type = find_type(catalog, name, &at);
    return type == NULL ? NULL : type->type;
}

bool catalog_type_at(const struct catalog *catalog, size_t index, struct view *name, const struct sql_type **type) {
    if (index >= catalog->types.count)
        return false;
    *name = catalog->types.items[index]->name;
    *type = catalog->types.items[index]->type;
    return true;
}

int catalog_add_type(struct catalog *catalog, struct view name, const struct sql_type *type, struct error *error) {
    size_t at;
    const struct custom_type *there = find_type(catalog, name, &at);
    if (there != NULL) {
        struct text printed = TEXT_EMPTY;
        sql_type_print(&printed, there->type);
        error_set(error, ERROR_EXISTS,
                  "Cannot register custom type '%.*s' since it is already registered with type: %s", VIEW_ARGS(name),
                  text_string(&printed));
        text_free(&printed);
        return -1;
    }
    struct custom_type *added = memory_zero(1, sizeof *added);
    added->name = arena_copy_view(&added->arena, name);
    added->type = sql_type_copy(&added->arena, type);
    vector_push(&catalog->types, added);
    return 0;
}

int catalog_drop_type(struct catalog *catalog, struct view name, struct error *error) {
    size_t at;
    struct custom_type *type = find_type(catalog, name, &at);
    if (type == NULL)
        return error_set(error, ERROR_NOT_FOUND, "Type %.*s does not exist.", VIEW_ARGS(name));
    type_free(type);
    vector_remove(&catalog->types, at);
    return 0;
}
