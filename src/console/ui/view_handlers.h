/* Handlers of the view's commands, one file a family; the table is in view.c. */
#pragma once

#include "console/ui/private.h"

#define HANDLER(name)                                                                                                  \
    int name(struct ui *ui, const struct scene *scene, const struct command_line *line, struct error *error)
/* view_looking.c: panes, lists, messages, alerts, windows */
HANDLER(do_focus);
HANDLER(do_zoom);
HANDLER(do_move);
HANDLER(do_sideways);
HANDLER(do_filter);
HANDLER(do_filter_line);
HANDLER(do_freeze);
HANDLER(do_follow);
HANDLER(do_hit);
HANDLER(do_mark);
HANDLER(do_goto_mark);
HANDLER(do_wrap);
HANDLER(do_copy);
HANDLER(do_inspect);
HANDLER(do_inspector_view);
HANDLER(do_message);
HANDLER(do_reveal);
HANDLER(do_alert_seen);
HANDLER(do_newest_alert);
HANDLER(do_window);
HANDLER(do_card);
HANDLER(do_tail);
HANDLER(do_tail_chosen);
/* view_doing.c: questions, lines, editor, guide, services, screen */
HANDLER(do_terminate_chosen);
HANDLER(do_back);
HANDLER(do_ask_quit);
HANDLER(do_overlay);
HANDLER(do_command_line);
HANDLER(do_editor);
HANDLER(do_editor_run);
HANDLER(do_editor_leave);
HANDLER(do_guide_enter);
HANDLER(do_guide_edit);
HANDLER(do_guide_part);
HANDLER(do_guide_mark);
HANDLER(do_statement_of_step);
HANDLER(do_producer_toggle);
HANDLER(do_producer_rate);
HANDLER(do_detector_toggle);
HANDLER(do_connector_toggle);
HANDLER(do_connector_show);
HANDLER(do_topic_delete);
HANDLER(do_look);
HANDLER(do_picture);
HANDLER(do_redraw);
HANDLER(do_suspend);
HANDLER(do_stop_here);

/* A word of the line; "" when there are fewer. */
static inline const char *word(const struct command_line *line, size_t index) {
    return line->count > index ? line->words[index] : "";
}
