/* What keys do: lines that run, questions, text that is typed, what stays and what does not. */
#include "screens/stage.h"

static void keys_become_command_lines(void **state) {
    static const struct {
        const char *keys, *line;
    } rows[] = {
        {"p p", "producer stop"},
        {"p +", "producer rate 20"},
        {"p -", "producer rate 10"},
        {"p b", "producer burst"},
        {"d d", "detector stop"},
        {"d t", "detector rule"},
        {"s q", "queries"},
        {"s l", "sources"},
        {"c c", "connector create"},
        {"t t", "topics"},
        {"t c", "topic create workshop"},
        {"]", "step next"},
        {"[", "step prev"},
        {"@", "timer"},
        {"6 v", "check"},
        {"6 M", "mark 5 done"},
        {"1 Enter", "tail 'transactions' -200"},
        {"c r", "connector restart CDC_Postgresql"},
        {": T:dete_rule Enter", "dete rule"},
        {"p r T:_5 Enter", "producer rate 5"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct stage stage;
        raise_stage(&stage, 120, 36);
        press(&stage, rows[i].keys);
        if (strcmp(stage.last_line, rows[i].line) != 0)
            fail_msg("`%s` ran `%s`, not `%s`", rows[i].keys, stage.last_line, rows[i].line);
        assert_int_equal(stage.lines, 1);
        strike_stage(&stage);
    }
}

static void every_key_of_every_place_is_bound_to_a_command_that_there_is(void **state) {
    struct stage stage;
    (void)state;
    raise_stage(&stage, 120, 36);
    for (size_t i = 0; i < keymap_count(stage.keymap); i++) {
        const struct key_row *row = keymap_at(stage.keymap, i);
        size_t size = strcspn(row->command, " ");
        bool found = false;
        for (const struct command *command = ui_commands(); command->name; command++)
            found = found || (strlen(command->name) == size && strncmp(command->name, row->command, size) == 0);
        for (const struct command *command = action_commands; command->name; command++)
            found = found || (strlen(command->name) == size && strncmp(command->name, row->command, size) == 0);
        if (!found)
            fail_msg("%s %s is bound to `%s`, which there is not", row->place, row->key, row->command);
    }
    strike_stage(&stage);
}

static void a_key_that_cannot_work_now_says_why(void **state) {
    struct stage stage;
    (void)state;
    raise_stage(&stage, 120, 36);
    post_servers(&stage, SERVER_DOWN);
    press(&stage, "c c");
    assert_int_equal(stage.lines, 0);
    expect_shown(&stage, "needs Connect: no answer");
    press(&stage, "?");
    expect_shown(&stage, "NOT NOW");
    strike_stage(&stage);
}

static void the_first_enter_in_the_guide_shows_and_the_second_runs(void **state) {
    struct stage stage;
    (void)state;
    raise_stage(&stage, 80, 24);
    press(&stage, "6 Enter");
    assert_int_equal(stage.lines, 0);
    expect_shown(&stage, "Enter runs part 1 of 1");
    expect_shown(&stage, ":connector create");
    press(&stage, "Esc");
    expect_shown(&stage, "Enter shows part 1 of 1");
    press(&stage, "Enter Enter");
    assert_string_equal(stage.last_line, ":connector create");
    guide_select(stage.guide, 8);
    press(&stage, "Space Space e");
    expect_shown(&stage, "editor");
    expect_shown(&stage, "CREATE STREAM REKEY_CUSTOMER");
    assert_int_equal(stage.lines, 1);
    press(&stage, "C-x");
    assert_non_null(strstr(stage.last_line, "sql CREATE STREAM REKEY_CUSTOMER"));
    press(&stage, "Esc 6 Backspace Backspace Backspace Enter");
    expect_shown(&stage, "Enter runs part 1 of 6");
    guide_select(stage.guide, 9);
    press(&stage, "e");
    expect_shown(&stage, " :detector start");
    press(&stage, "Enter");
    assert_string_equal(stage.last_line, "detector start");
    strike_stage(&stage);
}

static void deleting_and_cleaning_up_want_the_name_typed(void **state) {
    struct stage stage;
    (void)state;
    raise_stage(&stage, 120, 36);
    press(&stage, "x Enter");
    expect_shown(&stage, "That is not the name");
    press(&stage, "T:embedde Enter");
    assert_int_equal(stage.lines, 0);
    press(&stage, "d Enter");
    assert_string_equal(stage.last_line, "cleanup");
    press(&stage, "x T:embedded Esc");
    expect_shown(&stage, "Nothing was done.");
    assert_int_equal(stage.lines, 1);
    press(&stage, ": T:topic_delete_customers Enter");
    expect_shown(&stage, "Delete topic customers");
    press(&stage, "T:customers Enter");
    assert_string_equal(stage.last_line, "topic delete customers");
    press(&stage, "c x");
    expect_shown(&stage, "Type CDC_Postgresql");
    strike_stage(&stage);
}

static void terminating_and_rewinding_run_on_y_alone_and_enter_means_no(void **state) {
    static const char *const nos[] = {"Enter", "n", "N", "Space", "Esc", "q", "C-c"};
    struct stage stage;
    (void)state;
    raise_stage(&stage, 120, 36);
    for (size_t i = 0; i < sizeof nos / sizeof *nos; i++) {
        press(&stage, "d r");
        expect_shown(&stage, "y/N");
        press(&stage, nos[i]);
        press(&stage, "+3000");
        assert_int_equal(stage.lines, 0);
        assert_false(shows(&stage, "y/N"));
    }
    press(&stage, "d r y");
    assert_string_equal(stage.last_line, "detector rewind earliest");
    press(&stage, "5 j j s x");
    expect_shown(&stage, "Terminate CTAS_FEATURE_SET_11");
    expect_shown(&stage, "CREATE TABLE FEATURE_SET AS SELECT 1;");
    press(&stage, "Y");
    assert_string_equal(stage.last_line, "terminate CTAS_FEATURE_SET_11");
    strike_stage(&stage);
}

static void a_question_holds_all_keys_but_the_world_goes_on(void **state) {
    struct stage stage;
    (void)state;
    raise_stage(&stage, 120, 36);
    press(&stage, "x z 2 Tab");
    assert_int_equal(stage.lines, 0);
    expect_shown(&stage, "Type embedded and Enter: z2");
    post_message(&stage, MESSAGE_WARN, "Something happened meanwhile.");
    expect_shown(&stage, "Something happened meanwhile.");
    strike_stage(&stage);
}

static void quitting_asks_when_something_runs_and_q_at_the_top_always_does(void **state) {
    struct stage stage;
    (void)state;
    raise_stage(&stage, 120, 36);
    press(&stage, "Q");
    expect_shown(&stage, "Producer is running (12.0/s), detector is running, a query streams.");
    expect_shown(&stage, "[s] stop both and quit  [c] cancel");
    press(&stage, "Enter x");
    assert_int_equal(stage.lines, 0);
    press(&stage, "c q s");
    assert_string_equal(stage.last_line, "quit!");
    strike_stage(&stage);
    raise_empty(&stage, 120, 36);
    press(&stage, "q");
    expect_shown(&stage, "Nothing runs here.");
    press(&stage, "n");
    assert_int_equal(stage.lines, 0);
    press(&stage, "q y");
    assert_string_equal(stage.last_line, "quit!");
    press(&stage, "Q");
    assert_string_equal(stage.last_line, "quit");
    strike_stage(&stage);
}

static void interrupting_stops_the_query_and_twice_asks_to_quit(void **state) {
    struct stage stage;
    (void)state;
    raise_stage(&stage, 120, 36);
    press(&stage, "C-c");
    assert_string_equal(stage.last_line, "stop");
    press(&stage, "+2500 C-c");
    assert_int_equal(stage.lines, 2);
    assert_false(shows(&stage, "[c] cancel"));
    press(&stage, "+1000 C-c");
    expect_shown(&stage, "[c] cancel");
    press(&stage, "c");
    press(&stage, "+3000 : T:half C-c");
    assert_false(shows(&stage, ":half"));
    press(&stage, "+100 C-c");
    expect_shown(&stage, "[c] cancel");
    strike_stage(&stage);
    raise_empty(&stage, 120, 36);
    press(&stage, "C-c");
    expect_shown(&stage, "^C again within 2 s asks to quit");
    strike_stage(&stage);
}

static void the_editor_offers_to_stop_a_query_only_while_one_runs(void **state) {
    struct stage stage;
    (void)state;
    raise_stage(&stage, 120, 36);
    press(&stage, "s s");
    expect_shown(&stage, "^C stop the query");
    struct event_result *event = event_new(&event_result_kind);
    event->result.state = RESULT_STOPPED;
    post(&stage, event);
    expect_shown(&stage, "^X run");
    assert_false(shows(&stage, "^C stop the query"));
    strike_stage(&stage);
}

static void suspending_asks_while_other_programs_are_attached(void **state) {
    struct stage stage;
    (void)state;
    raise_stage(&stage, 120, 36);
    press(&stage, "C-z");
    assert_int_equal(stage.suspended, 1);
    struct event_embedded *event = event_new(&event_embedded_kind);
    event->peers = 5;
    event->guests = 2;
    event->free_disk = -1;
    post(&stage, event);
    press(&stage, "C-z");
    expect_shown(&stage, "2 connections of other programs to the servers started here wait until fg.");
    press(&stage, "Enter");
    assert_int_equal(stage.suspended, 1);
    press(&stage, "C-z y");
    assert_int_equal(stage.suspended, 2);
    press(&stage, ": T:suspend! Enter");
    assert_int_equal(stage.suspended, 3);
    assert_int_equal(stage.lines, 0);
    strike_stage(&stage);
}

static void pasted_text_runs_nothing(void **state) {
    struct stage stage;
    (void)state;
    raise_stage(&stage, 120, 36);
    ui_paste(stage.ui, &stage.scene, VIEW("Qp p\n:quit\n"));
    expect_shown(&stage, "Pasted text ignored: press : or s s first");
    assert_int_equal(stage.lines, 0);
    press(&stage, ":");
    ui_paste(stage.ui, &stage.scene, VIEW("producer\nstart 5\n"));
    expect_shown(&stage, ":producer start 5");
    assert_int_equal(stage.lines, 0);
    press(&stage, "Esc s s");
    ui_paste(stage.ui, &stage.scene, VIEW("SELECT 1\nFROM T;\n"));
    assert_int_equal(stage.lines, 0);
    press(&stage, "C-x");
    assert_string_equal(stage.last_line, "sql SELECT 1\nFROM T;\n");
    press(&stage, "Esc x");
    ui_paste(stage.ui, &stage.scene, VIEW("embedded\n"));
    expect_shown(&stage, "Enter: embedded");
    assert_int_equal(stage.lines, 1);
    strike_stage(&stage);
}

static void moving_up_stops_following_without_losing_rows(void **state) {
    struct stage stage;
    (void)state;
    raise_stage(&stage, 120, 36);
    press(&stage, "j j");
    expect_shown(&stage, "0 new below");
    post_rows(&stage, 5, 0);
    expect_shown(&stage, "5 new below");
    expect_shown(&stage, "►12:14:29.531");
    press(&stage, "f");
    expect_shown(&stage, " follow ");
    press(&stage, "Space");
    post_rows(&stage, 264, 0);
    press(&stage, "+21000");
    expect_shown(&stage, "FROZEN 0:21 · 264 new below");
    press(&stage, "G");
    expect_shown(&stage, " follow ");
    press(&stage, "g");
    expect_shown(&stage, "►12:14:03.631");
    strike_stage(&stage);
}

static void a_frozen_picture_can_be_filtered_and_counters_go_on(void **state) {
    struct stage stage;
    (void)state;
    raise_stage(&stage, 120, 36);
    press(&stage, "Space / T:amount>5000 Enter");
    post_rows(&stage, 100, 0);
    expect_shown(&stage, "of 8 ");
    expect_shown(&stage, "100 new below");
    press(&stage, "/ C-u Enter");
    assert_false(shows(&stage, "filter amount"));
    press(&stage, ": T:filter_amount>x Enter");
    expect_shown(&stage, "an amount is a whole number");
    strike_stage(&stage);
}

static void the_cursor_stays_on_its_row_when_the_list_moves(void **state) {
    struct stage stage;
    (void)state;
    raise_stage(&stage, 120, 36);
    press(&stage, "4 j j");
    expect_shown(&stage, "► 12:13:56 8127");
    raise_alert(&stage, stage_cards[3], 9999, 0);
    expect_shown(&stage, "► 12:13:56 8127");
    press(&stage, "g");
    expect_shown(&stage, "►!12:14:31 4420");
    raise_alert(&stage, "9999 0000 1111 2222", 9999, 0);
    expect_shown(&stage, "►!12:14:31 9999"); /* the first row is the first row */
    strike_stage(&stage);
}

static void the_newest_alert_is_one_key_away_and_counts_as_seen(void **state) {
    struct stage stage;
    (void)state;
    raise_stage(&stage, 120, 36);
    expect_shown(&stage, "alerts 3 (+1)");
    press(&stage, "a");
    expect_shown(&stage, "alerts 3 │");
    expect_shown(&stage, "► 4 Alerts");
    press(&stage, "a");
    expect_shown(&stage, "there is no alert that was not seen yet");
    strike_stage(&stage);
}

static void what_changed_in_a_window_is_told_where_it_runs_into_no_figure(void **state) {
    struct stage stage;
    (void)state;
    raise_stage(&stage, 120, 36);
    struct event_window *event = event_new(&event_window_kind);
    int64_t start = NOW_MS / 300000 * 300000;
    event->count = 2;
    event->rows = memory_zero(2, sizeof *event->rows);
    event->rows[0] = (struct model_window_row){
        .window_start = start, .window_end = start + 300000, .count = 5, .total = 24907, .average = 1820};
    event->rows[1] = (struct model_window_row){
        .window_start = start, .window_end = start + 300000, .count = 4, .total = 4990, .average = 1920};
    for (int i = 0; i < 2; i++)
        snprintf(event->rows[i].card, sizeof event->rows[i].card, "%s", stage_cards[i]);
    post(&stage, event);
    press(&stage, "3");
    expect_shown(&stage, "5031 •••• 2983    5   24,907    1,820");
    expect_shown(&stage, "8127 •••• 4410    4 +1 4,990    1,920");
    strike_stage(&stage);
}

static void other_windows_are_shown_and_a_card_leads_to_its_transactions(void **state) {
    struct stage stage;
    (void)state;
    raise_stage(&stage, 120, 36);
    press(&stage, "3 <");
    expect_shown(&stage, "12:05–12:10 closed");
    press(&stage, "<");
    expect_shown(&stage, "this is the oldest window");
    press(&stage, ">");
    expect_shown(&stage, "12:10–12:15");
    press(&stage, "j Enter");
    expect_shown(&stage, "filter card:8127*4410 · 10 of 40 rows");
    expect_shown(&stage, "► 2 Transactions");
    strike_stage(&stage);
}

static void rows_are_marked_and_found_again(void **state) {
    struct stage stage;
    (void)state;
    raise_stage(&stage, 120, 36);
    press(&stage, "j m j j m g '");
    expect_shown(&stage, "►12:14:30.231");
    press(&stage, "'");
    expect_shown(&stage, "►12:14:28.831");
    press(&stage, "m '");
    expect_shown(&stage, "►12:14:30.231");
    press(&stage, "m '");
    expect_shown(&stage, "no row is marked");
    strike_stage(&stage);
}

static void what_is_copied_is_what_may_be_seen(void **state) {
    struct stage stage;
    (void)state;
    raise_stage(&stage, 120, 36);
    press(&stage, "Y");
    assert_string_equal(stage.copied, "12:14:30.931\t4420 •••• 9071\t1109\tNairobi\t1308841\t0:88439");
    press(&stage, "y");
    assert_string_equal(stage.copied, "1308841");
    press(&stage, "Enter Down Down y");
    assert_string_equal(stage.copied, "4420 •••• 9071");
    press(&stage, "R y");
    assert_string_equal(stage.copied, "4420 5555 6666 9071");
    press(&stage, "+10001 y");
    assert_string_equal(stage.copied, "4420 •••• 9071");
    press(&stage, "Esc 3 y");
    assert_string_equal(stage.copied, "5031 •••• 2983");
    press(&stage, "6 y");
    expect_shown(&stage, "nothing is chosen to copy");
    strike_stage(&stage);
}

static void no_card_and_no_address_is_on_any_screen_while_masked(void **state) {
    static const char *const views[] = {"", "Enter", "Enter 2", "Enter 3", "3", "4", "5 z", "1", "?", "!", "/ T:5031"};
    (void)state;
    for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
        struct stage stage;
        struct text screen = TEXT_EMPTY;
        raise_stage(&stage, 200, 60);
        post_message(&stage, MESSAGE_ERROR, "card 5031 9467 5978 2983 of bob@example.com");
        press(&stage, views[i]);
        draw_text(&stage, &screen);
        static const char *const secrets[] = {"9467 5978", "5555 6666", "1111 2222",
                                              "3333 4444", "bob@",      "35 35 35 35 20 36"};
        for (size_t j = 0; j < sizeof secrets / sizeof *secrets; j++)
            if (strstr(text_string(&screen), secrets[j]))
                fail_msg("after `%s` the screen shows `%s`:\n%s", views[i], secrets[j], text_string(&screen));
        text_free(&screen);
        strike_stage(&stage);
    }
}

