/* May a reader with one schema read what a writer with the other wrote? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "foundation/base/clock.h"
#include "foundation/format/inspect.h"

#define RECORD(fields) "{\"type\":\"record\",\"name\":\"R\",\"fields\":[" fields "]}"
#define FIELD(name, type) "{\"name\":\"" name "\",\"type\":" type "}"
#define DEFAULTED(name, type, value) "{\"name\":\"" name "\",\"type\":" type ",\"default\":" value "}"
#define OBJECT(properties) "{\"type\":\"object\",\"properties\":{" properties "}}"
#define CLOSED(properties) "{\"type\":\"object\",\"properties\":{" properties "},\"additionalProperties\":false}"

/* Judges newer against older; `why` NULL: compatible, else part of a reason. */
static void judge(const char *type, const char *newer, const char *older, enum compatibility level, const char *why) {
    struct text reasons = TEXT_EMPTY;
    struct error error = {0};
    int result = compatibility_check(view_of(type), view_of(newer), view_of(older), level, &reasons, &error);
    if (result != (why != NULL))
        fail_msg("%s\nafter %s: %d %s%s", newer, older, result, text_string(&reasons), error.message);
    if (why && !strstr(text_string(&reasons), why))
        fail_msg("'%s' does not say '%s'", text_string(&reasons), why);
    text_free(&reasons);
}

static void avro(const char *newer, const char *older, const char *why) {
    judge("AVRO", newer, older, COMPATIBILITY_BACKWARD, why);
}

static void json(const char *newer, const char *older, const char *why) {
    judge("JSON", newer, older, COMPATIBILITY_BACKWARD, why);
}

static void an_avro_field_may_go_and_may_come_with_a_default(void **state) {
    (void)state;
    avro(RECORD(FIELD("a", "\"int\"")), RECORD(FIELD("a", "\"int\"") "," FIELD("b", "\"int\"")), NULL);
    avro(RECORD(FIELD("a", "\"int\"") "," DEFAULTED("b", "\"int\"", "0")), RECORD(FIELD("a", "\"int\"")), NULL);
    avro(RECORD(FIELD("a", "\"int\"") "," FIELD("b", "\"int\"")), RECORD(FIELD("a", "\"int\"")),
         "/b: READER_FIELD_MISSING_DEFAULT_VALUE");
    avro(RECORD(FIELD("A", "\"int\"")), RECORD(FIELD("a", "\"int\"")),
         "/A: READER_FIELD_MISSING_DEFAULT_VALUE"); /* names are exact */
}

static void avro_numbers_widen_and_never_narrow(void **state) {
    (void)state;
    static const char *const numbers[] = {"\"int\"", "\"long\"", "\"float\"", "\"double\""};
    for (int wide = 0; wide < 4; wide++) {
        for (int narrow = 0; narrow < 4; narrow++)
            avro(numbers[wide], numbers[narrow], wide >= narrow ? NULL : "TYPE_MISMATCH");
    }
    avro("\"string\"", "\"bytes\"", NULL);
    avro("\"bytes\"", "\"string\"", NULL);
    avro("\"boolean\"", "\"int\"", "TYPE_MISMATCH");
    avro("\"string\"", "\"int\"", "TYPE_MISMATCH: int was written, string is to be read");
}

static void an_avro_union_may_grow_and_not_shrink(void **state) {
    (void)state;
    avro("[\"null\",\"string\"]", "\"string\"", NULL);
    avro("[\"null\",\"string\",\"int\"]", "[\"null\",\"string\"]", NULL);
    avro("[\"null\",\"long\"]", "[\"null\",\"int\"]", NULL);
    avro("[\"null\"]", "[\"null\",\"int\"]", "MISSING_UNION_BRANCH: int was written");
    avro("\"string\"", "[\"null\",\"string\"]", "MISSING_UNION_BRANCH: null was written");
    avro("[\"null\",\"string\"]", "\"int\"", "MISSING_UNION_BRANCH: no branch reads int");
}

