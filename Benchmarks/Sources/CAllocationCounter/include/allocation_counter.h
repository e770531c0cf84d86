// Counts the heap allocations of this process.
#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

/// Whether allocations are counted on this system.
bool allocation_counter_works(void);

/// The number of allocations of all threads so far.
uint64_t allocation_count(void);

#endif
