/* One record of FEATURE_SET as the detector and the Windows pane read it. */
#pragma once

#include "console/service/service_private.h"

struct feature_reader;
struct feature {
    char card[40], email[128];
    bool has_email;
    int64_t average, count, total;
    char window_start_text[40], window_end_text[40]; /* as the statement formatted them */
    int64_t window_start, window_end;                /* ms; the end is read from the text, else start + 5 minutes */
};
struct feature_reader *feature_reader_new(struct registry_client *registry, struct error *error);
void feature_reader_free(struct feature_reader *reader);
/* 0 decoded; 1 a tombstone or a row without a value; -1 undecodable with the reason. */
int feature_read(struct feature_reader *reader, const struct kafka_message *message, struct feature *feature,
                 struct error *error);