static void avro_names_symbols_sizes_and_scales_must_agree(void **state) {
    (void)state;
    avro("{\"type\":\"record\",\"name\":\"x.R\",\"fields\":[]}", "{\"type\":\"record\",\"name\":\"y.R\",\"fields\":[]}",
         NULL);
    avro("{\"type\":\"record\",\"name\":\"S\",\"fields\":[]}", RECORD(""), "NAME_MISMATCH");
    avro("{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"B\",\"A\"]}",
         "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"]}", NULL);
    avro("{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"]}",
         "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}", "MISSING_ENUM_SYMBOLS: B");
    avro("{\"type\":\"fixed\",\"name\":\"F\",\"size\":4}", "{\"type\":\"fixed\",\"name\":\"F\",\"size\":5}",
         "FIXED_SIZE_MISMATCH");
    avro("{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":4,\"scale\":2}",
         "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":4,\"scale\":1}", "DECIMAL_MISMATCH");
    avro("{\"type\":\"array\",\"items\":\"long\"}", "{\"type\":\"array\",\"items\":\"int\"}", NULL);
    avro("{\"type\":\"array\",\"items\":\"int\"}", "{\"type\":\"array\",\"items\":\"long\"}", "TYPE_MISMATCH");
    avro("{\"type\":\"map\",\"values\":\"int\"}", "{\"type\":\"map\",\"values\":\"long\"}", "TYPE_MISMATCH");
    avro("{\"type\":\"map\",\"values\":\"int\"}", "{\"type\":\"array\",\"items\":\"int\"}", "TYPE_MISMATCH");
}

#define NAMED(name, more) "{\"type\":\"record\",\"name\":\"" name "\",\"fields\":[]" more "}"
#define ENUM(symbols, more) "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[" symbols "]" more "}"
#define RENAMED(type) "{\"name\":\"b\",\"aliases\":[\"x\",\"a\"],\"type\":" type "}"

static void avro_aliases_stand_for_the_names_before(void **state) {
    (void)state;
    avro(RECORD(RENAMED("\"long\"")), RECORD(FIELD("a", "\"int\"")), NULL);
    avro(RECORD(RENAMED("\"int\"")), RECORD(FIELD("a", "\"string\"")), "/b: TYPE_MISMATCH");
    avro(RECORD(RENAMED("\"int\"")), RECORD(FIELD("a", "\"string\"") "," FIELD("b", "\"int\"")), NULL);
    avro(RECORD(FIELD("a", "\"int\"")), RECORD(RENAMED("\"int\"")), "/a: READER_FIELD_MISSING_DEFAULT_VALUE");
    avro(NAMED("S", ",\"aliases\":[\"R\"]"), NAMED("R", ""), NULL);
    avro(NAMED("R", ""), NAMED("S", ",\"aliases\":[\"R\"]"), "NAME_MISMATCH"); /* the reader's count */
    avro(NAMED("n.S", ",\"aliases\":[\"R\"]"), NAMED("n.R", ""), NULL);
    avro(NAMED("n.S", ",\"aliases\":[\"R\"]"), NAMED("m.R", ""), "NAME_MISMATCH");
    avro(NAMED("n.S", ",\"aliases\":[\"m.R\"]"), NAMED("m.R", ""), NULL);
    avro(RECORD(FIELD("a", "\"int\"")), RECORD("{\"name\":\"a\",\"type\":\"int\",\"aliases\":[7]}"), NULL);
}

static void an_avro_enum_with_a_default_reads_symbols_that_went(void **state) {
    (void)state;
    avro(ENUM("\"A\"", ",\"default\":\"A\""), ENUM("\"A\",\"B\"", ""), NULL);
    avro(ENUM("\"A\"", ""), ENUM("\"A\",\"B\"", ",\"default\":\"A\""), "MISSING_ENUM_SYMBOLS: B");
    avro(ENUM("\"A\"", ",\"default\":\"Z\""), ENUM("\"A\",\"B\"", ""), "MISSING_ENUM_SYMBOLS: B");
}

static void avro_enums_and_fixed_keep_their_name_or_an_alias_of_it(void **state) {
    (void)state;
    const char *fixed = "{\"type\":\"fixed\",\"name\":\"F\",\"size\":4}";
    avro("{\"type\":\"enum\",\"name\":\"D\",\"symbols\":[\"A\"]}", ENUM("\"A\"", ""), "NAME_MISMATCH: D was E");
    avro("{\"type\":\"enum\",\"name\":\"D\",\"symbols\":[\"A\"],\"aliases\":[\"E\"]}", ENUM("\"A\"", ""), NULL);
    avro("{\"type\":\"fixed\",\"name\":\"G\",\"size\":4}", fixed, "NAME_MISMATCH: G was F");
    avro("{\"type\":\"fixed\",\"name\":\"G\",\"size\":4,\"aliases\":[\"F\"]}", fixed, NULL);
}

#define DECIMAL(precision, scale)                                                                                      \
    "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":" precision ",\"scale\":" scale "}"

