/* view: borrowed bytes. text: owned, growable, always NUL-terminated when data is not NULL. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct view {
    const char *data;
    size_t size;
};

#define VIEW(literal) ((struct view){(literal), sizeof(literal) - 1})
#define VIEW_ARGS(v) (int)(v).size, (v).data /* for "%.*s" */

static inline struct view view_of(const char *string) {
    return (struct view){string, string ? strlen(string) : 0};
}
bool view_equal(struct view a, struct view b);
bool view_equal_ignoring_case(struct view a, struct view b); /* ASCII */
int view_compare(struct view a, struct view b);              /* bytes, then length */
bool view_starts_with(struct view view, struct view prefix);
bool view_ends_with(struct view view, struct view suffix);
struct view view_trim(struct view view); /* ASCII white space */
/* Takes up to the separator off the front of *rest; false when nothing is left. */
bool view_split(struct view *rest, char separator, struct view *piece);
bool view_to_int64(struct view view, int64_t *number); /* whole view, decimal, sign, overflow checked */
bool view_to_double(struct view view, double *number); /* whole view, C locale */
uint64_t view_hash(struct view view);                  /* for hash maps; not stable between versions */

struct text {
    char *data;
    size_t size, capacity;
};

#define TEXT_EMPTY ((struct text){0})

static inline struct view text_view(const struct text *text) {
    return (struct view){text->data, text->size};
}
const char *text_string(const struct text *text); /* "" when empty */
void text_reserve(struct text *text, size_t more);
/* Inline: encoders append a few bytes at a time. */
static inline void text_append_bytes(struct text *text, const void *bytes, size_t size) {
    if (text->size + size + 1 > text->capacity)
        text_reserve(text, size);
    if (size != 0)
        memcpy(text->data + text->size, bytes, size);
    text->size += size;
    text->data[text->size] = '\0';
}
static inline void text_append_char(struct text *text, char character) {
    text_append_bytes(text, &character, 1);
}
static inline void text_append(struct text *text, struct view view) {
    text_append_bytes(text, view.data, view.size);
}
void text_append_string(struct text *text, const char *string);
void text_append_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_append_format_v(struct text *text, const char *format, va_list arguments);
/* Quoted, escaped JSON string; bytes that are no UTF-8 become U+FFFD. */
void text_append_json(struct text *text, struct view view);
void text_clear(struct text *text); /* keeps the memory */
void text_free(struct text *text);
char *text_take(struct text *text); /* caller frees; never NULL; text is empty after */
