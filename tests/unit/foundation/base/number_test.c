/* Doubles as the fewest digits that read back, against printf and strtod; powers of ten computed anew. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "foundation/base/clock.h"
#include "foundation/base/number.h"
#include "foundation/base/number_powers.h"
#include "foundation/base/random.h"

static double from_bits(uint64_t bits) {
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

/* Digits without sign, point, exponent and zeros around them. */
static int count_digits(const char *text) {
    int count = 0, zeros = 0;
    for (; *text && *text != 'e' && *text != 'E'; text++) {
        if (*text < '0' || *text > '9' || (*text == '0' && count == 0))
            continue;
        zeros = *text == '0' ? zeros + 1 : 0;
        count++;
    }
    return count - zeros;
}

/* No text with one digit less reads back; of those with as many none is closer. */
static void expect_shortest(double number) {
    char out[NUMBER_MAX + 1], other[40];
    out[number_write_double(out, number)] = '\0';
    if (strtod(out, NULL) != number)
        fail_msg("%a became %s", number, out);
    int count = count_digits(out);
    if (count > 1) {
        snprintf(other, sizeof other, "%.*e", count - 2, number);
        if (strtod(other, NULL) == number)
            fail_msg("%s is shorter than %s", other, out);
    }
    snprintf(other, sizeof other, "%.*e", count - 1, number);
    if (count < 17 && strtod(other, NULL) == number && count_digits(other) != count)
        fail_msg("%s is shorter than %s", other, out);
}

static void expect_java(double number, const char *text) {
    char out[NUMBER_MAX + 1];
    out[number_write_java_double(out, number)] = '\0';
    assert_string_equal(out, text);
}

static void expect_plain(double number, const char *text) {
    char out[NUMBER_MAX + 1];
    out[number_write_double(out, number)] = '\0';
    assert_string_equal(out, text);
}

static void random_doubles_read_back_and_no_shorter_text_does(void **state) {
    (void)state;
    struct random random;
    random_seed(&random, 20260314);
    int64_t end = clock_monotonic_ms() + 1000; /* a million where the machine is quick; never fewer than 50,000 */
    char out[NUMBER_MAX + 1];
    for (int i = 0; i < 1000000 && (i < 50000 || i % 1024 || clock_monotonic_ms() < end); i++) {
        uint64_t bits = random_next(&random);
        if (i % 4 == 1)
            bits &= UINT64_C(0x800fffffffffffff); /* subnormal */
        else if (i % 4 == 2)
            bits = (bits & UINT64_C(0x800fffffffffffff)) | (uint64_t)random_between(&random, 960, 1090)
                                                               << 52; /* of every day */
        double number = i % 4 == 3 ? (double)random_between(&random, -999999999, 999999999) / 1000 : from_bits(bits);
        if (!isfinite(number) || number == 0)
            continue;
        if (i % 3 == 0) {
            expect_shortest(number);
            continue;
        }
        out[number_write_java_double(out, number)] = '\0';
        if (strtod(out, NULL) != number)
            fail_msg("%a became %s", number, out);
    }
}

static void powers_of_two_and_their_neighbours_are_shortest(void **state) {
    (void)state;
    for (uint64_t power = 0; power < 2047; power++) {
        for (int64_t by = -1; by <= 1; by++) {
            uint64_t bits = (power << 52) + (uint64_t)by;
            if (bits << 1 >> 53 != 2047 && bits)
                expect_shortest(from_bits(bits));
        }
    }
}

static void powers_of_ten_and_their_neighbours_are_shortest(void **state) {
    (void)state;
    for (int power = -323; power <= 308; power++) {
        char text[16];
        uint64_t bits;
        snprintf(text, sizeof text, "1e%d", power);
        double number = strtod(text, NULL);
        memcpy(&bits, &number, sizeof bits);
        expect_shortest(number);
        expect_shortest(from_bits(bits + 1));
        expect_shortest(from_bits(bits - 1));
    }
}

static void the_smallest_numbers_have_one_digit_and_two_in_java(void **state) {
    (void)state;
    expect_plain(5e-324, "5E-324");
    expect_plain(-5e-324, "-5E-324");
    expect_plain(1e-323, "1E-323");
    expect_plain(2.2250738585072011e-308, "2.225073858507201E-308");
    expect_java(4.9e-324, "4.9E-324");
    expect_java(9.9e-324, "9.9E-324");
    expect_java(1.5e-323, "1.5E-323");
    expect_java(-2e-323, "-2.0E-323");
    expect_java(2.2250738585072014e-308, "2.2250738585072014E-308");
    for (uint64_t bits = 1; bits < 2000; bits++)
        expect_shortest(from_bits(bits));
}