static void an_avro_decimal_may_get_digits_in_front_and_lose_none(void **state) {
    (void)state;
    avro(DECIMAL("6", "2"), DECIMAL("4", "2"), NULL);
    avro(DECIMAL("4", "2"), DECIMAL("6", "2"), "DECIMAL_MISMATCH: (4, 2) were (6, 2)");
    avro("\"bytes\"", DECIMAL("4", "2"), NULL);
    avro(DECIMAL("4", "2"), "\"bytes\"", NULL);
}

static void every_difference_is_told_with_its_place(void **state) {
    (void)state;
    avro("\"string\"", "\"int\"", "/: TYPE_MISMATCH");
    avro(ENUM("\"A\"", ""), ENUM("\"A\",\"B\",\"C\"", ""),
         "/: MISSING_ENUM_SYMBOLS: B is gone\n/: MISSING_ENUM_SYMBOLS: C is gone\n");
    avro(RECORD(FIELD("a", "\"int\"") "," FIELD("b", "\"int\"")), RECORD(FIELD("a", "\"string\"")),
         "/a: TYPE_MISMATCH: string was written, int is to be read\n/b: READER_FIELD_MISSING_DEFAULT_VALUE");
}

/* A branch that was tried in vain leaves nothing behind by which a later field would count as alike. */
static void what_a_branch_could_not_read_a_field_cannot_either(void **state) {
    (void)state;
#define TYPE(name, fields) "{\"type\":\"record\",\"name\":\"" name "\",\"fields\":[" fields "]}"
    const char *written = RECORD(FIELD("u", TYPE("S", FIELD("x", "\"int\""))) "," FIELD("d", "\"S\""));
    avro(RECORD(FIELD("u", "[" TYPE("m.S", FIELD("x", "\"int\"") "," FIELD("y", "\"int\"")) "," TYPE(
                               "n.S", FIELD("x", "\"int\"")) "]") "," FIELD("d", "\"m.S\"")),
         written, "/d: RECORD_MISMATCH: m.S differs, as said before");
    avro(RECORD(FIELD("u", "[" TYPE("m.S", FIELD("x", "\"int\"") "," DEFAULTED("y", "\"int\"", "0")) "," TYPE(
                               "n.S", FIELD("x", "\"int\"")) "]") "," FIELD("d", "\"m.S\"")),
         written, NULL);
    /* m.T is alike only as long as m.S, which it holds, is */
    avro(
        RECORD(FIELD(
            "u",
            "[" TYPE("m.S", FIELD("t", TYPE("T", FIELD("s", "[\"null\",\"m.S\"]"))) "," FIELD("y", "\"int\"")) "," TYPE(
                "n.S", FIELD("t", TYPE("T", FIELD("s", "[\"null\",\"n.S\"]")))) "]") "," FIELD("d", "\"m.T\"")),
        RECORD(FIELD("u", TYPE("S", FIELD("t", TYPE("T", FIELD("s", "[\"null\",\"S\"]"))))) "," FIELD("d", "\"T\"")),
        "/d/s: MISSING_UNION_BRANCH: record was written");
#undef TYPE
}

static void two_unions_of_hundreds_are_refused_by_name(void **state) {
    (void)state;
    struct text now = TEXT_EMPTY, before = TEXT_EMPTY;
    for (int i = 0; i < 300; i++) {
        text_append_format(&now, "%c{\"type\":\"fixed\",\"name\":\"N%d\",\"size\":1}", i ? ',' : '[', i);
        text_append_format(&before, "%c{\"type\":\"fixed\",\"name\":\"B%d\",\"size\":1}", i ? ',' : '[', i);
    }
    text_append_char(&now, ']');
    text_append_char(&before, ']');
    avro(text_string(&now), text_string(&before), "/: TOO_COMPLEX: nested too deeply or with too many branches");
    text_free(&now);
    text_free(&before);
}

static void check(const char *type, const char *schema, const char *why) {
    struct text canonical = TEXT_EMPTY;
    struct error error = {0};
    int result = schema_text_check(view_of(type), view_of(schema), &canonical, &error);
    if ((result != 0) != (why != NULL) || (why && !strstr(error.message, why)))
        fail_msg("%s: %d %s", schema, result, error.message);
    text_free(&canonical);
}

#define RECORD_NAMED(name) "{\"type\":\"record\",\"name\":\"" name "\",\"fields\":[]}"

