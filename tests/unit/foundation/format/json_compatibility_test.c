/* What one JSON Schema allowed, another must allow: each keyword by itself, references followed, choices compared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "foundation/format/json_compatibility.h"

/* In single quotes, for reading. */
static json_t *schema_of(const char *quoted) {
    struct text text = TEXT_EMPTY;
    json_error_t trouble;
    for (; *quoted; quoted++)
        text_append_char(&text, *quoted == '\'' ? '"' : *quoted);
    json_t *schema = json_loads(text_string(&text), JSON_DECODE_ANY, &trouble);
    if (!schema)
        fail_msg("%s: %s", text_string(&text), trouble.text);
    text_free(&text);
    return schema;
}

static void judge(const char *newer, const char *older, const char *why) {
    struct text reasons = TEXT_EMPTY;
    json_t *now = schema_of(newer), *before = schema_of(older);
    int found = json_compatibility(now, before, &reasons);
    if ((found > 0) != (why != NULL) || (why && !strstr(text_string(&reasons), why)))
        fail_msg("%s\nafter %s: %s", newer, older, text_string(&reasons));
    json_decref(now);
    json_decref(before);
    text_free(&reasons);
}

/* The wider allows what the narrower did; the other way round it says why not. */
static void widens(const char *wider, const char *narrower, const char *why) {
    judge(wider, narrower, NULL);
    judge(narrower, wider, why);
}

static void references_are_followed_in_both(void **state) {
    (void)state;
    const char *text = "{'$ref':'#/definitions/a','definitions':{'a':{'type':'string'}}}";
    const char *number = "{'$ref':'#/definitions/a','definitions':{'a':{'type':'number'}}}";
    judge("{'type':'string'}", text, NULL);
    judge(text, "{'type':'string'}", NULL);
    judge(number, text, "TYPE_CHANGED: string");
    judge("{'items':{'$ref':'#/$defs/x~1y~0z'},'$defs':{'x/y~z':{'maximum':1}}}",
          "{'items':{'$ref':'#/$defs/x~1y~0z'},'$defs':{'x/y~z':{'maximum':2}}}", "#/items: maximum is narrower");
    judge("{'$ref':'other.json'}", "{'$ref':'other.json','title':'x'}", NULL);
    judge("{'$ref':'other.json'}", "{'$ref':'another.json'}", "REFERENCE_CHANGED");
    judge("{'items':{'$ref':'#/$defs/all/allOf/1'},'$defs':{'all':{'allOf':[{},{'maximum':1}]}}}",
          "{'items':{'maximum':2}}", "#/items: maximum is narrower");
}

static void what_stands_beside_a_reference_counts_too(void **state) {
    (void)state;
    const char *alone = "{'$ref':'#/$defs/a','$defs':{'a':{'type':'string'}}}";
    widens(alone, "{'$ref':'#/$defs/a','maxLength':3,'$defs':{'a':{'type':'string'}}}", "maxLength is narrower");
}

static void names_of_columns_change_no_judgement_and_no_reason(void **state) {
    (void)state;
    const char *both = "{'oneOf':[{'type':'null'},{'type':'integer'}],'connect.index':1}";
    judge(both, "{'oneOf':[{'type':'null'},{'type':'integer'}],'connect.index':2,'title':'x'}", NULL);
    judge("{'oneOf':[{'type':'null'}],'connect.index':1}", both, "#: SUM_TYPE_NARROWED: branch 2");
}

static void every_bound_may_go_and_widen_and_neither_come_nor_narrow(void **state) {
    (void)state;
    static const char *const upper[] = {"maxLength",     "maximum",          "maxItems",
                                        "maxProperties", "exclusiveMaximum", "maxContains"};
    static const char *const lower[] = {"minLength",     "minimum",          "minItems",
                                        "minProperties", "exclusiveMinimum", "minContains"};
    for (size_t i = 0; i < sizeof upper / sizeof *upper; i++) {
        char low_upper[40], high_upper[40], low_lower[40], high_lower[40], upper_reason[40], lower_reason[40];
        snprintf(low_upper, sizeof low_upper, "{'%s':3}", upper[i]);
        snprintf(high_upper, sizeof high_upper, "{'%s':4}", upper[i]);
        snprintf(low_lower, sizeof low_lower, "{'%s':3}", lower[i]);
        snprintf(high_lower, sizeof high_lower, "{'%s':4}", lower[i]);
        snprintf(upper_reason, sizeof upper_reason, "#: %s is narrower", upper[i]);
        snprintf(lower_reason, sizeof lower_reason, "#: %s is narrower", lower[i]);
        widens(high_upper, low_upper, upper_reason);
        widens("{}", high_upper, upper_reason);
        widens(low_lower, high_lower, lower_reason);
        widens("{}", low_lower, lower_reason);
    }
}

