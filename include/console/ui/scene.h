/* What a pane may see: const model, const guide, settings, the time of the frame. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "console/guide/guide.h"
#include "console/model/model.h"

struct settings {     /* :set NAME VALUE; owned by app, changed by action */
    int scrollback;   /* rows a tail keeps */
    int fps;          /* frames a second besides those that answer a key */
    bool mask;        /* cards and e-mails */
    int64_t high;     /* amounts from here on are marked */
    int highlight_ms; /* how long changes are marked */
    bool clock_12;
    bool announce;
    char zone[64];        /* IANA name for shown times */
    bool offset_earliest; /* auto.offset.reset sent with statements */
};
#define SETTINGS_INIT                                                                                                  \
    {                                                                                                                  \
        .scrollback = 10000, .fps = 10, .mask = true, .high = 5000, .highlight_ms = 2000, .zone = "UTC",               \
        .offset_earliest = true                                                                                        \
    }

struct scene {
    const struct model *model;
    const struct guide *guide;
    const struct settings *settings;
    int64_t now_ms;  /* wall clock of this frame */
    int zone_offset; /* seconds east of UTC at now_ms */
};
