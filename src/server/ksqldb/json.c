#include "server/ksqldb/json.h"

void put_comma(struct text *out) {
    char last = out->size ? out->data[out->size - 1] : '[';
    if (last != '[' && last != '{' && last != ':')
        text_append_char(out, ',');
}

void put_open(struct text *out, char bracket) {
    put_comma(out);
    text_append_char(out, bracket);
}

void put_key(struct text *out, const char *name) {
    put_comma(out);
    text_append_json(out, view_of(name));
    text_append_char(out, ':');
}

void put_item(struct text *out, struct view string) {
    put_comma(out);
    text_append_json(out, string);
}

void put_string(struct text *out, const char *name, struct view string) {
    put_key(out, name);
    text_append_json(out, string);
}

void put_optional(struct text *out, const char *name, struct view string) {
    put_key(out, name);
    if (string.size)
        text_append_json(out, string);
    else
        text_append_string(out, "null");
}

void put_number(struct text *out, const char *name, int64_t number) {
    put_key(out, name);
    text_append_format(out, "%lld", (long long)number);
}

void put_bool(struct text *out, const char *name, bool value) {
    put_raw(out, name, value ? "true" : "false");
}

void put_raw(struct text *out, const char *name, const char *json) {
    put_key(out, name);
    text_append_string(out, json);
}
