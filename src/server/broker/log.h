/* One partition's log: segments of record batches as the clients made them, a sparse index in memory, producers' state.
 * Broker thread. What append has returned is in the file (write before acknowledge). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "foundation/base/error.h"
#include "foundation/base/text.h"
#include "server/broker/batch_header.h"
#include "server/broker/producers.h"

struct log;
struct log_options {
    int64_t segment_bytes;
};
/* folder: LOG/TOPIC-PARTITION, made when missing. trusted: a clean stop left the marker, so only what the index does not cover
 * is looked at; else the whole log is checked and a torn tail is cut. checked(bytes) reports progress; may be NULL. */
struct log *log_open_folder(const char *folder, bool trusted, void (*checked)(void *context, int64_t bytes), void *context,
                            struct error *error);
void log_close_folder(struct log *log, bool clean); /* clean: writes indexes and the producers' snapshot */
int log_delete_folder(struct log *log, struct error *error); /* closes too */

int64_t log_start_offset(const struct log *log);
int64_t log_end_offset(const struct log *log); /* next to be given = high watermark: there is one replica */
int64_t log_bytes(const struct log *log);
int64_t log_max_timestamp(const struct log *log);
/* Appends one checked batch; its base offset and leader epoch are rewritten in place. *offset: first one given. */
int log_append(struct log *log, char *batch, size_t size, const struct batch_header *header, int64_t *offset, struct error *error);
/* Whole batches from the one that holds `offset` on, at most `most` bytes but at least one batch. 0 or an error. */
int log_read(struct log *log, int64_t offset, size_t most, struct text *out, struct error *error);
/* First record with a timestamp >= time: looks into batches, compressed ones too. offset -1: none. */
int log_find_time(struct log *log, int64_t time, int64_t *offset, int64_t *timestamp, struct error *error);
struct producers *log_producers(struct log *log);
/* Moves the start forward and removes whole segments below it. */
int log_trim(struct log *log, int64_t start_offset, struct error *error);
/* Removes oldest segments past these limits (-1 = none); the active one stays. */
int log_retain(struct log *log, int64_t bytes, int64_t oldest_ms, struct error *error);
/* Forces what was written to the disk. */
int log_sync(struct log *log, struct error *error);
void log_set_segment_bytes(struct log *log, int64_t bytes);
