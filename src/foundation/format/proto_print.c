/* A tree as .proto text. Sections are parted by an empty line, in the order that Confluent's registry prints them. */
#include "foundation/format/proto_schema.h"

struct printer {
    struct text *out;
    int level;
    bool written; /* a section of this block */
};

static void indent(struct printer *printer) {
    for (int i = 0; i < printer->level; i++)
        text_append_string(printer->out, "  ");
}

/* Once a section that has something in it. */
static void section(struct printer *printer) {
    if (printer->written)
        text_append_char(printer->out, '\n');
    printer->written = true;
}

static void print_options(struct printer *printer, const struct proto_option *options) {
    if (options)
        section(printer);
    for (; options; options = options->next) {
        indent(printer);
        text_append_format(printer->out, "option %.*s = %.*s;\n", VIEW_ARGS(options->name), VIEW_ARGS(options->value));
    }
}

static void print_option_list(struct text *out, const struct proto_option *options) {
    for (const struct proto_option *each = options; each; each = each->next)
        text_append_format(out, "%s%.*s = %.*s%s", each == options ? " [" : ", ", VIEW_ARGS(each->name),
                           VIEW_ARGS(each->value), each->next ? "" : "]");
}

static void print_ranges(struct printer *printer, const char *word, const struct proto_option *ranges) {
    if (ranges)
        section(printer);
    for (; ranges; ranges = ranges->next) {
        indent(printer);
        text_append_format(printer->out, "%s %.*s;\n", word, VIEW_ARGS(ranges->value));
    }
}

static void print_body(struct printer *printer, const struct proto_type *type);

static void print_field(struct printer *printer, const struct proto_field *field) {
    static const char *const labels[] = {"", "optional ", "required ", "repeated "};
    indent(printer);
    text_append_string(printer->out, labels[field->label]);
    if (field->group)
        text_append_string(printer->out, "group ");
    else if (field->key.size)
        text_append_format(printer->out, "map<%.*s, %.*s> ", VIEW_ARGS(field->key), VIEW_ARGS(field->type));
    else
        text_append_format(printer->out, "%.*s ", VIEW_ARGS(field->type));
    text_append_format(printer->out, "%.*s = %d", VIEW_ARGS(field->name), (int)field->number);
    print_option_list(printer->out, field->options);
    if (field->group)
        print_body(printer, field->group);
    else
        text_append_string(printer->out, ";\n");
}

static void print_oneof(struct printer *printer, const struct proto_oneof *oneof) {
    section(printer);
    indent(printer);
    text_append_format(printer->out, "oneof %.*s {\n", VIEW_ARGS(oneof->name));
    struct printer inside = {printer->out, printer->level + 1, false};
    print_options(&inside, oneof->options);
    section(&inside);
    for (const struct proto_field *field = oneof->fields; field; field = field->next)
        print_field(&inside, field);
    indent(printer);
    text_append_string(printer->out, "}\n");
}

static void print_type(struct printer *printer, const struct proto_type *type) {
    indent(printer);
    text_append_format(printer->out, "%s %.*s", type->is_enum ? "enum" : "message", VIEW_ARGS(type->name));
    print_body(printer, type);
}

static void print_extend(struct printer *printer, const struct proto_extend *extend) {
    struct printer inside = {printer->out, printer->level + 1, false};
    indent(printer);
    text_append_format(printer->out, "extend %.*s {\n", VIEW_ARGS(extend->type));
    for (const struct proto_field *field = extend->fields; field; field = field->next)
        print_field(&inside, field);
    indent(printer);
    text_append_string(printer->out, "}\n");
}

static void print_constant(struct printer *printer, const struct proto_field *constant) {
    indent(printer);
    text_append_format(printer->out, "%.*s = %d", VIEW_ARGS(constant->name), (int)constant->number);
    print_option_list(printer->out, constant->options);
    text_append_string(printer->out, ";\n");
}

static void print_body(struct printer *printer, const struct proto_type *type) {
    struct printer inside = {printer->out, printer->level + 1, false};
    text_append_string(printer->out, " {\n");
    print_ranges(&inside, "reserved", type->reserved);
    print_options(&inside, type->options);
    if (type->fields)
        section(&inside);
    for (const struct proto_field *field = type->fields; field; field = field->next)
        (type->is_enum ? print_constant : print_field)(&inside, field);
    for (const struct proto_oneof *oneof = type->oneofs; oneof; oneof = oneof->next)
        print_oneof(&inside, oneof);
    print_ranges(&inside, "extensions", type->extensions);
    if (type->types)
        section(&inside);
    for (const struct proto_type *inner = type->types; inner; inner = inner->next)
        print_type(&inside, inner);
    if (type->extends)
        section(&inside);
    for (const struct proto_extend *extend = type->extends; extend; extend = extend->next)
        print_extend(&inside, extend);
    indent(printer);
    text_append_string(printer->out, "}\n");
}

static void print_service(struct printer *printer, const struct proto_service *service) {
    text_append_format(printer->out, "service %.*s {\n", VIEW_ARGS(service->name));
    struct printer inside = {printer->out, 1, false}, deep = {printer->out, 2, false};
    print_options(&inside, service->options);
    if (service->rpcs)
        section(&inside);
    for (const struct proto_rpc *rpc = service->rpcs; rpc; rpc = rpc->next) {
        text_append_format(printer->out, "  rpc %.*s (%s%.*s) returns (%s%.*s)", VIEW_ARGS(rpc->name),
                           rpc->input_streams ? "stream " : "", VIEW_ARGS(rpc->input),
                           rpc->output_streams ? "stream " : "", VIEW_ARGS(rpc->output));
        text_append_string(printer->out, rpc->options ? " {\n" : ";\n");
        if (!rpc->options)
            continue;
        deep.written = false;
        print_options(&deep, rpc->options);
        text_append_string(printer->out, "  }\n");
    }
    text_append_string(printer->out, "}\n");
}

void proto_print(struct text *out, const struct proto_file *file) {
    struct printer printer = {out, 0, file->edition.size || file->syntax.size || file->package.size};
    if (file->edition.size)
        text_append_format(out, "edition = \"%.*s\";\n", VIEW_ARGS(file->edition));
    else if (file->syntax.size)
        text_append_format(out, "syntax = \"%.*s\";\n", VIEW_ARGS(file->syntax));
    if (file->package.size)
        text_append_format(out, "package %.*s;\n", VIEW_ARGS(file->package));
    if (file->imports)
        section(&printer);
    for (const struct proto_import *import = file->imports; import; import = import->next)
        text_append_format(out, "import %.*s%s\"%.*s\";\n", VIEW_ARGS(import->how), import->how.size ? " " : "",
                           VIEW_ARGS(import->path));
    print_options(&printer, file->options);
    if (file->types)
        section(&printer);
    for (const struct proto_type *type = file->types; type; type = type->next)
        print_type(&printer, type);
    if (file->extends)
        section(&printer);
    for (const struct proto_extend *extend = file->extends; extend; extend = extend->next)
        print_extend(&printer, extend);
    for (const struct proto_service *service = file->services; service; service = service->next) {
        section(&printer);
        print_service(&printer, service);
    }
}
