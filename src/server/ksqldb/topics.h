/* Kafka as the engine sees it: topics, readers, one writer. Engine thread only; calls that ask Kafka block it, for
 * TOPICS_PATIENCE_MS at most each. */
#pragma once

#include "client/kafka.h"
#include "foundation/base/vector.h"
#include "server/ksqldb/readers.h"
#include "server/ksqldb/writer.h"

enum { TOPICS_PATIENCE_MS = 5000 };

struct topics {
    struct kafka_admin *admin;
    struct readers *readers;
    struct writer *writer;
    VECTOR(uint64_t) opened; /* numbers of readers since it was cleared last: session.c asks whose they are */
    struct engine_topics table;
};
int topics_open(struct topics *topics, struct profile *profile, struct mailbox *inbox, struct error *error);
void topics_close(struct topics *topics); /* the inbox must be closed */

/* NUL-terminated copy of a topic's name, for the clients; ERROR_INVALID when it is too long for one. */
struct topic_name {
    char text[250];
};
int topic_name_copy(struct topic_name *name, struct view topic, struct error *error);
/* Partitions and replicas; ERROR_NOT_FOUND. */
int topics_find(struct topics *topics, struct view topic, struct kafka_topic_info *info, struct error *error);
