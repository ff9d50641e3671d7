/* What the worker's REST answers, action by action. On the worker's thread. */
#pragma once

#include "foundation/net/http_worker.h"
#include "server/connect/worker.h"

void connect_root(struct worker *, const struct http_exchange *, struct http_reply *);
void connect_health(struct worker *, const struct http_exchange *, struct http_reply *);
void connectors_list(struct worker *, const struct http_exchange *, struct http_reply *);
void connectors_create(struct worker *, const struct http_exchange *, struct http_reply *);
void connector_get(struct worker *, const struct http_exchange *, struct http_reply *);
void connector_delete(struct worker *, const struct http_exchange *, struct http_reply *);
void connector_get_config(struct worker *, const struct http_exchange *, struct http_reply *);
void connector_put_config(struct worker *, const struct http_exchange *, struct http_reply *);
void connector_patch_config(struct worker *, const struct http_exchange *, struct http_reply *);
void connector_get_status(struct worker *, const struct http_exchange *, struct http_reply *);
void connector_pause(struct worker *, const struct http_exchange *, struct http_reply *);
void connector_resume(struct worker *, const struct http_exchange *, struct http_reply *);
void connector_stop(struct worker *, const struct http_exchange *, struct http_reply *);
void connector_restart(struct worker *, const struct http_exchange *, struct http_reply *);
void connector_get_tasks(struct worker *, const struct http_exchange *, struct http_reply *);
void connector_get_task_status(struct worker *, const struct http_exchange *, struct http_reply *);
void connector_restart_task(struct worker *, const struct http_exchange *, struct http_reply *);
void connector_get_offsets(struct worker *, const struct http_exchange *, struct http_reply *);
void connector_delete_offsets(struct worker *, const struct http_exchange *, struct http_reply *);
void connector_patch_offsets(struct worker *, const struct http_exchange *, struct http_reply *);
void loggers_refuse(struct worker *, const struct http_exchange *, struct http_reply *);
void connector_get_topics(struct worker *, const struct http_exchange *, struct http_reply *);
void plugins_list(struct worker *, const struct http_exchange *, struct http_reply *);
void plugin_validate(struct worker *, const struct http_exchange *, struct http_reply *);
