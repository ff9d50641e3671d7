#include "client/profile.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "client/profile/jaas.h"
#include "client/profile/names.h"
#include "foundation/base/file.h"
#include "foundation/base/memory.h"
#include "foundation/base/utf8.h"
#include "foundation/base/vector.h"

static const char client_file[] = "client.properties";
static const char schema_file[] = "schema.properties";

struct profile {
    atomic_uint count;
    char *name;
    unsigned capabilities;
    char capability_words[64];
    struct properties *kafka;    /* meant for librdkafka, in file order */
    struct properties *settings; /* everything else that is known */
    VECTOR(char *) warnings;
};

/* What Terraform's provider for Confluent Cloud reads, so that one shell setup serves both. */
static const struct environment_name {
    const char *variable, *name;
} environment_names[] = {
    {"CONFLUENT_CLOUD_API_KEY", "cloud.api.key"},
    {"CONFLUENT_CLOUD_API_SECRET", "cloud.api.secret"},
    {"KAFKA_API_KEY", "sasl.username"},
    {"KAFKA_API_SECRET", "sasl.password"},
    {"SCHEMA_REGISTRY_REST_ENDPOINT", "schema.registry.url"},
    {"SCHEMA_REGISTRY_API_KEY", "schema.registry.username"},
    {"SCHEMA_REGISTRY_API_SECRET", "schema.registry.password"},
};

static const struct service_names {
    const char *url, *username, *password;
    unsigned capability;
} services[] = {
    {"schema.registry.url", "schema.registry.username", "schema.registry.password", PROFILE_REGISTRY},
    {"ksqldb.url", "ksqldb.username", "ksqldb.password", PROFILE_KSQLDB},
    {"connect.url", "connect.username", "connect.password", PROFILE_CONNECT},
};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static struct profile *profile_new(const char *name) {
    struct profile *profile = memory_zero(1, sizeof *profile);
    atomic_init(&profile->count, 1);
    profile->name = memory_copy_string(name);
    profile->kafka = properties_new();
    profile->settings = properties_new();
    return profile;
}

struct profile *profile_reference(struct profile *profile) {
    if (profile)
        atomic_fetch_add_explicit(&profile->count, 1, memory_order_relaxed);
    return profile;
}

