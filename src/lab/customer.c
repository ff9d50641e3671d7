#include "lab/customer.h"

#include <stdio.h>
#include <string.h>

#include "foundation/base/file.h"
#include "foundation/base/map.h"
#include "foundation/base/memory.h"
#include "foundation/base/random.h"
#include "foundation/base/vector.h"

static const char *const first_names[] = {"amara", "bjorn", "chiara",  "dmitri", "elif", "farid", "greta",
                                          "hana",  "ines",  "jonas",   "kaori",  "lena", "marco", "nadia",
                                          "oscar", "priya", "quentin", "rosa",   "sven", "tariq"};
static const char *const last_names[] = {"abara",  "berg", "costa",  "dahl",   "eriksen", "fuchs",  "garcia",
                                         "hansen", "ito",  "jansen", "kimani", "larsen",  "moreau", "novak",
                                         "okafor", "park", "quist",  "rossi",  "sato",    "tran"};

void customers_make(struct customers *customers, uint64_t seed, size_t count) {
    struct random random;
    struct map *used = map_new(NULL);
    random_seed(&random, seed);
    customers->items = memory_zero(count, sizeof *customers->items);
    customers->count = count;
    for (size_t i = 0; i < count; i++) {
        struct customer *customer = &customers->items[i];
        struct text card = TEXT_EMPTY, id = TEXT_EMPTY, email = TEXT_EMPTY;
        do {
            text_clear(&card);
            for (int group = 0; group < 4; group++)
                text_append_format(&card, "%s%04d", group ? " " : "",
                                   (int)random_between(&random, group ? 0 : 1000, 9999));
        } while (map_has(used, text_view(&card)));
        map_put(used, text_view(&card), customer);
        uint64_t high = random_next(&random), low = random_next(&random);
        text_append_format(&id, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(high >> 32), (unsigned)(high >> 16 & 0xffff),
                           (unsigned)(high & 0xfff), (unsigned)(low >> 48 & 0x3fff) | 0x8000u,
                           (unsigned long long)(low & 0xffffffffffff));
        text_append_format(&email, "%s.%s%zu@example.%s", first_names[random_between(&random, 0, 19)],
                           last_names[random_between(&random, 0, 19)], i + 1, random_next(&random) & 1 ? "com" : "org");
        customer->card = text_take(&card);
        customer->id = text_take(&id);
        customer->email = text_take(&email);
        customer->average = (int32_t)random_between(&random, 800, 2500);
    }
    map_free(used);
}

void customers_free(struct customers *customers) {
    for (size_t i = 0; i < customers->count; i++) {
        memory_free(customers->items[i].card);
        memory_free(customers->items[i].id);
        memory_free(customers->items[i].email);
    }
    memory_free(customers->items);
    *customers = (struct customers){0};
}

/* --- CSV: RFC 4180 fields, one record a line or more when quoted --- */

enum { FIELDS = 32 };

/* Next record's fields; false at the end. -1 in *wrong when a quote does not close. */
static bool next_record(struct view *rest, struct text fields[FIELDS], size_t *count, int *line, bool *wrong) {
    *count = 0;
    if (rest->size == 0)
        return false;
    bool quoted = false, more = true;
    text_clear(&fields[0]);
    while (more && rest->size) {
        char c = rest->data[0];
        rest->data++;
        rest->size--;
        if (c == '\n')
            (*line)++;
        struct text *field = &fields[*count < FIELDS ? *count : FIELDS - 1];
        if (quoted) {
            if (c == '"' && rest->size && rest->data[0] == '"') {
                text_append_char(field, '"');
                rest->data++;
                rest->size--;
            } else if (c == '"') {
                quoted = false;
            } else {
                text_append_char(field, c);
            }
        } else if (c == '"' && field->size == 0) {
            quoted = true;
        } else if (c == ',') {
            (*count)++;
            if (*count < FIELDS)
                text_clear(&fields[*count]);
        } else if (c == '\n') {
            more = false;
        } else if (c != '\r') {
            text_append_char(field, c);
        }
    }
    (*count)++;
    *wrong = quoted || *count > FIELDS;
    return true;
}

struct table {
    struct text file;
    struct view rest;
    struct text fields[FIELDS];
    size_t count;
    int line; /* of the record just read */
    int next_line;
    const char *name;
};

