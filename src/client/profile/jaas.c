#include "client/profile/jaas.h"

#include <ctype.h>

#include "foundation/base/memory.h"

static bool is_space(char character) {
    return isspace((unsigned char)character) != 0;
}

static void skip_space(struct view *rest) {
    while (rest->size && is_space(rest->data[0])) {
        rest->data++;
        rest->size--;
    }
}

static char take_char(struct view *rest) {
    char character = rest->data[0];
    rest->data++;
    rest->size--;
    return character;
}

static struct view take_word(struct view *rest) {
    struct view word = {rest->data, 0};
    while (word.size < rest->size && !is_space(word.data[word.size]) && word.data[word.size] != '=' &&
           word.data[word.size] != ';')
        word.size++;
    rest->data += word.size;
    rest->size -= word.size;
    return word;
}

/* Quoted by ' or " with backslash escapes, or bare up to white space or ';'. */
static int take_value(struct view *rest, struct text *value, struct error *error) {
    char quote = rest->size && (rest->data[0] == '"' || rest->data[0] == '\'') ? take_char(rest) : 0;
    while (rest->size) {
        if (!quote && (is_space(rest->data[0]) || rest->data[0] == ';'))
            return 0;
        char character = take_char(rest);
        if (quote && character == quote)
            return 0;
        if (quote && character == '\\' && rest->size)
            character = take_char(rest);
        text_append_char(value, character);
    }
    return quote ? error_set(error, ERROR_INVALID, "a quote is not closed") : 0;
}

static int take_options(struct view rest, struct jaas *jaas, struct error *error) {
    for (skip_space(&rest); rest.size && rest.data[0] != ';'; skip_space(&rest)) {
        struct view name = take_word(&rest);
        skip_space(&rest);
        if (!name.size || !rest.size || rest.data[0] != '=')
            return error_set(error, ERROR_INVALID, "expected name=\"value\" after the login module");
        take_char(&rest);
        skip_space(&rest);
        struct text value = TEXT_EMPTY;
        if (take_value(&rest, &value, error)) {
            text_free(&value);
            return -1;
        }
        char **slot = view_equal(name, VIEW("username"))   ? &jaas->username
                      : view_equal(name, VIEW("password")) ? &jaas->password
                                                           : NULL;
        if (slot) {
            memory_free(*slot);
            *slot = text_take(&value);
        }
        text_free(&value);
    }
    return 0;
}

int jaas_parse(struct view config, struct jaas *jaas, struct error *error) {
    *jaas = (struct jaas){0};
    struct view rest = config;
    skip_space(&rest);
    struct view module = take_word(&rest);
    if (view_ends_with(module, VIEW("PlainLoginModule")))
        jaas->mechanism = memory_copy_string("PLAIN");
    else if (!view_ends_with(module, VIEW("ScramLoginModule")))
        return error_set(
            error, ERROR_UNSUPPORTED,
            "only PlainLoginModule and ScramLoginModule can be translated; use sasl.mechanism, sasl.username "
            "and sasl.password");
    skip_space(&rest);
    struct view flag = take_word(&rest);
    if (!view_equal_ignoring_case(flag, VIEW("required")) && !view_equal_ignoring_case(flag, VIEW("requisite")) &&
        !view_equal_ignoring_case(flag, VIEW("sufficient")) && !view_equal_ignoring_case(flag, VIEW("optional")))
        return error_set(error, ERROR_INVALID, "expected the word 'required' after the login module");
    if (take_options(rest, jaas, error))
        return -1;
    if (!jaas->username || !jaas->password)
        return error_set(error, ERROR_INVALID, "no %s in it", jaas->username ? "password" : "username");
    return 0;
}

void jaas_free(struct jaas *jaas) {
    memory_free(jaas->mechanism);
    memory_free(jaas->username);
    memory_free(jaas->password);
    *jaas = (struct jaas){0};
}
