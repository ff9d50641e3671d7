/* SELECT and PRINT: rows come on the HTTP client's thread and go through a mailbox to the one that prints. */
#include <string.h>

#include "app/sql/shell.h"
#include "foundation/base/clock.h"
#include "foundation/base/mailbox.h"
#include "foundation/base/memory.h"

/* The first rows of a table are held back until there are enough to see how wide its columns are. */
enum { BOX = 1024, TURN_MS = 50, HOLD_MS = 300, HOLD_ROWS = 200, HINT_MS = 2000 };

struct news {
    struct message message;
    enum { NEWS_HEAD, NEWS_ROW, NEWS_END } what;
    char *row;
    char **names;
    bool *right, printed; /* which columns are numbers; lines of PRINT */
    size_t count;
    struct error error;
};

struct reading {
    struct shell *shell;
    struct sheet *sheet;
    bool printed, ended, hinted;
    int64_t began_ms, first_ms;
    struct error error;
};

static void news_free(struct message *message) {
    struct news *news = (struct news *)message;
    for (size_t i = 0; i < news->count; i++)
        memory_free(news->names[i]);
    memory_free(news->names);
    memory_free(news->right);
    memory_free(news->row);
    memory_free(news);
}

static const struct message_kind news_kind = {"query news", MAILBOX_WAIT, news_free};

static struct news *news_new(int what) {
    struct news *news = memory_zero(1, sizeof *news);
    news->message.kind = &news_kind;
    news->what = (__typeof__(news->what))what;
    return news;
}

static bool is_number(const char *type) {
    static const char *const types[] = {"INTEGER", "BIGINT", "DOUBLE", "DECIMAL"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strncmp(type, types[i], strlen(types[i])) == 0)
            return true;
    return false;
}

static void on_head(void *context, const char *query_id, const char *const *names, const char *const *types,
                    size_t count) {
    struct news *news = news_new(NEWS_HEAD);
    news->names = memory_zero(count + 1, sizeof *news->names);
    news->right = memory_zero(count + 1, sizeof *news->right);
    news->count = count;
    for (size_t i = 0; i < count; i++) {
        news->names[i] = memory_copy_string(names[i]);
        news->right[i] = is_number(types[i]);
    }
    news->printed = !*query_id && count == 1 && strcmp(names[0], "LINE") == 0;
    mailbox_send(context, &news->message);
}

static void on_row(void *context, struct view json) {
    struct news *news = news_new(NEWS_ROW);
    struct text copy = TEXT_EMPTY;
    text_append(&copy, json);
    news->row = text_take(&copy);
    mailbox_send(context, &news->message);
}

static void on_end(void *context, const struct error *error) {
    struct news *news = news_new(NEWS_END);
    if (error)
        news->error = *error;
    mailbox_send(context, &news->message);
}

/* A line of PRINT is for reading as it is. */
static void print_line(FILE *out, const char *row) {
    struct view rest = {row + 1, strlen(row) - 1}, item;
    struct text plain = TEXT_EMPTY;
    bool null;
    if (json_next(&rest, &item))
        json_plain(item, &plain, &null);
    sheet_line(out, text_view(&plain));
    text_free(&plain);
}

static void take(struct reading *reading, const struct news *news) {
    struct shell *shell = reading->shell;
    switch (news->what) {
    case NEWS_HEAD:
        reading->printed = news->printed && shell->sheet.format == SQL_TABLE;
        shell_separate(shell);
        if (!reading->printed && !reading->sheet)
            reading->sheet = sheet_new(&shell->sheet, (const char *const *)news->names, news->right, news->count);
        break;
    case NEWS_ROW:
        if (reading->first_ms == 0)
            reading->first_ms = clock_monotonic_ms();
        if (reading->printed)
            print_line(shell->sheet.out, news->row);
        else if (reading->sheet)
            sheet_row(reading->sheet, view_of(news->row));
        break;
    case NEWS_END:
        reading->ended = true;
        reading->error = news->error;
        break;
    }
}

static void flush_when_due(struct reading *reading, bool idle) {
    struct shell *shell = reading->shell;
    int64_t now = clock_monotonic_ms();
    if (reading->sheet && reading->first_ms &&
        (now - reading->first_ms >= HOLD_MS || sheet_count(reading->sheet) >= HOLD_ROWS))
        sheet_flush(reading->sheet);
    if (idle)
        fflush(shell->sheet.out);
    if (shell->interactive && !reading->hinted && !reading->first_ms && now - reading->began_ms >= HINT_MS) {
        reading->hinted = true;
        fprintf(stderr, "waiting for rows, ^C ends the query\n");
    }
}

int shell_query(struct shell *shell, struct view statement, struct error *error) {
    struct mailbox *box = mailbox_new(BOX);
    struct reading reading = {.shell = shell, .began_ms = clock_monotonic_ms()};
    struct ksqldb_stream_handler handler = {box, on_head, on_row, on_end};
    struct ksqldb_stream *stream =
        ksqldb_client_query(shell->client, statement, sql_session_wire(shell->kept), handler);
    bool stopped = false, broken = false;
    while (!reading.ended && !stopped && !broken && !session_ended()) {
        struct message *message = mailbox_receive(box, TURN_MS);
        flush_when_due(&reading, message == NULL);
        if (message)
            take(&reading, (struct news *)message);
        message_free(message);
        stopped = session_take_interrupt();
        broken = ferror(shell->sheet.out);
    }
    mailbox_close(box); /* so that no callback waits for room while the stream is closed */
    ksqldb_stream_close(stream);
    sheet_free(reading.sheet);
    mailbox_free(box);
    fflush(shell->sheet.out);
    if (shell->interactive && stopped)
        fprintf(stderr, "Query terminated\n");
    if (stopped || (!reading.ended && !broken))
        return session_ended() ? EXIT_INTERRUPTED : EXIT_DONE;
    if (reading.error.code) {
        *error = reading.error;
        return shell_exit_of(error);
    }
    return broken ? EXIT_FAILED : EXIT_DONE;
}
