/* What a person set for statements to come: SET, UNSET, DEFINE and UNDEFINE never reach a server on their own, a shell
 * keeps them and sends them along. One thread. */
#pragma once

#include "client/ksqldb.h"

struct sql_session;
struct sql_session *sql_session_new(bool from_earliest); /* auto.offset.reset, until SET says otherwise */
void sql_session_free(struct sql_session *session);      /* accepts NULL */

/* 1: the statement was one of the four; *say gets a line for people (nothing for DEFINE). 0: it is for the server.
 * -1: it is one of the four, and wrong; line and column count from the statement's start. With a client the server is
 * asked whether a property may be set. */
int sql_session_take(struct sql_session *session, struct ksqldb_client *client, struct view statement, struct text *say,
                     struct error *error);
/* For the client's calls; lent. */
struct ksqldb_session *sql_session_wire(struct sql_session *session);
/* Puts variables in, for what a shell does itself. */
void sql_session_substitute(const struct sql_session *session, struct view text, struct text *out);
void sql_session_from(struct sql_session *session, bool earliest);
