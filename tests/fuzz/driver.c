/* Runs a fuzz target without libFuzzer: first every file of the corpus, then seeded random mutations of them, as many
 * as asked for and no longer than asked for. The target runs in a process of its own; when that dies, leaks or hangs,
 * the input it had is written to a file whose path is printed, and the exit status is 1.
 *
 *   TARGET [-seed=N] [-runs=N] [-max_total_time=SECONDS] [-artifact_prefix=PATH] FILE-OR-FOLDER... */
#include <dirent.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "foundation/base/clock.h"
#include "foundation/base/file.h"
#include "foundation/base/memory.h"
#include "foundation/base/random.h"
#include "foundation/base/vector.h"
#include "fuzz/fuzz.h"

enum { INPUT_MOST = 64 << 10, HANG_SECONDS = 120, STEP_MS = 50 };

struct shared { /* with the process that runs the target */
    atomic_size_t runs;
    size_t size;
    uint8_t input[INPUT_MOST];
};
struct run {
    uint64_t seed;
    size_t runs;
    int64_t seconds;
    const char *prefix;
    VECTOR(struct text) corpus;
    struct shared *shared;
    struct random random;
};

/* Not clock_monotonic_ms, which a target may wrap. */
static int64_t now_ms(void) {
    return clock_monotonic_ns() / 1000000;
}

/* --- the corpus --- */

static void add_file(struct run *run, const char *path) {
    struct text text = TEXT_EMPTY;
    struct error error = {0};
    if (file_read(path, &text, &error) != 0)
        fatal("%s", error.message);
    if (text.size > INPUT_MOST)
        fatal("%s has more than %d bytes", path, INPUT_MOST);
    vector_push(&run->corpus, text);
}

static int by_name(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name); /* the locale has no say */
}

static void add_path(struct run *run, const char *path) {
    struct stat facts;
    struct dirent **names = NULL;
    if (stat(path, &facts) != 0)
        fatal("there is no %s", path);
    if (!S_ISDIR(facts.st_mode)) {
        add_file(run, path);
        return;
    }
    int count = scandir(path, &names, NULL, by_name);
    for (int i = 0; i < count; i++) {
        if (names[i]->d_name[0] != '.') {
            char *file = file_join(path, names[i]->d_name);
            add_file(run, file);
            memory_free(file);
        }
        free(names[i]);
    }
    free(names);
}

/* --- mutations --- */

static size_t below(struct run *run, size_t bound) {
    return bound ? (size_t)random_between(&run->random, 0, (int64_t)bound - 1) : 0;
}

static const struct text *any_seed(struct run *run) {
    return &run->corpus.items[below(run, run->corpus.count)];
}

static void replace(struct text *input, size_t at, size_t removed, struct view put) {
    struct text out = TEXT_EMPTY;
    text_append(&out, (struct view){input->data, at});
    text_append(&out, put);
    text_append(&out, (struct view){input->data + at + removed, input->size - at - removed});
    text_free(input);
    *input = out;
    if (input->size > INPUT_MOST)
        input->size = INPUT_MOST;
}

static void put_number(struct run *run, struct text *input, size_t at) {
    static const uint64_t numbers[] = {0,       1,          2,      0x7f,      0x80,       0xff,      0x100,
                                       0x7fff,  0x8000,     0xffff, 0x10000,   0x7ffffffe, INT32_MAX, 0x80000000,
                                       1 << 20, UINT32_MAX, 16,     INT64_MAX, UINT64_MAX, 100000000};
    uint64_t number = numbers[below(run, sizeof numbers / sizeof *numbers)];
    size_t width = (size_t)1 << below(run, 4);
    bool little = below(run, 4) == 0;
    for (size_t i = 0; i < width && at + i < input->size; i++)
        input->data[at + i] = (char)(number >> 8 * (little ? i : width - 1 - i));
}

static void mutate(struct run *run, struct text *input) {
    size_t at = below(run, input->size), left = input->size - at;
    size_t some = 1 + below(run, below(run, 2) ? 8 : left);
    struct view none = {"", 0};
    char byte = (char)random_next(&run->random);
    if (some > left)
        some = left;
    switch (input->size ? below(run, 9) : 5) {
    case 0:
        input->data[at] = (char)(input->data[at] ^ 1 << below(run, 8));
        break;
    case 1:
        input->data[at] = byte;
        break;
    case 2:
        put_number(run, input, at);
        break;
    case 3:
        replace(input, at, some, none);
        break;
    case 4: /* once more */
        replace(input, at, 0, (struct view){input->data + at, some});
        break;
    case 5:
        replace(input, at, 0, (struct view){&byte, 1});
        break;
    case 6: /* cut */
        replace(input, at, left, none);
        break;
    case 7: { /* a piece of another one */
        const struct text *other = any_seed(run);
        size_t from = below(run, other->size);
        replace(input, at, below(run, 2) ? some : 0,
                (struct view){text_string(other) + from, other->size ? 1 + below(run, other->size - from) : 0});
        break;
    }
    default: /* a digit or letter becomes its neighbour: texts stay texts */
        input->data[at] = (char)(input->data[at] + (below(run, 2) ? 1 : -1));
    }
}

