/* Answers of /ksql for people and programs: one row a kind of entity, in a table. */
#pragma once

#include "app/sql/sheet.h"

/* entities: the JSON array that the server sent. Kinds that are not in the table are printed as JSON. */
void entities_print(const struct sheet_options *options, struct view entities);
