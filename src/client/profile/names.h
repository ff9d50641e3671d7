/* Which property names a profile knows. */
#pragma once

#include <stdbool.h>

bool profile_names_kafka(const char *name);   /* passed on to librdkafka */
bool profile_names_setting(const char *name); /* registry, ksqlDB, Connect, cloud, database */
