/* The view's commands: the table, and their handlers by family: view_looking.c has panes, lists, messages, alerts and
 * windows, view_doing.c questions, lines, the editor, the guide, services and the screen. */
#pragma once

#include "console/ui/private.h"

#define HANDLER(name)                                                                                                  \
    int name(struct ui *ui, const struct scene *scene, const struct command_line *line, struct error *error)
/* One row a command: name, usage, area, help, flags, handler. */
#define VIEW_COMMANDS(X)                                                                                               \
    X("focus", "next|previous|PANE", "looking", "moves to a pane", 0, do_focus)                                        \
    X("zoom", "[PANE]", "looking", "one pane on the whole screen, and back", 0, do_zoom)                               \
    X("move", "up|down|top|end|page-up|page-down", "looking", "moves in the list or overlay", 0, do_move)              \
    X("sideways", "left|right", "looking", "moves long rows sideways", 0, do_sideways)                                 \
    X("filter", "[EXPR]", "looking",                                                                                   \
      "rows with all words; /re/, !word, amount>5000, card:5031*, loc:Oslo, age<30s; nothing clears it", COMMAND_RAW,  \
      do_filter)                                                                                                       \
    X("filter-line", "", "looking", "edits the filter", 0, do_filter_line)                                             \
    X("hit", "next|previous", "looking", "the next row that passes the filter", 0, do_hit)                             \
    X("freeze", "", "looking", "holds the transactions, and goes on", 0, do_freeze)                                    \
    X("follow", "", "looking", "back to the newest row", 0, do_follow)                                                 \
    X("mark-row", "", "looking", "marks the chosen row, or takes the mark off", 0, do_mark)                            \
    X("goto-mark", "", "looking", "goes to the next marked row", 0, do_goto_mark)                                      \
    X("wrap", "", "looking", "long rows on several lines, or cut", 0, do_wrap)                                         \
    X("copy", "[field|row]", "looking", "copies to the clipboard of the terminal", 0, do_copy)                         \
    X("inspect", "", "looking", "opens the chosen message", 0, do_inspect)                                             \
    X("view", "fields|json|hex", "looking", "how the message is shown", 0, do_inspector_view)                          \
    X("message", "next|previous", "looking", "the next older, the next newer message", 0, do_message)                  \
    X("reveal", "", "looking", "shows cards and addresses for 10 s", 0, do_reveal)                                     \
    X("alert-seen", "", "looking", "marks the chosen alert as seen", 0, do_alert_seen)                                 \
    X("newest-alert", "", "looking", "goes to the newest alert that was not seen", 0, do_newest_alert)                 \
    X("window", "prev|next|now", "looking", "another window in pane 3", 0, do_window)                                  \
    X("card", "", "looking", "the transactions of the chosen card", 0, do_card)                                        \
    X("tail", "TOPIC [earliest|latest|-N|@MS]", "topics", "follows a topic in pane 2", 0, do_tail)                     \
    X("tail-chosen", "", "topics", "follows the chosen topic in pane 2", 0, do_tail_chosen)                            \
    X("topic-delete", "", "topics", "deletes the chosen topic", 0, do_topic_delete)                                    \
    X("back", "[or-quit]", "looking", "closes what is open", 0, do_back)                                               \
    X("help-keys", "", "program", "keys and commands; type to search", 0, do_overlay)                                  \
    X("find-command", "", "program", "finds a command by part of its name", 0, do_overlay)                             \
    X("messages", "", "program", "the messages of this run", 0, do_overlay)                                            \
    X("command-line", "[COMMAND]", "program", "a line for commands", COMMAND_RAW, do_command_line)                     \
    X("ask-quit", "", "program", "asks, then ends", 0, do_ask_quit)                                                    \
    X("stop-here", "", "program", "stops what runs here", 0, do_stop_here)                                             \
    X("editor", "", "ksqlDB", "the statement editor", 0, do_editor)                                                    \
    X("editor-run", "", "ksqlDB", "runs the statement in the editor", 0, do_editor_run)                                \
    X("editor-leave", "", "ksqlDB", "leaves the editor, the text is kept", 0, do_editor_leave)                         \
    X("step-statement", "", "ksqlDB", "the step's statement into the editor", 0, do_statement_of_step)                 \
    X("terminate-chosen", "", "ksqlDB", "ends the chosen query", 0, do_terminate_chosen)                               \
    X("guide-enter", "", "workshop", "shows the step's command, then runs it", 0, do_guide_enter)                      \
    X("guide-edit", "", "workshop", "edits the step's command before it runs", 0, do_guide_edit)                       \
    X("guide-part", "next|previous", "workshop", "another part of the step", 0, do_guide_part)                         \
    X("guide-mark", "", "workshop", "marks the step as done by hand, or not", 0, do_guide_mark)                        \
    X("producer-toggle", "", "producer", "starts or stops the producer", 0, do_producer_toggle)                        \
    X("producer-rate", "up|down", "producer", "the next rate of the scale", 0, do_producer_rate)                       \
    X("detector-toggle", "", "detector", "starts or stops the detector", 0, do_detector_toggle)                        \
    X("connector-show", "", "connector", "creates the connector, or shows how it does", 0, do_connector_show)          \
    X("connector-toggle", "", "connector", "pauses or resumes the connector", 0, do_connector_toggle)                  \
    X("theme", "[THEME]", "screen", "another theme", 0, do_look)                                                       \
    X("colour", "auto|mono|8|16|256|24", "screen", "how many colours", 0, do_look)                                     \
    X("glyphs", "auto|unicode|ascii", "screen", "which signs are drawn", 0, do_look)                                   \
    X("picture", "FILE", "screen", "writes the screen as text with colours", 0, do_picture)                            \
    X("redraw", "", "screen", "paints everything again", 0, do_redraw)                                                 \
    X("suspend", "", "program", "back to the shell until fg", 0, do_suspend)

#define DECLARE(name, usage, area, help, flags, handler) HANDLER(handler);
VIEW_COMMANDS(DECLARE)
#undef DECLARE

/* A word of the line; "" when there are fewer. */
static inline const char *word(const struct command_line *line, size_t index) {
    return line->count > index ? line->words[index] : "";
}
