#include <string.h>

#include "foundation/base/utf8.h"
#include "pattern_code.h"

enum { CODE_MOST = 20000 };

struct compiler {
    struct regex *regex;
    struct arena *arena;
    struct view pattern;
    size_t at;
    int depth;
    bool ignore_case, dot_all, lines;
    struct error *error;
};

static int refuse(struct compiler *c, const char *what) {
    return error_set(c->error, ERROR_INVALID, "Invalid regular expression pattern: %.*s: %s near index %zu",
                     VIEW_ARGS(c->pattern), what, c->at);
}

static bool more(const struct compiler *c) {
    return c->at < c->pattern.size;
}

static char peek(const struct compiler *c) {
    return more(c) ? c->pattern.data[c->at] : '\0';
}

static bool take(struct compiler *c, const char *sign) {
    size_t size = strlen(sign);
    if (c->pattern.size - c->at < size || memcmp(c->pattern.data + c->at, sign, size) != 0)
        return false;
    c->at += size;
    return true;
}

static size_t emit(struct compiler *c, enum code code) {
    struct instruction instruction = {
        .code = code, .ignore_case = c->ignore_case, .dot_all = c->dot_all, .lines = c->lines};
    vector_push(&c->regex->code, instruction);
    return c->regex->code.count - 1;
}

static struct instruction *instruction(struct compiler *c, size_t at) {
    return &c->regex->code.items[at];
}

static uint32_t next_letter(struct compiler *c) {
    uint32_t letter;
    size_t length = utf8_decode((struct view){c->pattern.data + c->at, c->pattern.size - c->at}, &letter);
    if (length == 0) {
        letter = (unsigned char)c->pattern.data[c->at];
        length = 1;
    }
    c->at += length;
    return letter;
}

/* --- classes --- */

static void add_range(struct set *set, uint32_t low, uint32_t high) {
    if (set->count < sizeof set->ranges / sizeof *set->ranges)
        set->ranges[set->count++] = (struct range){low, high};
}

static void add_all(struct set *set, const struct range *ranges, size_t count, bool negated) {
    uint32_t next = 0;
    for (size_t i = 0; i < count; i++) {
        if (!negated)
            add_range(set, ranges[i].low, ranges[i].high);
        else if (ranges[i].low > next)
            add_range(set, next, ranges[i].low - 1);
        next = ranges[i].high + 1;
    }
    if (negated)
        add_range(set, next, 0x10FFFF);
}

static const struct {
    const char *name;
    struct range ranges[6];
    size_t count;
} classes[] = {
    {"d", {{'0', '9'}}, 1},
    {"w", {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}, 4},
    {"s", {{'\t', '\r'}, {' ', ' '}}, 2},
    {"Lower", {{'a', 'z'}}, 1},
    {"Upper", {{'A', 'Z'}}, 1},
    {"Alpha", {{'A', 'Z'}, {'a', 'z'}}, 2},
    {"Digit", {{'0', '9'}}, 1},
    {"Alnum", {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}, 3},
    {"Punct", {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}, 4},
    {"Space", {{'\t', '\r'}, {' ', ' '}}, 2},
    {"XDigit", {{'0', '9'}, {'A', 'F'}, {'a', 'f'}}, 3},
    {"L", {{'A', 'Z'}, {'a', 'z'}, {0xAA, 0xAA}, {0xB5, 0xB5}, {0xC0, 0xD6}, {0xD8, 0x24F}}, 6},
    {"Lu", {{'A', 'Z'}, {0xC0, 0xD6}, {0xD8, 0xDE}, {0x391, 0x3A9}, {0x410, 0x42F}}, 5},
    {"Ll", {{'a', 'z'}, {0xDF, 0xF6}, {0xF8, 0xFF}, {0x3B1, 0x3C9}, {0x430, 0x44F}}, 5},
    {"N", {{'0', '9'}}, 1},
};

static bool add_class(struct set *set, struct view name, bool negated) {
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (view_equal(name, view_of(classes[i].name))) {
            add_all(set, classes[i].ranges, classes[i].count, negated);
            return true;
        }
    return false;
}

/* After \p or \P. */
static int property(struct compiler *c, struct set *set, bool negated) {
    struct view name = {c->pattern.data + c->at, 1};
    if (take(c, "{")) {
        const char *end = memchr(c->pattern.data + c->at, '}', c->pattern.size - c->at);
        if (end == NULL)
            return refuse(c, "Unclosed character family");
        name = (struct view){c->pattern.data + c->at, (size_t)(end - c->pattern.data) - c->at};
        c->at += name.size + 1;
    } else if (more(c)) {
        c->at++;
    }
    return add_class(set, name, negated) ? 0 : refuse(c, "Unknown character property name");
}

