/* Avro binary to typed values, by the writer's schema. */
#pragma once

#include "foundation/format/avro_schema.h"

struct avro_reader {
    const char *start, *at, *end;
    struct arena *arena;
    struct error *error;
    int depth;
};

struct avro_reader avro_reader_of(struct view bytes, struct arena *arena, struct error *error);
/* type NULL: the value is passed over. 0 or -1. */
int avro_format_read(struct avro_reader *reader, const struct avro_node *node, const struct sql_type *type,
                     struct value *value);
int avro_read_end(struct avro_reader *reader);
bool avro_read_long(struct avro_reader *reader, int64_t *number);
int avro_wrong(struct avro_reader *reader, const char *what);
void avro_write_long(struct text *out, int64_t number);
/* A field of a record: one that holds no NULL gets its default for it. */
int avro_field_write(const struct avro_field *field, const struct sql_type *type, struct value value, struct text *out,
                     struct error *error);
int avro_format_write(const struct avro_node *node, const struct sql_type *type, struct value value, struct text *out,
                      struct error *error);
