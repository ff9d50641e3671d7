#include "foundation/base/number.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "foundation/base/number_powers.h"

static const char two_digits[] = "0001020304050607080910111213141516171819"
                                 "2021222324252627282930313233343536373839"
                                 "4041424344454647484950515253545556575859"
                                 "6061626364656667686970717273747576777879"
                                 "8081828384858687888990919293949596979899";

double number_from_digits(uint64_t digits, size_t scale) {
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    return (double)digits / powers[scale];
}

static size_t count_digits(uint64_t number) {
    size_t count = 1;
    for (; number >= 10000; number /= 10000)
        count += 4;
    return count + (number >= 10) + (number >= 100) + (number >= 1000);
}

static size_t write_unsigned(char *out, uint64_t number) {
    size_t count = count_digits(number);
    char *at = out + count;
    while (number >= 100) {
        at -= 2;
        memcpy(at, two_digits + 2 * (number % 100), 2);
        number /= 100;
    }
    if (number >= 10) {
        at -= 2;
        memcpy(at, two_digits + 2 * number, 2);
    } else {
        *--at = (char)('0' + number);
    }
    return count;
}

size_t number_write_int64(char out[NUMBER_MAX], int64_t number) {
    if (number >= 0)
        return write_unsigned(out, (uint64_t)number);
    out[0] = '-';
    return 1 + write_unsigned(out + 1, 0 - (uint64_t)number);
}

/* Amounts and their sums mostly have at most two decimals: exact integers of cents. Two decimals of up to 15 digits
 * never mean the same double, so the digits are the shortest too. */
static size_t write_cents(char *out, double number) {
    double cents = number * 100;
    if (!(cents > -1e15 && cents < 1e15))
        return 0;
    int64_t whole = (int64_t)(cents + (cents < 0 ? -0.5 : 0.5)); /* 129.95 * 100 is a hair below 12995 */
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

/* --- shortest digits: R. Giulietti, "The Schubfach way to render doubles" (2020) --- */

struct decimal { /* digits * 10^exponent */
    uint64_t digits;
    int exponent;
};

static int floor_log2_of_power10(int e) {
    return (int)((int64_t)e * 1741647 >> 19);
}

/* floor(log10(2^e)), or of three quarters of 2^e */
static int floor_log10_of_power2(int e, bool three_quarters) {
    return (int)(((int64_t)e * 1262611 - (three_quarters ? 524031 : 0)) >> 22);
}

/* power * number / 2^128, the last bit set when anything was cut off: so later comparisons are exact. */
static uint64_t multiply_to_odd(const uint64_t power[2], uint64_t number) {
    unsigned __int128 low = (unsigned __int128)power[1] * number;
    unsigned __int128 high = (unsigned __int128)power[0] * number + (uint64_t)(low >> 64);
    return (uint64_t)(high >> 64) | ((uint64_t)high > 1);
}

/* Of all decimals that read back as fraction * 2^exponent the one with fewest digits, of those the closest. `fewest`
 * 100 keeps two digits where one would do, as Java does. */
static struct decimal shortest_of(uint64_t fraction, int exponent, bool narrow_below, bool odd, uint64_t fewest) {
    int k = floor_log10_of_power2(exponent, narrow_below), shift = exponent + floor_log2_of_power10(-k) + 1;
    const uint64_t *power = number_powers[-k - POWER_FIRST];
    /* the number and the middles to its neighbours, in quarters of 10^k */
    uint64_t here = multiply_to_odd(power, (4 * fraction) << shift);
    uint64_t lower = multiply_to_odd(power, (4 * fraction - (narrow_below ? 1 : 2)) << shift) + odd;
    uint64_t upper = multiply_to_odd(power, (4 * fraction + 2) << shift) - odd;
    uint64_t floor = here / 4;
    if (floor >= fewest) {
        uint64_t tens = floor / 10;
        bool down = lower <= 40 * tens, up = 40 * tens + 40 <= upper;
        if (down != up)
            return (struct decimal){tens + up, k + 1};
    }
    bool down = lower <= 4 * floor, up = 4 * floor + 4 <= upper;
    if (down != up)
        return (struct decimal){floor + up, k};
    uint64_t middle = 4 * floor + 2;
    return (struct decimal){floor + (here > middle || (here == middle && floor % 2)), k};
}

/* Shortest digits (no point) and the decimal exponent of the first digit. Finite and not zero; the sign is ignored. */
static int shortest(double number, bool java, char digits[20], int *exponent) {
    const uint64_t hidden = (uint64_t)1 << 52;
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    uint64_t fraction = bits & (hidden - 1);
    int power = (int)(bits >> 52 & 0x7ff);
    bool narrow_below = fraction == 0 && power > 1;
    struct decimal decimal;
    if (power)
        decimal = shortest_of(fraction | hidden, power - 1075, narrow_below, fraction & 1, java ? 100 : 10);
    else
        decimal = shortest_of(fraction, -1074, false, fraction & 1, java ? 100 : 10);
    if (java && power == 0 && fraction < 3) /* the two numbers that even two digits do not come out of */
        decimal = (struct decimal){fraction == 1 ? 49 : 99, -325};
    while (decimal.digits % 10 == 0) {
        decimal.digits /= 10;
        decimal.exponent++;
    }
    size_t count = write_unsigned(digits, decimal.digits);
    *exponent = decimal.exponent + (int)count - 1;
    return (int)count;
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
    int exponent, count = shortest(number, false, digits, &exponent);
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
    int exponent, count = shortest(magnitude, true, digits, &exponent);
    if (magnitude >= 1e-3 && magnitude < 1e7)
        return size + write_plain(out + size, digits, count, exponent, true);
    return size + write_scientific(out + size, digits, count, exponent, true);
}
