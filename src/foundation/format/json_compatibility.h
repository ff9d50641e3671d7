/* Is what one JSON Schema allowed allowed by another? The differences are judged as Confluent's registry judges them,
 * for the drafts 4, 6, 7, 2019-09 and 2020-12. Any thread. */
#pragma once

#include <jansson.h>

#include "foundation/base/text.h"

/* What a JSON pointer ("/a/0/b~1c", "" = all) leads to; NULL: nothing. Lent. */
json_t *json_pointer_find(json_t *root, struct view pointer);
/* Number of reasons why not, 0 = all is still allowed; a line each in *reasons, with the path in the newer schema. */
int json_compatibility(json_t *newer, json_t *older, struct text *reasons);
