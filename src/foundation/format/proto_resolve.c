/* What the names of a schema mean, over the files that it is made of, and whether its numbers and names may be. */
#include "foundation/base/map.h"
#include "foundation/base/vector.h"
#include "foundation/format/proto_schema.h"

/* Imports that every registry and every protoc has at hand: protobuf.dev/reference/protobuf/google.protobuf, Google's
 * common types, and what Confluent's serializers bring. A name with an asterisk is an enum. */
static const struct well_known {
    const char *path, *package, *names;
} well_known[] = {
    {"google/protobuf/any.proto", "google.protobuf", "Any"},
    {"google/protobuf/api.proto", "google.protobuf", "Api Method Mixin"},
    {"google/protobuf/descriptor.proto", "google.protobuf",
     "FileDescriptorSet FileDescriptorProto DescriptorProto FieldDescriptorProto OneofDescriptorProto "
     "EnumDescriptorProto EnumValueDescriptorProto ServiceDescriptorProto MethodDescriptorProto FileOptions "
     "MessageOptions FieldOptions OneofOptions EnumOptions EnumValueOptions ServiceOptions MethodOptions "
     "ExtensionRangeOptions UninterpretedOption SourceCodeInfo GeneratedCodeInfo FeatureSet FeatureSetDefaults "
     "*Edition"},
    {"google/protobuf/duration.proto", "google.protobuf", "Duration"},
    {"google/protobuf/empty.proto", "google.protobuf", "Empty"},
    {"google/protobuf/field_mask.proto", "google.protobuf", "FieldMask"},
    {"google/protobuf/source_context.proto", "google.protobuf", "SourceContext"},
    {"google/protobuf/struct.proto", "google.protobuf", "Struct Value ListValue *NullValue"},
    {"google/protobuf/timestamp.proto", "google.protobuf", "Timestamp"},
    {"google/protobuf/type.proto", "google.protobuf", "Type Field Enum EnumValue Option *Syntax"},
    {"google/protobuf/wrappers.proto", "google.protobuf",
     "DoubleValue FloatValue Int64Value UInt64Value Int32Value UInt32Value BoolValue StringValue BytesValue"},
    {"google/type/calendar_period.proto", "google.type", "*CalendarPeriod"},
    {"google/type/color.proto", "google.type", "Color"},
    {"google/type/date.proto", "google.type", "Date"},
    {"google/type/datetime.proto", "google.type", "DateTime TimeZone"},
    {"google/type/dayofweek.proto", "google.type", "*DayOfWeek"},
    {"google/type/decimal.proto", "google.type", "Decimal"},
    {"google/type/expr.proto", "google.type", "Expr"},
    {"google/type/fraction.proto", "google.type", "Fraction"},
    {"google/type/interval.proto", "google.type", "Interval"},
    {"google/type/latlng.proto", "google.type", "LatLng"},
    {"google/type/localized_text.proto", "google.type", "LocalizedText"},
    {"google/type/money.proto", "google.type", "Money"},
    {"google/type/month.proto", "google.type", "*Month"},
    {"google/type/phone_number.proto", "google.type", "PhoneNumber"},
    {"google/type/postal_address.proto", "google.type", "PostalAddress"},
    {"google/type/quaternion.proto", "google.type", "Quaternion"},
    {"google/type/timeofday.proto", "google.type", "TimeOfDay"},
    {"confluent/meta.proto", "confluent", "Meta"},
    {"confluent/type/decimal.proto", "confluent.type", "Decimal"},
};

struct resolver {
    struct arena *arena;
    struct map *types; /* full name -> struct proto_type */
    struct map *files; /* path -> struct proto_file */
    struct text name;  /* scratch */
    struct error *error;
};