static void the_inspector_walks_over_the_messages(void **state) {
    struct stage stage;
    (void)state;
    raise_stage(&stage, 80, 24);
    press(&stage, "Enter");
    expect_shown(&stage, "Message 0:88439");
    press(&stage, "j j");
    expect_shown(&stage, "Message 0:88437");
    press(&stage, "k");
    expect_shown(&stage, "Message 0:88438");
    post_rows(&stage, 9, 0); /* the stream goes on behind it */
    expect_shown(&stage, "Message 0:88438");
    press(&stage, "q");
    expect_shown(&stage, "9 new below");
    strike_stage(&stage);
}

static void help_finds_by_typing_and_enter_does_it(void **state) {
    struct stage stage;
    (void)state;
    raise_stage(&stage, 120, 36);
    press(&stage, "? T:burst");
    expect_shown(&stage, "burst of fraud");
    press(&stage, "Enter");
    assert_string_equal(stage.last_line, "producer burst");
    assert_false(shows(&stage, "► Help"));
    press(&stage, "C-p T:offset Enter");
    expect_shown(&stage, " :offset");
    press(&stage, "T:_latest Enter");
    assert_string_equal(stage.last_line, "offset latest");
    press(&stage, "C-p T:zzz");
    expect_shown(&stage, "nothing is named so");
    press(&stage, "Backspace Backspace Backspace T:zoom Enter Enter");
    expect_shown(&stage, "· zoom");
    press(&stage, "? Esc");
    assert_false(shows(&stage, "► Help"));
    strike_stage(&stage);
}

