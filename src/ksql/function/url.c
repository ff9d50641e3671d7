/* URL_*: parts of an address as java.net.URI has them, and the escapes of its parameters. */
#include "foundation/base/utf8.h"
#include "ksql/function/family.h"

struct address { /* data NULL: not there */
    struct view scheme, authority, host, path, query, fragment;
    int port; /* -1 = none */
};

static bool is_unreserved(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_' ||
           c == '.';
}

static int digit_of(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Characters that no address has: java.net.URI refuses them. */
static bool is_legal(struct view text) {
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c == '%' && (i + 2 >= text.size || digit_of(text.data[i + 1]) < 0 || digit_of(text.data[i + 2]) < 0))
            return false;
        if ((unsigned char)c <= ' ' || c == 0x7F || strchr("\"<>\\^`{|}", c) != NULL)
            return false;
    }
    return true;
}

static bool cut(struct view *text, char sign, struct view *rest) {
    const char *found = text->size == 0 ? NULL : memchr(text->data, sign, text->size);
    if (found == NULL)
        return false;
    *rest = (struct view){found + 1, text->size - (size_t)(found - text->data) - 1};
    text->size = (size_t)(found - text->data);
    return true;
}

static bool take_scheme(struct view *text, struct view *scheme) {
    size_t i = 0;
    while (i < text->size && (is_unreserved(text->data[i]) || text->data[i] == '+') && text->data[i] != '_')
        i++;
    bool letter = text->size != 0 && (((text->data[0] | 0x20) >= 'a') && ((text->data[0] | 0x20) <= 'z'));
    if (!letter || i == text->size || text->data[i] != ':')
        return text->size == 0 || text->data[0] != ':';
    *scheme = (struct view){text->data, i};
    *text = (struct view){text->data + i + 1, text->size - i - 1};
    return text->size != 0;
}

static void take_port(struct address *address) {
    struct view host = address->authority, rest, user = host;
    if (cut(&user, '@', &rest))
        host = rest;
    const char *colon = NULL;
    for (size_t i = host.size; i-- > 0 && host.data[i] != ']';)
        if (host.data[i] == ':') {
            colon = host.data + i;
            break;
        }
    address->host = host;
    if (colon == NULL)
        return;
    int64_t port;
    struct view digits = {colon + 1, host.size - (size_t)(colon - host.data) - 1};
    address->host.size = (size_t)(colon - host.data);
    if (view_to_int64(digits, &port) && port >= 0 && port <= INT32_MAX)
        address->port = (int)port;
    else if (digits.size != 0)
        address->host = (struct view){0}; /* an authority that is no server */
}

static int parse(struct view text, struct address *address, struct error *error) {
    struct view rest = text;
    *address = (struct address){.port = -1};
    if (!is_legal(text) || !take_scheme(&rest, &address->scheme))
        return error_set(error, ERROR_INVALID, "URL input has invalid syntax: %.*s", VIEW_ARGS(text));
    cut(&rest, '#', &address->fragment);
    cut(&rest, '?', &address->query);
    if (view_starts_with(rest, VIEW("//"))) {
        rest = (struct view){rest.data + 2, rest.size - 2};
        size_t size = 0;
        while (size < rest.size && rest.data[size] != '/')
            size++;
        address->authority = (struct view){rest.data, size};
        rest = (struct view){rest.data + size, rest.size - size};
        take_port(address);
    } else if (address->scheme.data != NULL && rest.size != 0 && rest.data[0] != '/') {
        return 0; /* mailto:someone: nothing but a scheme */
    }
    address->path = rest.data == NULL ? (struct view){"", 0} : rest;
    return 0;
}

static struct value decoded(struct view text, bool plus, struct arena *arena) {
    char *out = arena_allocate(arena, text.size + 1);
    size_t size = 0;
    if (text.data == NULL)
        return value_null();
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '%' && i + 2 < text.size && digit_of(text.data[i + 1]) >= 0 &&
            digit_of(text.data[i + 2]) >= 0) {
            out[size++] = (char)(digit_of(text.data[i + 1]) << 4 | digit_of(text.data[i + 2]));
            i += 2;
        } else {
            out[size++] = plus && text.data[i] == '+' ? ' ' : text.data[i];
        }
    }
    struct view view = {out, size};
    return utf8_valid(view) ? value_string(view) : value_null();
}

SCALAR(decode_parameter) {
    struct view text = value_view(arguments[0]);
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] == '%' &&
            (i + 2 >= text.size || digit_of(text.data[i + 1]) < 0 || digit_of(text.data[i + 2]) < 0))
            return error_set(error, ERROR_INVALID,
                             "url_decode udf encountered an encoding exception while decoding: %.*s", VIEW_ARGS(text));
    *result = decoded(text, true, arena);
    return 0;
}

