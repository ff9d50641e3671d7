/* Topics of one partition that the server keeps its own records in: made when first needed, read in one go. */
#pragma once

#include "client/kafka.h"
#include "client/profile.h"
#include "foundation/base/error.h"

/* Makes the topic unless it is there: 1 partition, never deletes. ERROR_CONFLICT when it has more than one. */
int tape_make(struct kafka_admin *admin, const char *topic, struct error *error);
/* First offset and the one behind the last; ERROR_NOT_FOUND when there is no such topic. */
int tape_span(struct kafka_admin *admin, const char *topic, int64_t *low, int64_t *high, struct error *error);
/* Every record of [from, to) in order, on this thread. `each` may end it with an error. */
int tape_read(const struct profile *profile, const char *topic, int64_t from, int64_t to,
              int (*each)(void *context, const struct kafka_message *message, struct error *error), void *context,
              struct error *error);
