#include "ksql/analysis/plan.h"

#include "foundation/base/memory.h"

struct plan *plan_new(void) {
    struct plan *plan = memory_zero(1, sizeof *plan);
    plan->references = 1;
    plan->limit = -1;
    return plan;
}

struct plan *plan_hold(struct plan *plan) {
    __atomic_add_fetch(&plan->references, 1, __ATOMIC_RELAXED);
    return plan;
}

void plan_release(struct plan *plan) {
    if (plan == NULL || __atomic_sub_fetch(&plan->references, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    arena_free(&plan->arena);
    memory_free(plan);
}

static const char *step_name(const struct step *step) {
    switch (step->kind) {
    case STEP_SOURCE:
        return "SOURCE";
    case STEP_FILTER:
        return "FILTER";
    case STEP_PROJECT:
        return "PROJECT";
    case STEP_FLATTEN:
        return "FLAT_MAP";
    case STEP_JOIN:
    case STEP_JOIN_TABLES:
    case STEP_JOIN_STREAMS:
        return "JOIN";
    case STEP_JOIN_FOREIGN:
        return "FK_TABLE_TABLE_JOIN";
    case STEP_AGGREGATE:
        return "AGGREGATE";
    case STEP_SINK:
        return "SINK";
    }
    return "";
}

static void print_step(struct text *out, const struct plan *plan, const struct step *step, int depth) {
    for (; step != NULL; step = step->below, depth++) {
        text_append_format(out, "%*s > [ %s ] | Schema: ", depth * 2, "", step_name(step));
        schema_print(out, step->schema, "KEY");
        text_append_format(out, " | Logger: %.*s.%s\n", VIEW_ARGS(plan->query_id), step_name(step));
        if (step->right != NULL)
            print_step(out, plan, step->right, depth + 1);
    }
}

void plan_print(struct text *out, const struct plan *plan) {
    print_step(out, plan, plan->root, 0);
}