static void tab_completes_names_words_and_what_the_model_knows(void **state) {
    struct stage stage;
    (void)state;
    raise_stage(&stage, 120, 36);
    press(&stage, ": T:detector_rew Tab T:e Tab");
    expect_shown(&stage, ":detector rewind earliest");
    press(&stage, "C-u T:tail_FEA Tab");
    expect_shown(&stage, ":tail FEATURE_SET");
    press(&stage, "C-u T:zoom_gu Tab");
    expect_shown(&stage, ":zoom guide");
    press(&stage, "C-u T:terminate_CT Tab");
    expect_shown(&stage, "CTAS_FEATURE_SET_11  CTAS_BROKEN_13");
    press(&stage, "Esc");
    assert_string_equal(stage.entered, "");
    press(&stage, ": T:topics Enter");
    assert_string_equal(stage.entered, "topics");
    press(&stage, ": T:set_password_x Enter");
    assert_string_equal(stage.entered, "topics");
    strike_stage(&stage);
}

static void what_fails_stays_until_the_next_key(void **state) {
    struct stage stage;
    (void)state;
    raise_stage(&stage, 120, 36);
    press(&stage, ": T:fail_now Enter +60000");
    expect_shown(&stage, "it failed as asked");
    press(&stage, "j");
    assert_false(shows(&stage, "it failed as asked"));
    post_message(&stage, MESSAGE_ERROR, "a service failed");
    press(&stage, "+60000");
    expect_shown(&stage, "a service failed");
    press(&stage, "Esc");
    assert_false(shows(&stage, "a service failed"));
    post_message(&stage, MESSAGE_INFO, "for five seconds");
    expect_shown(&stage, "for five seconds");
    press(&stage, "+5001");
    assert_false(shows(&stage, "for five seconds"));
    strike_stage(&stage);
}

