/* The ledger: what the lab made, line by line, and what a run that was killed leaves of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "console/service/claim.h"
#include "foundation/base/file.h"

struct scene {
    char folder[64];
    struct service service;
    struct error error;
};

static int set_up(void **state) {
    struct scene *scene = memory_zero(1, sizeof *scene);
    snprintf(scene->folder, sizeof scene->folder, "/tmp/ledger-XXXXXX");
    assert_non_null(mkdtemp(scene->folder));
    scene->service.context.folder = scene->folder;
    scene->service.context.events = mailbox_new(100);
    *state = scene;
    return 0;
}

static int tear_down(void **state) {
    struct scene *scene = *state;
    mailbox_free(scene->service.context.events);
    file_remove_tree(scene->folder, NULL);
    memory_free(scene);
    return 0;
}

static void expect(struct scene *scene, const char *const *lines) {
    size_t count = 0, wanted = 0;
    struct ledger_entry *entries = ledger_read(scene->folder, &count);
    while (lines[wanted])
        wanted++;
    assert_int_equal(count, wanted);
    for (size_t i = 0; i < count; i++) {
        char line[256];
        snprintf(line, sizeof line, "%s %s", entries[i].kind, entries[i].name);
        assert_string_equal(line, lines[i]);
    }
    ledger_free(entries, count);
}

static void write_ledger(struct scene *scene, const char *text) {
    char *path = file_join(scene->folder, "ledger");
    assert_int_equal(file_write_atomic(path, view_of(text), 0600, &scene->error), 0);
    memory_free(path);
}

static void what_was_made_and_not_removed_is_there_oldest_first(void **state) {
    struct scene *scene = *state;
    struct service *self = &scene->service;
    assert_int_equal(ledger_add(self, "topic", "b", &scene->error), 0);
    assert_int_equal(ledger_add(self, "topic", "a", &scene->error), 0);
    assert_int_equal(ledger_add(self, "subject", "a", &scene->error), 0);
    assert_int_equal(ledger_add(self, "topic", "b", &scene->error), 0); /* twice is once */
    ledger_remove(self, "topic", "a");
    expect(scene, (const char *const[]){"topic b", "subject a", NULL});
    ledger_remove(self, "topic", "never there");
    ledger_remove(self, "topic", "b");
    ledger_remove(self, "subject", "a");
    expect(scene, (const char *const[]){NULL});
}

static void without_a_ledger_nothing_was_made(void **state) {
    expect(*state, (const char *const[]){NULL});
}

static void lines_that_are_cut_or_foreign_are_passed_over(void **state) {
    write_ledger(*state,
                 "+topic a\n\n+\n+topic\n+topic \nnonsense here\n-topic b\n+subject with blanks in it\n+topic cu");
    expect(*state, (const char *const[]){"topic a", "subject with blanks in it", NULL});
}

static void a_line_after_one_that_was_cut_stands_on_its_own(void **state) {
    struct scene *scene = *state;
    write_ledger(scene, "+topic a\n+top");
    assert_int_equal(ledger_add(&scene->service, "topic", "b", &scene->error), 0);
    expect(scene, (const char *const[]){"topic a", "topic b", NULL});
}

static void a_folder_that_cannot_be_written_is_named(void **state) {
    struct scene *scene = *state;
    scene->service.context.folder = "/proc/nowhere";
    assert_int_equal(ledger_add(&scene->service, "topic", "a", &scene->error), -1);
    assert_non_null(strstr(scene->error.message, "/proc/nowhere"));
}

static void what_exists_already_is_not_claimed(void **state) {
    struct scene *scene = *state;
    struct claims claims = CLAIMS_NONE;
    assert_int_equal(claim_add(&scene->service, &claims, "topic", "foreign", true, &scene->error), 0);
    assert_int_equal(claim_add(&scene->service, &claims, "topic", "mine", false, &scene->error), 0);
    claims_settle(&scene->service, &claims, NULL);
    expect(scene, (const char *const[]){"topic mine", NULL});
}

static void a_claim_is_struck_off_when_the_making_was_refused_and_stays_when_nobody_knows(void **state) {
    static const struct {
        enum error_code code;
        bool stays;
    } rows[] = {{ERROR_INVALID, false}, {ERROR_EXISTS, false}, {ERROR_CONFLICT, false},  {ERROR_DENIED, false},
                {ERROR_TIMEOUT, true},  {ERROR_CLOSED, true},  {ERROR_UNREACHABLE, true}};
    struct scene *scene = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct claims claims = CLAIMS_NONE;
        struct error refusal = {.code = rows[i].code};
        write_ledger(scene, "");
        assert_int_equal(claim_add(&scene->service, &claims, "topic", "a", false, &scene->error), 0);
        claims_settle(&scene->service, &claims, &refusal);
        expect(scene, rows[i].stays ? (const char *const[]){"topic a", NULL} : (const char *const[]){NULL});
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_was_made_and_not_removed_is_there_oldest_first),
        TEST(without_a_ledger_nothing_was_made),
        TEST(lines_that_are_cut_or_foreign_are_passed_over),
        TEST(a_line_after_one_that_was_cut_stands_on_its_own),
        TEST(a_folder_that_cannot_be_written_is_named),
        TEST(what_exists_already_is_not_claimed),
        TEST(a_claim_is_struck_off_when_the_making_was_refused_and_stays_when_nobody_knows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
