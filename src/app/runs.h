/* The headless commands, one function each; each returns an exit status. */
#pragma once

#include "app/session.h"

int run_lab(struct options *options);
int run_serve(struct options *options);
int run_sql(struct options *options);
int run_produce(struct options *options);
int run_tail(struct options *options);
int run_detect(struct options *options);
int run_topics(struct options *options);
int run_connector(struct options *options);
int run_cleanup(struct options *options);
int run_plain(struct options *options);
int run_console(struct options *options);
int run_script(struct options *options);