static void java_keeps_its_notation_at_its_limits(void **state) {
    (void)state;
    expect_java(1.7976931348623157e308, "1.7976931348623157E308");
    expect_java(9999999, "9999999.0");
    expect_java(1e7, "1.0E7");
    expect_java(12345678.9, "1.23456789E7");
    expect_java(0.001, "0.001");
    expect_java(0.00099999, "9.9999E-4");
    expect_java(-0.0, "-0.0");
    expect_java(2e23, "2.0E23");
    expect_java(8.41e21, "8.41E21");
    expect_java(9007199254740993.0, "9.007199254740992E15");
    expect_java(100, "100.0");
    expect_java(0.07, "0.07");
}

static void amounts_too_large_for_exact_cents_are_shortest_too(void **state) {
    (void)state;
    struct random random;
    random_seed(&random, 5);
    for (int i = 0; i < 20000; i++)
        expect_shortest((double)random_between(&random, 100000000000000, 9000000000000000) / 100);
    expect_plain(9999999999999.99, "9999999999999.99");
    expect_plain(1e16, "10000000000000000");
    expect_plain(1e17, "1E17");
}

static void whole_numbers_are_written_to_both_ends(void **state) {
    (void)state;
    static const int64_t numbers[] = {0, 9, 10, 99, 100, 12345, INT64_MAX, INT64_MIN, -1, -10, 1000000};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char out[NUMBER_MAX + 1], wanted[40];
        out[number_write_int64(out, numbers[i])] = '\0';
        snprintf(wanted, sizeof wanted, "%lld", (long long)numbers[i]);
        assert_string_equal(out, wanted);
    }
}

enum { WORDS = 40 };

/* Schoolbook: 10^k for k >= 0 as its bits; for k < 0 as 2^1120 / 10^-k, both rounded up to 128 leading bits. */
static void power_anew(int k, uint64_t power[2]) {
    uint32_t words[WORDS] = {0};
    bool rest = false;
    words[k < 0 ? 1120 / 32 : 0] = 1;
    for (int i = 0; i < k; i++) {
        uint64_t carry = 0;
        for (int w = 0; w < WORDS; w++) {
            carry += (uint64_t)words[w] * 10;
            words[w] = (uint32_t)carry;
            carry >>= 32;
        }
    }
    for (int i = 0; i > k; i--) {
        uint64_t left = 0;
        for (int w = WORDS; w-- > 0;) {
            left = left << 32 | words[w];
            words[w] = (uint32_t)(left / 10);
            left %= 10;
        }
        rest = rest || left;
    }
    int top = WORDS * 32 - 1;
    while (!(words[top / 32] >> top % 32 & 1))
        top--;
    unsigned __int128 bits = 0;
    for (int i = 0; i < 128; i++)
        bits = bits << 1 | (top - i >= 0 ? words[(top - i) / 32] >> (top - i) % 32 & 1 : 0);
    for (int i = top - 128; i >= 0; i--)
        rest = rest || (words[i / 32] >> i % 32 & 1);
    bits += rest;
    power[0] = (uint64_t)(bits >> 64);
    power[1] = (uint64_t)bits;
}

static void every_power_of_ten_is_its_leading_bits_rounded_up(void **state) {
    (void)state;
    for (int k = POWER_FIRST; k <= POWER_LAST; k++) {
        uint64_t anew[2];
        power_anew(k, anew);
        if (anew[0] != number_powers[k - POWER_FIRST][0] || anew[1] != number_powers[k - POWER_FIRST][1])
            fail_msg("10^%d is %016llx%016llx", k, (unsigned long long)anew[0], (unsigned long long)anew[1]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_doubles_read_back_and_no_shorter_text_does),
        cmocka_unit_test(powers_of_two_and_their_neighbours_are_shortest),
        cmocka_unit_test(powers_of_ten_and_their_neighbours_are_shortest),
        cmocka_unit_test(the_smallest_numbers_have_one_digit_and_two_in_java),
        cmocka_unit_test(java_keeps_its_notation_at_its_limits),
        cmocka_unit_test(amounts_too_large_for_exact_cents_are_shortest_too),
        cmocka_unit_test(whole_numbers_are_written_to_both_ends),
        cmocka_unit_test(every_power_of_ten_is_its_leading_bits_rounded_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
