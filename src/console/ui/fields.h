/* JSON for eyes: the members of an object, and the text with indentation. Not a validating parser: what is odd is shown
 * as it stands. */
#pragma once

#include <stdbool.h>

#include "foundation/base/text.h"

struct json_field {
    struct text name, value; /* value: strings without quotes and escapes, all else as written */
    const char *type;        /* "string", "integer", "number", "boolean", "null", "object", "array" */
};
/* Begin with the whole text; false when there is no member (any more), or the text is no object. */
bool json_field_next(struct view *rest, struct json_field *field);
void json_field_free(struct json_field *field);
void json_indent(struct view text, struct text *out);