static void values_that_a_list_names_have_their_type(void **state) {
    (void)state;
    widens("{'type':['boolean','null']}", "{'enum':[true,false,null]}", "ENUM_ARRAY_ADDED");
    widens("{'type':['object','array','number']}", "{'enum':[{},[],1,1.5]}", "ENUM_ARRAY_ADDED");
    judge("{'type':'string'}", "{'enum':[null]}", "TYPE_NARROWED");
    judge("{'type':'null'}", "{'enum':[false]}", "TYPE_NARROWED");
    judge("{'type':'integer'}", "{'const':1.5}", "TYPE_NARROWED");
    widens("{'type':'integer'}", "{'const':1}", "ENUM_ARRAY_ADDED");
}

static void a_property_is_required_only_where_records_had_it_or_have_a_default(void **state) {
    (void)state;
    widens("{'properties':{'a':{'type':'string'}}}", "{'properties':{'a':{'type':'string'}},'required':['a']}",
           "REQUIRED_ATTRIBUTE_ADDED: a");
    judge("{'properties':{'a':{'type':'string','default':'x'}},'required':['a']}",
          "{'properties':{'a':{'type':'string'}}}", NULL);
    judge("{'properties':{'a':{'type':'number'}},'required':['a']}",
          "{'properties':{'a':{'type':'integer'}},'required':['a']}", NULL);
    judge("{'properties':{'a':{'type':'string','default':'x'}},'required':['a'],'additionalProperties':false}",
          "{'additionalProperties':false}", NULL);
    judge("{'required':['a']}", "{}", NULL); /* of a name that is no property Confluent's registry says nothing */
}

static void properties_are_covered_by_the_pattern_that_finds_their_name(void **state) {
    (void)state;
    const char *numbers = "{'patternProperties':{'^n_':{'type':'number'}}}";
    judge("{'patternProperties':{'^n_':{'type':'number'}},'properties':{'n_a':{'type':'number'}}}", numbers, NULL);
    judge("{'patternProperties':{'^n_':{'type':'number'}},'properties':{'n_a':{'type':'string'}}}", numbers,
          "#/properties/n_a: PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL");
    judge("{'patternProperties':{'^n_':{'type':'number'}},'additionalProperties':false}",
          "{'properties':{'n_a':{'type':'integer'}},'additionalProperties':false}", NULL);
    judge("{'patternProperties':{'^n_':{'type':'number'}},'additionalProperties':false}",
          "{'properties':{'n_a':{'type':'string'}},'additionalProperties':false}", "PROPERTY_REMOVED_NOT_COVERED");
    judge("{'patternProperties':{'^n_':{'type':'number'}},'additionalProperties':false}",
          "{'properties':{'a_n':{'type':'integer'}},'additionalProperties':false}",
          "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL: a_n");
}

static void schemas_that_hold_themselves_are_judged_at_once(void **state) {
    (void)state;
    const char *tree =
        "{'$ref':'#/definitions/n','definitions':{'n':{'type':'object','properties':{'v':{'type':'integer'},"
        "'left':{'$ref':'#/definitions/n'},'right':{'$ref':'#/definitions/n'}}}}}";
    const char *wide =
        "{'$ref':'#/definitions/n','definitions':{'n':{'type':'object','properties':{'v':{'type':'number'},"
        "'left':{'$ref':'#/definitions/n'},'right':{'$ref':'#/definitions/n'}}}}}";
    widens(wide, tree, "#/properties/v: TYPE_CHANGED: number");
    judge("{'$ref':'#'}", "{'type':'string'}", "TOO_COMPLEX");
}

