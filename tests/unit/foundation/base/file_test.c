#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "foundation/base/file.h"
#include "foundation/base/memory.h"

struct scene {
    char folder[64];
    struct text text;
    struct error error;
};

static int open_scene(void **state) {
    struct scene *scene = memory_zero(1, sizeof *scene);
    snprintf(scene->folder, sizeof scene->folder, "/tmp/file_test.XXXXXX");
    *state = scene;
    return mkdtemp(scene->folder) ? 0 : -1;
}

static int close_scene(void **state) {
    struct scene *scene = *state;
    int result = file_remove_tree(scene->folder, NULL);
    text_free(&scene->text);
    memory_free(scene);
    return result;
}

/* PATH below the scene's folder; freed by the caller. */
static char *in(struct scene *scene, const char *path) {
    return file_join(scene->folder, path);
}

static void what_was_written_is_read_back_and_appended(void **state) {
    struct scene *scene = *state;
    char *path = in(scene, "a");
    assert_int_equal(file_write_atomic(path, (struct view){"x\0y", 3}, 0600, &scene->error), 0);
    text_append_string(&scene->text, "before ");
    assert_int_equal(file_read(path, &scene->text, &scene->error), 0);
    assert_int_equal(scene->text.size, 10);
    assert_memory_equal(scene->text.data, "before x\0y", 11);
    memory_free(path);
}

static void a_file_of_many_pieces_and_an_empty_one_come_back_whole(void **state) {
    struct scene *scene = *state;
    char *path = in(scene, "large"), *large = memory_zero(1, 300001);
    memset(large, 'q', 300000);
    assert_int_equal(file_write_atomic(path, (struct view){large, 300000}, 0644, &scene->error), 0);
    assert_int_equal(file_read(path, &scene->text, &scene->error), 0);
    assert_string_equal(scene->text.data, large);
    text_clear(&scene->text);
    assert_int_equal(file_write_atomic(path, (struct view){0}, 0644, &scene->error), 0);
    assert_int_equal(file_read(path, &scene->text, &scene->error), 0);
    assert_string_equal(text_string(&scene->text), "");
    memory_free(large);
    memory_free(path);
}

static void the_mode_holds_whatever_the_umask_and_replaces_the_old_one(void **state) {
    struct scene *scene = *state;
    char *path = in(scene, "secret");
    struct stat status;
    mode_t old = umask(0077);
    assert_int_equal(file_write_atomic(path, VIEW("a"), 0644, &scene->error), 0);
    umask(old);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0644);
    assert_int_equal(file_write_atomic(path, VIEW("b"), 0600, &scene->error), 0);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    memory_free(path);
}

static void a_failed_write_names_the_path_and_leaves_the_old_file_and_no_other(void **state) {
    struct scene *scene = *state;
    char *folder = in(scene, "taken"), *inner = in(scene, "taken/kept"), *nowhere = in(scene, "none/file");
    assert_int_equal(file_make_folders(folder, 0755, &scene->error), 0);
    assert_int_equal(file_write_atomic(inner, VIEW("old"), 0644, &scene->error), 0);
    assert_int_not_equal(file_write_atomic(folder, VIEW("new"), 0644, &scene->error), 0); /* a folder is in the way */
    assert_non_null(strstr(scene->error.message, folder));
    assert_int_not_equal(file_write_atomic(nowhere, VIEW("new"), 0644, &scene->error), 0);
    assert_int_equal(scene->error.code, ERROR_NOT_FOUND);
    assert_non_null(strstr(scene->error.message, nowhere));
    assert_int_equal(file_read(inner, &scene->text, &scene->error), 0);
    assert_string_equal(scene->text.data, "old");
    assert_int_equal(unlink(inner), 0);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(rmdir(scene->folder), 0); /* no temporary is left */
    memory_free(folder);
    memory_free(inner);
    memory_free(nowhere);
}

