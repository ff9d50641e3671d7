#include "console/service/feature.h"

#include <stdio.h>
#include <string.h>

#include "foundation/base/memory.h"
#include "foundation/format/format.h"

enum { WINDOW_TAIL = 8, DEFAULT_WINDOW_MS = 300000 };

struct feature_reader {
    struct schema_source schemas;
    struct codec *key, *value;
    struct arena arena;
};

static const struct column key_columns[] = {
    {{"CREDIT_CARD_NUMBER", 18}, &sql_string},
    {{"CUSTOMER_EMAIL", 14}, &sql_string},
    {{"AVERAGE_SPENDING_AMOUNT", 23}, &sql_bigint},
};
static const struct column value_columns[] = {
    {{"TRANSACTION_COUNT", 17}, &sql_bigint},
    {{"TOTAL_AMOUNT", 12}, &sql_bigint},
    {{"WINDOW_START", 12}, &sql_string},
    {{"WINDOW_END", 10}, &sql_string},
};

struct feature_reader *feature_reader_new(struct registry_client *registry, struct error *error) {
    struct feature_reader *reader = memory_zero(1, sizeof *reader);
    struct codec_options key = {.is_key = true}, value = {0};
    reader->schemas = registry_client_source(registry);
    reader->key = format_find(VIEW("AVRO"))->compile(key_columns, 3, &key, &reader->schemas, error);
    reader->value =
        reader->key ? format_find(VIEW("JSON_SR"))->compile(value_columns, 4, &value, &reader->schemas, error) : NULL;
    if (!reader->value) {
        feature_reader_free(reader);
        return NULL;
    }
    return reader;
}

void feature_reader_free(struct feature_reader *reader) {
    if (!reader)
        return;
    codec_free(reader->key);
    codec_free(reader->value);
    arena_free(&reader->arena);
    memory_free(reader);
}

static void copy_text(char *to, size_t size, struct value value) {
    size_t length = value.tag == VALUE_STRING ? value.size : 0;
    length = length < size - 1 ? length : size - 1;
    if (length)
        memcpy(to, value.bytes, length);
    to[length] = '\0';
}

/* "2026-11-23 11:25:00 +0000", as TIMESTAMPTOSTRING(…, 'yyyy-MM-dd HH:mm:ss Z') writes it. */
static bool parse_moment(const char *text, int64_t *ms) {
    int year, month, day, hour, minute, second, zone_hour = 0, zone_minute = 0;
    char sign = '+';
    if (sscanf(text, "%4d-%2d-%2d %2d:%2d:%2d %c%2d%2d", &year, &month, &day, &hour, &minute, &second, &sign,
               &zone_hour, &zone_minute) < 6)
        return false;
    int64_t seconds = clock_days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    int64_t zone = (int64_t)zone_hour * 3600 + zone_minute * 60;
    *ms = (seconds - (sign == '-' ? -zone : zone)) * 1000;
    return true;
}

int feature_read(struct feature_reader *reader, const struct kafka_message *message, struct feature *feature,
                 struct error *error) {
    struct value key[3], value[4];
    *feature = (struct feature){0};
    if (!message->value.data)
        return 1;
    if (message->key.size <= WINDOW_TAIL)
        return error_set(error, ERROR_CORRUPT, "%s offset %lld: the key has %zu bytes, no windowed Avro key",
                         message->topic, (long long)message->offset, message->key.size);
    arena_reset(&reader->arena);
    struct view prefix = {message->key.data, message->key.size - WINDOW_TAIL};
    if (codec_decode(reader->key, prefix, &reader->arena, key, error) != 0 ||
        codec_decode(reader->value, message->value, &reader->arena, value, error) != 0)
        return error_wrap(error, "%s offset %lld", message->topic, (long long)message->offset);
    const unsigned char *window = (const unsigned char *)prefix.data + prefix.size;
    uint64_t start = 0;
    for (int i = 0; i < WINDOW_TAIL; i++)
        start = start << 8 | window[i];
    feature->window_start = (int64_t)start;
    copy_text(feature->card, sizeof feature->card, key[0]);
    copy_text(feature->email, sizeof feature->email, key[1]);
    feature->has_email = key[1].tag == VALUE_STRING;
    feature->average = key[2].tag == VALUE_NULL ? 0 : key[2].integer;
    feature->count = value[0].tag == VALUE_NULL ? 0 : value[0].integer;
    feature->total = value[1].tag == VALUE_NULL ? 0 : value[1].integer;
    copy_text(feature->window_start_text, sizeof feature->window_start_text, value[2]);
    copy_text(feature->window_end_text, sizeof feature->window_end_text, value[3]);
    if (!parse_moment(feature->window_end_text, &feature->window_end) || feature->window_end <= feature->window_start)
        feature->window_end = feature->window_start + DEFAULT_WINDOW_MS;
    return 0;
}
