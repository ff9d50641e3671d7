/* Statements that change something, one row a kind. A statement is analysed in full before anything is made, and what
 * was made is taken back when a later part fails. */
#include <stdio.h>
#include <stdlib.h>

#include "ksql/engine/private.h"
#include "ksql/language/print.h"

struct execution {
    struct engine *engine;
    const struct statement *statement;
    const struct engine_request *request;
    struct arena *arena;
    struct engine_outcome *outcome;
    struct error *error;
};

static struct view say(struct execution *e, const char *format, ...) __attribute__((format(printf, 2, 3)));
static struct view say(struct execution *e, const char *format, ...) {
    struct text text = TEXT_EMPTY;
    va_list arguments;
    va_start(arguments, format);
    text_append_format_v(&text, format, arguments);
    va_end(arguments);
    struct view kept = arena_copy_view(e->arena, text_view(&text));
    text_free(&text);
    return kept;
}

static const char *kind_word(enum source_kind kind) {
    return kind == SOURCE_STREAM ? "stream" : "table";
}

static void command(struct execution *e, const char *kind, struct view name, const char *action) {
    e->outcome->kind = view_of(kind);
    e->outcome->name = name;
    e->outcome->action = view_of(action);
}

/* --- sources --- */

static bool exists_already(struct execution *e, const struct source *existing, enum source_kind kind) {
    if (existing == NULL || !e->statement->if_not_exists)
        return false;
    e->outcome->existed = true;
    e->outcome->message = say(e, "Cannot add %s `%.*s`: A %s with the same name already exists.", kind_word(kind),
                              VIEW_ARGS(existing->name), kind_word(existing->kind));
    return true;
}

static int refuse_source(struct execution *e, enum source_kind kind) {
    return error_set(e->error, ERROR_INVALID, "Cannot add %s '%.*s': CREATE OR REPLACE is not supported on source %ss.",
                     kind_word(kind), VIEW_ARGS(e->statement->name), kind_word(kind));
}

static int may_replace(struct execution *e, const struct source *existing, enum source_kind kind, bool by_query) {
    if (existing == NULL)
        return 0;
    if (e->statement->or_replace && existing->read_only)
        return refuse_source(e, kind);
    if (!e->statement->or_replace)
        return error_set(e->error, ERROR_EXISTS, "Cannot add %s '%.*s': A %s with the same name already exists",
                         kind_word(kind), VIEW_ARGS(existing->name), kind_word(existing->kind));
    if (existing->kind != kind)
        return error_set(e->error, ERROR_INVALID,
                         "Cannot upgrade data source: DataSource '%.*s' has type = %s while the one given has %s",
                         VIEW_ARGS(existing->name), existing->kind == SOURCE_STREAM ? "KSTREAM" : "KTABLE",
                         kind == SOURCE_STREAM ? "KSTREAM" : "KTABLE");
    if (by_query || existing->made_by.size != 0)
        return error_set(e->error, ERROR_UNSUPPORTED,
                         "CREATE OR REPLACE of %.*s, which a query writes, is not supported here yet: DROP it first, "
                         "then CREATE it",
                         VIEW_ARGS(existing->name));
    return 0;
}

static int enter_schema(struct execution *e, const struct source *source, bool is_key) {
    const struct engine_schemas *schemas = e->engine->options.schemas;
    const struct format *format = format_find(is_key ? source->format.key_format : source->format.value_format);
    const struct schema *schema = source->schema;
    struct codec_options options = source_codec_options(source, is_key);
    struct schema_facts facts;
    struct error problem = {0};
    if (schemas->latest(schemas->context, source->topic, is_key, 0, e->arena, &facts, &problem) == 0)
        return 0;
    if (problem.code != ERROR_NOT_FOUND) {
        if (e->error != NULL)
            *e->error = problem;
        return -1;
    }
    struct text text = TEXT_EMPTY;
    int32_t id;
    int status = format->schema_text(schema->columns + (is_key ? 0 : schema->key_count),
                                     is_key ? schema->key_count : schema->value_count, &options, &text, e->error);
    if (status == 0)
        status = schemas->enter(schemas->context, source->topic, is_key, format->registry_type, text_view(&text), &id,
                                e->error);
    text_free(&text);
    return status;
}

