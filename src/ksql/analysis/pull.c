/* Pull queries with ksql.query.pull.table.scan.enabled=false: WHERE names the key, so that no table is read as a whole.
 * The condition is taken apart into OR of AND; every part must have each key column once, as ksqlDB's QueryFilterNode
 * asks for it. Conditions on the bounds of a window and on values may stand beside. */
#include <string.h>

#include "ksql/analysis/private.h"

enum { DISJUNCTS_MOST = 1000, KEYS_MOST = 64 };

struct disjunct { /* conditions that all hold */
    const struct node **parts;
    size_t count;
};
struct disjuncts {
    struct disjunct *items;
    size_t count;
};
struct pull_check {
    struct arena *arena;
    const struct source *source;
    struct error *error;
};

static int refuse(const struct pull_check *check, const char *message) {
    return error_set(check->error, ERROR_INVALID,
                     "%s. See https://cnfl.io/queries for more info.\nAdd EMIT CHANGES if you intended to issue a push "
                     "query.\nPull queries require a WHERE clause that:\n - includes a key equality expression, e.g. "
                     "`SELECT * FROM X WHERE <key-column>=Y;`.\n - in the case of a multi-column key, is a conjunction "
                     "of equality expressions that cover all key columns.\nIf more flexible queries are needed, table "
                     "scans can be enabled by setting ksql.query.pull.table.scan.enabled=true.",
                     message);
}

/* --- OR of AND --- */

static struct disjuncts one(const struct pull_check *check, const struct node *node) {
    const struct node **parts = arena_allocate(check->arena, sizeof *parts);
    struct disjunct *items = arena_allocate(check->arena, sizeof *items);
    parts[0] = node;
    items[0] = (struct disjunct){parts, 1};
    return (struct disjuncts){items, 1};
}

static struct disjuncts either(const struct pull_check *check, struct disjuncts a, struct disjuncts b) {
    struct disjunct *items = arena_allocate(check->arena, (a.count + b.count + 1) * sizeof *items);
    for (size_t i = 0; i < a.count + b.count; i++)
        items[i] = i < a.count ? a.items[i] : b.items[i - a.count];
    return (struct disjuncts){items, a.count + b.count};
}

static struct disjuncts both(const struct pull_check *check, struct disjuncts a, struct disjuncts b) {
    struct disjunct *items = arena_allocate(check->arena, (a.count * b.count + 1) * sizeof *items);
    size_t count = 0;
    for (size_t i = 0; i < a.count; i++)
        for (size_t j = 0; j < b.count; j++) {
            size_t left = a.items[i].count, right = b.items[j].count;
            const struct node **parts = arena_allocate(check->arena, (left + right) * sizeof *parts);
            memcpy(parts, a.items[i].parts, left * sizeof *parts);
            memcpy(parts + left, b.items[j].parts, right * sizeof *parts);
            items[count++] = (struct disjunct){parts, left + right};
        }
    return (struct disjuncts){items, count};
}

static const struct node *comparison(const struct pull_check *check, const struct node *left, const char *sign,
                                     const struct node *right) {
    struct node *node = arena_zero(check->arena, sizeof *node);
    const struct node **children = arena_allocate(check->arena, 2 * sizeof *children);
    children[0] = left;
    children[1] = right;
    *node = (struct node){.kind = NODE_COMPARE,
                          .line = left->line,
                          .column = left->column,
                          .text = view_of(sign),
                          .children = children,
                          .child_count = 2};
    return node;
}

/* Too many give none: the caller refuses. */
static struct disjuncts taken_apart(const struct pull_check *check, const struct node *node) {
    struct disjuncts result = {0};
    if (node->kind == NODE_AND || node->kind == NODE_OR) {
        struct disjuncts left = taken_apart(check, node->children[0]), right = taken_apart(check, node->children[1]);
        size_t most = node->kind == NODE_AND ? left.count * right.count : left.count + right.count;
        if (left.count == 0 || right.count == 0 || most > DISJUNCTS_MOST)
            return result;
        return node->kind == NODE_AND ? both(check, left, right) : either(check, left, right);
    }
    if (node->kind == NODE_IN && !node->negated && node->child_count <= DISJUNCTS_MOST) {
        for (size_t i = 1; i < node->child_count; i++)
            result = either(check, result, one(check, comparison(check, node->children[0], "=", node->children[i])));
        return result;
    }
    if (node->kind == NODE_BETWEEN && !node->negated)
        return both(check, one(check, comparison(check, node->children[0], ">=", node->children[1])),
                    one(check, comparison(check, node->children[0], "<=", node->children[2])));
    return one(check, node);
}

/* --- what a part says about the key --- */