static void each_keyword_may_loosen_and_not_tighten(void **state) {
    (void)state;
    widens("{'type':'number','multipleOf':2}", "{'type':'number','multipleOf':10}", "MULTIPLE_OF_CHANGED");
    judge("{'multipleOf':11}", "{'multipleOf':10}", "MULTIPLE_OF_CHANGED");
    widens("{'const':'a'}", "{'const':'a','minLength':1}", "minLength");
    judge("{'const':'b'}", "{'const':'a'}", "ENUM_ARRAY_CHANGED");
    widens("{'enum':['a','b']}", "{'const':'a'}", "ENUM_ARRAY_NARROWED");
    widens("{'type':'string'}", "{'enum':['a']}", "ENUM_ARRAY_ADDED");
    judge("{'type':'string'}", "{'enum':['a',1]}", "TYPE_NARROWED");
    widens("{'minimum':1}", "{'minimum':1,'exclusiveMinimum':true}", "exclusiveMinimum");
    widens("{'type':'number'}", "{'type':'number','multipleOf':2}", "MULTIPLE_OF_CHANGED");
    widens("{'type':'string'}", "{'type':'string','pattern':'^a'}", "PATTERN_CHANGED");
    judge("{'pattern':'^b'}", "{'pattern':'^a'}", "PATTERN_CHANGED");
    judge("{'pattern':'^a','title':'x'}", "{'pattern':'^a'}", NULL);
    widens("{'type':'array'}", "{'type':'array','uniqueItems':true}", "UNIQUE_ITEMS_ADDED");
    judge("{'uniqueItems':true,'title':'x'}", "{'uniqueItems':true}", NULL);
    widens("{'not':{'type':'integer'}}", "{'not':{'type':'number'}}", "NOT_TYPE_EXTENDED");
    widens("{'not':{'$ref':'#/$defs/a'},'$defs':{'a':{'type':'integer'}}}",
           "{'not':{'$ref':'#/$defs/a'},'$defs':{'a':{'type':'number'}}}", "NOT_TYPE_EXTENDED");
    widens("{'type':'string'}", "{'type':'string','not':{'const':'x'}}", "NOT_TYPE_ADDED");
    widens("{'contains':{'type':'number'},'minContains':1}", "{'contains':{'type':'number'},'minContains':2}",
           "minContains");
    widens("{}", "{'contains':{'type':'number'}}", "CONTAINS_ADDED");
    widens("{}", "{'propertyNames':{'maxLength':3}}", "PROPERTY_NAMES_NARROWED");
    widens("{}", "{'dependencies':{'a':['b']}}", "DEPENDENCY_ADDED: of a");
    widens("{'dependentRequired':{'a':['b']}}", "{'dependentRequired':{'a':['b','c']}}", "a needs c");
    judge("{'dependentSchemas':{'a':{'type':'string'}}}", "{'dependentSchemas':{'a':{'type':'number'}}}",
          "TYPE_CHANGED");
}

static void other_properties_may_be_allowed_and_not_forbidden(void **state) {
    (void)state;
    widens("{}", "{'additionalProperties':false}", "ADDITIONAL_PROPERTIES_REMOVED");
    widens("{}", "{'additionalProperties':{'type':'number'}}", "ADDITIONAL_PROPERTIES_NARROWED");
    widens("{'additionalProperties':{'type':'number'}}", "{'additionalProperties':{'type':'integer'}}",
           "#/additionalProperties: TYPE_CHANGED");
    judge("{'properties':{'a':{'type':'string'}},'additionalProperties':{'type':'string'}}",
          "{'additionalProperties':{'type':'string'}}", NULL);
    judge("{'properties':{'a':{'type':'number'}},'additionalProperties':{'type':'string'}}",
          "{'additionalProperties':{'type':'string'}}", "NOT_COVERED_BY_PARTIALLY_OPEN");
    judge("{'additionalProperties':{'type':'string'}}",
          "{'properties':{'a':{'type':'number'}},'additionalProperties':false}", "PROPERTY_REMOVED_NOT_COVERED");
    judge("{'patternProperties':{'^a':{'type':'number'}},'additionalProperties':false}",
          "{'properties':{'ab':{'type':'integer'}},'additionalProperties':false}", NULL);
    judge("{'properties':{'b':{'type':'string'}},'unevaluatedProperties':false}", "{'unevaluatedProperties':false}",
          NULL);
    judge("{'properties':{'b':{'type':'string'}},'required':['b'],'additionalProperties':false}",
          "{'additionalProperties':false}", "REQUIRED_PROPERTY_ADDED_TO_UNOPEN");
    judge("{'additionalProperties':false}", "{'properties':{'a':false},'additionalProperties':false}", NULL);
}

