#include "ksql/language/print.h"

#include <ctype.h>

static bool plain(struct view name) {
    if (name.size == 0 || isdigit((unsigned char)name.data[0]) || print_is_keyword(name))
        return false;
    for (size_t i = 0; i < name.size; i++) {
        unsigned char c = (unsigned char)name.data[i];
        if (!(isupper(c) || isdigit(c) || c == '_' || c == '@'))
            return false;
    }
    return true;
}

void print_name(struct text *out, struct view name) {
    if (plain(name)) {
        text_append(out, name);
        return;
    }
    text_append_char(out, '`');
    for (size_t i = 0; i < name.size; i++) {
        if (name.data[i] == '`')
            text_append_char(out, '`');
        text_append_char(out, name.data[i]);
    }
    text_append_char(out, '`');
}

void print_string(struct text *out, struct view string) {
    text_append_char(out, '\'');
    for (size_t i = 0; i < string.size; i++) {
        if (string.data[i] == '\'')
            text_append_char(out, '\'');
        text_append_char(out, string.data[i]);
    }
    text_append_char(out, '\'');
}

void print_type(struct text *out, const struct type_node *type) {
    static const char *const aliases[][2] = {{"INT", "INTEGER"}, {"VARCHAR", "STRING"}};
    if (view_equal(type->name, VIEW("DECIMAL"))) {
        text_append_format(out, "DECIMAL(%d, %d)", type->precision, type->scale);
        return;
    }
    struct view name = type->name;
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (view_equal(name, view_of(aliases[i][0])))
            name = view_of(aliases[i][1]);
    text_append(out, name);
    if (type->part_count == 0)
        return;
    text_append_char(out, '<');
    for (size_t i = 0; i < type->part_count; i++) {
        if (i != 0)
            text_append_string(out, ", ");
        if (type->field_names != NULL) {
            print_name(out, type->field_names[i]);
            text_append_char(out, ' ');
        }
        print_type(out, type->parts[i]);
    }
    text_append_char(out, '>');
}

static void list(struct text *out, const struct node *node, size_t from) {
    for (size_t i = from; i < node->child_count; i++) {
        if (i != from)
            text_append_string(out, ", ");
        print_expression(out, node->children[i]);
    }
}

static void infix(struct text *out, const struct node *node, struct view sign) {
    text_append_char(out, '(');
    print_expression(out, node->children[0]);
    text_append_format(out, " %.*s ", VIEW_ARGS(sign));
    print_expression(out, node->children[1]);
    text_append_char(out, ')');
}

static void print_case(struct text *out, const struct node *node) {
    size_t at = 0;
    text_append_string(out, "(CASE");
    if (node->flag) {
        text_append_char(out, ' ');
        print_expression(out, node->children[at++]);
    }
    size_t end = node->child_count - (node->negated ? 1 : 0);
    for (; at + 2 <= end; at += 2) {
        text_append_string(out, " WHEN ");
        print_expression(out, node->children[at]);
        text_append_string(out, " THEN ");
        print_expression(out, node->children[at + 1]);
    }
    if (node->negated) {
        text_append_string(out, " ELSE ");
        print_expression(out, node->children[end]);
    }
    text_append_string(out, " END)");
}

static void print_pairs(struct text *out, const struct node *node) {
    text_append_string(out, node->kind == NODE_MAP ? "MAP(" : "STRUCT(");
    size_t step = node->kind == NODE_MAP ? 2 : 1;
    for (size_t i = 0; i < node->child_count; i += step) {
        if (i != 0)
            text_append_string(out, ", ");
        if (node->kind == NODE_MAP)
            print_expression(out, node->children[i]);
        else
            print_name(out, node->names[i]);
        text_append_string(out, ":=");
        print_expression(out, node->children[i + step - 1]);
    }
    text_append_char(out, ')');
}

static void print_lambda(struct text *out, const struct node *node) {
    size_t parameters = node->child_count - 1;
    if (parameters > 1)
        text_append_char(out, '(');
    for (size_t i = 0; i < parameters; i++) {
        if (i != 0)
            text_append_string(out, ", ");
        text_append(out, node->children[i]->name);
    }
    if (parameters > 1)
        text_append_char(out, ')');
    text_append_string(out, " => ");
    print_expression(out, node->children[parameters]);
}

