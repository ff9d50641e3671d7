/* Which property names a profile knows. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

bool profile_names_kafka(const char *name);       /* passed on to librdkafka */
bool profile_names_setting(const char *name);     /* registry, ksqlDB, Connect, cloud, database */
const char *profile_names_kafka_at(size_t index); /* the table, NULL at its end */
