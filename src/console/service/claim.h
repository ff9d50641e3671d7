/* What is about to be made: written into the ledger before, unless it was there already, so that nothing foreign gets
 * in; struck off again when the making is refused. */
#pragma once

#include "console/service/service_private.h"

enum { CLAIMS_MOST = 6 };
struct claims {
    struct ledger_entry items[CLAIMS_MOST];
    size_t count;
};
#define CLAIMS_NONE                                                                                                    \
    { 0 }

/* exists: somebody has made it before, so it is not claimed. Names are copied. */
int claim_add(struct service *self, struct claims *claims, const char *kind, const char *name, bool exists,
              struct error *error);
/* The same, looking first; -1 too when that cannot be told. */
int claim_topic(struct service *self, struct claims *claims, struct kafka_admin *admin, const char *name,
                struct error *error);
int claim_group(struct service *self, struct claims *claims, struct kafka_admin *admin, const char *name,
                struct error *error);
int claim_subject(struct service *self, struct claims *claims, const char *name, struct error *error);
/* After the making: error NULL or without a code = done. When nobody knows (no answer came) the claims stay: a clean-up
 * that finds nothing strikes them off. Empties the claims. */
void claims_settle(struct service *self, struct claims *claims, const struct error *error);
