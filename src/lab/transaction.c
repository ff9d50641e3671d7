#include "lab/transaction.h"

#include <stdio.h>
#include <string.h>

#include "foundation/base/clock.h"
#include "foundation/base/number.h"
#include "foundation/base/utf8.h"

static const char *const locations[] = {"Tokyo", "Rio", "Berlin", "Oslo", "Stockholm", "Nairobi", "Spain", "Portugal"};
enum { NORMAL_LOW = 500, NORMAL_HIGH = 2000, FRAUD_LOW = 5000, FRAUD_HIGH = 10000, BURST_STEP_MS = 3 * 60 * 1000 };

void transaction_source_init(struct transaction_source *source, uint64_t seed, const char *const *cards, size_t count) {
    *source = (struct transaction_source){.cards = cards, .card_count = count, .fraud_chance = 0.1};
    random_seed(&source->random, seed);
}

static void set_text(char *to, size_t size, const char *from) {
    snprintf(to, size, "%s", from);
}

static void two_digits(char *to, int number) {
    to[0] = (char)('0' + number / 10 % 10);
    to[1] = (char)('0' + number % 10);
}

static void set_timestamp(struct transaction *transaction, int64_t ms) {
    int year, month, day;
    int64_t days = ms / 86400000;
    int rest = (int)(ms % 86400000);
    clock_civil_from_days(days, &year, &month, &day);
    memcpy(transaction->timestamp, "0000-00-00 00:00:00.000", 24);
    char *at = transaction->timestamp;
    two_digits(at, year / 100);
    two_digits(at + 2, year);
    two_digits(at + 5, month);
    two_digits(at + 8, day);
    two_digits(at + 11, rest / 3600000);
    two_digits(at + 14, rest / 60000 % 60);
    two_digits(at + 17, rest / 1000 % 60);
    at[20] = (char)('0' + rest % 1000 / 100);
    two_digits(at + 21, rest % 100);
}

static int64_t text_time(struct transaction_source *source, int64_t now_ms) {
    int64_t hours = random_between(&source->random, 1, 10), minutes = random_between(&source->random, 1, 59);
    return now_ms + hours * 3600000 + minutes * 60000;
}

static const char *any_card(struct transaction_source *source) {
    return source->cards[random_between(&source->random, 0, (int64_t)source->card_count - 1)];
}

static void fill(struct transaction_source *source, int64_t text_ms, const char *card, int32_t amount,
                 struct transaction *out) {
    out->id = (int32_t)random_between(&source->random, 1000000, 9999999);
    set_timestamp(out, text_ms);
    set_text(out->card, sizeof out->card, card);
    out->amount = amount;
    set_text(out->location, sizeof out->location,
             locations[random_between(&source->random, 0, sizeof locations / sizeof *locations - 1)]);
}

void transaction_one(struct transaction_source *source, int64_t now_ms, const char *card, int32_t amount,
                     struct transaction *out) {
    if (!card)
        card = any_card(source);
    if (!amount)
        amount = (int32_t)random_between(&source->random, NORMAL_LOW, NORMAL_HIGH);
    fill(source, text_time(source, now_ms), card, amount, out);
}

void transaction_burst(struct transaction_source *source, int64_t now_ms, const char *card, size_t count,
                       struct transaction *out) {
    if (!card)
        card = any_card(source);
    int64_t text_ms = text_time(source, now_ms);
    for (size_t i = 0; i < count; i++)
        fill(source, text_ms + (int64_t)i * BURST_STEP_MS, card,
             (int32_t)random_between(&source->random, FRAUD_LOW, FRAUD_HIGH), &out[i]);
}

size_t transaction_next(struct transaction_source *source, int64_t now_ms, struct transaction out[TRANSACTION_BURST]) {
    if (random_unit(&source->random) < source->fraud_chance) {
        transaction_burst(source, now_ms, NULL, TRANSACTION_BURST, out);
        return TRANSACTION_BURST;
    }
    transaction_one(source, now_ms, NULL, 0, out);
    return 1;
}

void transaction_print(const struct transaction *transaction, struct text *out) {
    char number[NUMBER_MAX];
    text_append(out, VIEW("{\"transaction_id\": "));
    text_append_bytes(out, number, number_write_int64(number, transaction->id));
    text_append(out, VIEW(", \"transaction_timestamp\": "));
    text_append_json(out, view_of(transaction->timestamp));
    text_append(out, VIEW(", \"credit_card_number\": "));
    text_append_json(out, view_of(transaction->card));
    text_append(out, VIEW(", \"amount\": "));
    text_append_bytes(out, number, number_write_int64(number, transaction->amount));
    text_append(out, VIEW(", \"location\": "));
    text_append_json(out, view_of(transaction->location));
    text_append_char(out, '}');
}

