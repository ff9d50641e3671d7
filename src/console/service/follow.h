/* Every record of a topic, from an hour ago on, for services that must miss none. */
#pragma once

#include "console/service/service_private.h"

/* Until the service stops: waits for the topic, hands over what comes, begins anew when it was deleted and made again.
 * Messages are lent for the call. */
void follow_topic(struct service *self, const char *topic,
                  void (*take)(void *context, const struct kafka_message *messages, int count), void *context);
