/* Freeing what events and the model own alike. */
#pragma once

#include "console/model/model.h"

void owned_strings_free(char **strings, size_t count);
void owned_server_clear(struct model_server *server);
void owned_group_clear(struct model_group *group);
void owned_source_clear(struct model_source *source);
void owned_query_clear(struct model_query *query);
void owned_connector_clear(struct model_connector *connector);
void owned_tail_row_free(struct tail_row *row);
void owned_result_clear(struct model_result *result);