/* --- reading: flat objects only, since a transaction is one --- */

static void skip_space(struct view *json) {
    *json = (struct view){json->data, json->size};
    while (json->size &&
           (json->data[0] == ' ' || json->data[0] == '\n' || json->data[0] == '\r' || json->data[0] == '\t')) {
        json->data++;
        json->size--;
    }
}

static bool take(struct view *json, char wanted) {
    skip_space(json);
    if (json->size == 0 || json->data[0] != wanted)
        return false;
    json->data++;
    json->size--;
    return true;
}

static bool take_string(struct view *json, char *out, size_t size) {
    size_t used = 0;
    if (!take(json, '"'))
        return false;
    while (json->size) {
        char c = json->data[0], bytes[4] = {c};
        size_t count = 1;
        json->data++;
        json->size--;
        if (c == '"') {
            out[used] = '\0';
            return true;
        }
        if (c == '\\') {
            if (json->size == 0)
                return false;
            c = json->data[0];
            json->data++;
            json->size--;
            bytes[0] = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c == 'b' ? '\b' : c == 'f' ? '\f' : c;
            unsigned code = 0;
            if (c == 'u') {
                char hex[5] = "";
                if (json->size < 4)
                    return false;
                memcpy(hex, json->data, 4);
                if (sscanf(hex, "%4x", &code) != 1)
                    return false;
                json->data += 4;
                json->size -= 4;
                count = utf8_encode(code, bytes);
            }
        }
        if (used + count < size) { /* longer than any real one: shown as far as it fits */
            memcpy(out + used, bytes, count);
            used += count;
        }
    }
    return false;
}

static bool take_number(struct view *json, int32_t *out) {
    size_t size = 0;
    double number;
    skip_space(json);
    while (size < json->size && strchr("+-.0123456789eE", json->data[size]))
        size++;
    if (!view_to_double((struct view){json->data, size}, &number) || number < -2147483648.0 || number > 2147483647.0)
        return false;
    *out = (int32_t)number;
    json->data += size;
    json->size -= size;
    return true;
}

static bool take_null(struct view *json) {
    skip_space(json);
    if (!view_starts_with(*json, VIEW("null")))
        return false;
    json->data += 4;
    json->size -= 4;
    return true;
}

static bool take_other(struct view *json) {
    char ignored[256];
    int32_t number;
    skip_space(json);
    if (view_starts_with(*json, VIEW("true")) || view_starts_with(*json, VIEW("false"))) {
        size_t size = json->data[0] == 't' ? 4 : 5;
        json->data += size;
        json->size -= size;
        return true;
    }
    return json->size && json->data[0] == '"' ? take_string(json, ignored, sizeof ignored) : take_number(json, &number);
}

int transaction_parse(struct view json, struct transaction *transaction, struct error *error) {
    *transaction = (struct transaction){0};
    if (!take(&json, '{'))
        return error_set(error, ERROR_CORRUPT, "not a transaction: no JSON object");
    if (take(&json, '}'))
        return 0;
    do {
        char name[64];
        if (!take_string(&json, name, sizeof name) || !take(&json, ':'))
            return error_set(error, ERROR_CORRUPT, "not a transaction: a field's name is missing");
        bool read;
        if (take_null(&json))
            read = true;
        else if (strcasecmp(name, "transaction_id") == 0)
            read = take_number(&json, &transaction->id);
        else if (strcasecmp(name, "amount") == 0)
            read = take_number(&json, &transaction->amount);
        else if (strcasecmp(name, "transaction_timestamp") == 0)
            read = take_string(&json, transaction->timestamp, sizeof transaction->timestamp);
        else if (strcasecmp(name, "credit_card_number") == 0)
            read = take_string(&json, transaction->card, sizeof transaction->card);
        else if (strcasecmp(name, "location") == 0)
            read = take_string(&json, transaction->location, sizeof transaction->location);
        else
            read = take_other(&json);
        if (!read)
            return error_set(error, ERROR_CORRUPT, "not a transaction: field %s does not have its type", name);
    } while (take(&json, ','));
    return take(&json, '}') ? 0 : error_set(error, ERROR_CORRUPT, "not a transaction: the object does not end");
}
