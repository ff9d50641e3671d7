/* JSON text as text: white space, strings, numbers and values that are passed over. */
#pragma once

#include "foundation/format/json_read.h"

/* ERROR_CORRUPT with the byte where the reader stands; -1. */
int json_wrong(struct json_reader *reader, const char *what);
/* After the opening quote. Borrowed from the text; what has escapes lies in the arena. */
int json_scan_string(struct json_reader *reader, struct view *out);
/* A number's text; `integral` when it has neither point nor exponent. */
int json_scan_number(struct json_reader *reader, struct view *lexeme, bool *integral);
int json_scan_value(struct json_reader *reader); /* of any type, passed over */
bool json_take_word(struct json_reader *reader, const char *word, size_t size);

static inline void json_skip_space(struct json_reader *reader) {
    while (reader->at < reader->end &&
           (*reader->at == ' ' || *reader->at == '\n' || *reader->at == '\t' || *reader->at == '\r'))
        reader->at++;
}

/* The character after white space, when it is that one. */
static inline bool json_take(struct json_reader *reader, char c) {
    json_skip_space(reader);
    if (reader->at >= reader->end || *reader->at != c)
        return false;
    reader->at++;
    return true;
}