static void avro_names_symbols_and_defaults_are_checked_before_they_are_taken(void **state) {
    (void)state;
    check("AVRO", "{\"type\":\"record\",\"name\":\"1R\",\"fields\":[]}", "unlike '1R'");
    check("AVRO", "{\"type\":\"record\",\"name\":\"a.b.R_1\",\"fields\":[]}", NULL);
    check("AVRO", "{\"type\":\"record\",\"name\":\"R\",\"namespace\":\"a..b\",\"fields\":[]}", "unlike 'a..b'");
    check("AVRO", RECORD(FIELD("a b", "\"int\"")), "unlike 'a b'");
    check("AVRO", RECORD(FIELD("a", "{\"type\":\"array\",\"items\":{\"type\":\"fixed\",\"name\":\"x-y\",\"size\":1}}")),
          "unlike 'x-y'");
    check("AVRO", "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"A\"]}", "twice: 'A'");
    check("AVRO", "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"a-b\"]}", "unlike 'a-b'");
    check("AVRO", "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"],\"default\":\"B\"}",
          "none of the symbols: 'B'");
    static const struct {
        const char *schema, *why;
    } defaults[] = {
        {RECORD(DEFAULTED("a", "\"int\"", "\"x\"")), "of another type than the field 'a'"},
        {RECORD(DEFAULTED("a", "\"int\"", "3000000000")), "of another type"},
        {RECORD(DEFAULTED("a", "\"long\"", "3000000000")), NULL},
        {RECORD(DEFAULTED("a", "\"string\"", "null")), "of another type"},
        {RECORD(DEFAULTED("a", "[\"null\",\"int\"]", "null")), NULL},
        {RECORD(DEFAULTED("a", "[\"null\",\"int\"]", "5")), NULL},
        {RECORD(DEFAULTED("a", "[\"null\",\"int\"]", "true")), "of another type"},
        {RECORD(DEFAULTED("a", "{\"type\":\"array\",\"items\":\"int\"}", "[1,\"x\"]")), "of another type"},
        {RECORD(DEFAULTED("a", "{\"type\":\"map\",\"values\":\"int\"}", "{\"k\":1}")), NULL},
        {RECORD(DEFAULTED("a", "{\"type\":\"record\",\"name\":\"S\",\"fields\":[" FIELD("x", "\"int\"") "]}", "{}")),
         "of another type"},
        {RECORD(DEFAULTED("a", "{\"type\":\"record\",\"name\":\"S\",\"fields\":[" FIELD("x", "\"int\"") "]}",
                          "{\"x\":1}")),
         NULL},
        {RECORD(DEFAULTED("a", "{\"type\":\"record\",\"name\":\"S\",\"fields\":[" FIELD("x", "\"int\"") "]}",
                          "{\"x\":\"1\"}")),
         "of another type"},
        {RECORD(DEFAULTED("a", "{\"type\":\"record\",\"name\":\"S\",\"fields\":[" DEFAULTED("x", "\"int\"", "1") "]}",
                          "{}")),
         NULL},
        {RECORD(DEFAULTED("a", "{\"type\":\"map\",\"values\":\"int\"}", "{\"k\":\"v\"}")), "of another type"},
        {RECORD(DEFAULTED("a", "{\"type\":\"array\",\"items\":\"int\"}", "{}")), "of another type"},
        {RECORD(DEFAULTED("a", "\"float\"", "\"1\"")), "of another type"},
        {RECORD(DEFAULTED("a", "\"double\"", "1")), NULL},
        {RECORD(DEFAULTED("a", "\"boolean\"", "0")), "of another type"},
        {RECORD(DEFAULTED("a", "\"boolean\"", "false")), NULL},
        {RECORD(DEFAULTED("a", "\"bytes\"", "7")), "of another type"},
        /* wherever a definition may stand */
        {RECORD(FIELD("a", "[\"null\"," RECORD_NAMED("1S") "]")), "unlike '1S'"},
        {RECORD(FIELD("a", "{\"type\":\"map\",\"values\":" RECORD_NAMED("1S") "}")), "unlike '1S'"},
        {"{\"type\":" RECORD_NAMED("1S") "}", "unlike '1S'"},
        {"{\"type\":\"error\",\"name\":\"1S\",\"fields\":[]}", "unlike '1S'"},
    };
    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
        check("AVRO", defaults[i].schema, defaults[i].why);
}

