/* Types and durations. */
#include "ksql/language/parser.h"

bool parser_duration_unit(struct view word, int64_t *ms) {
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {{"DAY", 86400000},  {"HOUR", 3600000},  {"MINUTE", 60000},  {"SECOND", 1000},  {"MILLISECOND", 1},
                 {"DAYS", 86400000}, {"HOURS", 3600000}, {"MINUTES", 60000}, {"SECONDS", 1000}, {"MILLISECONDS", 1}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (view_equal_ignoring_case(word, view_of(units[i].name))) {
            *ms = units[i].ms;
            return true;
        }
    return false;
}

int parser_duration(struct parser *parser, struct tree_duration *duration) {
    if (parser_integer(parser, &duration->count) != 0)
        return -1;
    int64_t ms;
    const struct token *token = parser_token(parser);
    if (token->kind != TOKEN_WORD || !parser_duration_unit(token->text, &ms))
        return parser_refuse(parser, "{'DAY', 'HOUR', 'MINUTE', 'SECOND', 'MILLISECOND', 'DAYS', 'HOURS', 'MINUTES', "
                                     "'SECONDS', 'MILLISECONDS'}");
    if (__builtin_mul_overflow(duration->count, ms, &duration->ms))
        return error_set_at(parser->error, ERROR_INVALID, token->line, token->column,
                            "line %d:%d: a duration of %lld %.*s is too long", token->line, token->column,
                            (long long)duration->count, VIEW_ARGS(token->text));
    duration->unit = token->text;
    parser->at++;
    return 0;
}

static const struct type_node *type_array_of(struct parser *parser, const struct type_node *element) {
    struct type_node *type = arena_zero(parser->arena, sizeof *type);
    const struct type_node **parts = arena_allocate(parser->arena, sizeof *parts);
    parts[0] = element;
    *type = (struct type_node){
        .name = VIEW("ARRAY"), .parts = parts, .part_count = 1, .line = element->line, .column = element->column};
    return type;
}

static int type_struct(struct parser *parser, struct type_node *type) {
    VECTOR(const struct type_node *) parts = {0};
    VECTOR(struct view) names = {0};
    int status = -1;
    if (parser_take(parser, "<>"))
        return 0;
    if (parser_expect(parser, "<") != 0)
        return -1;
    if (!parser_is(parser, ">")) {
        do {
            struct view name;
            if (parser_name(parser, &name) != 0)
                goto cleanup;
            const struct type_node *part = parser_type(parser);
            if (part == NULL)
                goto cleanup;
            vector_push(&names, name);
            vector_push(&parts, part);
        } while (parser_take(parser, ","));
    }
    if (parser_expect(parser, ">") != 0)
        goto cleanup;
    type->part_count = parts.count;
    if (parts.count != 0) {
        type->parts = (const struct type_node *const *)arena_copy_bytes(parser->arena, parts.items,
                                                                        parts.count * sizeof *parts.items);
        type->field_names =
            (const struct view *)arena_copy_bytes(parser->arena, names.items, names.count * sizeof *names.items);
    }
    status = 0;
cleanup:
    vector_free(&parts);
    vector_free(&names);
    return status;
}

static int type_parts(struct parser *parser, struct type_node *type, size_t count) {
    const struct type_node **parts = arena_zero(parser->arena, count * sizeof *parts);
    if (parser_expect(parser, "<") != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (i != 0 && parser_expect(parser, ",") != 0)
            return -1;
        if ((parts[i] = parser_type(parser)) == NULL)
            return -1;
    }
    type->parts = parts;
    type->part_count = count;
    return parser_expect(parser, ">");
}

static int type_decimal(struct parser *parser, struct type_node *type) {
    int64_t precision, scale;
    if (parser_expect(parser, "(") != 0 || parser_integer(parser, &precision) != 0 || parser_expect(parser, ",") != 0 ||
        parser_integer(parser, &scale) != 0 || parser_expect(parser, ")") != 0)
        return -1;
    type->precision = precision > 1000 ? 1000 : (int)precision;
    type->scale = scale > 1000 ? 1000 : (int)scale;
    return 0;
}

static int type_base(struct parser *parser, struct type_node *type) {
    if (!parser_at_name(parser))
        return parser_refuse(parser, NULL);
    if (parser_name(parser, &type->name) != 0)
        return -1;
    if (!parser_take(parser, "("))
        return 0;
    do {
        if (parser_token(parser)->kind != TOKEN_INTEGER && !parser_is(parser, "STRING"))
            return parser_refuse(parser, "{'STRING', INTEGER_VALUE}");
        parser->at++;
    } while (parser_take(parser, ","));
    return parser_take(parser, ")") ? 0 : parser_refuse(parser, "{',', ')'}");
}

const struct type_node *parser_type(struct parser *parser) {
    if (!parser_enter(parser))
        return NULL;
    struct type_node *type = arena_zero(parser->arena, sizeof *type);
    const struct token *token = parser_token(parser);
    type->line = token->line;
    type->column = token->column;
    bool nested = token_is(parser_peek(parser, 1), "<") || token_is(parser_peek(parser, 1), "<>");
    int status;
    if (nested && parser_take(parser, "ARRAY")) {
        type->name = VIEW("ARRAY");
        status = type_parts(parser, type, 1);
    } else if (nested && parser_take(parser, "MAP")) {
        type->name = VIEW("MAP");
        status = type_parts(parser, type, 2);
    } else if (nested && parser_take(parser, "STRUCT")) {
        type->name = VIEW("STRUCT");
        status = type_struct(parser, type);
    } else if (parser_take(parser, "DECIMAL")) {
        type->name = VIEW("DECIMAL");
        status = type_decimal(parser, type);
    } else {
        status = type_base(parser, type);
    }
    if (status == 0 && parser_is(parser, "(") && !nested) {
        parser_refuse(parser, "{',', ')'}");
        status = -1;
    }
    const struct type_node *result = status == 0 ? type : NULL;
    while (result != NULL && parser_take(parser, "ARRAY"))
        result = type_array_of(parser, result);
    parser_leave(parser);
    return result;
}
