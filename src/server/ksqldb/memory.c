#include "server/ksqldb/memory.h"

#include <string.h>
#include <unistd.h>

#include "foundation/base/file.h"
#include "foundation/base/log.h"
#include "foundation/base/map.h"
#include "foundation/base/memory.h"
#include "server/ksqldb/snapshot.h"
#include "server/ksqldb/tape.h"

/* A snapshot pays when reading the changes since the last one would take longer than reading it. */
enum { RECORDS_DUE = 4096, BYTES_DUE = 8 << 20, UNKNOWN = -1 };

struct kept {
    char *topic, *path;    /* path NULL: no snapshots */
    bool made;             /* the topic is there */
    int64_t next;          /* offset behind the last record; UNKNOWN while it is not acknowledged */
    size_t records, bytes; /* since the last snapshot */
    size_t whole;          /* bytes of the last snapshot */
};

static void kept_free(void *value) {
    struct kept *kept = value;
    memory_free(kept->topic);
    memory_free(kept->path);
    memory_free(kept);
}

void memory_group(struct text *out, const char *service_id, struct view query_id) {
    text_append_format(out, "_confluent-ksql-%squery_%.*s", service_id, VIEW_ARGS(query_id));
}

/* Ids come from statements and may hold what a file name must not. */
static char *snapshot_path(const char *folder, struct view query_id) {
    struct text name = TEXT_EMPTY;
    for (size_t i = 0; i < query_id.size; i++) {
        unsigned char c = (unsigned char)query_id.data[i];
        bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
        if (plain)
            text_append_char(&name, (char)c);
        else
            text_append_format(&name, "%%%02X", c);
    }
    text_append_string(&name, ".snapshot");
    char *path = file_join(folder, text_string(&name));
    text_free(&name);
    return path;
}

static struct kept *find(struct memory *memory, struct view query_id) {
    struct kept *kept = map_get(memory->kept, query_id);
    if (kept)
        return kept;
    struct text topic = TEXT_EMPTY;
    kept = memory_zero(1, sizeof *kept);
    memory_group(&topic, memory->service_id, query_id);
    text_append_string(&topic, "-changelog");
    kept->topic = text_take(&topic);
    kept->path = memory->folder ? snapshot_path(memory->folder, query_id) : NULL;
    map_put(memory->kept, query_id, kept);
    return kept;
}

/* --- the engine's calls --- */

static int save(void *context, struct view query_id, struct view record, struct error *error) {
    struct memory *memory = context;
    struct kept *kept = find(memory, query_id);
    int64_t offset;
    struct error reason = {0};
    if (!kept->made && tape_make(memory->topics->admin, kept->topic, error) != 0)
        return -1;
    kept->made = true;
    if (writer_append(memory->topics->writer, kept->topic, (struct view){0}, record, &offset, &reason) == 0) {
        kept->next = offset + 1;
    } else if (reason.code == ERROR_TIMEOUT) {
        kept->next = UNKNOWN; /* in the queue, behind the output it belongs to: a kill until then repeats that output */
    } else {
        if (error)
            *error = reason;
        return -1;
    }
    kept->records++;
    kept->bytes += record.size;
    return 0;
}

struct loading {
    int (*each)(void *query, struct view record, struct error *error);
    void *query;
    struct kept *kept;
};

static int load_one(void *context, const struct kafka_message *message, struct error *error) {
    struct loading *loading = context;
    loading->kept->records++;
    loading->kept->bytes += message->value.size;
    return loading->each(loading->query, message->value, error);
}

/* Gives the offset to read on from: the changelog's first one when there is no good snapshot. */
static int load_snapshot(struct memory *memory, struct loading *loading, int64_t low, int64_t high, int64_t *from,
                         struct error *error) {
    struct snapshot snapshot;
    struct error reason = {0};
    *from = low;
    if (!loading->kept->path)
        return 0;
    if (snapshot_read(loading->kept->path, view_of(memory->cluster_id), &snapshot, &reason) != 0) {
        if (reason.code != ERROR_NOT_FOUND)
            log_warn("ksqldb", "%s; the changelog is read from its beginning", reason.message);
        return 0;
    }
    int result = 0;
    if (snapshot.offset < low || snapshot.offset > high) {
        log_warn("ksqldb", "%s is not of this changelog, which is read from its beginning", loading->kept->path);
    } else {
        *from = snapshot.offset;
        loading->kept->whole = snapshot.record.size;
        result = loading->each(loading->query, text_view(&snapshot.record), error);
    }
    text_free(&snapshot.record);
    return result;
}

static int load(void *context, struct view query_id, int (*each)(void *query, struct view record, struct error *error),
                void *query, struct error *error) {
    struct memory *memory = context;
    struct loading loading = {each, query, find(memory, query_id)};
    struct error reason = {0};
    int64_t low, high, from;
    if (tape_span(memory->topics->admin, loading.kept->topic, &low, &high, &reason) != 0) {
        if (reason.code == ERROR_NOT_FOUND)
            return 0;
        if (error)
            *error = reason;
        return -1;
    }
    loading.kept->made = true;
    loading.kept->next = high;
    if (load_snapshot(memory, &loading, low, high, &from, error) != 0)
        return -1;
    return tape_read(memory->profile, loading.kept->topic, from, high, load_one, &loading, error);
}

static void forget(void *context, struct view query_id) {
    struct memory *memory = context;
    struct kept *kept = find(memory, query_id);
    struct error error = {0};
    struct text group = TEXT_EMPTY;
    if (kept->path)
        unlink(kept->path);
    if (kafka_admin_delete_topic(memory->topics->admin, kept->topic, TOPICS_PATIENCE_MS, &error) != 0 &&
        error.code != ERROR_NOT_FOUND)
        log_warn("ksqldb", "topic %s is left behind: %s", kept->topic, error.message);
    memory_group(&group, memory->service_id, query_id);
    kafka_admin_delete_group(memory->topics->admin, text_string(&group), TOPICS_PATIENCE_MS, NULL);
    text_free(&group);
    map_remove(memory->kept, query_id);
}

/* --- snapshots --- */

static bool is_due(const struct kept *kept, bool all) {
    size_t bytes = kept->whole > BYTES_DUE ? kept->whole : BYTES_DUE;
    return kept->path && kept->next != UNKNOWN && kept->records &&
           (all || kept->records >= RECORDS_DUE || kept->bytes >= bytes);
}

static void write_one(struct memory *memory, struct engine *engine, struct view query_id, struct kept *kept) {
    struct text record = TEXT_EMPTY;
    struct error error = {0};
    int result = engine_whole_state(engine, query_id, &record, &error);
    if (result == 0)
        result = snapshot_write(kept->path, view_of(memory->cluster_id), kept->next, text_view(&record), &error);
    if (result == 0)
        kept->whole = record.size;
    else if (error.code != ERROR_NOT_FOUND)
        log_warn("ksqldb", "no snapshot of %.*s, a restart takes longer: %s", VIEW_ARGS(query_id), error.message);
    kept->records = kept->bytes = 0;
    text_free(&record);
}

void memory_snapshot(struct memory *memory, struct engine *engine, bool all) {
    struct view query_id;
    void *value;
    for (size_t at = 0; map_next(memory->kept, &at, &query_id, &value);)
        if (is_due(value, all))
            write_one(memory, engine, query_id, value);
}

void memory_open(struct memory *memory) {
    memory->kept = map_new(kept_free);
    memory->table = (struct engine_memory){.context = memory, .save = save, .load = load, .forget = forget};
}

void memory_close(struct memory *memory) {
    map_free(memory->kept);
    memory->kept = NULL;
}