static void an_avro_schema_is_what_a_parser_could_load(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    static const struct {
        const char *schema, *why;
    } cases[] = {
        {"int", NULL}, /* a bare word, as some clients send it */
        {"integer", "no JSON"},
        {"\"integer\"", "unknown type integer"},
        {"{\"type\":\"int\",\"type\":\"long\"}", "no JSON"},
        {"{}", "an object without a type"},
        {"7", "a type is missing"},
        {"[]", "a union without branches"},
        {"[\"int\",\"int\"]", "a union with the same type twice: int"},
        {"[" RECORD_NAMED("n.R") ",\"n.R\"]", "a union with the same type twice: n.R"},
        {"[" RECORD_NAMED("n.R") "," RECORD_NAMED("m.R") "]", NULL},
        {"[\"null\",[\"int\"]]", "a union inside a union"},
        {"{\"type\":\"array\"}", "no items given for array"},
        {"{\"type\":\"map\",\"items\":\"int\"}", "no items given for map"},
        {"{\"type\":\"record\",\"fields\":[]}", "no name given for a record"},
        {"{\"type\":\"record\",\"name\":\"R\"}", "a record without fields: R"},
        {RECORD("{\"type\":\"int\"}"), "a field without a name in record R"},
        {RECORD("{\"name\":\"a\"}"), "a type is missing"},
        {RECORD(FIELD("a", "\"int\"") "," FIELD("a", "\"long\"")), "two fields with the name a"},
        {RECORD(FIELD("a", "\"int\"") "," FIELD("A", "\"int\"")), NULL},
        {RECORD(FIELD("a", RECORD_NAMED("S")) "," FIELD("b", RECORD_NAMED("S"))), "defined twice: S"},
        {RECORD(FIELD("a", "[\"null\",\"R\"]")), NULL}, /* it holds itself */
        {RECORD(FIELD("a", "\"S\"") "," FIELD("b", RECORD_NAMED("S"))), "unknown type S"},
        {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[]}", "an enum needs symbols: E"},
        {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[1]}", "a symbol that is no text in E"},
        {"{\"type\":\"fixed\",\"name\":\"F\"}", "a fixed needs a size: F"},
        {"{\"type\":\"fixed\",\"name\":\"F\",\"size\":-1}", "a fixed needs a size: F"},
        {DECIMAL("4", "5"), "a decimal needs a precision and a scale not above it"},
        {DECIMAL("0", "0"), "a decimal needs a precision"},
        {DECIMAL("4", "-1"), "a decimal needs a precision"},
        {"{\"type\":\"fixed\",\"name\":\"F\",\"size\":2,\"logicalType\":\"decimal\"}", "a decimal needs a precision"},
        {"{\"type\":\"string\",\"logicalType\":\"decimal\"}", NULL}, /* no logical type of a text: ignored */
        {"{\"type\":\"int\",\"logicalType\":\"mine\"}", NULL},
        /* a name without dots is looked for in the namespace where it stands, then without one */
        {"{\"type\":\"record\",\"name\":\"R\",\"namespace\":\"n\",\"fields\":[" FIELD("a", RECORD_NAMED("S")) "," FIELD(
             "b", "\"S\"") "," FIELD("c", "\"n.S\"") "]}",
         NULL},
        {"{\"type\":\"record\",\"name\":\"n.R\",\"fields\":[" FIELD("a", RECORD_NAMED("m.S")) "," FIELD("b",
                                                                                                        "\"S\"") "]}",
         "unknown type S"},
        {RECORD(FIELD("a", "{\"type\":\"record\",\"name\":\"n.S\",\"fields\":[" FIELD("b", "[\"null\",\"R\"]") "]}")),
         NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check("AVRO", cases[i].schema, cases[i].why);
    const char *schema = "\"int\"";
    for (int levels = 1; levels < 32; levels++)
        schema = arena_format(&arena, "{\"type\":\"array\",\"items\":%s}", schema);
    check("AVRO", schema, NULL);
    check("AVRO", arena_format(&arena, "{\"type\":\"array\",\"items\":%s}", schema), "nested too deeply");
    arena_free(&arena);
}

static void json_keywords_have_their_shapes(void **state) {
    (void)state;
    static const struct {
        const char *schema, *why;
    } cases[] = {
        {"{\"type\":\"foo\"}", "type: is one of"},
        {"{\"type\":5}", "type: is one of"},
        {"{\"type\":[]}", "type: is one of"},
        {"{\"type\":[\"null\",\"string\"]}", NULL},
        {"{\"properties\":[]}", "properties: is an object"},
        {"{\"properties\":{\"a\":5}}", "a: a schema is an object or a boolean"},
        {"{\"properties\":{\"a\":{\"type\":\"x\"}}}", "type: is one of"},
        {"{\"required\":\"a\"}", "required: is a list of names"},
        {"{\"enum\":\"a\"}", "enum: is a list"},
        {"{\"oneOf\":[]}", "oneOf: is a list of schemas"},
        {"{\"items\":[{},true]}", NULL},
        {"{\"items\":5}", "items: a schema is"},
        {"{\"minLength\":\"x\"}", "minLength: is a number"},
        {"{\"minLength\":-1}", "minLength: is a number"},
        {"{\"minimum\":-1.5,\"exclusiveMinimum\":true}", NULL},
        {"{\"exclusiveMinimum\":3,\"multipleOf\":0.5,\"uniqueItems\":true}", NULL},
        {"{\"dependencies\":{\"a\":[\"b\"],\"c\":{}}}", NULL},
        {"{\"dependentRequired\":{\"a\":{}}}", "a: is a list of names"},
        {"{\"$ref\":\"#/definitions/x\"}", "$ref leads nowhere: #/definitions/x"},
        {"{\"$ref\":\"#/definitions/x\",\"definitions\":{\"x\":{}}}", NULL},
        {"{\"$ref\":\"other.json\",\"unknown\":5}", NULL},
        {"{\"type\":[\"null\",\"text\"]}", "type: is one of"},
        {"{\"title\":5}", "title: is a text"},
        {"{\"uniqueItems\":1}", "uniqueItems: is true or false"},
        {"{\"items\":[]}", NULL},
        {"{\"items\":[5]}", "items: a schema is"},
        {"{\"enum\":[]}", NULL},
        {"true", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check("JSON", cases[i].schema, cases[i].why);
}

static void a_json_schema_is_nested_only_so_deep(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    const char *schema = "{}";
    for (int levels = 1; levels < 200; levels++)
        schema = arena_format(&arena, "{\"not\":%s}", schema);
    check("JSON", schema, NULL);
    check("JSON", arena_format(&arena, "{\"not\":%s}", schema), "nested too deeply");
    arena_free(&arena);
}

static void forward_asks_the_old_reader_and_full_asks_both(void **state) {
    (void)state;
    const char *both = RECORD(FIELD("a", "\"int\"") "," FIELD("b", "\"int\"")), *one = RECORD(FIELD("a", "\"int\""));
    judge("AVRO", both, one, COMPATIBILITY_FORWARD, NULL);
    judge("AVRO", one, both, COMPATIBILITY_FORWARD, "READER_FIELD_MISSING_DEFAULT_VALUE");
    judge("AVRO", both, one, COMPATIBILITY_FULL, "READER_FIELD_MISSING_DEFAULT_VALUE");
    judge("AVRO", one, both, COMPATIBILITY_FULL, "READER_FIELD_MISSING_DEFAULT_VALUE");
    judge("", RECORD(FIELD("a", "\"int\"") "," DEFAULTED("b", "\"int\"", "0")), one, COMPATIBILITY_FULL, NULL);
}

/* Record in nullable record, LEVELS deep, with a field of the type at the bottom. */
static char *nested(struct arena *arena, int levels, const char *type) {
    char *inner = arena_format(arena, "\"%s\"", type);
    for (int i = levels; i > 0; i--)
        inner = arena_format(
            arena, "[\"null\",{\"type\":\"record\",\"name\":\"L%d\",\"fields\":[{\"name\":\"f\",\"type\":%s}]}]", i,
            inner);
    return inner;
}

static void a_difference_is_found_however_deep_it_lies(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    for (int levels = 1; levels <= 14; levels++) {
        avro(nested(&arena, levels, "long"), nested(&arena, levels, "int"), NULL);
        avro(nested(&arena, levels, "int"), nested(&arena, levels, "string"), "UNION_BRANCH");
    }
    char *now = arena_copy_string(&arena, "{\"type\":\"string\"}"),
         *before = arena_copy_string(&arena, "{\"type\":\"integer\"}");
    for (int levels = 0; levels < 60; levels++) {
        now = arena_format(&arena, "{\"type\":\"array\",\"items\":%s}", now);
        before = arena_format(&arena, "{\"type\":\"array\",\"items\":%s}", before);
        json(now, before, "TYPE_CHANGED");
    }
    arena_free(&arena);
}

static void a_type_that_holds_itself_many_times_is_judged_at_once(void **state) {
    (void)state;
    struct text older = TEXT_EMPTY, newer = TEXT_EMPTY;
    text_append_string(&older, "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"v\",\"type\":\"int\"}");
    for (int i = 0; i < 30; i++)
        text_append_format(&older, ",{\"name\":\"f%d\",\"type\":[\"null\",\"R\"]}", i);
    text_append(&newer, text_view(&older));
    text_append_string(&older, "]}");
    text_append_string(&newer, ",{\"name\":\"extra\",\"type\":\"int\"}]}");
    avro(text_string(&older), text_string(&older), NULL); /* taken apart each time it would not end in a lifetime */
    avro(text_string(&older), text_string(&newer), NULL);
    avro(text_string(&newer), text_string(&older), "/extra: READER_FIELD_MISSING_DEFAULT_VALUE");
    text_free(&older);
    text_free(&newer);
}

static void an_open_json_object_takes_no_new_property_and_a_closed_one_does(void **state) {
    (void)state;
    const char *a = OBJECT("\"a\":{\"type\":\"string\"}"),
               *ab = OBJECT("\"a\":{\"type\":\"string\"},\"b\":{\"type\":\"string\"}");
    const char *closed_a = CLOSED("\"a\":{\"type\":\"string\"}"),
               *closed_ab = CLOSED("\"a\":{\"type\":\"string\"},\"b\":{\"type\":\"string\"}");
    json(a, a, NULL);
    json(ab, a, "#/properties/b: PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL");
    json(a, ab, NULL);
    json(closed_ab, closed_a, NULL);
    json(closed_a, closed_ab, "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL: b");
    json(a, closed_a, NULL);
    json(closed_a, a, "ADDITIONAL_PROPERTIES_REMOVED");
    json(OBJECT("\"a\":{\"type\":\"string\"},\"b\":{}"), a, NULL);
}

static void json_types_widen_and_never_narrow(void **state) {
    (void)state;
    json("{\"type\":\"number\"}", "{\"type\":\"integer\"}", NULL);
    json("{\"type\":\"integer\"}", "{\"type\":\"number\"}", "TYPE_CHANGED: number");
    json("{\"type\":[\"null\",\"string\"]}", "{\"type\":\"string\"}", NULL);
    json("{\"type\":\"string\"}", "{\"type\":[\"null\",\"string\"]}", "TYPE_NARROWED: null");
    json("{}", "{\"type\":\"string\"}", NULL);
    json("{\"type\":\"string\"}", "{}", "TYPE_NARROWED: any");
    json("true", "{\"type\":\"string\"}", NULL);
    json("false", "{\"type\":\"string\"}", "SCHEMA_CLOSED");
}

static void json_bounds_enums_and_required_fields_are_not_tightened(void **state) {
    (void)state;
    json("{\"type\":\"integer\",\"maximum\":9}", "{\"type\":\"integer\",\"maximum\":8}", NULL);
    json("{\"type\":\"integer\",\"maximum\":8}", "{\"type\":\"integer\",\"maximum\":9}", "maximum is narrower");
    json("{\"type\":\"string\",\"minLength\":1}", "{\"type\":\"string\"}", "minLength is narrower");
    json("{\"enum\":[\"a\",\"b\"]}", "{\"enum\":[\"a\"]}", NULL);
    json("{\"enum\":[\"a\"]}", "{\"enum\":[\"a\",\"b\"]}", "ENUM_ARRAY_NARROWED");
    json("{\"type\":\"string\",\"pattern\":\"x\"}", "{\"type\":\"string\"}", "PATTERN_CHANGED");
    json("{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}},\"required\":[\"a\"]}",
         OBJECT("\"a\":{\"type\":\"string\"}"), "REQUIRED_ATTRIBUTE_ADDED: a");
}

static void json_branches_may_grow_and_not_shrink(void **state) {
    (void)state;
    const char *both = "{\"oneOf\":[{\"type\":\"null\"},{\"type\":\"string\"}]}";
    json(both, "{\"type\":\"string\"}", NULL);
    json("{\"type\":\"string\"}", both, "SUM_TYPE_NARROWED: branch 1");
    json("{\"oneOf\":[{\"type\":\"null\"},{\"type\":\"string\"},{\"type\":\"integer\"}]}", both, NULL);
    json("{\"oneOf\":7}", both, "SUM_TYPE_NARROWED");
}

static void branches_in_branches_without_end_are_refused_by_name_and_soon(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    const char *now = "{\"type\":\"string\"}", *before = "{\"type\":\"integer\"}";
    for (int level = 0; level < 7; level++) {
        now = arena_format(&arena, "{\"anyOf\":[%s,%s,%s,%s]}", now, now, now, now);
        before = arena_format(&arena, "{\"anyOf\":[%s,%s,%s,%s]}", before, before, before, before);
    }
    json(now, before, "TOO_COMPLEX");
    arena_free(&arena);
}

static void texts_that_do_not_parse_are_errors_and_not_judgements(void **state) {
    (void)state;
    struct error error = {0};
    assert_int_equal(
        compatibility_check(VIEW("AVRO"), VIEW("{"), VIEW("\"int\""), COMPATIBILITY_BACKWARD, NULL, &error), -1);
    assert_int_equal(error.code, ERROR_INVALID);
    assert_int_equal(
        compatibility_check(VIEW("AVRO"), VIEW("\"int\""), VIEW("\"nix\""), COMPATIBILITY_BACKWARD, NULL, &error), -1);
    assert_int_equal(
        compatibility_check(VIEW("JSON"), VIEW("{}"), VIEW("{\"a\""), COMPATIBILITY_BACKWARD, NULL, &error), -1);
    assert_int_equal(error.code, ERROR_INVALID);
    assert_int_equal(compatibility_check(VIEW("PROTOBUF"), VIEW("x"), VIEW("x"), COMPATIBILITY_BACKWARD, NULL, &error),
                     -1);
    assert_int_equal(error.code, ERROR_INVALID);
    assert_int_equal(compatibility_check(VIEW("THRIFT"), VIEW("x"), VIEW("x"), COMPATIBILITY_BACKWARD, NULL, &error),
                     -1);
    assert_int_equal(error.code, ERROR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "THRIFT"));
    assert_int_equal(
        compatibility_check(VIEW("AVRO"), VIEW("\"int\""), VIEW("\"long\""), COMPATIBILITY_BACKWARD, NULL, NULL), 1);
}

static void protobuf_asks_the_reader_that_the_level_names(void **state) {
    (void)state;
    static const char one[] = "message A {}", two[] = "message A {} message B {}";
    struct text reasons = TEXT_EMPTY;
    struct error error = {0};
    assert_int_equal(
        compatibility_check(VIEW("PROTOBUF"), VIEW(two), VIEW(one), COMPATIBILITY_BACKWARD, &reasons, &error), 0);
    assert_int_equal(reasons.size, 0);
    assert_int_equal(
        compatibility_check(VIEW("PROTOBUF"), VIEW(two), VIEW(one), COMPATIBILITY_FORWARD, &reasons, &error), 1);
    assert_string_equal(text_string(&reasons), "#/B: MESSAGE_REMOVED: B\n");
    assert_int_equal(compatibility_check(VIEW("PROTOBUF"), VIEW(one), VIEW(two), COMPATIBILITY_FULL, NULL, &error), 1);
    assert_int_equal(compatibility_check(VIEW("PROTOBUF"), VIEW(two), VIEW(one), COMPATIBILITY_FULL, NULL, &error), 1);
    text_free(&reasons);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_avro_field_may_go_and_may_come_with_a_default),
        cmocka_unit_test(avro_numbers_widen_and_never_narrow),
        cmocka_unit_test(an_avro_union_may_grow_and_not_shrink),
        cmocka_unit_test(avro_names_symbols_sizes_and_scales_must_agree),
        cmocka_unit_test(avro_aliases_stand_for_the_names_before),
        cmocka_unit_test(an_avro_enum_with_a_default_reads_symbols_that_went),
        cmocka_unit_test(avro_enums_and_fixed_keep_their_name_or_an_alias_of_it),
        cmocka_unit_test(an_avro_decimal_may_get_digits_in_front_and_lose_none),
        cmocka_unit_test(every_difference_is_told_with_its_place),
        cmocka_unit_test(what_a_branch_could_not_read_a_field_cannot_either),
        cmocka_unit_test(two_unions_of_hundreds_are_refused_by_name),
        cmocka_unit_test(avro_names_symbols_and_defaults_are_checked_before_they_are_taken),
        cmocka_unit_test(an_avro_schema_is_what_a_parser_could_load),
        cmocka_unit_test(json_keywords_have_their_shapes),
        cmocka_unit_test(a_json_schema_is_nested_only_so_deep),
        cmocka_unit_test(forward_asks_the_old_reader_and_full_asks_both),
        cmocka_unit_test(a_difference_is_found_however_deep_it_lies),
        cmocka_unit_test(a_type_that_holds_itself_many_times_is_judged_at_once),
        cmocka_unit_test(an_open_json_object_takes_no_new_property_and_a_closed_one_does),
        cmocka_unit_test(json_types_widen_and_never_narrow),
        cmocka_unit_test(json_bounds_enums_and_required_fields_are_not_tightened),
        cmocka_unit_test(json_branches_may_grow_and_not_shrink),
        cmocka_unit_test(branches_in_branches_without_end_are_refused_by_name_and_soon),
        cmocka_unit_test(protobuf_asks_the_reader_that_the_level_names),
        cmocka_unit_test(texts_that_do_not_parse_are_errors_and_not_judgements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
