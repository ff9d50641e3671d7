/* Between the tables of entity.c and the descriptions of describe.c. */
#pragma once

#include <jansson.h>

#include "app/sql/entity.h"

const char *entity_text(const json_t *object, const char *name); /* "" when absent; lent */
/* Prints rows, an array of arrays, under the titles; takes the reference. */
void entity_sheet(const struct sheet_options *options, const char *const *titles, size_t count, json_t *rows);
/* Text with its line ends as blanks. */
json_t *entity_one_line(const char *text);

/* Descriptions: of one entity each, as ksqlDB's own shell lays them out. */
void describe_source(const struct sheet_options *options, const json_t *entity);
void describe_query(const struct sheet_options *options, const json_t *entity);
void describe_function(const struct sheet_options *options, const json_t *entity);
/* "VARCHAR(STRING)", "ARRAY<INTEGER>", "STRUCT<A BIGINT>" of an entity's schema. */
void describe_type(struct text *out, const json_t *schema);