static void size_focus_cursor_filter_and_typed_text_survive_a_resize(void **state) {
    struct stage stage;
    (void)state;
    raise_stage(&stage, 120, 36);
    press(&stage, "/ T:amount>5000 Enter j z : T:half");
    canvas_resize(&stage.canvas, 60, 20);
    press(&stage, "Resize");
    expect_shown(&stage, "needed 80x24");
    expect_shown(&stage, ":half");
    canvas_resize(&stage.canvas, 80, 24);
    press(&stage, "Resize");
    expect_shown(&stage, ":half");
    press(&stage, "Esc");
    expect_shown(&stage, "hit 2 of 8");
    expect_shown(&stage, "· zoom");
    strike_stage(&stage);
}

static void groups_wait_for_a_second_key_and_esc_drops_them(void **state) {
    struct stage stage;
    (void)state;
    raise_stage(&stage, 120, 36);
    press(&stage, "p");
    assert_false(shows(&stage, "━ p ━"));
    press(&stage, "+249");
    assert_false(ui_needs_paint(stage.ui, &stage.scene) && shows(&stage, "━ p ━"));
    press(&stage, "+1");
    assert_true(ui_needs_paint(stage.ui, &stage.scene));
    expect_shown(&stage, "━ p ━");
    press(&stage, "Esc p z p Esc z");
    assert_int_equal(stage.lines, 0);
    expect_shown(&stage, "· zoom");
    strike_stage(&stage);
}

