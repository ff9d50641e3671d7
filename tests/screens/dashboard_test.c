/* The dashboard at its sizes, and every other picture, as grids. */
#include "screens/stage.h"

static const int sizes[][2] = {{80, 24}, {120, 36}, {200, 60}, {120, 24}, {160, 40}, {100, 30}};
enum { SIZES = sizeof sizes / sizeof *sizes };

static void the_dashboard_stands_at_every_size(void **state) {
    (void)state;
    for (int i = 0; i < SIZES; i++)
        expect_screen(sizes[i][0], sizes[i][1], "", "dash");
}

static void it_stands_in_ascii_too_and_no_other_byte_is_drawn(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct stage stage;
        raise_stage(&stage, sizes[i][0], sizes[i][1]);
        stage.canvas.ascii = true;
        expect_picture(&stage, "dash");
        for (int at = 0; at < stage.canvas.columns * stage.canvas.rows; at++)
            assert_true((unsigned char)stage.canvas.cells[at].text[0] < 0x80);
        strike_stage(&stage);
    }
}

static void every_line_is_as_wide_as_the_screen_allows_and_borders_close(void **state) {
    (void)state;
    for (int columns = 80; columns <= 210; columns += 13)
        for (int rows = 24; rows <= 64; rows += 7) {
            struct stage stage;
            raise_stage(&stage, columns, rows);
            for (int pane = 0; pane < 6; pane++) {
                ui_draw(stage.ui, &stage.scene, &stage.canvas);
                press(&stage, "Tab");
            }
            expect_shown(&stage, "FRAUD WORKSHOP");
            strike_stage(&stage);
        }
}

static void before_anything_is_known_each_pane_says_why_it_is_empty(void **state) {
    static const int three[][2] = {{80, 24}, {120, 36}, {200, 60}};
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct stage stage;
        raise_empty(&stage, three[i][0], three[i][1]);
        expect_picture(&stage, "empty");
        strike_stage(&stage);
    }
}

static void topics_that_are_nobodys_data_are_not_shown(void **state) {
    struct stage stage;
    (void)state;
    raise_stage(&stage, 120, 36);
    press(&stage, "1 z");
    expect_shown(&stage, "REKEY_CUSTOMER");
    expect_shown(&stage, " 7 topics");
    assert_false(shows(&stage, "_schemas"));
    assert_false(shows(&stage, "connect-status"));
    strike_stage(&stage);
}

static void each_pane_has_the_middle_at_80_columns(void **state) {
    (void)state;
    expect_screen(80, 24, "3", "windows");
    expect_screen(80, 24, "5", "ksqldb");
    expect_screen(80, 24, "6", "guide");
    expect_screen(80, 24, "1 j j", "topics");
    expect_screen(80, 24, "4 j", "alerts");
}

static void a_zoomed_pane_fills_the_screen_with_more_of_it(void **state) {
    (void)state;
    expect_screen(80, 24, "Space +21000 z", "frozen");
    expect_screen(120, 36, "3 z", "windows-zoom");
    expect_screen(120, 36, "6 z Enter", "guide-zoom");
    expect_screen(120, 36, "5 z", "ksqldb-zoom");
    expect_screen(200, 60, "z", "zoom");
}

static void a_filter_says_what_passes_and_when_nothing_does(void **state) {
    (void)state;
    expect_screen(80, 24, "/ T:amount>5000 Enter", "filter");
    expect_screen(120, 36, "/ T:amount>5000 Enter n n", "hits");
    expect_screen(80, 24, "/ T:nowhere Enter", "filter-hides-all");
    expect_screen(120, 36, "1 / T:_FEA Enter", "filter-topics");
}

static void the_inspector_shows_fields_json_and_bytes_with_the_card_hidden(void **state) {
    (void)state;
    expect_screen(80, 24, "j j Enter", "inspector");
    expect_screen(80, 24, "j j Enter 2", "inspector-json");
    expect_screen(80, 24, "j j Enter 3", "inspector-hex");
    expect_screen(120, 36, "j j Enter Down Down R", "inspector-revealed");
}