static bool hex(struct compiler *c, size_t digits, uint32_t *letter) {
    *letter = 0;
    for (size_t i = 0; i < digits; i++) {
        char d = peek(c);
        int value = d >= '0' && d <= '9'                     ? d - '0'
                    : (d | 0x20) >= 'a' && (d | 0x20) <= 'f' ? (d | 0x20) - 'a' + 10
                                                             : -1;
        if (value < 0)
            return false;
        *letter = *letter << 4 | (uint32_t)value;
        c->at++;
    }
    return true;
}

/* After a backslash: a class (into the set, *letter untouched), or a letter. -1 refused, 1 class, 0 letter. */
static int escape(struct compiler *c, struct set *set, uint32_t *letter) {
    static const char from[] = "tnrfae", to[] = "\t\n\r\f\a\x1B";
    if (!more(c))
        return refuse(c, "Unexpected internal error");
    char sign = c->pattern.data[c->at];
    if (sign == 'p' || sign == 'P') {
        c->at++;
        return property(c, set, sign == 'P') != 0 ? -1 : 1;
    }
    if (strchr("dDwWsS", sign) != NULL) {
        char name = (char)(sign | 0x20);
        c->at++;
        add_class(set, (struct view){&name, 1}, sign < 'a');
        return 1;
    }
    const char *found = strchr(from, sign);
    if (found != NULL) {
        c->at++;
        *letter = (unsigned char)to[found - from];
        return 0;
    }
    if (sign == 'x' || sign == 'u') {
        c->at++;
        return hex(c, sign == 'x' ? 2 : 4, letter) ? 0 : refuse(c, "Illegal hexadecimal escape sequence");
    }
    if ((sign >= 'a' && sign <= 'z') || (sign >= 'A' && sign <= 'Z'))
        return refuse(c, "Illegal/unsupported escape sequence");
    *letter = next_letter(c);
    return 0;
}

static int set_item(struct compiler *c, struct set *set) {
    uint32_t low, high;
    if (take(c, "\\")) {
        int kind = escape(c, set, &low);
        if (kind != 0)
            return kind < 0 ? -1 : 0;
    } else {
        low = next_letter(c);
    }
    high = low;
    if (peek(c) == '-' && c->at + 1 < c->pattern.size && c->pattern.data[c->at + 1] != ']') {
        c->at++;
        if (take(c, "\\")) {
            if (escape(c, set, &high) != 0)
                return refuse(c, "Illegal character range");
        } else {
            high = next_letter(c);
        }
        if (high < low)
            return refuse(c, "Illegal character range");
    }
    add_range(set, low, high);
    return 0;
}

/* After [. */
static int bracket(struct compiler *c) {
    struct set *set = arena_zero(c->arena, sizeof *set);
    set->negated = take(c, "^");
    for (bool first = true; first || peek(c) != ']'; first = false) {
        if (!more(c))
            return refuse(c, "Unclosed character class");
        if (peek(c) == '[' || take(c, "&&"))
            return refuse(c, "unions and intersections of classes are not supported");
        if (set_item(c, set) != 0)
            return -1;
    }
    c->at++;
    if (set->count == sizeof set->ranges / sizeof *set->ranges)
        return refuse(c, "too many ranges in one class");
    size_t at = emit(c, CODE_SET);
    instruction(c, at)->set = set;
    return 0;
}

/* --- atoms, repeats, alternatives --- */

static int alternatives(struct compiler *c);

static bool flags(struct compiler *c, bool *closed) {
    bool on = true;
    for (; more(c) && peek(c) != ')' && peek(c) != ':'; c->at++) {
        if (peek(c) == '-')
            on = false;
        else if (peek(c) == 'i')
            c->ignore_case = on;
        else if (peek(c) == 's')
            c->dot_all = on;
        else if (peek(c) == 'm')
            c->lines = on;
        else
            return false;
    }
    *closed = peek(c) == ')';
    c->at += more(c);
    return true;
}

static int look_ahead(struct compiler *c, bool negated) {
    size_t at = emit(c, negated ? CODE_NOT_AHEAD : CODE_AHEAD);
    if (alternatives(c) != 0)
        return -1;
    emit(c, CODE_MATCH);
    instruction(c, at)->a = c->regex->code.count;
    return 0;
}

