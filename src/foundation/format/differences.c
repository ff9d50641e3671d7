#include "foundation/format/differences.h"

void difference_append(struct text *reasons, const char *path, const char *format, va_list arguments) {
    if (!reasons)
        return;
    text_append_format(reasons, "%s: ", path);
    text_append_format_v(reasons, format, arguments);
    text_append_char(reasons, '\n');
}