static void the_look_is_changed_by_its_owner(void **state) {
    struct stage stage;
    (void)state;
    raise_stage(&stage, 120, 36);
    press(&stage, "T");
    assert_string_equal(stage.looked, "theme next");
    press(&stage, ": T:colour_mono Enter");
    assert_string_equal(stage.looked, "colour mono");
    press(&stage, "C-z C-l");
    assert_int_equal(stage.suspended, 1);
    assert_int_equal(stage.redrawn, 1);
    strike_stage(&stage);
}

static void nothing_new_is_nothing_to_paint(void **state) {
    struct stage stage;
    (void)state;
    raise_stage(&stage, 120, 36);
    ui_draw(stage.ui, &stage.scene, &stage.canvas);
    assert_false(ui_needs_paint(stage.ui, &stage.scene));
    stage.scene.now_ms += 100;
    assert_false(ui_needs_paint(stage.ui, &stage.scene));
    stage.scene.now_ms += 900;
    assert_true(ui_needs_paint(stage.ui, &stage.scene)); /* the clock */
    ui_draw(stage.ui, &stage.scene, &stage.canvas);
    post_rows(&stage, 1, 0);
    assert_true(ui_needs_paint(stage.ui, &stage.scene));
    strike_stage(&stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_become_command_lines),
        cmocka_unit_test(every_key_of_every_place_is_bound_to_a_command_that_there_is),
        cmocka_unit_test(a_key_that_cannot_work_now_says_why),
        cmocka_unit_test(the_first_enter_in_the_guide_shows_and_the_second_runs),
        cmocka_unit_test(deleting_and_cleaning_up_want_the_name_typed),
        cmocka_unit_test(terminating_and_rewinding_run_on_y_alone_and_enter_means_no),
        cmocka_unit_test(a_question_holds_all_keys_but_the_world_goes_on),
        cmocka_unit_test(quitting_asks_when_something_runs_and_q_at_the_top_always_does),
        cmocka_unit_test(interrupting_stops_the_query_and_twice_asks_to_quit),
        cmocka_unit_test(the_editor_offers_to_stop_a_query_only_while_one_runs),
        cmocka_unit_test(suspending_asks_while_other_programs_are_attached),
        cmocka_unit_test(pasted_text_runs_nothing),
        cmocka_unit_test(moving_up_stops_following_without_losing_rows),
        cmocka_unit_test(a_frozen_picture_can_be_filtered_and_counters_go_on),
        cmocka_unit_test(the_cursor_stays_on_its_row_when_the_list_moves),
        cmocka_unit_test(the_newest_alert_is_one_key_away_and_counts_as_seen),
        cmocka_unit_test(what_changed_in_a_window_is_told_where_it_runs_into_no_figure),
        cmocka_unit_test(other_windows_are_shown_and_a_card_leads_to_its_transactions),
        cmocka_unit_test(rows_are_marked_and_found_again),
        cmocka_unit_test(what_is_copied_is_what_may_be_seen),
        cmocka_unit_test(no_card_and_no_address_is_on_any_screen_while_masked),
        cmocka_unit_test(the_inspector_walks_over_the_messages),
        cmocka_unit_test(help_finds_by_typing_and_enter_does_it),
        cmocka_unit_test(tab_completes_names_words_and_what_the_model_knows),
        cmocka_unit_test(what_fails_stays_until_the_next_key),
        cmocka_unit_test(size_focus_cursor_filter_and_typed_text_survive_a_resize),
        cmocka_unit_test(groups_wait_for_a_second_key_and_esc_drops_them),
        cmocka_unit_test(the_look_is_changed_by_its_owner),
        cmocka_unit_test(nothing_new_is_nothing_to_paint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