bool proto_is_scalar(struct view type) {
    static const char *const names[] = {"int32",  "int64",   "uint32",  "uint64",   "sint32",
                                        "sint64", "fixed32", "fixed64", "sfixed32", "sfixed64",
                                        "float",  "double",  "bool",    "string",   "bytes"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (view_equal(type, view_of(names[i])))
            return true;
    return false;
}

static int fail(struct resolver *resolver, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int fail(struct resolver *resolver, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    error_set_v(resolver->error, ERROR_INVALID, format, arguments);
    va_end(arguments);
    return error_wrap(resolver->error, "Protobuf");
}

static bool is_proto3(const struct proto_file *file) {
    return view_equal(file->syntax, VIEW("proto3"));
}

static bool has_option(const struct proto_option *options, const char *name, const char *value) {
    for (; options; options = options->next)
        if (view_equal(options->name, view_of(name)) && view_equal(options->value, view_of(value)))
            return true;
    return false;
}

/* --- numbers and names --- */

/* The fields before it have its number or name. */
static int note_once(struct resolver *resolver, const struct proto_type *type, struct map *seen, struct view key,
                     const struct proto_field *field) {
    const struct proto_field *before = map_get(seen, key);
    if (before && before != field)
        return fail(resolver, "%.*s: %.*s and %.*s have the same %s", VIEW_ARGS(type->full_name),
                    VIEW_ARGS(before->name), VIEW_ARGS(field->name), key.data == field->name.data ? "name" : "number");
    map_put(seen, key, (void *)(uintptr_t)field);
    return 0;
}

static int check_field(struct resolver *resolver, const struct proto_type *type, struct map *numbers, struct map *names,
                       const struct proto_field *field, bool aliases) {
    struct view number = {(const char *)&field->number, sizeof field->number};
    if (is_proto3(type->file) && field->label == PROTO_REQUIRED)
        return fail(resolver, "%.*s.%.*s: proto3 has no required fields", VIEW_ARGS(type->full_name),
                    VIEW_ARGS(field->name));
    if (is_proto3(type->file) && field->group)
        return fail(resolver, "%.*s.%.*s: proto3 has no groups; use a message", VIEW_ARGS(type->full_name),
                    VIEW_ARGS(field->name));
    if (note_once(resolver, type, names, field->name, field) != 0)
        return -1;
    return aliases ? 0 : note_once(resolver, type, numbers, number, field);
}

static int check_numbers(struct resolver *resolver, const struct proto_type *type) {
    struct map *numbers = map_new(NULL), *names = map_new(NULL);
    bool aliases = type->is_enum && has_option(type->options, "allow_alias", "true");
    int result = 0;
    if (type->is_enum && !type->fields)
        result = fail(resolver, "the enum %.*s has no constant", VIEW_ARGS(type->full_name));
    else if (type->is_enum && is_proto3(type->file) && type->fields->number != 0)
        result = fail(resolver, "the enum %.*s: in proto3 the first constant is 0", VIEW_ARGS(type->full_name));
    for (const struct proto_field *field = type->fields; field && result == 0; field = field->next)
        result = check_field(resolver, type, numbers, names, field, aliases);
    for (const struct proto_oneof *oneof = type->oneofs; oneof && result == 0; oneof = oneof->next) {
        if (!oneof->fields)
            result =
                fail(resolver, "the oneof %.*s.%.*s has no field", VIEW_ARGS(type->full_name), VIEW_ARGS(oneof->name));
        for (const struct proto_field *field = oneof->fields; field && result == 0; field = field->next)
            result = check_field(resolver, type, numbers, names, field, false);
    }
    map_free(numbers);
    map_free(names);
    return result;
}

/* --- what is defined --- */

static struct view join(struct resolver *resolver, struct view scope, struct view name) {
    text_clear(&resolver->name);
    text_append(&resolver->name, scope);
    if (scope.size)
        text_append_char(&resolver->name, '.');
    text_append(&resolver->name, name);
    return text_view(&resolver->name);
}

static int define_all(struct resolver *resolver, const struct proto_file *file, struct view scope,
                      struct proto_type *types);

static int define(struct resolver *resolver, const struct proto_file *file, struct view scope,
                  struct proto_type *type) {
    type->full_name = arena_copy_view(resolver->arena, join(resolver, scope, type->name));
    type->file = file;
    if (map_has(resolver->types, type->full_name))
        return fail(resolver, "%.*s is defined twice", VIEW_ARGS(type->full_name));
    map_put(resolver->types, type->full_name, type);
    if (check_numbers(resolver, type) != 0 || define_all(resolver, file, type->full_name, type->types) != 0)
        return -1;
    for (struct proto_field *field = type->fields; field; field = field->next)
        if (field->group && define(resolver, file, type->full_name, field->group) != 0)
            return -1;
    return 0;
}

static int define_all(struct resolver *resolver, const struct proto_file *file, struct view scope,
                      struct proto_type *types) {
    for (; types; types = types->next)
        if (define(resolver, file, scope, types) != 0)
            return -1;
    return 0;
}

static void define_well_known(struct resolver *resolver, const struct well_known *known) {
    struct proto_file *file = arena_zero(resolver->arena, sizeof *file);
    struct view rest = view_of(known->names), name;
    *file = (struct proto_file){.path = view_of(known->path), .package = view_of(known->package)};
    map_put(resolver->files, file->path, file);
    while (view_split(&rest, ' ', &name)) {
        struct proto_type *type = arena_zero(resolver->arena, sizeof *type);
        type->is_enum = *name.data == '*';
        type->name = type->is_enum ? (struct view){name.data + 1, name.size - 1} : name;
        type->full_name = arena_copy_view(resolver->arena, join(resolver, file->package, type->name));
        type->file = file;
        map_put(resolver->types, type->full_name, type);
    }
}

static int find_imports(struct resolver *resolver, const struct proto_file *file) {
    for (const struct proto_import *import = file->imports; import; import = import->next) {
        for (size_t i = 0; i < sizeof well_known / sizeof *well_known && !map_has(resolver->files, import->path); i++)
            if (view_equal(import->path, view_of(well_known[i].path)))
                define_well_known(resolver, &well_known[i]);
        if (!map_has(resolver->files, import->path))
            return fail(resolver, "the import \"%.*s\" is no reference of this schema: register it and name it there",
                        VIEW_ARGS(import->path));
    }
    return 0;
}

/* --- what is named --- */

static const struct proto_type *find(struct resolver *resolver, struct view scope, struct view name) {
    if (name.size && *name.data == '.')
        return map_get(resolver->types, (struct view){name.data + 1, name.size - 1});
    for (;;) {
        const struct proto_type *found = map_get(resolver->types, join(resolver, scope, name));
        if (found || scope.size == 0)
            return found;
        while (scope.size && scope.data[scope.size - 1] != '.')
            scope.size--;
        scope.size -= scope.size != 0;
    }
}

static int resolve_fields(struct resolver *resolver, struct view scope, struct proto_field *fields) {
    for (struct proto_field *field = fields; field; field = field->next) {
        if (field->group)
            field->target = field->group;
        else if (!proto_is_scalar(field->type) && !(field->target = find(resolver, scope, field->type)))
            return fail(resolver, "%.*s%s%.*s is of type %.*s, which is not defined here nor in what is imported",
                        VIEW_ARGS(scope), scope.size ? "." : "", VIEW_ARGS(field->name), VIEW_ARGS(field->type));
    }
    return 0;
}

static int resolve_extends(struct resolver *resolver, struct view scope, struct proto_extend *extends) {
    for (; extends; extends = extends->next) {
        extends->target = find(resolver, scope, extends->type);
        if (!extends->target)
            return fail(resolver, "what is extended, %.*s, is not defined here nor in what is imported",
                        VIEW_ARGS(extends->type));
        if (resolve_fields(resolver, scope, extends->fields) != 0)
            return -1;
    }
    return 0;
}

static int resolve_types(struct resolver *resolver, struct proto_type *types);

static int resolve_type(struct resolver *resolver, struct proto_type *type) {
    if (type->is_enum)
        return 0;
    if (resolve_fields(resolver, type->full_name, type->fields) != 0 ||
        resolve_extends(resolver, type->full_name, type->extends) != 0 || resolve_types(resolver, type->types) != 0)
        return -1;
    for (struct proto_oneof *oneof = type->oneofs; oneof; oneof = oneof->next)
        if (resolve_fields(resolver, type->full_name, oneof->fields) != 0)
            return -1;
    for (struct proto_field *field = type->fields; field; field = field->next)
        if (field->group && resolve_type(resolver, field->group) != 0)
            return -1;
    return 0;
}

static int resolve_types(struct resolver *resolver, struct proto_type *types) {
    for (; types; types = types->next)
        if (resolve_type(resolver, types) != 0)
            return -1;
    return 0;
}

static const struct proto_type *find_message(struct resolver *resolver, const struct proto_file *file,
                                             const struct proto_service *service, const struct proto_rpc *rpc,
                                             struct view name) {
    const struct proto_type *type = find(resolver, file->package, name);
    if (type && !type->is_enum)
        return type;
    fail(resolver, "%.*s.%.*s: %.*s is no message", VIEW_ARGS(service->name), VIEW_ARGS(rpc->name), VIEW_ARGS(name));
    return NULL;
}

static int resolve_services(struct resolver *resolver, struct proto_file *file) {
    for (struct proto_service *service = file->services; service; service = service->next)
        for (struct proto_rpc *rpc = service->rpcs; rpc; rpc = rpc->next) {
            rpc->input_type = find_message(resolver, file, service, rpc, rpc->input);
            rpc->output_type = rpc->input_type ? find_message(resolver, file, service, rpc, rpc->output) : NULL;
            if (!rpc->output_type)
                return -1;
        }
    return 0;
}

int proto_resolve(struct proto_file *files, struct arena *arena, struct error *error) {
    struct resolver resolver = {arena, map_new(NULL), map_new(NULL), TEXT_EMPTY, error};
    int result = 0;
    for (struct proto_file *file = files->next; file; file = file->next)
        map_put(resolver.files, file->path, file);
    for (struct proto_file *file = files; file && result == 0; file = file->next)
        result = define_all(&resolver, file, file->package, file->types);
    for (struct proto_file *file = files; file && result == 0; file = file->next)
        result = find_imports(&resolver, file);
    for (struct proto_file *file = files; file && result == 0; file = file->next)
        if (resolve_types(&resolver, file->types) != 0 ||
            resolve_extends(&resolver, file->package, file->extends) != 0 || resolve_services(&resolver, file) != 0)
            result = -1;
    text_free(&resolver.name);
    map_free(resolver.types);
    map_free(resolver.files);
    return result;
}