/* After (. */
static int group(struct compiler *c) {
    bool ignore_case = c->ignore_case, dot_all = c->dot_all, lines = c->lines, closed = false;
    int status;
    if (take(c, "?=")) {
        status = look_ahead(c, false);
    } else if (take(c, "?!")) {
        status = look_ahead(c, true);
    } else if (take(c, "?<") || take(c, "?>")) {
        return refuse(c, "look-behind, named and atomic groups are not supported");
    } else if (take(c, "?")) {
        if (!flags(c, &closed))
            return refuse(c, "Unknown inline modifier");
        if (closed)
            return 0; /* flags stay */
        status = alternatives(c);
    } else {
        size_t number = ++c->regex->groups;
        if (number >= REGEX_GROUPS)
            return refuse(c, "too many groups");
        instruction(c, emit(c, CODE_SAVE))->a = 2 * number;
        status = alternatives(c);
        instruction(c, emit(c, CODE_SAVE))->a = 2 * number + 1;
    }
    if (status == 0 && !take(c, ")"))
        status = refuse(c, "Unclosed group");
    c->ignore_case = ignore_case, c->dot_all = dot_all, c->lines = lines;
    return status;
}

static int backslash(struct compiler *c) {
    static const struct {
        char sign;
        enum code code;
    } anchors[] = {{'b', CODE_BOUNDARY},
                   {'B', CODE_NO_BOUNDARY},
                   {'A', CODE_TEXT_START},
                   {'z', CODE_TEXT_END},
                   {'Z', CODE_LINE_END}};
    for (size_t i = 0; i < sizeof anchors / sizeof *anchors; i++)
        if (peek(c) == anchors[i].sign) {
            c->at++;
            emit(c, anchors[i].code);
            return 0;
        }
    if (peek(c) >= '1' && peek(c) <= '9') {
        instruction(c, emit(c, CODE_BACK))->a = (size_t)(c->pattern.data[c->at++] - '0');
        return 0;
    }
    if (take(c, "Q")) {
        while (more(c) && !take(c, "\\E")) {
            uint32_t letter = next_letter(c);
            instruction(c, emit(c, CODE_CHAR))->letter = letter;
        }
        return 0;
    }
    struct set *set = arena_zero(c->arena, sizeof *set);
    uint32_t letter = 0;
    int kind = escape(c, set, &letter);
    if (kind < 0)
        return -1;
    size_t at = emit(c, kind == 1 ? CODE_SET : CODE_CHAR);
    instruction(c, at)->set = set;
    instruction(c, at)->letter = letter;
    return 0;
}

static int atom(struct compiler *c) {
    if (take(c, "("))
        return group(c);
    if (take(c, "["))
        return bracket(c);
    if (take(c, "\\"))
        return backslash(c);
    if (take(c, "."))
        emit(c, CODE_ANY);
    else if (take(c, "^"))
        emit(c, c->lines ? CODE_LINE_START : CODE_TEXT_START);
    else if (take(c, "$"))
        emit(c, CODE_LINE_END);
    else if (strchr("*+?", peek(c)) != NULL)
        return refuse(c, "Dangling meta character");
    else {
        uint32_t letter = next_letter(c);
        instruction(c, emit(c, CODE_CHAR))->letter = letter;
    }
    return 0;
}

static bool number(struct compiler *c, size_t *value) {
    size_t begin = c->at;
    *value = 0;
    while (peek(c) >= '0' && peek(c) <= '9' && *value < 10000)
        *value = *value * 10 + (size_t)(c->pattern.data[c->at++] - '0');
    return c->at > begin;
}

enum { REPEATS_MOST = 1000, NO_BOUND = 1000000 };

/* Gives false when nothing repeats. */
static bool quantifier(struct compiler *c, size_t *least, size_t *most, bool *wrong) {
    *least = 0;
    *most = NO_BOUND;
    if (take(c, "*"))
        return true;
    if (take(c, "+")) {
        *least = 1;
        return true;
    }
    if (take(c, "?")) {
        *most = 1;
        return true;
    }
    if (!take(c, "{"))
        return false;
    *wrong = !number(c, least);
    *most = *least;
    if (!*wrong && take(c, ",") && !number(c, most))
        *most = NO_BOUND;
    *wrong |= !take(c, "}") || *most < *least || *least > REPEATS_MOST || (*most > REPEATS_MOST && *most != NO_BOUND);
    return true;
}

/* Copies the code of [from, to) to the end; jumps inside move along. */
static void copy(struct compiler *c, size_t from, size_t to) {
    size_t shift = c->regex->code.count - from;
    for (size_t i = from; i < to; i++) {
        struct instruction instruction = c->regex->code.items[i];
        bool jumps = instruction.code == CODE_SPLIT || instruction.code == CODE_JUMP ||
                     instruction.code == CODE_AHEAD || instruction.code == CODE_NOT_AHEAD;
        if (jumps) {
            instruction.a += shift;
            instruction.b += shift;
        }
        vector_push(&c->regex->code, instruction);
    }
}

