/* Event loop: descriptors, timers, posts from other threads. One thread runs it; only loop_post and loop_stop are for
 * others. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "foundation/base/error.h"

struct loop;
struct loop_watch;
struct loop_timer;
enum { LOOP_READ = 1, LOOP_WRITE = 2, LOOP_HANGUP = 4 };

struct loop *loop_new(struct error *error);
void loop_free(struct loop *loop);
void loop_run(struct loop *loop); /* until loop_stop */
void loop_stop(struct loop *loop);
/* ready(events) is called while any wanted event holds (level triggered). */
struct loop_watch *loop_watch_add(struct loop *loop, int descriptor, unsigned events,
                                  void (*ready)(void *context, unsigned events), void *context);
void loop_watch_change(struct loop_watch *watch, unsigned events);
void loop_watch_remove(struct loop_watch *watch); /* allowed inside its callback */
/* One shot; call loop_timer_set again to repeat. -1 stops it. */
struct loop_timer *loop_timer_add(struct loop *loop, void (*fire)(void *context), void *context);
void loop_timer_set(struct loop_timer *timer, int64_t after_ms);
void loop_timer_remove(struct loop_timer *timer);
/* Any thread: runs function on the loop's thread, in order. */
void loop_post(struct loop *loop, void (*function)(void *context), void *context);
