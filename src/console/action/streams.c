/* Producer and detector. */
#include <string.h>

#include "console/action/families.h"

enum { RATE_MOST = 1000000 };

static int parse_rate(const char *word, double *rate, struct error *error) {
    struct view view = view_of(word);
    if (strcmp(word, "max") == 0) {
        *rate = -1;
        return 0;
    }
    if (view_ends_with(view, VIEW("/s")))
        view.size -= 2;
    if (!view_to_double(view, rate) || *rate <= 0 || *rate > RATE_MOST)
        return error_set(error, ERROR_INVALID, "'%s' is not a rate: write a number of transactions a second, or max",
                         word);
    return 0;
}

int action_producer(struct command_context *context, const struct command_line *line, struct error *error) {
    const char *verb = line->count > 1 ? line->words[1] : "";
    struct request *request = NULL;
    double rate = 0;
    int64_t number = 0;
    if (strcmp(verb, "start") == 0 && line->count <= 3) {
        if (line->count == 3 && parse_rate(line->words[2], &rate, error) != 0)
            return -1;
        request = request_new(SERVICE_PRODUCER, REQUEST_START, NULL);
    } else if (strcmp(verb, "rate") == 0 && line->count == 3) {
        if (parse_rate(line->words[2], &rate, error) != 0)
            return -1;
        request = request_new(SERVICE_PRODUCER, REQUEST_RATE, NULL);
    } else if (strcmp(verb, "stop") == 0 && line->count == 2) {
        request = request_new(SERVICE_PRODUCER, REQUEST_STOP, NULL);
    } else if (strcmp(verb, "burst") == 0 && line->count <= 4) {
        if (line->count > 2 && (!view_to_int64(view_of(line->words[2]), &number) || number < 1))
            return error_set(error, ERROR_INVALID, "'%s' is not a number of transactions", line->words[2]);
        request = request_new(SERVICE_PRODUCER, REQUEST_BURST, line->count > 3 ? line->words[3] : NULL);
    } else if (strcmp(verb, "one") == 0 && line->count <= 4) {
        if (line->count > 3 && (!view_to_int64(view_of(line->words[3]), &number) || number < 1 || number > INT32_MAX))
            return error_set(error, ERROR_INVALID, "'%s' is not an amount", line->words[3]);
        request = request_new(SERVICE_PRODUCER, REQUEST_ONE, line->count > 2 ? line->words[2] : NULL);
    } else {
        return action_usage("producer", error);
    }
    request->number = rate;
    request->count = number;
    services_send(context->services, request);
    return 0;
}

int action_detector(struct command_context *context, const struct command_line *line, struct error *error) {
    const char *verb = line->count > 1 ? line->words[1] : "";
    struct request *request = NULL;
    if (strcmp(verb, "start") == 0 && line->count == 2) {
        request = request_new(SERVICE_DETECTOR, REQUEST_START, NULL);
    } else if (strcmp(verb, "stop") == 0 && line->count == 2) {
        request = request_new(SERVICE_DETECTOR, REQUEST_STOP, NULL);
    } else if (strcmp(verb, "rewind") == 0 && line->count == 3 &&
               (strcmp(line->words[2], "earliest") == 0 || strcmp(line->words[2], "latest") == 0)) {
        request = request_new(SERVICE_DETECTOR, REQUEST_REWIND, line->words[2]);
    } else if (strcmp(verb, "rule") == 0 && line->count <= 4) {
        int64_t count = 0;
        double ratio = 0;
        if (line->count > 2 && (!view_to_int64(view_of(line->words[2]), &count) || count < 1 || count > 1000))
            return error_set(error, ERROR_INVALID, "'%s' is not a number of transactions", line->words[2]);
        if (line->count > 3 && strcmp(line->words[3], "total") != 0 &&
            (!view_to_double(view_of(line->words[3]), &ratio) || ratio <= 0))
            return error_set(error, ERROR_INVALID, "'%s' is not a ratio to the average", line->words[3]);
        request = request_new(SERVICE_DETECTOR, REQUEST_RULE, NULL);
        request->count = count;
        request->number = ratio;
    } else {
        return action_usage("detector", error);
    }
    services_send(context->services, request);
    return 0;
}