static void items_are_compared_one_by_one_and_the_rest_with_what_covers_it(void **state) {
    (void)state;
    widens("{'type':'array'}", "{'type':'array','items':{'type':'string'}}", "ADDITIONAL_ITEMS_NARROWED");
    widens("{'items':[{'type':'number'}]}", "{'items':[{'type':'integer'}]}", "#/items/0: TYPE_CHANGED");
    widens("{'prefixItems':[{'type':'number'}]}", "{'prefixItems':[{'type':'integer'}]}", "#/items/0: TYPE_CHANGED");
    judge("{'items':[{'type':'string'},{'type':'number'}]}", "{'items':[{'type':'string'}]}", "ITEM_ADDED_TO_OPEN");
    judge("{'items':[{'type':'string'},{'type':'number'}],'additionalItems':false}",
          "{'items':[{'type':'string'}],'additionalItems':false}", NULL);
    judge("{'items':[{'type':'string'}],'additionalItems':false}",
          "{'items':[{'type':'string'},{'type':'number'}],'additionalItems':false}", "ITEM_REMOVED_FROM_CLOSED");
    judge("{'items':[{'type':'string'}],'additionalItems':{'type':'string'}}",
          "{'items':[{'type':'string'},{'type':'number'}],'additionalItems':{'type':'string'}}",
          "ITEM_REMOVED_NOT_COVERED");
    judge("{'items':[{'type':'string'},{'type':'string'}],'additionalItems':{'type':'string'}}",
          "{'items':[{'type':'string'}],'additionalItems':{'type':'string'}}", NULL);
    judge("{'items':[{'type':'string'},{'type':'number'}],'additionalItems':{'type':'string'}}",
          "{'items':[{'type':'string'}],'additionalItems':{'type':'string'}}",
          "#/items/1: ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL");
    judge("{'items':[{'type':'string'},{}]}", "{'items':[{'type':'string'}]}", NULL);
    judge("{'prefixItems':[{'type':'string'},{'type':'number'}],'unevaluatedItems':false}",
          "{'prefixItems':[{'type':'string'}],'unevaluatedItems':false}", NULL);
    widens("{'contains':{'type':'number'}}", "{'contains':{'type':'integer'}}", "#/contains: TYPE_CHANGED");
}

static void what_all_must_hold_may_lose_parts_and_gain_none(void **state) {
    (void)state;
    widens("{'allOf':[{'type':'string'}]}", "{'allOf':[{'minLength':2},{'type':'string'}]}", "minLength is narrower");
    judge("{'allOf':[{'type':'string'},{'enum':['b']}]}", "{'allOf':[{'type':'string'},{'enum':['a']}]}",
          "COMBINED_TYPE_SUBSCHEMAS_CHANGED");
    judge("{'allOf':[{'enum':['a','b']},{'type':'string'}]}", "{'allOf':[{'type':'string'},{'enum':['a']}]}", NULL);
    judge("{'anyOf':[{'type':'number'},{'type':'string'}]}", "{'allOf':[{'type':'string'}]}", NULL);
    judge("{'allOf':[{'type':'string'}]}", "{'oneOf':[{'type':'string'},{'type':'integer'}]}",
          "SUM_TYPE_NARROWED: branch 2");
    judge("{'type':'string'}", "{'allOf':[false,{'type':'integer'}]}", NULL); /* there can be no such record */
    judge("{'allOf':[{'type':'integer'},false]}", "{'type':'integer'}", "SCHEMA_CLOSED");
    judge("{'oneOf':[{'type':'null'},{'type':'string'}]}", "{'type':['string','null']}", NULL);
    judge("{'type':['string','null']}", "{'oneOf':[{'type':'null'},{'type':'string'}]}", NULL);
}

static void of_another_type_nothing_else_is_said(void **state) {
    (void)state;
    struct text reasons = TEXT_EMPTY;
    json_t *now = schema_of("{'type':'string','maxLength':3}"), *before = schema_of("{'type':'integer','maximum':9}");
    assert_int_equal(json_compatibility(now, before, &reasons), 1);
    assert_string_equal(text_string(&reasons), "#: TYPE_CHANGED: integer is no longer allowed\n");
    json_decref(now);
    json_decref(before);
    text_free(&reasons);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(references_are_followed_in_both),
        cmocka_unit_test(what_stands_beside_a_reference_counts_too),
        cmocka_unit_test(names_of_columns_change_no_judgement_and_no_reason),
        cmocka_unit_test(every_bound_may_go_and_widen_and_neither_come_nor_narrow),
        cmocka_unit_test(values_that_a_list_names_have_their_type),
        cmocka_unit_test(a_property_is_required_only_where_records_had_it_or_have_a_default),
        cmocka_unit_test(properties_are_covered_by_the_pattern_that_finds_their_name),
        cmocka_unit_test(schemas_that_hold_themselves_are_judged_at_once),
        cmocka_unit_test(each_keyword_may_loosen_and_not_tighten),
        cmocka_unit_test(other_properties_may_be_allowed_and_not_forbidden),
        cmocka_unit_test(items_are_compared_one_by_one_and_the_rest_with_what_covers_it),
        cmocka_unit_test(of_another_type_nothing_else_is_said),
        cmocka_unit_test(what_all_must_hold_may_lose_parts_and_gain_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
