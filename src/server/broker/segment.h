/* One segment of a partition: a file of record batches back to back, as the clients made them, and a sparse index of
 * it. The files have Kafka's names and formats: BASE.log, BASE.index (offset, position), BASE.timeindex (time, offset),
 * so that Kafka's own tools read them. Closed segments never change; compaction replaces them whole. Broker thread, but
 * for what says otherwise. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "foundation/base/error.h"
#include "foundation/base/text.h"
#include "foundation/base/vector.h"
#include "server/broker/batch_header.h"

struct mark { /* the last offset of a batch, and where it begins: as Kafka's index has it */
    int64_t offset, position;
    int64_t max_timestamp; /* over everything before and in this batch */
};
struct time_mark { /* the largest time up to there, and the last offset of the batch that has it */
    int64_t timestamp, offset;
};
struct segment {
    int64_t base_offset, end_offset, size;
    int64_t max_timestamp, max_timestamp_offset; /* -1: no record yet */
    int64_t began_ms;                            /* wall clock: first write, or the last one before a restart */
    int descriptor;
    VECTOR(struct mark) marks;
    VECTOR(struct time_mark) times;
};
enum segment_file { SEGMENT_LOG, SEGMENT_INDEX, SEGMENT_TIMES };

bool segment_offset_fits(int64_t offset); /* one that a log comes to: there is room to count on behind it */
char *segment_path(const char *folder, int64_t base_offset, enum segment_file file); /* caller frees */
/* Opens or makes the file; nothing is read yet. */
int segment_open(struct segment *segment, const char *path, int64_t base_offset, struct error *error);
void segment_close(struct segment *segment);
void segment_remove_files(const char *folder, int64_t base_offset);

/* False when the index is missing, damaged or does not fit the file: then the segment must be scanned. After the last
 * indexed batch the headers are walked to the end, so the end is exact. */
bool segment_load_index(struct segment *segment, const char *folder);
/* A file that cannot be written is removed: no index is better than an old one. */
void segment_save_index(const struct segment *segment, const char *folder);

struct segment_visitor { /* any member may be NULL */
    void (*batch)(void *context, const struct batch_header *header);
    void (*checked)(void *context, int64_t bytes);
    void *context;
};
/* Reads the whole segment, checks every batch, cuts what is torn at the end. only_torn: when whole batches follow the
 * bad one, that is no torn end but damage, and an error; else (the machine went down) all from the bad one on goes. */
int segment_scan(struct segment *segment, const char *folder, bool only_torn, const struct segment_visitor *visitor,
                 struct error *error);
/* Headers only. */
int segment_walk(const struct segment *segment, const char *folder, const struct segment_visitor *visitor,
                 struct error *error);

/* base offset and leader epoch are set in the batch already. When it fails nothing of the batch is left in the segment.
 */
int segment_append(struct segment *segment, const char *folder, struct view batch, const struct batch_header *header,
                   int64_t now_ms, struct error *error);
/* Position of the batch that holds the offset or of the first one after it; size: there is none. */
int segment_find(const struct segment *segment, const char *folder, int64_t offset, int64_t *position,
                 struct error *error);
/* Whole batches from there on, at most `most` bytes but at least one batch, appended to out. */
int segment_read(const struct segment *segment, const char *folder, int64_t position, size_t most, struct text *out,
                 struct error *error);
/* First record with offset >= least and time >= time; *offset -1: none here. */
int segment_find_time(const struct segment *segment, const char *folder, int64_t time, int64_t least, int64_t *offset,
                      int64_t *timestamp, struct error *error);
