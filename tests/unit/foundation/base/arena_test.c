#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "foundation/base/arena.h"

static void pieces_are_aligned_and_do_not_overlap(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    unsigned char *pieces[300];
    for (size_t i = 0; i < 300; i++) {
        pieces[i] = arena_allocate(&arena, i);
        assert_int_equal((uintptr_t)pieces[i] % 16, 0);
        memset(pieces[i], (int)i, i);
    }
    for (size_t i = 0; i < 300; i++)
        for (size_t j = 0; j < i; j++)
            assert_int_equal(pieces[i][j], (unsigned char)i);
    arena_free(&arena);
}

static void a_piece_of_no_bytes_is_still_a_piece_of_its_own(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    char *a = arena_allocate(&arena, 0), *b = arena_allocate(&arena, 0);
    assert_non_null(a);
    assert_ptr_not_equal(a, b);
    arena_free(&arena);
}

static void a_piece_larger_than_any_block_gets_a_block(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    char *small = arena_copy_string(&arena, "small"), *large = arena_allocate(&arena, 5 << 20);
    memset(large, 1, 5 << 20);
    char *after = arena_copy_string(&arena, "after");
    assert_string_equal(small, "small");
    assert_string_equal(after, "after");
    assert_true(arena_bytes(&arena) >= 5 << 20);
    arena_free(&arena);
}

static void nothing_is_reserved_again_after_a_reset(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    for (int i = 0; i < 1000; i++)
        arena_allocate(&arena, (size_t)i * 7);
    size_t warm = arena_bytes(&arena);
    for (int round = 0; round < 20; round++) {
        arena_reset(&arena);
        for (int i = 0; i < 1000; i++)
            arena_allocate(&arena, (size_t)i * 7);
    }
    assert_int_equal(arena_bytes(&arena), warm);
    arena_free(&arena);
}

static void a_reset_before_anything_was_made_does_nothing(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    arena_reset(&arena);
    assert_int_equal(arena_bytes(&arena), 0);
    assert_string_equal(arena_copy_string(&arena, "x"), "x");
    arena_free(&arena);
}

static void freeing_leaves_an_empty_arena_that_can_be_used_again(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    arena_allocate(&arena, 100000);
    arena_free(&arena);
    assert_int_equal(arena_bytes(&arena), 0);
    arena_free(&arena);
    assert_string_equal(arena_copy_string(&arena, "again"), "again");
    arena_free(&arena);
}

static void zeroed_pieces_are_zero_even_in_used_memory(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    memset(arena_allocate(&arena, 4000), 0xff, 4000);
    arena_reset(&arena);
    char *zero = arena_zero(&arena, 4000);
    for (size_t i = 0; i < 4000; i++)
        assert_int_equal(zero[i], 0);
    arena_free(&arena);
}

static void copies_end_with_a_nul_and_null_stays_null(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    assert_null(arena_copy_string(&arena, NULL));
    assert_string_equal(arena_copy_bytes(&arena, "abcdef", 3), "abc");
    assert_string_equal(arena_copy_bytes(&arena, NULL, 0), "");
    struct view copy = arena_copy_view(&arena, (struct view){"a\0b", 3});
    assert_int_equal(copy.size, 3);
    assert_memory_equal(copy.data, "a\0b", 4);
    arena_free(&arena);
}

static void formatted_text_of_any_length_fits(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    assert_string_equal(arena_format(&arena, "%s=%d", "a", 7), "a=7");
    char *wide = arena_format(&arena, "%*d", 20000, 1);
    assert_int_equal(strlen(wide), 20000);
    assert_int_equal(wide[19999], '1');
    arena_free(&arena);
}

static void an_impossible_size_ends_the_program_and_never_wraps(void **state) {
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        struct arena arena = ARENA_EMPTY;
        if (!freopen("/dev/null", "w", stderr))
            _exit(9);
        arena_allocate(&arena, SIZE_MAX - 3);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_false(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 9));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_aligned_and_do_not_overlap),
        cmocka_unit_test(a_piece_of_no_bytes_is_still_a_piece_of_its_own),
        cmocka_unit_test(a_piece_larger_than_any_block_gets_a_block),
        cmocka_unit_test(nothing_is_reserved_again_after_a_reset),
        cmocka_unit_test(a_reset_before_anything_was_made_does_nothing),
        cmocka_unit_test(freeing_leaves_an_empty_arena_that_can_be_used_again),
        cmocka_unit_test(zeroed_pieces_are_zero_even_in_used_memory),
        cmocka_unit_test(copies_end_with_a_nul_and_null_stays_null),
        cmocka_unit_test(formatted_text_of_any_length_fits),
        cmocka_unit_test(an_impossible_size_ends_the_program_and_never_wraps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
