#include "ksql/language/print.h"

/* Keywords of SqlBase.g4 that its rule nonReserved does not list: they cannot stand as names without quotes. */
static const char *const reserved[] = {
    "SELECT",    "FROM",       "AS",        "ALL",          "DISTINCT",     "WHERE",    "WITHIN",   "WINDOW", "GROUP",
    "BY",        "HAVING",     "LIMIT",     "AT",           "OR",           "AND",      "IN",       "NOT",    "EXISTS",
    "BETWEEN",   "LIKE",       "IS",        "NULL",         "TRUE",         "FALSE",    "YEARS",    "MONTHS", "DAYS",
    "HOURS",     "MINUTES",    "SECONDS",   "MILLISECOND",  "MILLISECONDS", "TUMBLING", "HOPPING",  "SIZE",   "ADVANCE",
    "RETENTION", "CASE",       "WHEN",      "THEN",         "ELSE",         "END",      "JOIN",     "FULL",   "OUTER",
    "INNER",     "LEFT",       "RIGHT",     "ON",           "WITH",         "VALUES",   "CREATE",   "TABLE",  "TOPIC",
    "STREAM",    "STREAMS",    "INSERT",    "DELETE",       "INTO",         "DESCRIBE", "EXTENDED", "PRINT",  "CAST",
    "LIST",      "TOPICS",     "QUERY",     "QUERIES",      "TERMINATE",    "LOAD",     "DROP",     "TO",     "RENAME",
    "SAMPLE",    "EXPORT",     "CATALOG",   "PROPERTIES",   "BEGINNING",    "UNSET",    "RUN",      "SCRIPT", "DECIMAL",
    "CONNECTOR", "CONNECTORS", "NAMESPACE", "MATERIALIZED", "VIEW",
};

const char *print_keyword_at(size_t index) {
    return index < sizeof reserved / sizeof *reserved ? reserved[index] : NULL;
}

bool print_is_keyword(struct view word) {
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (view_equal_ignoring_case(word, view_of(reserved[i])))
            return true;
    return false;
}