static void print_predicate(struct text *out, const struct node *node) {
    const char *not = node->negated ? "NOT " : "";
    text_append_char(out, '(');
    print_expression(out, node->children[0]);
    switch (node->kind) {
    case NODE_DISTINCT:
        text_append_format(out, " IS %sDISTINCT FROM ", not );
        print_expression(out, node->children[1]);
        break;
    case NODE_BETWEEN:
        text_append_format(out, " %sBETWEEN ", not );
        print_expression(out, node->children[1]);
        text_append_string(out, " AND ");
        print_expression(out, node->children[2]);
        break;
    case NODE_IN:
        text_append_format(out, " %sIN (", not );
        list(out, node, 1);
        text_append_char(out, ')');
        break;
    case NODE_LIKE:
        text_append_format(out, " %sLIKE ", not );
        print_expression(out, node->children[1]);
        if (node->text.size != 0) {
            text_append_string(out, " ESCAPE ");
            print_string(out, node->text);
        }
        break;
    default:
        text_append_format(out, " IS %sNULL", not );
        break;
    }
    text_append_char(out, ')');
}

/* Two signs in a row would begin a comment. */
static void print_sign(struct text *out, const struct node *node) {
    struct text inner = TEXT_EMPTY;
    print_expression(&inner, node->children[0]);
    text_append(out, node->text);
    if (view_starts_with(node->text, VIEW("-")) && view_starts_with(text_view(&inner), VIEW("-")))
        text_append_char(out, ' ');
    text_append(out, text_view(&inner));
    text_free(&inner);
}

void print_expression(struct text *out, const struct node *node) {
    switch (node->kind) {
    case NODE_NULL:
        text_append_string(out, "null");
        break;
    case NODE_BOOLEAN:
        text_append_string(out, node->flag ? "true" : "false");
        break;
    case NODE_INTEGER:
    case NODE_DECIMAL:
    case NODE_FLOAT:
        text_append(out, node->text);
        break;
    case NODE_STRING:
        if (node->flag)
            text_append(out, node->text);
        else
            print_string(out, node->text);
        break;
    case NODE_TYPED:
        text_append_format(out, "%.*s ", VIEW_ARGS(node->name));
        print_string(out, node->text);
        break;
    case NODE_COLUMN:
        if (node->qualified) {
            print_name(out, node->qualifier);
            text_append_char(out, '.');
        }
        print_name(out, node->name);
        break;
    case NODE_FIELD:
        print_expression(out, node->children[0]);
        text_append_string(out, "->");
        print_name(out, node->name);
        break;
    case NODE_SUBSCRIPT:
        print_expression(out, node->children[0]);
        text_append_char(out, '[');
        print_expression(out, node->children[1]);
        text_append_char(out, ']');
        break;
    case NODE_CALL:
        text_append(out, node->name);
        text_append_char(out, '(');
        if (node->flag)
            text_append_char(out, '*');
        list(out, node, 0);
        text_append_char(out, ')');
        break;
    case NODE_LAMBDA:
        print_lambda(out, node);
        break;
    case NODE_COMPARE:
    case NODE_ARITHMETIC:
        infix(out, node, node->text);
        break;
    case NODE_AND:
        infix(out, node, VIEW("AND"));
        break;
    case NODE_OR:
        infix(out, node, VIEW("OR"));
        break;
    case NODE_NOT:
        text_append_string(out, "(NOT ");
        print_expression(out, node->children[0]);
        text_append_char(out, ')');
        break;
    case NODE_SIGN:
        print_sign(out, node);
        break;
    case NODE_CASE:
        print_case(out, node);
        break;
    case NODE_CAST:
        text_append_string(out, "CAST(");
        print_expression(out, node->children[0]);
        text_append_string(out, " AS ");
        print_type(out, node->type);
        text_append_char(out, ')');
        break;
    case NODE_DISTINCT:
    case NODE_BETWEEN:
    case NODE_IN:
    case NODE_LIKE:
    case NODE_IS_NULL:
        print_predicate(out, node);
        break;
    case NODE_ARRAY:
        text_append_string(out, "ARRAY[");
        list(out, node, 0);
        text_append_char(out, ']');
        break;
    case NODE_MAP:
    case NODE_STRUCT:
        print_pairs(out, node);
        break;
    }
}

