/* When a text that comes in is a schema that is there already, and which id and version it gets; what of a request is
 * taken and what is refused. */
#include "unit/server/registry/scene.h"

#define AVRO(text) "{\"schema\":\"" text "\"}"
#define JSON(text) "{\"schemaType\":\"JSON\",\"schema\":\"" text "\"}"
#define RECORD(type)                                                                                                   \
    AVRO("{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"R\\\",\\\"fields\\\":[{\\\"name\\\":\\\"a\\\",\\\"type\\\":"   \
         "" type "}]}")

static void one_text_of_two_types_is_two_schemas(void **state) {
    struct scene *scene = *state;
    int json = registered(scene, "text-json", JSON("{\\\"type\\\":\\\"string\\\"}"));
    assert_int_not_equal(registered(scene, "text-avro", AVRO("{\\\"type\\\":\\\"string\\\"}")), json);
}

static void a_type_in_braces_is_the_type_wherever_it_stands(void **state) {
    struct scene *scene = *state;
    static const char *const pairs[][2] = {
        {RECORD("\\\"int\\\""), RECORD("{\\\"type\\\":\\\"int\\\"}")},
        {RECORD("[\\\"null\\\",\\\"int\\\"]"), RECORD("[\\\"null\\\",{\\\"type\\\":\\\"int\\\"}]")},
        {RECORD("{\\\"type\\\":\\\"map\\\",\\\"values\\\":\\\"int\\\"}"),
         RECORD("{\\\"type\\\":\\\"map\\\",\\\"values\\\":{\\\"type\\\":\\\"int\\\"}}")},
        {RECORD("{\\\"type\\\":\\\"map\\\",\\\"values\\\":\\\"int\\\"}"),
         RECORD("{\\\"type\\\":{\\\"type\\\":\\\"map\\\",\\\"values\\\":\\\"int\\\"}}")},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char subject[20], path[60];
        snprintf(subject, sizeof subject, "braces-%zu", i);
        snprintf(path, sizeof path, "/subjects/%s/versions", subject);
        int id = registered(scene, subject, pairs[i][0]);
        assert_int_equal(registered(scene, subject, pairs[i][1]), id);
        expect(scene, "GET", path, NULL, 200, "[1]");
    }
}

#define ORDERED JSON("{\\\"title\\\":\\\"Ordered\\\",\\\"type\\\":\\\"object\\\"}")
#define ORDERED_TEXT "{\"title\":\"Ordered\",\"type\":\"object\"}"
#define TURNED JSON("{\\\"type\\\":\\\"object\\\",\\\"title\\\":\\\"Ordered\\\"}")

static void registering_minds_the_order_of_members_of_json_unless_it_is_to_normalize(void **state) {
    struct scene *scene = *state;
    char answer[40], path[60];
    int id = registered(scene, "norm-value", ORDERED);
    snprintf(answer, sizeof answer, "{\"id\":%d}", id);
    expect(scene, "POST", "/subjects/norm-value/versions?normalize=true", TURNED, 200, answer);
    expect(scene, "GET", "/subjects/norm-value/versions", NULL, 200, "[1]");
    expect(scene, "POST", "/subjects/norm-other/versions?normalize=true", TURNED, 200, answer);
    /* an id has one text */
    expect(scene, "GET", "/subjects/norm-other/versions/1/schema", NULL, 200, ORDERED_TEXT);
    snprintf(path, sizeof path, "/schemas/ids/%d/schema", id);
    expect(scene, "GET", path, NULL, 200, ORDERED_TEXT);
    assert_int_not_equal(registered(scene, "norm-value", TURNED), id);
    expect(scene, "GET", "/subjects/norm-value/versions", NULL, 200, "[1,2]");
}

