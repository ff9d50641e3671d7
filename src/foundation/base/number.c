#include "foundation/base/number.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t write_unsigned(char *out, uint64_t number) {
    char digits[20];
    size_t count = 0;
    do
        digits[count++] = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    for (size_t i = 0; i < count; i++)
        out[i] = digits[count - 1 - i];
    return count;
}

size_t number_write_int64(char out[NUMBER_MAX], int64_t number) {
    if (number >= 0)
        return write_unsigned(out, (uint64_t)number);
    out[0] = '-';
    return 1 + write_unsigned(out + 1, 0 - (uint64_t)number);
}

/* Amounts and their sums mostly have at most two decimals: exact integers of cents. */
static size_t write_cents(char *out, double number) {
    double cents = number * 100;
    if (!(cents > -9e15 && cents < 9e15))
        return 0;
    int64_t whole = llround(cents); /* 129.95 * 100 is a hair below 12995 */
    if ((double)whole / 100 != number || (number == 0 && signbit(number)))
        return 0;
    size_t size = 0;
    if (whole < 0) {
        out[size++] = '-';
        whole = -whole;
    }
    size += write_unsigned(out + size, (uint64_t)whole / 100);
    unsigned rest = (unsigned)((uint64_t)whole % 100);
    if (rest) {
        out[size++] = '.';
        out[size++] = (char)('0' + rest / 10);
        if (rest % 10)
            out[size++] = (char)('0' + rest % 10);
    }
    return size;
}

/* Shortest digits (no point) and the decimal exponent of the first digit. */
static int shortest(double number, char digits[20], int *exponent) {
    char buffer[40];
    for (int precision = 14; precision <= 16; precision++) {
        snprintf(buffer, sizeof buffer, "%.*e", precision, number);
        if (strtod(buffer, NULL) == number)
            break;
    }
    char *e = strchr(buffer, 'e');
    *exponent = (int)strtol(e + 1, NULL, 10);
    int count = 0;
    for (char *at = buffer; at < e; at++)
        if (*at != '.' && *at != '-')
            digits[count++] = *at;
    while (count > 1 && digits[count - 1] == '0')
        count--;
    return count;
}

static size_t write_plain(char *out, const char *digits, int count, int exponent, bool point) {
    size_t size = 0;
    if (exponent < 0) {
        out[size++] = '0';
        out[size++] = '.';
        for (int i = -1; i > exponent; i--)
            out[size++] = '0';
        memcpy(out + size, digits, (size_t)count);
        return size + (size_t)count;
    }
    for (int i = 0; i < count || i <= exponent; i++) {
        if (i == exponent + 1)
            out[size++] = '.';
        out[size++] = i < count ? digits[i] : '0';
    }
    if (point && count <= exponent + 1) {
        out[size++] = '.';
        out[size++] = '0';
    }
    return size;
}

static size_t write_scientific(char *out, const char *digits, int count, int exponent, bool java) {
    size_t size = 0;
    out[size++] = digits[0];
    if (count > 1 || java) {
        out[size++] = '.';
        if (count == 1)
            out[size++] = '0';
        memcpy(out + size, digits + 1, (size_t)count - 1);
        size += (size_t)count - 1;
    }
    out[size++] = 'E';
    return size + number_write_int64(out + size, exponent);
}

size_t number_write_double(char out[NUMBER_MAX], double number) {
    if (!isfinite(number))
        return number_write_java_double(out, number);
    size_t size = write_cents(out, number);
    if (size)
        return size;
    char digits[20];
    int exponent, count = shortest(number, digits, &exponent);
    if (signbit(number))
        out[size++] = '-';
    if (exponent >= -7 && exponent < 17)
        return size + write_plain(out + size, digits, count, exponent, false);
    return size + write_scientific(out + size, digits, count, exponent, false);
}

size_t number_write_java_double(char out[NUMBER_MAX], double number) {
    if (isnan(number)) {
        memcpy(out, "NaN", 3);
        return 3;
    }
    size_t size = 0;
    if (signbit(number))
        out[size++] = '-';
    double magnitude = fabs(number);
    if (isinf(number)) {
        memcpy(out + size, "Infinity", 8);
        return size + 8;
    }
    if (magnitude == 0) {
        memcpy(out + size, "0.0", 3);
        return size + 3;
    }
    if (magnitude >= 1e-3 && magnitude < 1e7) {
        size_t wrote = write_cents(out + size, magnitude);
        if (wrote) {
            if (!memchr(out + size, '.', wrote)) {
                out[size + wrote++] = '.';
                out[size + wrote++] = '0';
            }
            return size + wrote;
        }
    }
    char digits[20];
    int exponent, count = shortest(magnitude, digits, &exponent);
    if (magnitude >= 1e-3 && magnitude < 1e7)
        return size + write_plain(out + size, digits, count, exponent, true);
    return size + write_scientific(out + size, digits, count, exponent, true);
}