SCALAR(encode_parameter) {
    static const char digits[] = "0123456789ABCDEF";
    struct view text = value_view(arguments[0]);
    char *out = arena_allocate(arena, text.size * 3 + 1);
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (is_unreserved((char)c) || c == '*') {
            out[size++] = (char)c;
        } else if (c == ' ') {
            out[size++] = '+';
        } else {
            out[size++] = '%';
            out[size++] = digits[c >> 4];
            out[size++] = digits[c & 15];
        }
    }
    *result = value_string((struct view){out, size});
    return 0;
}

SCALAR(fragment) {
    struct address address;
    if (parse(value_view(arguments[0]), &address, error) != 0)
        return -1;
    *result = decoded(address.fragment, false, arena);
    return 0;
}

SCALAR(host) {
    struct address address;
    if (parse(value_view(arguments[0]), &address, error) != 0)
        return -1;
    if (address.host.size != 0)
        *result = value_string(address.host);
    return 0;
}

SCALAR(parameter) {
    struct address address;
    struct view rest, piece, value;
    if (parse(value_view(arguments[0]), &address, error) != 0)
        return -1;
    for (bool more = address.query.data != NULL; more && value_is_null(*result); address.query = rest) {
        piece = address.query;
        more = cut(&piece, '&', &rest);
        bool has_value = cut(&piece, '=', &value);
        struct value name = decoded(piece, true, arena);
        if (!value_is_null(name) && value_equal(name, arguments[1]))
            *result = has_value ? decoded(value, true, arena) : value_string((struct view){"", 0});
    }
    return 0;
}

SCALAR(path) {
    struct address address;
    if (parse(value_view(arguments[0]), &address, error) != 0)
        return -1;
    *result = decoded(address.path, false, arena);
    return 0;
}

SCALAR(port) {
    struct address address;
    if (parse(value_view(arguments[0]), &address, error) != 0)
        return -1;
    if (address.port >= 0)
        *result = value_integer(address.port);
    return 0;
}

SCALAR(protocol) {
    struct address address;
    if (parse(value_view(arguments[0]), &address, error) != 0)
        return -1;
    if (address.scheme.data != NULL)
        *result = value_string(address.scheme);
    return 0;
}

SCALAR(query) {
    struct address address;
    if (parse(value_view(arguments[0]), &address, error) != 0)
        return -1;
    *result = decoded(address.query, false, arena);
    return 0;
}

#define TEXT_ROW(name, function)                                                                                       \
    static const struct function_signature name[] = {SIGNATURE(&sql_string, function, TAKES(STRING, "input"))}
TEXT_ROW(decode_rows, decode_parameter);
TEXT_ROW(encode_rows, encode_parameter);
TEXT_ROW(fragment_rows, fragment);
TEXT_ROW(host_rows, host);
TEXT_ROW(path_rows, path);
TEXT_ROW(protocol_rows, protocol);
TEXT_ROW(query_rows, query);
static const struct function_signature parameter_rows[] = {
    SIGNATURE(&sql_string, parameter, TAKES(STRING, "input"), TAKES(STRING, "paramToFind")),
};
static const struct function_signature port_rows[] = {SIGNATURE(&sql_integer, port, TAKES(STRING, "input"))};

static const struct function functions[] = {
    {"URL_DECODE_PARAM", FUNCTION_SCALAR, "URL", "A parameter without its escapes.", FAMILY_SIGNATURES(decode_rows)},
    {"URL_ENCODE_PARAM", FUNCTION_SCALAR, "URL", "A text as a parameter may be written.",
     FAMILY_SIGNATURES(encode_rows)},
    {"URL_EXTRACT_FRAGMENT", FUNCTION_SCALAR, "URL", "What follows the # of an address.",
     FAMILY_SIGNATURES(fragment_rows)},
    {"URL_EXTRACT_HOST", FUNCTION_SCALAR, "URL", "The host of an address.", FAMILY_SIGNATURES(host_rows)},
    {"URL_EXTRACT_PARAMETER", FUNCTION_SCALAR, "URL", "One parameter of an address.",
     FAMILY_SIGNATURES(parameter_rows)},
    {"URL_EXTRACT_PATH", FUNCTION_SCALAR, "URL", "The path of an address.", FAMILY_SIGNATURES(path_rows)},
    {"URL_EXTRACT_PORT", FUNCTION_SCALAR, "URL", "The port of an address, NULL when none is written.",
     FAMILY_SIGNATURES(port_rows)},
    {"URL_EXTRACT_PROTOCOL", FUNCTION_SCALAR, "URL", "The protocol of an address.", FAMILY_SIGNATURES(protocol_rows)},
    {"URL_EXTRACT_QUERY", FUNCTION_SCALAR, "URL", "All parameters of an address.", FAMILY_SIGNATURES(query_rows)},
};
const struct function_family function_family_url = {functions, FAMILY_COUNT(functions)};