static void insert(struct compiler *c, size_t at) {
    size_t count = c->regex->code.count - at;
    emit(c, CODE_SPLIT);
    struct instruction kept = c->regex->code.items[c->regex->code.count - 1];
    memmove(&c->regex->code.items[at + 1], &c->regex->code.items[at], count * sizeof kept);
    c->regex->code.items[at] = kept;
    for (size_t i = at + 1; i < c->regex->code.count; i++) {
        struct instruction *moved = instruction(c, i);
        if (moved->code == CODE_SPLIT || moved->code == CODE_JUMP || moved->code == CODE_AHEAD ||
            moved->code == CODE_NOT_AHEAD) {
            moved->a += moved->a >= at;
            moved->b += moved->b >= at;
        }
    }
}

static void set_split(struct compiler *c, size_t at, size_t inside, size_t outside, bool lazy) {
    instruction(c, at)->a = lazy ? outside : inside;
    instruction(c, at)->b = lazy ? inside : outside;
}

/* x* : L1 split L2, L3; L2 mark, x, moved, jump L1; L3 */
static void star(struct compiler *c, size_t from, bool lazy) {
    size_t mark = c->regex->marks++;
    insert(c, from);
    insert(c, from + 1);
    instruction(c, from + 1)->code = CODE_MARK;
    instruction(c, from + 1)->a = mark;
    instruction(c, emit(c, CODE_MOVED))->a = mark;
    instruction(c, emit(c, CODE_JUMP))->a = from;
    set_split(c, from, from + 1, c->regex->code.count, lazy);
}

static int repeat(struct compiler *c, size_t from) {
    size_t least, most, size = c->regex->code.count - from;
    bool wrong = false;
    if (!quantifier(c, &least, &most, &wrong))
        return 0;
    bool lazy = take(c, "?");
    if (wrong)
        return refuse(c, "Illegal repetition");
    if (!lazy && take(c, "+"))
        return refuse(c, "possessive repeats are not supported");
    if ((least + (most == NO_BOUND ? 0 : most) + 1) * (size + 3) + from > CODE_MOST)
        return refuse(c, "too many repetitions");
    if (most == 0) { /* {0}: nothing of it is looked for */
        c->regex->code.count = from;
        return repeat(c, from);
    }
    size_t body = from; /* the one that the optional part is made of is the last copy */
    for (size_t i = 1; i < least; i++)
        copy(c, body, body + size);
    if (most == NO_BOUND) {
        if (least != 0) {
            size_t last = c->regex->code.count;
            copy(c, body, body + size);
            star(c, last, lazy);
        } else {
            star(c, from, lazy);
        }
        return repeat(c, from);
    }
    for (size_t i = least; i < most; i++) {
        size_t at = c->regex->code.count;
        if (i == 0) {
            insert(c, from);
            set_split(c, from, from + 1, c->regex->code.count, lazy);
            body = from + 1;
            continue;
        }
        copy(c, body, body + size);
        insert(c, at);
        set_split(c, at, at + 1, c->regex->code.count, lazy);
    }
    return repeat(c, from);
}

static int alternatives(struct compiler *c) {
    size_t from = c->regex->code.count;
    if (++c->depth > 100)
        return refuse(c, "nested too deep");
    while (more(c) && peek(c) != '|' && peek(c) != ')') {
        size_t begin = c->regex->code.count;
        if (atom(c) != 0 || repeat(c, begin) != 0)
            return -1;
    }
    if (take(c, "|")) {
        insert(c, from);
        size_t jump = emit(c, CODE_JUMP);
        set_split(c, from, from + 1, c->regex->code.count, false);
        if (alternatives(c) != 0)
            return -1;
        instruction(c, jump)->a = c->regex->code.count;
    }
    c->depth--;
    return 0;
}

struct regex *regex_new(struct view pattern, struct arena *arena, struct error *error) {
    struct regex *regex = arena_zero(arena, sizeof *regex);
    struct compiler c = {.regex = regex, .arena = arena, .pattern = pattern, .error = error};
    int status = alternatives(&c);
    if (status == 0 && more(&c))
        status = refuse(&c, "Unmatched closing ')'");
    emit(&c, CODE_MATCH);
    struct instruction *kept =
        (struct instruction *)arena_copy_bytes(arena, regex->code.items, regex->code.count * sizeof *kept);
    size_t count = regex->code.count;
    vector_free(&regex->code);
    regex->code.items = kept;
    regex->code.count = count;
    return status == 0 ? regex : NULL;
}

size_t regex_groups(const struct regex *regex) {
    return regex->groups;
}