static void a_deleted_schema_comes_back_as_a_new_version_with_its_id(void **state) {
    struct scene *scene = *state;
    char text[200];
    int id = registered(scene, "back-value", RECORD("\\\"float\\\""));
    registered(scene, "back-value", RECORD("\\\"double\\\""));
    expect(scene, "DELETE", "/subjects/back-value/versions/1", NULL, 200, "1");
    assert_int_equal(registered(scene, "back-other", RECORD("\\\"float\\\"")), id);
    expect(scene, "PUT", "/config/back-value", "{\"compatibility\":\"NONE\"}", 200, NULL);
    assert_int_equal(registered(scene, "back-value", RECORD("\\\"float\\\"")), id);
    expect(scene, "GET", "/subjects/back-value/versions", NULL, 200, "[2,3]");
    expect(scene, "GET", "/subjects/back-value/versions?deleted=true", NULL, 200, "[2,3]"); /* 3 stands for 1 */
    expect(scene, "DELETE", "/subjects/back-value", NULL, 200, "[2,3]");
    registered(scene, "back-value", RECORD("\\\"double\\\""));
    expect(scene, "GET", "/subjects/back-value/versions?deleted=true", NULL, 200, "[3,4]"); /* and 4 for 2 alone */
    expect(scene, "DELETE", "/subjects/back-value/versions/4", NULL, 200, "4");
    assert_int_equal(registered(scene, "back-value", RECORD("\\\"float\\\"")), id);
    snprintf(text, sizeof text, "{\"subject\":\"back-value\",\"version\":5,\"id\":%d,", id);
    expect(scene, "POST", "/subjects/back-value?deleted=true", RECORD("\\\"float\\\""), 200, NULL);
    assert_memory_equal(text_string(&scene->answer.body), text, strlen(text));
}

static void a_deleted_version_is_nothing_to_be_compatible_with(void **state) {
    struct scene *scene = *state;
    registered(scene, "was-value", CUST);
    expect(scene, "PUT", "/config/was-value", "{\"compatibility\":\"BACKWARD_TRANSITIVE\"}", 200, NULL);
    expect_fault(scene, "POST", "/subjects/was-value/versions", CUST_MUST, 409, 409, "/must");
    expect(scene, "DELETE", "/subjects/was-value/versions/1", NULL, 200, "1");
    registered(scene, "was-value", CUST_MUST);
    expect(scene, "GET", "/subjects/was-value/versions", NULL, 200, "[2]"); /* numbers are not given twice */
}

static void where_nothing_is_compared_even_the_type_may_change(void **state) {
    struct scene *scene = *state;
    registered(scene, "none-value", CUST);
    expect(scene, "PUT", "/config/none-value", "{\"compatibility\":\"NONE\"}", 200, NULL);
    registered(scene, "none-value", JSON_ANY);
    expect(scene, "GET", "/subjects/none-value/versions", NULL, 200, "[1,2]");
}

static void what_a_request_says_of_nothing_is_taken(void **state) {
    struct scene *scene = *state;
    const char *nothing =
        "{\"schema\":\"\\\"int\\\"\",\"id\":-1,\"version\":-1,\"references\":null,\"schemaTagsToAdd\":[],"
        "\"schemaTagsToRemove\":null,\"metadata\":null,\"ruleSet\":null}";
    int id = registered(scene, "empty-value", nothing);
    assert_int_equal(registered(scene, "empty-value", nothing), id);
    registered(scene, "empty-value", "{\"schema\":\"\\\"int\\\"\",\"references\":[],\"id\":0}");
    expect(scene, "GET", "/subjects/empty-value/versions", NULL, 200, "[1]");
    expect_fault(scene, "POST", "/subjects/empty-value/versions", "{\"schema\":\"\"}", 422, 42201, "Empty schema");
    expect_fault(scene, "POST", "/subjects/empty-value/versions",
                 "{\"schema\":\"\\\"int\\\"\",\"schemaTagsToRemove\":[{\"a\":1}]}", 422, 42201,
                 "'schemaTagsToRemove' is not supported");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_text_of_two_types_is_two_schemas),
        cmocka_unit_test(a_type_in_braces_is_the_type_wherever_it_stands),
        cmocka_unit_test(registering_minds_the_order_of_members_of_json_unless_it_is_to_normalize),
        cmocka_unit_test(a_deleted_schema_comes_back_as_a_new_version_with_its_id),
        cmocka_unit_test(a_deleted_version_is_nothing_to_be_compatible_with),
        cmocka_unit_test(where_nothing_is_compared_even_the_type_may_change),
        cmocka_unit_test(what_a_request_says_of_nothing_is_taken),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