void profile_release(struct profile *profile) {
    if (!profile || atomic_fetch_sub_explicit(&profile->count, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < profile->warnings.count; i++)
        memory_free(profile->warnings.items[i]);
    vector_free(&profile->warnings);
    properties_free(profile->kafka);
    properties_free(profile->settings);
    memory_free(profile->name);
    memory_free(profile);
}

const char *profile_name(const struct profile *profile) {
    return profile->name;
}

unsigned profile_capabilities(const struct profile *profile) {
    return profile->capabilities;
}

const char *profile_capability_words(const struct profile *profile) {
    return profile->capability_words;
}

const struct properties *profile_kafka(const struct profile *profile) {
    return profile->kafka;
}

size_t profile_warning_count(const struct profile *profile) {
    return profile->warnings.count;
}

const char *profile_warning(const struct profile *profile, size_t index) {
    return index < profile->warnings.count ? profile->warnings.items[index] : NULL;
}

const char *profile_get(const struct profile *profile, const char *name) {
    const char *value = properties_get(profile->settings, name);
    if (!value)
        value = properties_get(profile->kafka, name);
    if (!value && strcmp(name, "bootstrap.servers") == 0)
        value = properties_get(profile->kafka, "metadata.broker.list");
    return value;
}

static bool has(const struct profile *profile, const char *name) {
    const char *value = profile_get(profile, name);
    return value && value[0];
}

/* --- reading --- */

/* The properties at hand and how to call their place in a message. */
struct origin {
    const char *file;
    const struct properties *properties;
};

static void place(struct text *out, const struct origin *origin, const char *name) {
    int line = properties_line(origin->properties, name);
    text_append_string(out, origin->file);
    if (line)
        text_append_format(out, ":%d", line);
    text_append_string(out, ": ");
}

static void warn(struct profile *profile, const struct origin *origin, const char *name, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static void warn(struct profile *profile, const struct origin *origin, const char *name, const char *format, ...) {
    struct text line = TEXT_EMPTY;
    place(&line, origin, name);
    va_list arguments;
    va_start(arguments, format);
    text_append_format_v(&line, format, arguments);
    va_end(arguments);
    vector_push(&profile->warnings, text_take(&line));
}

static int refuse(const struct origin *origin, const char *name, struct error *error, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static int refuse(const struct origin *origin, const char *name, struct error *error, const char *format, ...) {
    struct text line = TEXT_EMPTY;
    place(&line, origin, name);
    va_list arguments;
    va_start(arguments, format);
    text_append_format_v(&line, format, arguments);
    va_end(arguments);
    error_set_at(error, ERROR_INVALID, properties_line(origin->properties, name), 0, "%s", text_string(&line));
    text_free(&line);
    return -1;
}

static void set_copy(struct properties *properties, const char *name, struct view value) {
    struct text copy = TEXT_EMPTY;
    text_append(&copy, value);
    properties_set(properties, name, text_string(&copy));
    text_free(&copy);
}

/* "http://host:port/path" without a slash at the end. A "user:password@" inside is taken out, so that an address can be
 * shown anywhere. */
static int add_url(struct profile *profile, const struct origin *origin, const struct service_names *service,
                   const char *value, struct error *error) {
    struct view rest = view_trim(view_of(value)), url = rest;
    const char *comma = memchr(rest.data, ',', rest.size);
    if (comma) {
        url.size = (size_t)(comma - rest.data);
        warn(profile, origin, service->url, "%s names several addresses, only the first is used", service->url);
        url = view_trim(url);
    }
    size_t scheme = view_starts_with(url, VIEW("https://")) ? 8 : view_starts_with(url, VIEW("http://")) ? 7 : 0;
    if (!scheme)
        return refuse(origin, service->url, error, "%s must start with http:// or https://", service->url);
    struct view host = {url.data + scheme, url.size - scheme};
    const char *slash = memchr(host.data, '/', host.size);
    size_t authority = slash ? (size_t)(slash - host.data) : host.size;
    const char *at = memrchr(host.data, '@', authority);
    if (at) {
        struct view login = {host.data, (size_t)(at - host.data)}, user = {0};
        view_split(&login, ':', &user);
        if (!has(profile, service->username))
            set_copy(profile->settings, service->username, user);
        if (!has(profile, service->password))
            set_copy(profile->settings, service->password, login);
        host = (struct view){at + 1, host.size - (size_t)(at + 1 - host.data)};
    }
    while (host.size && host.data[host.size - 1] == '/')
        host.size--;
    if (!host.size)
        return refuse(origin, service->url, error, "%s names no host", service->url);
    struct text clean = TEXT_EMPTY;
    text_append_bytes(&clean, url.data, scheme);
    text_append(&clean, host);
    properties_set(profile->settings, service->url, text_string(&clean));
    text_free(&clean);
    return 0;
}

/* Confluent's own spelling of the registry's credentials. The plain names win, whatever the order. */
static int add_user_info(struct profile *profile, const struct origin *origin, const char *name, const char *value,
                         struct error *error) {
    struct view rest = view_of(value), user = {0};
    if (!memchr(rest.data, ':', rest.size))
        return refuse(origin, name, error, "%s must be USER:PASSWORD", name);
    view_split(&rest, ':', &user);
    if (!has(profile, "schema.registry.username"))
        set_copy(profile->settings, "schema.registry.username", user);
    if (!has(profile, "schema.registry.password"))
        set_copy(profile->settings, "schema.registry.password", rest);
    return 0;
}

static int add_setting(struct profile *profile, const struct origin *origin, const char *name, const char *value,
                       struct error *error) {
    for (size_t i = 0; i < COUNT(services); i++) {
        if (strcmp(name, services[i].url) == 0)
            return value[0] ? add_url(profile, origin, &services[i], value, error) : 0;
    }
    if (view_ends_with(view_of(name), VIEW("basic.auth.user.info")))
        return add_user_info(profile, origin, name, value, error);
    if (strcmp(name, "database.port") == 0) {
        int64_t port;
        if (!view_to_int64(view_of(value), &port) || port < 1 || port > 65535)
            return refuse(origin, name, error, "database.port must be a number from 1 to 65535");
    }
    properties_set(profile->settings, name, value);
    return 0;
}

static void add_jaas(struct profile *profile, const struct origin *origin, const char *value) {
    struct error reason = {0};
    struct jaas jaas;
    if (jaas_parse(view_of(value), &jaas, &reason)) {
        warn(profile, origin, "sasl.jaas.config", "sasl.jaas.config is skipped: %s", reason.message);
    } else {
        /* Set before the rest of the file is read, so that librdkafka's own names win. */
        properties_set(profile->kafka, "sasl.username", jaas.username);
        properties_set(profile->kafka, "sasl.password", jaas.password);
        if (jaas.mechanism)
            properties_set(profile->kafka, "sasl.mechanism", jaas.mechanism);
    }
    jaas_free(&jaas);
}

static int add_all(struct profile *profile, const struct origin *origin, struct error *error) {
    const char *jaas = properties_get(origin->properties, "sasl.jaas.config");
    if (jaas)
        add_jaas(profile, origin, jaas);
    for (size_t i = 0; i < properties_count(origin->properties); i++) {
        const char *name, *value;
        properties_at(origin->properties, i, &name, &value);
        if (profile_names_setting(name)) {
            if (add_setting(profile, origin, name, value, error))
                return -1;
        } else if (strcmp(name, "sasl.mechanisms") == 0) {
            properties_set(profile->kafka, "sasl.mechanism",
                           value); /* one spelling, so that neither shadows the other */
        } else if (profile_names_kafka(name)) {
            properties_set(profile->kafka, name, value);
        } else if (strcmp(name, "sasl.jaas.config") != 0) {
            warn(profile, origin, name, "%s is no property of librdkafka that can be set here, skipped", name);
        }
    }
    return 0;
}

static void add_environment(struct profile *profile) {
    for (size_t i = 0; i < COUNT(environment_names); i++) {
        const char *value = getenv(environment_names[i].variable), *name = environment_names[i].name;
        if (!value || !value[0] || has(profile, name))
            continue;
        if (strcmp(name, "schema.registry.url") == 0) {
            struct properties *one = properties_new();
            properties_set(one, name, value);
            struct origin origin = {environment_names[i].variable, one};
            struct error reason = {0};
            if (add_url(profile, &origin, &services[0], value, &reason))
                warn(profile, &origin, name, "skipped: it must start with http:// or https://");
            properties_free(one);
        } else {
            properties_set(profile_names_kafka(name) ? profile->kafka : profile->settings, name, value);
        }
    }
}

static void name_capabilities(struct profile *profile) {
    static const struct {
        unsigned bit;
        const char *word;
    } rows[] = {
        {PROFILE_KAFKA, "kafka"},     {PROFILE_REGISTRY, "registry"}, {PROFILE_KSQLDB, "ksqldb"},
        {PROFILE_CONNECT, "connect"}, {PROFILE_CLOUD, "cloud"},       {PROFILE_DATABASE, "database"},
        {PROFILE_SERVES, "serves"},
    };
    struct text words = TEXT_EMPTY;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (profile->capabilities & rows[i].bit)
            text_append_format(&words, "%s%s", words.size ? " " : "", rows[i].word);
    snprintf(profile->capability_words, sizeof profile->capability_words, "%s", text_string(&words));
    text_free(&words);
}

static void conclude(struct profile *profile, const struct origin *origin, unsigned extra) {
    profile->capabilities = extra;
    for (size_t i = 0; i < COUNT(services); i++) {
        if (has(profile, services[i].url))
            profile->capabilities |= services[i].capability;
    }
    if (has(profile, "bootstrap.servers"))
        profile->capabilities |= PROFILE_KAFKA;
    if (has(profile, "cloud.api.key") && has(profile, "cloud.api.secret"))
        profile->capabilities |= PROFILE_CLOUD;
    if (has(profile, "database.hostname"))
        profile->capabilities |= PROFILE_DATABASE;
    const char *protocol = properties_get(profile->kafka, "security.protocol");
    if (has(profile, "sasl.username") && has(profile, "bootstrap.servers") &&
        !(protocol && view_starts_with(view_of(protocol), VIEW("SASL_"))) &&
        !(protocol && view_starts_with(view_of(protocol), VIEW("sasl_"))))
        warn(profile, origin, "sasl.username",
             "sasl.username has no effect without security.protocol=SASL_SSL (or SASL_PLAINTEXT)");
    name_capabilities(profile);
}

struct profile *profile_from_properties(const char *name, const struct properties *properties, unsigned extra,
                                        struct error *error) {
    struct profile *profile = profile_new(name);
    struct origin origin = {name, properties};
    if (add_all(profile, &origin, error)) {
        profile_release(profile);
        return NULL;
    }
    conclude(profile, &origin, extra);
    return profile;
}

static bool is_folder(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* NULL when neither XDG_CONFIG_HOME nor HOME is set. */
static char *profiles_folder(void) {
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    if (config && config[0] == '/')
        return file_join(config, "fraudscope/profiles");
    return home && home[0] ? file_join(home, ".config/fraudscope/profiles") : NULL;
}

/* A name with a slash, or "." and "..", is a folder; any other is looked up, and only then taken for a folder. */
static char *find_folder(const char *name, struct error *error) {
    char *found = NULL, *profiles = NULL;
    if (!name || !name[0]) {
        error_set(error, ERROR_INVALID, "a profile needs a name or a folder");
    } else if (strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
        found = memory_copy_string(name);
        if (!is_folder(name)) {
            error_set(error, ERROR_NOT_FOUND, "profile folder %s does not exist", name);
            memory_free(found);
            found = NULL;
        }
    } else {
        profiles = profiles_folder();
        found = profiles ? file_join(profiles, name) : memory_copy_string(name);
        if (!is_folder(found)) {
            memory_free(found);
            found = is_folder(name) ? memory_copy_string(name) : NULL;
        }
        if (!found)
            error_set(error, ERROR_NOT_FOUND, "no profile '%s' in %s; make the folder %s/%s with %s and %s in it", name,
                      profiles ? profiles : "$HOME (not set)",
                      profiles ? profiles : "$HOME/.config/fraudscope/profiles", name, client_file, schema_file);
    }
    memory_free(profiles);
    return found;
}

/* 1 when the file was there, 0 when not, -1 on error. */
static int add_file(struct profile *profile, const char *folder, const char *file, struct error *error) {
    char *path = file_join(folder, file);
    struct properties *properties = properties_new();
    int result = 0;
    if (file_exists(path)) {
        struct origin origin = {path, properties};
        result = properties_read(properties, path, error) || add_all(profile, &origin, error) ? -1 : 1;
    }
    properties_free(properties);
    memory_free(path);
    return result;
}

struct profile *profile_load(const char *name_or_folder, struct error *error) {
    char *folder = find_folder(name_or_folder, error);
    if (!folder)
        return NULL;
    size_t length = strlen(folder);
    while (length > 1 && folder[length - 1] == '/')
        folder[--length] = 0;
    const char *slash = strrchr(folder, '/');
    struct profile *profile = profile_new(slash && slash[1] ? slash + 1 : folder);
    int client = add_file(profile, folder, client_file, error);
    int schema = client < 0 ? -1 : add_file(profile, folder, schema_file, error);
    bool loaded = client >= 0 && schema >= 0;
    if (loaded && client + schema == 0) {
        error_set(error, ERROR_NOT_FOUND, "%s holds neither %s nor %s", folder, client_file, schema_file);
        loaded = false;
    }
    if (loaded) {
        struct origin origin = {client_file, profile->kafka};
        add_environment(profile);
        conclude(profile, &origin, 0);
    } else {
        profile_release(profile);
        profile = NULL;
    }
    memory_free(folder);
    return profile;
}

/* --- showing and writing --- */

static bool is_secret(const char *name) {
    return properties_is_secret(name) || view_ends_with(view_of(name), VIEW("key.pem")) ||
           strcmp(name, "sasl.oauthbearer.config") == 0;
}

static void print_all(const struct properties *properties, struct text *out) {
    for (size_t i = 0; i < properties_count(properties); i++) {
        const char *name, *value;
        properties_at(properties, i, &name, &value);
        text_append_format(out, "%s=", name);
        if (is_secret(name))
            text_append_format(out, "••••••••, set, %zu characters", utf8_length(view_of(value)));
        else
            utf8_display(out, view_of(value));
        text_append_char(out, '\n');
    }
}

void profile_print(const struct profile *profile, struct text *out) {
    print_all(profile->kafka, out);
    print_all(profile->settings, out);
}

int profile_write(const struct profile *profile, const char *folder, struct error *error) {
    char *client = file_join(folder, client_file), *schema = file_join(folder, schema_file);
    int result = file_make_folders(folder, 0700, error) || properties_write(profile->kafka, client, error) ||
                         properties_write(profile->settings, schema, error)
                     ? -1
                     : 0;
    memory_free(client);
    memory_free(schema);
    return result;
}