/* --- running --- */

static void run_one(struct run *run, struct view input) {
    run->shared->size = input.size;
    if (input.size)
        memcpy(run->shared->input, input.data, input.size);
    char *copy = fuzz_copy(input);
    LLVMFuzzerTestOneInput((const uint8_t *)copy, input.size);
    memory_free(copy);
    atomic_fetch_add(&run->shared->runs, 1);
}

static void run_all(struct run *run) {
    int64_t until = now_ms() + run->seconds * 1000;
    for (size_t i = 0; i < run->corpus.count; i++)
        run_one(run, (struct view){text_string(&run->corpus.items[i]), run->corpus.items[i].size});
    random_seed(&run->random, run->seed);
    for (size_t done = 0; done < run->runs && run->corpus.count && now_ms() < until; done++) {
        const struct text *seed = any_seed(run);
        struct text input = TEXT_EMPTY;
        text_append(&input, (struct view){text_string(seed), seed->size});
        for (size_t left = 1 + below(run, 5); left > 0; left--)
            mutate(run, &input);
        run_one(run, (struct view){text_string(&input), input.size});
        text_free(&input);
    }
    for (size_t i = 0; i < run->corpus.count; i++)
        text_free(&run->corpus.items[i]);
    vector_free(&run->corpus);
}

static int report(const struct run *run, const char *what) {
    struct error error = {0};
    struct text path = TEXT_EMPTY;
    text_append_format(
        &path, "%scrash-%016llx", run->prefix,
        (unsigned long long)view_hash((struct view){(const char *)run->shared->input, run->shared->size}));
    if (file_write_atomic(text_string(&path), (struct view){(const char *)run->shared->input, run->shared->size}, 0644,
                          &error) != 0)
        fprintf(stderr, "%s\n", error.message);
    fprintf(stderr, "%s after %zu inputs. The last one is in %s (give it as the argument to run it alone).\n", what,
            atomic_load(&run->shared->runs), text_string(&path));
    text_free(&path);
    return 1;
}

/* Waits for the process that runs the target; one input that takes minutes is a fault too. */
static int watch(const struct run *run, pid_t child) {
    size_t seen = 0;
    int64_t since = now_ms();
    int status = 0;
    for (;;) {
        if (waitpid(child, &status, WNOHANG) == child)
            break;
        size_t runs = atomic_load(&run->shared->runs);
        if (runs != seen) {
            seen = runs;
            since = now_ms();
        } else if (now_ms() - since > HANG_SECONDS * 1000) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            return report(run, "The target hangs");
        }
        usleep(STEP_MS * 1000);
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    return report(run, "The target fails");
}

static bool option(const char *argument, const char *name, const char **value) {
    size_t size = strlen(name);
    if (strncmp(argument, name, size) != 0)
        return false;
    *value = argument + size;
    return true;
}

int main(int count, char **arguments) {
    struct run run = {.seed = 20260314, .runs = 0, .seconds = 600, .prefix = ""};
    for (int i = 1; i < count; i++) {
        const char *value;
        if (option(arguments[i], "-seed=", &value))
            run.seed = strtoull(value, NULL, 10);
        else if (option(arguments[i], "-runs=", &value))
            run.runs = strtoull(value, NULL, 10);
        else if (option(arguments[i], "-max_total_time=", &value))
            run.seconds = strtoll(value, NULL, 10);
        else if (option(arguments[i], "-artifact_prefix=", &value))
            run.prefix = value;
        else
            add_path(&run, arguments[i]);
    }
    run.shared = mmap(NULL, sizeof *run.shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (run.shared == MAP_FAILED)
        fatal("no memory to share with the target");
    fflush(NULL);
    pid_t child = fork();
    if (child < 0)
        fatal("no process for the target");
    if (child == 0) {
        run_all(&run);
        exit(0); /* leaks are looked for on the way out */
    }
    int result = watch(&run, child);
    printf("%zu files of the corpus, %zu inputs in all, seed %llu\n", run.corpus.count, atomic_load(&run.shared->runs),
           (unsigned long long)run.seed);
    for (size_t i = 0; i < run.corpus.count; i++)
        text_free(&run.corpus.items[i]);
    vector_free(&run.corpus);
    munmap(run.shared, sizeof *run.shared);
    return result;
}