static int create_topic(struct execution *e, struct view name, int partitions, int replicas, int64_t retention_ms,
                        const char *policy) {
    const struct engine_topics *topics = e->engine->options.topics;
    struct engine_topic topic = {name, partitions, replicas, retention_ms, policy};
    return topics->create(topics->context, &topic, e->error);
}

static int create_source(struct execution *e) {
    struct engine *engine = e->engine;
    struct analysis analysis = engine_analysis(engine, e->arena);
    struct source_definition definition;
    enum source_kind kind = e->statement->is_table ? SOURCE_TABLE : SOURCE_STREAM;
    const struct source *existing = catalog_find(engine->catalog, e->statement->name);
    if (exists_already(e, existing, kind))
        return 0;
    if (e->statement->or_replace && e->statement->source)
        return refuse_source(e, kind);
    int status = analyse_source(&analysis, e->statement, &definition, e->error);
    e->outcome->rewritten = definition.rewritten;
    if (status != 0 || may_replace(e, existing, kind, false) != 0)
        return -1;
    const struct source *source = &definition.source;
    bool make = !e->request->replay;
    if (make && definition.create_topic &&
        create_topic(e, source->topic, definition.partitions, definition.replicas, definition.retention_ms,
                     kind == SOURCE_TABLE ? "compact" : "delete") != 0)
        return -1;
    if (make && ((definition.register_key && enter_schema(e, source, true) != 0) ||
                 (definition.register_value && enter_schema(e, source, false) != 0)))
        return -1;
    if (catalog_add(engine->catalog, source, existing != NULL, e->error) != 0)
        return -1;
    command(e, kind_word(kind), source->name, "create");
    e->outcome->message = view_of(kind == SOURCE_TABLE ? "Table created" : "Stream created");
    return 0;
}

/* --- queries --- */

static int64_t take_number(struct execution *e) {
    if (e->request->number >= 0)
        return e->request->number;
    int64_t number = e->engine->next_query;
    e->engine->next_query += e->engine->options.query_step;
    return number;
}

static const char *query_id(struct execution *e) {
    const struct statement *statement = e->statement;
    for (size_t i = 0; i < statement->property_count; i++)
        if (view_equal(statement->properties[i].name, VIEW("QUERY_ID")))
            return arena_format(e->arena, "%.*s", VIEW_ARGS(statement->properties[i].value->text));
    long long number = take_number(e);
    if (statement->kind == STATEMENT_INSERT_INTO)
        return arena_format(e->arena, "INSERTQUERY_%lld", number);
    char *id = arena_format(e->arena, "%s_%.*s_%lld", statement->kind == STATEMENT_CREATE_TABLE_AS ? "CTAS" : "CSAS",
                            VIEW_ARGS(statement->name), number);
    for (char *at = id; *at != '\0'; at++)
        *at = (char)(*at >= 'a' && *at <= 'z' ? *at - 32 : *at);
    return id;
}

static int run_query(struct execution *e, const char *id, struct query_definition *definition) {
    struct engine *engine = e->engine;
    struct job *job = job_new(engine, id, definition->plan, e->request->properties, e->request->hold, e->error);
    if (job == NULL)
        return -1;
    if (!job->held && (job_load(job, e->error) != 0 || job_open(job, e->error) != 0)) {
        job_free(job);
        return -1;
    }
    vector_push(&engine->queries, job);
    for (size_t i = 0; i < definition->read_count; i++)
        catalog_link(engine->catalog, definition->reads[i]->name, view_of(id), false);
    catalog_link(engine->catalog, definition->sink.name, view_of(id), true);
    return 0;
}

