/* Requests to the broker over its real connection code: frames, table of handlers, every reader of a request, groups,
 * and the log below. Input: a byte of settings, then frames: two bytes (the top bit chooses one of two clients, the
 * rest is the size) and the frame from its api key on. Checksums of batches are put right, or none would get past them.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "foundation/base/file.h"
#include "foundation/base/memory.h"
#include "fuzz/batch_mend.h"
#include "fuzz/fuzz.h"
#include "server/broker/connection.h"
#include "server/broker/records.h"

enum { CLIENTS = 2, FRAMES_MOST = 24, SECOND_CLIENT = 0x8000 };
enum { ASKS_PASSWORD = 1, SYNCS = 2, STRICT = 4, LEAVES_CHECKSUMS = 8 };

struct stage {
    struct broker_core core;
    struct clock clock;
    struct loop *loop;
    char folder[64];
    int ends[CLIENTS]; /* the clients' */
};

/* Ids of members are the same in every run (linked with --wrap). */
uint64_t __wrap_random_system_seed(void);
uint64_t __wrap_random_system_seed(void) {
    return 1;
}

static void written(void *context, struct partition *partition) {
    broker_core_appended(context, partition);
}

static void trouble(void *context, const struct error *error) {
    broker_core_trouble(context, error);
}

static void must(int result, const struct error *error) {
    if (result != 0)
        fatal("the stage does not stand: %s", error->message);
}

static void fill(struct stage *stage) {
    struct error error = {0};
    struct text batch = TEXT_EMPTY;
    struct batch_header header;
    struct properties *compacted = properties_new();
    properties_set(compacted, "cleanup.policy", "compact");
    must(store_create(&stage->core.store, VIEW("t"), 2, NULL, &error), &error);
    must(store_create(&stage->core.store, VIEW("c"), 1, compacted, &error), &error);
    for (int i = 0; i < 3; i++) {
        int64_t offset;
        batch_of_one(&batch, VIEW("key"), VIEW("value"), 1000 + i, &header);
        must(partition_append(store_partition(&stage->core.store, VIEW("t"), 0), batch.data, batch.size, &header,
                              &offset, &error),
             &error);
    }
    groups_commit(stage->core.groups, VIEW("g"), VIEW("t"), 0, &(struct committed){.offset = 1, .leader_epoch = -1});
    properties_free(compacted);
    text_free(&batch);
}

static void nobody_told(void *context) {
    (void)context;
}

static void open_stage(struct stage *stage, uint8_t settings) {
    struct error error = {0};
    struct broker_core *core = &stage->core;
    fuzz_folder(stage->folder);
    clock_fix(&stage->clock, 1773500000000);
    stage->loop = loop_new(&error);
    core->loop = stage->loop;
    core->clock = &stage->clock;
    core->sync = settings & SYNCS;
    core->strict_replication = settings & STRICT;
    core->user = settings & ASKS_PASSWORD ? "user" : NULL;
    core->password = core->user ? "password" : NULL;
    core->next_producer_id = 7;
    must(broker_limits_read(&core->limits, NULL, &error), &error);
    must(store_open(&core->store, stage->folder, core->sync, &stage->clock, NULL, &error), &error);
    struct groups_options groups = {stage->loop, {&core->store, &stage->clock, written, trouble, core}};
    core->groups = groups_open(&groups, &error);
    must(core->groups ? 0 : -1, &error);
    fill(stage);
    for (int i = 0; i < CLIENTS; i++) {
        int pair[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
            fatal("no pair of sockets");
        stage->ends[i] = pair[0];
        if (!connection_open(core, pair[1], "127.0.0.1:1", nobody_told, NULL))
            fatal("the stage lets no client in");
    }
}

static void close_stage(struct stage *stage) {
    struct broker_core *core = &stage->core;
    while (core->connections)
        connection_close(core->connections);
    for (int i = 0; i < CLIENTS; i++)
        close(stage->ends[i]);
    groups_close(core->groups);
    store_close(&core->store, false);
    loop_free(stage->loop);
    vector_free(&core->unsynced);
    peers_free(&core->peers);
    file_remove_tree(stage->folder, NULL);
}

static void stop(void *context) {
    loop_stop(context);
}

/* One turn of the loop with everything that is ready; what was answered is read and looked at. */
static void turn(struct stage *stage) {
    char answer[16 << 10];
    loop_post(stage->loop, stop, stage->loop);
    loop_run(stage->loop);
    for (int i = 0; i < CLIENTS; i++)
        while (recv(stage->ends[i], answer, sizeof answer, MSG_DONTWAIT) > 0)
            ;
}

static void send_frame(struct stage *stage, int client, struct view piece, bool mend) {
    struct text frame = TEXT_EMPTY;
    write_int32(&frame, (int32_t)piece.size);
    text_append(&frame, piece);
    if (mend && piece.size > 2 && piece.data[0] == 0 && piece.data[1] == KEY_PRODUCE)
        mend_checksums(frame.data + 4, piece.size);
    if (send(stage->ends[client], frame.data, frame.size, MSG_NOSIGNAL) < 0)
        frame.size = 0; /* closed before: that is an answer too */
    text_free(&frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = fuzz_input(data, size);
    struct stage stage = {0};
    uint8_t settings = fuzz_byte(&input);
    open_stage(&stage, settings);
    for (int i = 0; i < FRAMES_MOST && input.at < input.end && stage.core.connections; i++) {
        uint16_t head = fuzz_short(&input);
        struct view piece = fuzz_piece(&input, head & 0x7fffu);
        send_frame(&stage, head & SECOND_CLIENT ? 1 : 0, piece, !(settings & LEAVES_CHECKSUMS));
        turn(&stage);
        clock_advance(&stage.clock, 10);
    }
    turn(&stage);
    close_stage(&stage);
    return 0;
}