static void a_missing_file_and_a_folder_cannot_be_read(void **state) {
    struct scene *scene = *state;
    char *path = in(scene, "missing");
    assert_int_not_equal(file_read(path, &scene->text, &scene->error), 0);
    assert_int_equal(scene->error.code, ERROR_NOT_FOUND);
    assert_non_null(strstr(scene->error.message, path));
    assert_int_equal(scene->text.size, 0);
    assert_int_not_equal(file_read(scene->folder, &scene->text, &scene->error), 0);
    assert_non_null(strstr(scene->error.message, scene->folder));
    assert_int_not_equal(file_read(path, &scene->text, NULL), 0);
    memory_free(path);
}

static void folders_are_made_all_the_way_and_twice_is_once(void **state) {
    struct scene *scene = *state;
    char *path = in(scene, "a/b//c/");
    assert_int_equal(file_make_folders(path, 0755, &scene->error), 0);
    assert_int_equal(file_make_folders(path, 0755, &scene->error), 0);
    assert_true(file_exists(path));
    memory_free(path);
    assert_int_equal(file_make_folders("/", 0755, &scene->error), 0);
}

static void a_file_in_the_way_or_an_empty_path_makes_no_folder(void **state) {
    struct scene *scene = *state;
    char *path = in(scene, "f"), *below = in(scene, "f/g");
    assert_int_equal(file_write_atomic(path, VIEW("x"), 0644, &scene->error), 0);
    assert_int_not_equal(file_make_folders(path, 0755, &scene->error), 0);
    assert_non_null(strstr(scene->error.message, "is not a folder"));
    assert_int_not_equal(file_make_folders(below, 0755, &scene->error), 0);
    assert_non_null(strstr(scene->error.message, below));
    assert_int_not_equal(file_make_folders("", 0755, &scene->error), 0);
    assert_int_equal(scene->error.code, ERROR_INVALID);
    memory_free(path);
    memory_free(below);
}

static void a_tree_goes_whole_but_links_are_not_followed(void **state) {
    struct scene *scene = *state;
    char *tree = in(scene, "tree"), *deep = in(scene, "tree/x/y"), *file = in(scene, "tree/x/f"),
         *out = in(scene, "out"), *kept = in(scene, "out/kept"), *link_in = in(scene, "tree/link"),
         *dead = in(scene, "tree/dead");
    assert_int_equal(file_make_folders(deep, 0755, NULL), 0);
    assert_int_equal(file_make_folders(out, 0755, NULL), 0);
    assert_int_equal(file_write_atomic(file, VIEW("x"), 0644, NULL), 0);
    assert_int_equal(file_write_atomic(kept, VIEW("x"), 0644, NULL), 0);
    assert_int_equal(symlink(out, link_in), 0);
    assert_int_equal(symlink("/nowhere/at/all", dead), 0);
    assert_int_equal(file_remove_tree(tree, &scene->error), 0);
    assert_false(file_exists(tree));
    assert_true(file_exists(kept));
    assert_int_equal(file_remove_tree(tree, &scene->error), 0); /* gone already: as asked */
    memory_free(tree), memory_free(deep), memory_free(file), memory_free(out);
    memory_free(kept), memory_free(link_in), memory_free(dead);
}

static void joining_puts_one_slash_between(void **state) {
    (void)state;
    char *a = file_join("/x", "y"), *b = file_join("/x/", "y"), *c = file_join("/", "y");
    assert_string_equal(a, "/x/y");
    assert_string_equal(b, "/x/y");
    assert_string_equal(c, "/y");
    memory_free(a), memory_free(b), memory_free(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_written_is_read_back_and_appended, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(a_file_of_many_pieces_and_an_empty_one_come_back_whole, open_scene,
                                        close_scene),
        cmocka_unit_test_setup_teardown(the_mode_holds_whatever_the_umask_and_replaces_the_old_one, open_scene,
                                        close_scene),
        cmocka_unit_test_setup_teardown(a_failed_write_names_the_path_and_leaves_the_old_file_and_no_other, open_scene,
                                        close_scene),
        cmocka_unit_test_setup_teardown(a_missing_file_and_a_folder_cannot_be_read, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(folders_are_made_all_the_way_and_twice_is_once, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(a_file_in_the_way_or_an_empty_path_makes_no_folder, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(a_tree_goes_whole_but_links_are_not_followed, open_scene, close_scene),
        cmocka_unit_test(joining_puts_one_slash_between),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