static bool is_set(const struct properties *properties, const char *name) {
    const char *value = properties == NULL ? NULL : properties_get(properties, name);
    return value != NULL && strcmp(value, "true") == 0;
}

static int64_t number_set(const struct properties *properties, const char *name) {
    const char *value = properties == NULL ? NULL : properties_get(properties, name);
    int64_t number = 0;
    return value != NULL && view_to_int64(view_of(value), &number) ? number : 0;
}

static int create_query(struct execution *e) {
    struct engine *engine = e->engine;
    const struct statement *statement = e->statement;
    struct analysis analysis = engine_analysis(engine, e->arena);
    struct analysis_settings settings = *analysis.settings;
    struct query_definition definition;
    struct function_context functions = *settings.functions;
    functions.list_limit = number_set(e->request->properties, "ksql.functions.collect_list.limit");
    functions.set_limit = number_set(e->request->properties, "ksql.functions.collect_set.limit");
    settings.functions = &functions;
    settings.keys_as_projected = is_set(e->request->properties, "ksql.new.query.planner.enabled");
    analysis.settings = &settings;
    bool into = statement->kind == STATEMENT_INSERT_INTO;
    enum source_kind kind = statement->kind == STATEMENT_CREATE_TABLE_AS ? SOURCE_TABLE : SOURCE_STREAM;
    const struct source *existing = into ? NULL : catalog_find(engine->catalog, statement->name);
    if (exists_already(e, existing, kind))
        return 0;
    const char *id = query_id(e);
    if (job_find(engine, view_of(id)) != NULL)
        return error_set(e->error, ERROR_EXISTS, "Query ID '%s' already exists.", id);
    int status = analyse_query(&analysis, statement, id, &definition, e->error);
    e->outcome->rewritten =
        definition.rewritten.size == 0 ? statement->written : arena_copy_view(e->arena, definition.rewritten);
    if (status != 0)
        return -1;
    if (may_replace(e, existing, kind, true) != 0) {
        error_wrap(e->error, "Could not determine output schema for query due to error");
        goto failed;
    }
    const struct step_sink *sink = &definition.plan->root->sink;
    if (definition.create_topic && !e->request->hold &&
        create_topic(e, sink->topic, sink->partitions, sink->replicas, sink->retention_ms,
                     arena_format(e->arena, "%.*s", VIEW_ARGS(sink->cleanup_policy))) != 0)
        goto failed;
    if (definition.has_sink && catalog_add(engine->catalog, &definition.sink, false, e->error) != 0)
        goto failed;
    if (engine->sandbox) { /* a running one registers when its output starts */
        struct output output = {0};
        status = output_start(engine, &output, definition.plan->root, e->error);
        output_stop(&output);
    }
    if (status == 0)
        status = run_query(e, id, &definition);
    if (status != 0) {
        if (definition.has_sink)
            catalog_drop(engine->catalog, definition.sink.name, NULL);
        goto failed;
    }
    command(e, kind_word(kind), arena_copy_view(e->arena, statement->name), "create");
    e->outcome->query_id = arena_copy_view(e->arena, view_of(id));
    e->outcome->message = say(e, "Created query with ID %s", id);
    plan_release(definition.plan);
    return 0;
failed:
    plan_release(definition.plan);
    return -1;
}

/* --- ends --- */

static void add_name(struct text *names, struct view name) {
    text_append_format(names, "%s%.*s", names->size == 0 ? "" : ", ", VIEW_ARGS(name));
}

static int by_name(const void *a, const void *b) {
    return view_compare(*(const struct view *)a, *(const struct view *)b);
}