static void print_relation(struct text *out, const struct relation *relation) {
    print_name(out, relation->name);
    text_append_char(out, ' ');
    print_name(out, relation->alias);
}

static void print_duration(struct text *out, const char *word, const struct tree_duration *duration) {
    text_append_format(out, "%s %lld %.*s", word, (long long)duration->count, VIEW_ARGS(duration->unit));
}

static void print_window(struct text *out, const struct window_clause *window) {
    static const char *const kinds[] = {"", "TUMBLING", "HOPPING", "SESSION"};
    text_append_format(out, "\nWINDOW %s ( ", kinds[window->kind]);
    print_duration(out, window->kind == TREE_SESSION ? "" : "SIZE", &window->size);
    if (window->kind == TREE_HOPPING)
        print_duration(out, ", ADVANCE BY", &window->advance);
    if (window->retention.unit.size != 0)
        print_duration(out, ", RETENTION", &window->retention);
    if (window->grace.unit.size != 0)
        print_duration(out, ", GRACE PERIOD", &window->grace);
    text_append_string(out, " ) ");
}

static void print_list(struct text *out, const char *words, const struct node *const *nodes, size_t count) {
    text_append_format(out, "\n%s ", words);
    if (count == 0)
        text_append_char(out, '(');
    for (size_t i = 0; i < count; i++) {
        if (i != 0)
            text_append_string(out, ", ");
        print_expression(out, nodes[i]);
    }
    if (count == 0)
        text_append_char(out, ')');
}

void print_query(struct text *out, const struct query *query) {
    static const char *const joins[] = {"INNER", "LEFT OUTER", "RIGHT OUTER", "FULL OUTER"};
    text_append_string(out, "SELECT");
    for (size_t i = 0; i < query->item_count; i++) {
        const struct select_item *item = &query->items[i];
        text_append_string(out, i == 0 ? (query->item_count > 1 ? "\n  " : " ") : ",\n  ");
        if (item->expression == NULL) {
            if (item->star_of.size != 0) {
                print_name(out, item->star_of);
                text_append_char(out, '.');
            }
            text_append_char(out, '*');
            continue;
        }
        print_expression(out, item->expression);
        if (item->all_fields)
            text_append_string(out, "->*");
        if (item->alias.size != 0) {
            text_append_char(out, ' ');
            print_name(out, item->alias);
        }
    }
    text_append_string(out, "\nFROM ");
    print_relation(out, &query->from);
    for (size_t i = 0; i < query->join_count; i++) {
        const struct join *join = &query->joins[i];
        text_append_format(out, "\n%s JOIN ", joins[join->kind]);
        print_relation(out, &join->right);
        text_append_string(out, " ON (");
        print_expression(out, join->condition);
        text_append_char(out, ')');
    }
    if (query->window.kind != TREE_NO_WINDOW)
        print_window(out, &query->window);
    if (query->where != NULL) {
        text_append_string(out, "\nWHERE ");
        print_expression(out, query->where);
    }
    if (query->grouped)
        print_list(out, "GROUP BY", query->group_by, query->group_by_count);
    if (query->partitioned)
        print_list(out, "PARTITION BY", query->partition_by, query->partition_by_count);
    if (query->having != NULL) {
        text_append_string(out, "\nHAVING ");
        print_expression(out, query->having);
    }
    if (query->emit != EMIT_NONE)
        text_append_string(out, query->emit == EMIT_CHANGES ? "\nEMIT CHANGES" : "\nEMIT FINAL");
    if (query->limit >= 0)
        text_append_format(out, "\nLIMIT %lld", (long long)query->limit);
}
