/* Small repeatable random numbers (xoshiro256**). Not for secrets. One owner. */
#pragma once

#include <stdint.h>

struct random {
    uint64_t state[4];
};

void random_seed(struct random *random, uint64_t seed);
uint64_t random_next(struct random *random);
int64_t random_between(struct random *random, int64_t low, int64_t high); /* both inclusive, unbiased */
double random_unit(struct random *random);                                /* [0,1) */
uint64_t random_system_seed(void);
