#include "foundation/value/parse.h"

#include "foundation/base/clock.h"

bool decimal_parse(struct view text, int precision, int scale, __int128 *number) {
    char digits[80];
    int count = 0, exponent = 0;
    bool negative = false, point = false, any = false;
    size_t at = 0;
    if (text.size && (text.data[0] == '-' || text.data[0] == '+'))
        negative = text.data[at++] == '-';
    for (; at < text.size; at++) {
        char c = text.data[at];
        if (c == '.' && !point) {
            point = true;
        } else if (c >= '0' && c <= '9') {
            any = true;
            if (count == 0 && c == '0') {
                exponent -= point; /* leading zeros carry no digit, behind the point they move it */
                continue;
            }
            if (count < (int)sizeof digits)
                digits[count++] = (char)(c - '0');
            else if (!point)
                exponent++;
            exponent -= point && count <= (int)sizeof digits;
        } else {
            break;
        }
    }
    if (!any)
        return false;
    if (at < text.size) {
        int64_t written = 0;
        if ((text.data[at] | 0x20) != 'e' ||
            !view_to_int64((struct view){text.data + at + 1, text.size - at - 1}, &written) || written > 1000 ||
            written < -1000)
            return false;
        exponent += (int)written;
    }
    unsigned __int128 value = 0;
    int keep = count + exponent + scale; /* digits that stay at this scale */
    if (keep > precision && count)
        return false;
    for (int i = 0; i < keep; i++)
        value = value * 10 + (unsigned __int128)(i < count ? digits[i] : 0);
    if (keep >= 0 && keep < count && digits[keep] >= 5)
        value++;
    unsigned __int128 limit = 1;
    for (int i = 0; i < precision; i++)
        limit *= 10;
    if (value >= limit)
        return false;
    *number = negative ? -(__int128)value : (__int128)value;
    return true;
}

static bool number_at(struct view *text, size_t digits, int *number) {
    *number = 0;
    if (text->size < digits)
        return false;
    for (size_t i = 0; i < digits; i++) {
        if (text->data[i] < '0' || text->data[i] > '9')
            return false;
        *number = *number * 10 + text->data[i] - '0';
    }
    *text = (struct view){text->data + digits, text->size - digits};
    return true;
}

static bool letter_at(struct view *text, char letter) {
    if (text->size == 0 || text->data[0] != letter)
        return false;
    *text = (struct view){text->data + 1, text->size - 1};
    return true;
}

bool date_parse(struct view text, int64_t *days) {
    int year, month, day;
    if (!number_at(&text, 4, &year) || !letter_at(&text, '-') || !number_at(&text, 2, &month) ||
        !letter_at(&text, '-') || !number_at(&text, 2, &day) || text.size || month < 1 || month > 12 || day < 1)
        return false;
    int64_t first = clock_days_from_civil(year, month, 1);
    int64_t next = month == 12 ? clock_days_from_civil(year + 1, 1, 1) : clock_days_from_civil(year, month + 1, 1);
    *days = first + day - 1;
    return *days < next;
}

bool time_parse(struct view text, int64_t *ms) {
    int hour, minute, second = 0, digit;
    int64_t fraction = 0, scale = 100;
    if (!number_at(&text, 2, &hour) || !letter_at(&text, ':') || !number_at(&text, 2, &minute))
        return false;
    if (letter_at(&text, ':') && !number_at(&text, 2, &second))
        return false;
    if (letter_at(&text, '.')) {
        while (number_at(&text, 1, &digit)) {
            fraction += digit * scale;
            scale /= 10;
        }
    }
    *ms = ((int64_t)hour * 3600 + minute * 60 + second) * 1000 + fraction;
    return text.size == 0 && hour < 24 && minute < 60 && second < 60;
}

bool timestamp_parse(struct view text, int64_t *ms) {
    return clock_parse_iso(text, ms, NULL) == 0;
}

static bool part_digits(struct view *text, size_t least, size_t most, int *number) {
    size_t size = 0;
    *number = 0;
    while (size < most && size < text->size && text->data[size] >= '0' && text->data[size] <= '9')
        *number = *number * 10 + text->data[size++] - '0';
    *text = (struct view){text->data + size, text->size - size};
    return size >= least;
}

static bool part_passes(struct view *text, char c) {
    if (text->size == 0 || text->data[0] != c)
        return false;
    *text = (struct view){text->data + 1, text->size - 1};
    return true;
}

/* "2018", "2018-01-01", "2018-01-01T00:00:00.001", each with an optional zone: ksqlDB's PartialStringToTimestampParser.
 */
bool timestamp_parse_partial(struct view text, int64_t *ms) {
    int year, month = 1, day = 1, hour = 0, minute = 0, second = 0, fraction = 0, offset = 0;
    if (!part_digits(&text, 4, 4, &year))
        return false;
    if (part_passes(&text, '-') && !part_digits(&text, 2, 2, &month))
        return false;
    if (part_passes(&text, '-') && !part_digits(&text, 2, 2, &day))
        return false;
    if (part_passes(&text, 'T') && text.size != 0 && !part_digits(&text, 2, 2, &hour))
        return false;
    if (part_passes(&text, ':') && !part_digits(&text, 2, 2, &minute))
        return false;
    if (part_passes(&text, ':') && !part_digits(&text, 2, 2, &second))
        return false;
    if (part_passes(&text, '.')) {
        size_t before = text.size;
        if (!part_digits(&text, 1, 3, &fraction))
            return false;
        for (size_t given = before - text.size; given < 3; given++)
            fraction *= 10;
    }
    if (text.size != 0 && !part_passes(&text, 'Z')) {
        int sign = text.data[0] == '-' ? -1 : 1, hours, minutes;
        if (!(part_passes(&text, '+') || part_passes(&text, '-')) || !part_digits(&text, 2, 2, &hours))
            return false;
        part_passes(&text, ':');
        if (!part_digits(&text, 2, 2, &minutes))
            return false;
        offset = sign * (hours * 60 + minutes);
    }
    if (text.size != 0 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59)
        return false;
    *ms = ((clock_days_from_civil(year, month, day) * 24 + hour) * 60 + minute - offset) * 60000 + second * 1000 +
          fraction;
    return true;
}
