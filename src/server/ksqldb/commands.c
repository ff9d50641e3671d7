#include "server/ksqldb/commands.h"

#include <jansson.h>

#include "foundation/base/log.h"
#include "foundation/base/memory.h"
#include "foundation/base/vector.h"

enum { GIVE_UP_MS = 4000, DELETE_MS = 5000 };

struct commands {
    struct writer *writer;
    struct kafka_admin *admin;
    char *topic;
    int64_t next; /* offset of the next record */
    bool unsure;  /* a write failed, its record may be there all the same */
};

/* --- one record --- */

static void write_value(struct text *out, const struct command *command) {
    text_append_string(out, "{\"statement\":");
    text_append_json(out, command->statement);
    text_append_string(out, ",\"streamsProperties\":{");
    for (size_t i = 0; command->properties && i < properties_count(command->properties); i++) {
        const char *name, *value;
        properties_at(command->properties, i, &name, &value);
        text_append_string(out, i ? "," : "");
        text_append_json(out, view_of(name));
        text_append_char(out, ':');
        text_append_json(out, view_of(value));
    }
    text_append_format(out, "},\"originalProperties\":{},\"plan\":null,\"queryNumber\":%lld}",
                       (long long)command->number);
}

struct read_command {
    int64_t offset, number;
    char *key, *statement;
    struct properties *properties;
    bool failed;
};
struct reading {
    VECTOR(struct read_command) commands;
};

static void read_free(struct read_command *command) {
    memory_free(command->key);
    memory_free(command->statement);
    properties_free(command->properties);
}

static struct properties *read_properties(const json_t *object) {
    struct properties *properties = properties_new();
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, name, value) {
        if (json_is_string(value))
            properties_set(properties, name, json_string_value(value));
    }
    return properties;
}

static void mark_failed(struct reading *reading, int64_t offset) {
    for (size_t i = 0; i < reading->commands.count; i++)
        if (reading->commands.items[i].offset == offset)
            reading->commands.items[i].failed = true;
}

static char *copy_view(struct view view) {
    struct text text = TEXT_EMPTY;
    text_append(&text, view);
    return text_take(&text);
}

/* Any client may write here. What is no command was never acknowledged as one, and must not keep the others from being
 * carried out. */
static int read_one(void *context, const struct kafka_message *message, struct error *error) {
    struct reading *reading = context;
    json_error_t fault;
    (void)error;
    json_t *root = json_loadb(message->value.data ? message->value.data : "", message->value.size, 0, &fault);
    const char *statement = json_string_value(json_object_get(root, "statement"));
    const json_t *failed = json_object_get(root, "failedOffset"), *number = json_object_get(root, "queryNumber");
    if (json_is_integer(failed))
        mark_failed(reading, json_integer_value(failed));
    else if (statement)
        vector_push(&reading->commands,
                    (struct read_command){.offset = message->offset,
                                          .number = json_is_integer(number) ? json_integer_value(number) : -1,
                                          .key = copy_view(message->key),
                                          .statement = memory_copy_string(statement),
                                          .properties = read_properties(json_object_get(root, "streamsProperties"))});
    else
        log_error("ksqldb", "topic %s, offset %lld: no command in JSON, left out; was it another program's record?",
                  message->topic, (long long)message->offset);
    json_decref(root);
    return 0;
}

/* --- the topic --- */

struct commands *commands_open(const struct profile *profile, struct kafka_admin *admin, const char *service_id,
                               void (*each)(void *context, const struct command *command), void *context,
                               struct error *error) {
    struct commands *commands = memory_zero(1, sizeof *commands);
    struct reading reading = {0};
    struct text topic = TEXT_EMPTY;
    int64_t low = 0;
    text_append_format(&topic, "_confluent-ksql-%s_command_topic", service_id);
    commands->topic = text_take(&topic);
    commands->admin = admin;
    commands->writer = writer_new(profile, GIVE_UP_MS, error);
    int result = commands->writer ? tape_make(admin, commands->topic, error) : -1;
    if (result == 0)
        result = tape_span(admin, commands->topic, &low, &commands->next, error);
    if (result == 0)
        result = tape_read(profile, commands->topic, low, commands->next, read_one, &reading, error);
    for (size_t i = 0; i < reading.commands.count; i++) {
        struct read_command *read = &reading.commands.items[i];
        if (result == 0 && !read->failed)
            each(context, &(struct command){view_of(read->key), view_of(read->statement), read->properties,
                                            read->number >= 0 ? read->number : 2 * read->offset + 1});
        read_free(read);
    }
    vector_free(&reading.commands);
    if (result == 0)
        return commands;
    commands_close(commands);
    return NULL;
}

void commands_close(struct commands *commands) {
    if (!commands)
        return;
    writer_free(commands->writer);
    memory_free(commands->topic);
    memory_free(commands);
}

int64_t commands_next_number(const struct commands *commands) {
    return 2 * commands->next + 1;
}

int64_t commands_last_sequence(const struct commands *commands) {
    return 2 * commands->next;
}

static void mark(struct commands *commands, int64_t failed) {
    struct text value = TEXT_EMPTY;
    struct error error = {0};
    int64_t offset = 0;
    text_append_format(&value, "{\"failedOffset\":%lld}", (long long)failed);
    if (writer_append(commands->writer, commands->topic, VIEW("failed"), text_view(&value), &offset, &error) == 0)
        commands->next = offset + 1;
    else
        log_warn("ksqldb", "a command that failed is tried again at the next start: %s", error.message);
    text_free(&value);
}

/* Whoever sent a command that failed was told so: it must not come back with the next start. */
static int make_sure(struct commands *commands, struct error *error) {
    int64_t low, high, first = commands->next;
    if (!commands->unsure)
        return 0;
    if (tape_span(commands->admin, commands->topic, &low, &high, error) != 0)
        return -1;
    for (int64_t offset = first; offset < high; offset++)
        mark(commands, offset);
    commands->unsure = false;
    return 0;
}

int commands_write(struct commands *commands, const struct command *command, int64_t *sequence, struct error *error) {
    struct text value = TEXT_EMPTY;
    int64_t offset = 0;
    if (make_sure(commands, error) != 0)
        return -1;
    int64_t expected = commands->next;
    write_value(&value, command);
    int result = writer_append(commands->writer, commands->topic, command->key, text_view(&value), &offset, error);
    text_free(&value);
    commands->unsure = result != 0;
    if (result != 0)
        return error_wrap(error, "Could not write the statement '%.*s' into the command topic",
                          VIEW_ARGS(command->statement));
    commands->next = offset + 1;
    *sequence = 2 * offset + 2;
    if (offset == expected)
        return 0;
    commands_failed(commands);
    return error_set(error, ERROR_CONFLICT,
                     "Another server writes to %s too: give each server a service id of its own, then try again",
                     commands->topic);
}

void commands_failed(struct commands *commands) {
    mark(commands, commands->next - 1);
}

void commands_forget(struct commands *commands) {
    struct error error = {0};
    if (kafka_admin_delete_topic(commands->admin, commands->topic, DELETE_MS, &error) != 0)
        log_warn("ksqldb", "topic %s is left behind: %s", commands->topic, error.message);
}
