/* Which sources, topics and subjects a CREATE makes: claimed before it is sent. */
#pragma once

#include "client/ksqldb.h"
#include "console/service/claim.h"

/* Statements that make none of these claim nothing. Variables are in already. */
int statement_claim(struct service *self, struct claims *claims, struct ksqldb_client *client, struct view statement,
                    struct error *error);