static void table_close(struct table *table) {
    text_free(&table->file);
    for (size_t i = 0; i < FIELDS; i++)
        text_free(&table->fields[i]);
}

static bool table_next(struct table *table, struct error *error, int *result) {
    bool wrong = false;
    do {
        table->line = table->next_line;
        if (!next_record(&table->rest, table->fields, &table->count, &table->next_line, &wrong))
            return false;
    } while (!wrong && table->count == 1 && table->fields[0].size == 0);
    if (wrong) {
        *result = error_set_at(error, ERROR_INVALID, table->line, 0,
                               "%s:%d: a quote does not close, or there are more than %d columns", table->name,
                               table->line, FIELDS);
        return false;
    }
    return true;
}

static int table_open(struct table *table, const char *name, const char *const *wanted, size_t *columns, size_t count,
                      struct error *error) {
    int result = 0;
    *table = (struct table){.name = name, .next_line = 1};
    if (file_read(name, &table->file, error) != 0)
        return -1;
    table->rest = text_view(&table->file);
    if (view_starts_with(table->rest, VIEW("\xef\xbb\xbf")))
        table->rest = (struct view){table->rest.data + 3, table->rest.size - 3};
    if (!table_next(table, error, &result))
        return result ? result : error_set(error, ERROR_INVALID, "%s: empty; the first line names the columns", name);
    for (size_t i = 0; i < count; i++) {
        columns[i] = FIELDS;
        for (size_t j = 0; j < table->count; j++)
            if (view_equal_ignoring_case(view_trim(text_view(&table->fields[j])), view_of(wanted[i])))
                columns[i] = j;
        if (columns[i] == FIELDS)
            return error_set_at(error, ERROR_INVALID, 1, 0, "%s:1: there is no column %s", name, wanted[i]);
    }
    return 0;
}

static char *field(const struct table *table, size_t column) {
    return column < table->count ? memory_copy_string(text_string(&table->fields[column])) : memory_copy_string("");
}

static int read_cards(struct map *cards, const char *file, struct error *error) {
    static const char *const wanted[] = {"customer_id", "credit_card_number"};
    size_t columns[2];
    struct table table;
    int result = table_open(&table, file, wanted, columns, 2, error);
    while (result == 0 && table_next(&table, error, &result))
        map_put(cards, text_view(&table.fields[columns[0]]), field(&table, columns[1]));
    table_close(&table);
    return result;
}

int customers_read(struct customers *customers, const char *file, const char *credit_cards_file, struct error *error) {
    static const char *const wanted[] = {"customer_id", "customer_email", "avg_spending_amount", "credit_card_number"};
    size_t columns[4];
    struct table table;
    VECTOR(struct customer) found = {0};
    struct map *cards = map_new(memory_free);
    int result = credit_cards_file ? read_cards(cards, credit_cards_file, error) : 0;
    *customers = (struct customers){0};
    if (result == 0) {
        result = table_open(&table, file, wanted, columns, credit_cards_file ? 3 : 4, error);
        while (result == 0 && table_next(&table, error, &result)) {
            double average = 0;
            char *id = field(&table, columns[0]), *amount = field(&table, columns[2]);
            const char *card = credit_cards_file ? map_get(cards, view_of(id)) : text_string(&table.fields[columns[3]]);
            if (!view_to_double(view_trim(view_of(amount)), &average) || average < 0 || average > 2147483647)
                result = error_set_at(error, ERROR_INVALID, table.line, 0,
                                      "%s:%d: avg_spending_amount '%s' is not an amount", file, table.line, amount);
            else if (!card || !*card)
                result = error_set_at(error, ERROR_INVALID, table.line, 0,
                                      "%s:%d: customer %s has no credit card number", file, table.line, id);
            else
                vector_push(&found, (struct customer){memory_copy_string(card), memory_copy_string(id),
                                                      field(&table, columns[1]), (int32_t)average});
            memory_free(id);
            memory_free(amount);
        }
        table_close(&table);
    }
    map_free(cards);
    customers->items = found.items;
    customers->count = found.count;
    if (result == 0 && found.count == 0)
        result = error_set(error, ERROR_INVALID, "%s: no customers in it", file);
    if (result != 0)
        customers_free(customers);
    return result;
}
