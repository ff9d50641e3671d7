/* SQL on the canvas: keywords, strings, numbers and comments in their roles. */
#pragma once

#include "console/ui/canvas.h"

/* One line, cut at the end. */
void sql_put(struct canvas *canvas, int x, int y, int columns, struct view line);
/* "ksql> " and the statement, wrapped, at most `rows` lines; the line behind it. */
int sql_put_statement(struct canvas *canvas, struct rectangle area, int y, int rows, struct view statement);
