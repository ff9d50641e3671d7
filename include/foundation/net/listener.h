/* Listening TCP sockets. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "foundation/base/error.h"

/* Binds address:port (port 0 = any free one), non-blocking, close-on-exec, SO_REUSEADDR, backlog 1024 (as far as the
 * system allows it). explicit_port false: when the port is taken any free one is used instead. The port got is stored
 * back. Taken: ERROR_BUSY that names address, port and what to do. */
int listener_open(const char *address, uint16_t *port, bool explicit_port, int *descriptor, struct error *error);
/* False while only the last file descriptors of the process are left, which are for files of those connected already:
 * a level-triggered loop must stop watching the listener for a while, or it spins. Up to 64 are kept. */
bool listener_may_accept(int descriptor);
/* Accepts one connection, non-blocking, no delay; -1 when none waits. */
int listener_accept(int descriptor, char peer[64]);
/* Address of our end of an accepted connection, "127.0.0.1": what to advertise to that client. */
int listener_local_address(int descriptor, char address[64], uint16_t *port);
