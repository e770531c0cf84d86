// Takes the place of the function that Swift's random numbers come from: the same numbers for the same input.
#include "fuzz.h"

static uint64_t state;

void fuzz_random_reset(void) { state = 0; }

// SplitMix64.
static uint64_t next(void) {
    uint64_t mixed = state += 0x9E3779B97F4A7C15;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
    return mixed ^ (mixed >> 31);
}

// The runtime's own has the same name (swift/stdlib/public/SwiftShims/Random.h); the program's comes before it.
void swift_stdlib_random(void *bytes, size_t count) {
    uint8_t *to = bytes;
    uint64_t number = 0;
    for (size_t index = 0; index < count; index++) {
        if (index % 8 == 0) number = next();
        to[index] = (uint8_t)(number >> index % 8 * 8);
    }
}