/* Sources made of this one, then INSERT queries that read or write it, keep it from going. */
static int check_unused(struct execution *e, const struct source *source) {
    struct engine *engine = e->engine;
    struct text inserts = TEXT_EMPTY, names = TEXT_EMPTY;
    VECTOR(struct view) readers = {0};
    struct view id;
    bool writes;
    for (size_t i = 0; catalog_query_at(engine->catalog, source->name, i, &id, &writes); i++) {
        const struct job *job = job_find(engine, id);
        bool made_here = view_equal(id, source->made_by);
        if (job == NULL || made_here)
            continue;
        if (view_starts_with(id, VIEW("INSERTQUERY_")))
            add_name(&inserts, id);
        else if (!writes)
            vector_push(&readers, job->sink);
    }
    if (readers.count != 0)
        qsort(readers.items, readers.count, sizeof *readers.items, by_name);
    for (size_t i = 0; i < readers.count; i++)
        add_name(&names, readers.items[i]);
    int status = 0;
    if (names.size != 0)
        status = error_set(e->error, ERROR_CONFLICT,
                           "Cannot drop %.*s.\nThe following streams and/or tables read from this source: [%s].\nYou "
                           "need to drop them before dropping %.*s.",
                           VIEW_ARGS(source->name), text_string(&names), VIEW_ARGS(source->name));
    else if (inserts.size != 0)
        status = error_set(e->error, ERROR_CONFLICT,
                           "Cannot drop %.*s.\nThe following queries read from or write into this source: [%s].\nYou "
                           "need to terminate them before dropping %.*s.",
                           VIEW_ARGS(source->name), text_string(&inserts), VIEW_ARGS(source->name));
    vector_free(&readers);
    text_free(&names);
    text_free(&inserts);
    return status;
}

/* Whoever runs it again finds the topic gone already. */
static struct view drop_text(struct execution *e, struct view name) {
    struct text text = TEXT_EMPTY;
    text_append_format(&text, "DROP %s %s", e->statement->kind == STATEMENT_DROP_TABLE ? "TABLE" : "STREAM",
                       e->statement->if_exists ? "IF EXISTS " : "");
    print_name(&text, name);
    text_append_char(&text, ';');
    struct view kept = arena_copy_view(e->arena, text_view(&text));
    text_free(&text);
    return kept;
}

static int drop_source(struct execution *e) {
    struct engine *engine = e->engine;
    const struct statement *statement = e->statement;
    enum source_kind kind = statement->kind == STATEMENT_DROP_TABLE ? SOURCE_TABLE : SOURCE_STREAM;
    const struct source *source = catalog_find(engine->catalog, statement->name);
    if (source == NULL && statement->if_exists) {
        e->outcome->existed = true;
        e->outcome->message = say(e, "Source `%.*s` does not exist.", VIEW_ARGS(statement->name));
        return 0;
    }
    if (source == NULL)
        return error_set(e->error, ERROR_NOT_FOUND, "%s %.*s does not exist.",
                         kind == SOURCE_STREAM ? "Stream" : "Table", VIEW_ARGS(statement->name));
    if (source->kind != kind)
        return error_set(e->error, ERROR_INVALID, "Incompatible data source type is %s, but statement was DROP %s",
                         kind_word(source->kind), kind_word(kind));
    if (source->read_only && statement->delete_topic)
        return error_set(e->error, ERROR_INVALID, "Cannot delete topic for read-only source: %.*s",
                         VIEW_ARGS(source->name));
    if (check_unused(e, source) != 0)
        return -1;
    struct job *job = source->made_by.size == 0 ? NULL : job_find(engine, source->made_by);
    const struct engine_topics *topics = engine->options.topics;
    const struct engine_schemas *schemas = engine->options.schemas;
    struct view topic = arena_copy_view(e->arena, source->topic), name = arena_copy_view(e->arena, source->name);
    struct error ignored = {0};
    if (job != NULL)
        job_remove(job, true);
    if (statement->delete_topic && !e->request->replay) {
        if (topics->remove(topics->context, topic, e->error) != 0 &&
            (e->error == NULL || e->error->code != ERROR_NOT_FOUND))
            return -1;
        error_clear(e->error);
        schemas->remove(schemas->context, topic, true, &ignored);
        schemas->remove(schemas->context, topic, false, &ignored);
    }
    catalog_drop(engine->catalog, name, NULL);
    command(e, kind_word(kind), name, "drop");
    e->outcome->rewritten = drop_text(e, name);
    e->outcome->message = say(e, "Source `%.*s` (topic: %.*s) was dropped.", VIEW_ARGS(name), VIEW_ARGS(topic));
    return 0;
}

