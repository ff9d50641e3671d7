/* Reads the one line of JAAS that Java clients carry in sasl.jaas.config. */
#pragma once

#include "foundation/base/error.h"
#include "foundation/base/text.h"

struct jaas {
    char *mechanism; /* "PLAIN" or NULL when the module does not decide it */
    char *username, *password;
};

/* ERROR_INVALID says which part is missing, never a value. jaas_free in any case. */
int jaas_parse(struct view config, struct jaas *jaas, struct error *error);
void jaas_free(struct jaas *jaas);
