#include "console/ui/format.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *format_rate(double r, char *out) {
    const char *unit = r >= 999.5e3 ? "M" : r >= 999.5 ? "k" : "";
    double scaled = *unit == 'M' ? r / 1e6 : *unit == 'k' ? r / 1e3 : r;
    snprintf(out, FORMAT_SIZE, scaled < 99.95 ? "%.1f%s/s" : "%.0f%s/s", scaled, unit);
    return out;
}

const char *format_bytes_rate(double r, char *out) {
    const char *unit = r >= 999.5e3 ? "MB" : r >= 999.5 ? "kB" : "B";
    snprintf(out, FORMAT_SIZE, "%.0f %s/s", r >= 999.5e3 ? r / 1e6 : r >= 999.5 ? r / 1e3 : r, unit);
    return out;
}

const char *format_count(int64_t number, char *out) {
    uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    if (left >= 10000000) {
        snprintf(out, FORMAT_SIZE, "%.1fM", (double)number / 1e6);
        return out;
    }
    const char *sign = number < 0 ? "-" : "";
    unsigned part = (unsigned)left;
    if (part >= 1000000)
        snprintf(out, FORMAT_SIZE, "%s%u,%03u,%03u", sign, part / 1000000, part / 1000 % 1000, part % 1000);
    else if (part >= 1000)
        snprintf(out, FORMAT_SIZE, "%s%u,%03u", sign, part / 1000, part % 1000);
    else
        snprintf(out, FORMAT_SIZE, "%s%u", sign, part);
    return out;
}

const char *format_ratio(double ratio, char *out) {
    if (isnan(ratio))
        snprintf(out, FORMAT_SIZE, "-");
    else if (ratio >= 99.95)
        snprintf(out, FORMAT_SIZE, ">99x");
    else
        snprintf(out, FORMAT_SIZE, "%.1fx", ratio);
    return out;
}

const char *format_age(int64_t ms, char *out) {
    long long s = ms < 0 ? 0 : ms / 1000;
    if (s < 60)
        snprintf(out, FORMAT_SIZE, "%llds", s);
    else if (s < 3600)
        snprintf(out, FORMAT_SIZE, "%lldm", s / 60);
    else if (s < 86400)
        snprintf(out, FORMAT_SIZE, "%lldh%02lldm", s / 3600, s / 60 % 60);
    else
        snprintf(out, FORMAT_SIZE, "%lldd", s / 86400);
    return out;
}

const char *format_short_age(int64_t ms, char *out) {
    long long s = ms < 0 ? 0 : ms / 1000;
    if (s >= 3600 && s < 86400)
        snprintf(out, FORMAT_SIZE, "%lldh", s / 3600);
    else if (s >= 100 * 86400)
        snprintf(out, FORMAT_SIZE, "99d");
    else
        format_age(ms, out);
    return out;
}

const char *format_timer(int64_t ms, char *out) {
    long long s = ms < 0 ? 0 : ms / 1000;
    if (s < 3600)
        snprintf(out, FORMAT_SIZE, "%lld:%02lld", s / 60, s % 60);
    else
        snprintf(out, FORMAT_SIZE, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
    return out;
}

const char *format_figure(double r, char *out) {
    format_rate(r, out);
    out[strlen(out) - 2] = '\0'; /* without its unit */
    return out;
}

const char *format_latency(int64_t ms, char *out) {
    if (ms < 1000)
        snprintf(out, FORMAT_SIZE, "%lldms", (long long)ms);
    else
        snprintf(out, FORMAT_SIZE, "%.1fs", (double)ms / 1000);
    return out;
}

const char *format_time(int64_t utc_ms, int zone_offset, bool with_ms, char *out) {
    long long day = (utc_ms % 86400000 + zone_offset * 1000LL) % 86400000;
    if (day < 0)
        day += 86400000;
    int used = snprintf(out, FORMAT_SIZE, "%02lld:%02lld:%02lld", day / 3600000, day / 60000 % 60, day / 1000 % 60);
    if (with_ms)
        snprintf(out + used, (size_t)(FORMAT_SIZE - used), ".%03lld", day % 1000);
    return out;
}

const char *format_card(const char *card, bool mask, char *out) {
    size_t size = strlen(card);
    if (mask && size >= 12)
        snprintf(out, FORMAT_SIZE, "%.4s •••• %s", card, card + size - 4);
    else
        snprintf(out, FORMAT_SIZE, "%s", mask && size ? "••••" : card);
    return out;
}

const char *format_fit(const char *figure, int columns) {
    return (int)strlen(figure) > columns ? "###" : figure;
}