static int terminate_one(struct execution *e, struct job *job) {
    if (job->push) {
        struct engine_results results = job->results;
        job_remove(job, false);
        if (results.ended != NULL)
            results.ended(results.context, false, NULL);
        return 0;
    }
    job_remove(job, true);
    (void)e;
    return 0;
}

static int pause_one(struct execution *e, struct job *job) {
    (void)e;
    if (job->state != ENGINE_PAUSED)
        job_pause(job);
    return 0;
}

static int resume_one(struct execution *e, struct job *job) {
    if (job->state == ENGINE_RUNNING)
        return 0;
    if (job->held) {
        job->state = ENGINE_RUNNING;
        return 0;
    }
    return job_open(job, e->error);
}

static int change_query(struct execution *e) {
    static const struct {
        enum statement_kind kind;
        int (*change)(struct execution *e, struct job *job);
        const char *command, *message;
    } rows[] = {
        {STATEMENT_TERMINATE, terminate_one, "terminate", "Query terminated."},
        {STATEMENT_PAUSE, pause_one, "pause", "Query paused."},
        {STATEMENT_RESUME, resume_one, "resume", "Query resumed."},
    };
    struct engine *engine = e->engine;
    struct view name = e->statement->name;
    size_t row = 0;
    while (rows[row].kind != e->statement->kind)
        row++;
    struct job *job = name.size == 0 ? NULL : job_find(engine, name);
    if (name.size != 0 && job == NULL)
        return error_set(e->error, ERROR_NOT_FOUND, "Unknown queryId: %.*s", VIEW_ARGS(name));
    e->outcome->query_id = job == NULL ? VIEW("ALL") : arena_copy_view(e->arena, view_of(job->id));
    if (job != NULL && rows[row].change(e, job) != 0)
        return -1;
    for (size_t i = engine->queries.count; job == NULL && name.size == 0 && i-- > 0;)
        if (!engine->queries.items[i]->push && rows[row].change(e, engine->queries.items[i]) != 0)
            return -1;
    command(e, rows[row].command, e->outcome->query_id, "execute");
    e->outcome->message = view_of(rows[row].message);
    return 0;
}

/* Columns are not added to what is there; what can never be altered says so first, as ksqlDB does. */
static int alter_source(struct execution *e) {
    const struct source *source = catalog_find(e->engine->catalog, e->statement->name);
    enum source_kind wanted = e->statement->is_table ? SOURCE_TABLE : SOURCE_STREAM;
    if (source == NULL)
        return error_set(e->error, ERROR_NOT_FOUND, "Source %.*s does not exist.", VIEW_ARGS(e->statement->name));
    const char *kind = source->kind == SOURCE_TABLE ? "table" : "stream";
    if (source->kind != wanted)
        return error_set(e->error, ERROR_INVALID, "Incompatible data source type is %s, but statement was ALTER %s",
                         source->kind == SOURCE_TABLE ? "TABLE" : "STREAM",
                         wanted == SOURCE_TABLE ? "TABLE" : "STREAM");
    if (source->read_only)
        return error_set(e->error, ERROR_INVALID,
                         "Cannot alter %s '%.*s': ALTER operations are not supported on source %ss.", kind,
                         VIEW_ARGS(source->name), kind);
    return error_set(e->error, ERROR_UNSUPPORTED,
                     "ALTER %s is not supported here yet: DROP %.*s and CREATE it with the new columns",
                     wanted == SOURCE_TABLE ? "TABLE" : "STREAM", VIEW_ARGS(source->name));
}

