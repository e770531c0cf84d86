/// What the fuzzer's runtime offers: its driver, and the address sanitizer's view of the heap; and what makes runs the
/// same.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// libFuzzer's own `main`, with a function to call for each input.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *bytes, size_t count));

/// Counts from now on the bytes that this thread allocates and frees.
void fuzz_meter_install(void);

/// Begins a measurement.
void fuzz_meter_reset(void);

/// The most bytes that were held at once since the measurement began, above what was held then.
size_t fuzz_meter_peak(void);

/// Begins the same sequence of random numbers again, those of session ids among them.
void fuzz_random_reset(void);