static void help_lists_keys_in_sections_and_finds_by_typing(void **state) {
    (void)state;
    expect_screen(120, 36, "?", "help");
    expect_screen(80, 24, "6 ?", "help-guide");
    expect_screen(120, 36, "? T:burst", "help-search");
    expect_screen(120, 36, "C-p T:conn", "find");
}

static void questions_say_what_goes_and_what_stays(void **state) {
    (void)state;
    expect_screen(80, 24, "x T:embe", "ask-cleanup");
    expect_screen(120, 36, "Q", "ask-quit");
    expect_screen(80, 24, "5 j s x", "ask-terminate");
    expect_screen(80, 24, "1 t x", "ask-topic");
    expect_screen(80, 24, "d r", "ask-rewind");
}

static void lines_and_menus_stand_at_the_bottom(void **state) {
    (void)state;
    expect_screen(80, 24, ": T:producer_st", "line");
    expect_screen(80, 24, ": T:nonsense", "line-wrong");
    expect_screen(120, 36, "p +300", "group");
    expect_screen(120, 36, "s s T:SELECT_'a'_FROM_T Enter T:LIMIT_5;", "editor");
}

static void messages_are_a_list_and_one_is_shown_whole(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct stage stage;
        raise_stage(&stage, 80, 24);
        post_message(&stage, MESSAGE_INFO, "Topic transactions created with 1 partition.");
        post_message(&stage, MESSAGE_ERROR,
                     "Card 5031 9467 5978 2983 of bob@example.com: a very long message that does not fit into one line "
                     "of this list, so that "
                     "it has to be opened");
        press(&stage, i == 0 ? "!" : "! Enter");
        expect_picture(&stage, i == 0 ? "messages" : "message");
        strike_stage(&stage);
    }
}

static void a_lost_server_takes_the_first_place(void **state) {
    struct stage stage;
    (void)state;
    raise_stage(&stage, 120, 36);
    post_servers(&stage, SERVER_DOWN);
    stage.scene.now_ms += 12000;
    expect_shown(&stage,
                 " ! Kafka 12s │ ! registry 12s │ ! ksqlDB 12s │ ! Connect 12s │ FRAUD WORKSHOP │ ○ not connected");
    strike_stage(&stage);
}

static void rows_that_were_skipped_and_minutes_have_lines_of_their_own(void **state) {
    struct stage stage;
    (void)state;
    raise_stage(&stage, 80, 24);
    stage.scene.now_ms += 40000;
    post_rows(&stage, 3, 1204);
    post_rows(&stage, 3, 0);
    press(&stage, "z");
    expect_picture(&stage, "skipped");
    strike_stage(&stage);
}

static void below_80x24_there_is_only_the_notice(void **state) {
    (void)state;
    expect_screen(62, 18, "", "small");
    expect_screen(30, 10, "", "small");
    expect_screen(79, 24, "", "small");
    expect_screen(62, 18, ": T:quit", "small-line");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_dashboard_stands_at_every_size),
        cmocka_unit_test(it_stands_in_ascii_too_and_no_other_byte_is_drawn),
        cmocka_unit_test(every_line_is_as_wide_as_the_screen_allows_and_borders_close),
        cmocka_unit_test(before_anything_is_known_each_pane_says_why_it_is_empty),
        cmocka_unit_test(topics_that_are_nobodys_data_are_not_shown),
        cmocka_unit_test(each_pane_has_the_middle_at_80_columns),
        cmocka_unit_test(a_zoomed_pane_fills_the_screen_with_more_of_it),
        cmocka_unit_test(a_filter_says_what_passes_and_when_nothing_does),
        cmocka_unit_test(the_inspector_shows_fields_json_and_bytes_with_the_card_hidden),
        cmocka_unit_test(help_lists_keys_in_sections_and_finds_by_typing),
        cmocka_unit_test(questions_say_what_goes_and_what_stays),
        cmocka_unit_test(lines_and_menus_stand_at_the_bottom),
        cmocka_unit_test(messages_are_a_list_and_one_is_shown_whole),
        cmocka_unit_test(a_lost_server_takes_the_first_place),
        cmocka_unit_test(rows_that_were_skipped_and_minutes_have_lines_of_their_own),
        cmocka_unit_test(below_80x24_there_is_only_the_notice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