/* --- types --- */

static struct view type_of(struct execution *e, const struct sql_type *type) {
    struct text text = TEXT_EMPTY;
    sql_type_print(&text, type);
    struct view kept = arena_copy_view(e->arena, text_view(&text));
    text_free(&text);
    return kept;
}

static int create_type(struct execution *e) {
    struct analysis analysis = engine_analysis(e->engine, e->arena);
    const struct sql_type *type;
    struct view name = e->statement->name;
    const struct sql_type *known = catalog_type(e->engine->catalog, name);
    if (known != NULL) {
        if (!e->statement->if_not_exists)
            return error_set(e->error, ERROR_EXISTS,
                             "Cannot register custom type '%.*s' since it is already registered with type: %.*s",
                             VIEW_ARGS(name), VIEW_ARGS(type_of(e, known)));
        e->outcome->existed = true;
        e->outcome->message = say(e, "%.*s is already registered", VIEW_ARGS(name));
        return 0;
    }
    if (analyse_type(&analysis, e->statement->type, &type, e->error) != 0 ||
        catalog_add_type(e->engine->catalog, name, type, e->error) != 0)
        return -1;
    e->outcome->message = say(e, "Registered custom type with name '%.*s' and SQL type %.*s", VIEW_ARGS(name),
                              VIEW_ARGS(type_of(e, type)));
    command(e, "type", name, "create");
    return 0;
}

static int drop_type(struct execution *e) {
    struct view name = e->statement->name;
    bool known = catalog_type(e->engine->catalog, name) != NULL;
    if (!known && !e->statement->if_exists)
        return error_set(e->error, ERROR_NOT_FOUND, "Type %.*s does not exist.", VIEW_ARGS(name));
    command(e, "type", name, "drop");
    e->outcome->existed = !known;
    e->outcome->message =
        known ? say(e, "Dropped type '%.*s'", VIEW_ARGS(name)) : say(e, "Type '%.*s' does not exist", VIEW_ARGS(name));
    return known ? catalog_drop_type(e->engine->catalog, name, e->error) : 0;
}

static int insert(struct execution *e) {
    return insert_values(e->engine, e->statement, e->arena, e->error);
}

static const struct {
    enum statement_kind kind;
    int (*execute)(struct execution *e);
} rows[] = {
    {STATEMENT_CREATE_STREAM, create_source},   {STATEMENT_CREATE_TABLE, create_source},
    {STATEMENT_CREATE_STREAM_AS, create_query}, {STATEMENT_CREATE_TABLE_AS, create_query},
    {STATEMENT_INSERT_INTO, create_query},      {STATEMENT_INSERT_VALUES, insert},
    {STATEMENT_DROP_STREAM, drop_source},       {STATEMENT_DROP_TABLE, drop_source},
    {STATEMENT_TERMINATE, change_query},        {STATEMENT_PAUSE, change_query},
    {STATEMENT_RESUME, change_query},           {STATEMENT_CREATE_TYPE, create_type},
    {STATEMENT_ALTER_SOURCE, alter_source},     {STATEMENT_DROP_TYPE, drop_type},
};

int engine_execute(struct engine *engine, const struct statement *statement, const struct engine_request *request,
                   struct arena *arena, struct engine_outcome *outcome, struct error *error) {
    struct execution e = {engine, statement, request, arena, outcome, error};
    *outcome = (struct engine_outcome){.rewritten = statement->written};
    engine->settings.rewritten = request->replay;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].kind == statement->kind)
            return rows[i].execute(&e);
    return error_set(error, ERROR_UNSUPPORTED, "This statement is not supported here: %.*s",
                     VIEW_ARGS(statement->written));
}