static bool has_column(const struct node *node) {
    if (node->kind == NODE_COLUMN)
        return true;
    for (size_t i = 0; i < node->child_count; i++)
        if (has_column(node->children[i]))
            return true;
    return false;
}

static struct view key_columns(const struct pull_check *check, const bool *only) {
    const struct schema *schema = check->source->schema;
    struct column *columns = arena_zero(check->arena, (schema->key_count + 1) * sizeof *columns);
    size_t count = 0;
    for (size_t i = 0; i < schema->key_count; i++)
        if (only == NULL || (i < KEYS_MOST && only[i]))
            columns[count++] = schema->columns[i];
    return columns_text(check->arena, columns, count, true);
}

struct seen {
    bool keys[KEYS_MOST];
    bool range; /* a condition on the key that is no equality */
};

static int key_compared(const struct pull_check *check, const struct node *node, size_t key, struct seen *seen) {
    bool equal = view_equal(node->text, VIEW("="));
    if (view_equal(node->text, VIEW("<>")) || view_equal(node->text, VIEW("!=")) ||
        (!equal && check->source->schema->key_count > 1))
        return refuse(check, arena_format(check->arena, "Bound on key columns '%.*s' must currently be '='",
                                          VIEW_ARGS(key_columns(check, NULL))));
    if (seen->keys[key] && (!equal || seen->range))
        return refuse(check, "A comparison condition on the key column cannot be combined with other comparisons such "
                             "as an IN predicate");
    seen->keys[key] = true;
    seen->range |= !equal;
    return 0;
}

static int check_part(const struct pull_check *check, const struct node *node, struct seen *seen) {
    if (node->kind != NODE_COMPARE) {
        struct view text = node_text(check->arena, node);
        return refuse(check,
                      arena_format(check->arena, "Unsupported expression in WHERE clause: %.*s", VIEW_ARGS(text)));
    }
    const struct node *left = node->children[0], *right = node->children[1];
    if (has_column(left) && has_column(right))
        return refuse(check, "A comparison must be between a key column and a resolvable expression");
    const struct node *column = left->kind == NODE_COLUMN ? left : right;
    if (column->kind != NODE_COLUMN)
        return refuse(check, "A comparison must directly reference a key column");
    int at = schema_find(check->source->schema, column->name);
    if (at < 0 || (size_t)at >= check->source->schema->key_count || at >= KEYS_MOST)
        return 0;
    return key_compared(check, node, (size_t)at, seen);
}

static struct view disjunct_text(const struct pull_check *check, const struct disjunct *disjunct) {
    struct text text = TEXT_EMPTY;
    for (size_t i = 0; i < disjunct->count; i++) {
        struct view part = node_text(check->arena, disjunct->parts[i]);
        text_append_format(&text, "%s%.*s", i != 0 ? " AND " : "", VIEW_ARGS(part));
    }
    struct view kept = arena_copy_view(check->arena, text_view(&text));
    text_free(&text);
    return disjunct->count == 1 ? kept : view_of(arena_format(check->arena, "(%.*s)", VIEW_ARGS(kept)));
}

static int check_disjunct(const struct pull_check *check, const struct disjunct *disjunct) {
    struct seen seen = {0};
    size_t keys = check->source->schema->key_count, found = 0;
    for (size_t i = 0; i < disjunct->count; i++)
        if (check_part(check, disjunct->parts[i], &seen) != 0)
            return -1;
    for (size_t i = 0; i < keys && i < KEYS_MOST; i++)
        found += seen.keys[i];
    if (found == 0)
        return refuse(check, arena_format(check->arena, "WHERE clause missing key column for disjunct: %.*s",
                                          VIEW_ARGS(disjunct_text(check, disjunct))));
    if (found < keys)
        return refuse(check,
                      arena_format(check->arena,
                                   "Multi-column sources must specify every key in the WHERE clause. Specified: "
                                   "%.*s Expected: %.*s",
                                   VIEW_ARGS(key_columns(check, seen.keys)), VIEW_ARGS(key_columns(check, NULL))));
    return 0;
}

int pull_check_keys(const struct analysis *analysis, const struct source *source, const struct node *where,
                    struct error *error) {
    struct pull_check check = {analysis->arena, source, error};
    if (where == NULL)
        return refuse(&check, "Missing WHERE clause");
    struct disjuncts all = taken_apart(&check, where);
    if (all.count == 0)
        return error_set(error, ERROR_UNSUPPORTED,
                         "WHERE has more than %d alternatives, too many to look up by key: ask with fewer",
                         DISJUNCTS_MOST);
    for (size_t i = 0; i < all.count; i++)
        if (check_disjunct(&check, &all.items[i]) != 0)
            return -1;
    return 0;
}
