// Counts the bytes one thread holds, through the sanitizer's hooks.
#include "fuzz.h"

// The sanitizer's interface; declared here, since its header is not installed everywhere.
int __sanitizer_install_malloc_and_free_hooks(
    void (*malloc_hook)(const volatile void *, size_t), void (*free_hook)(const volatile void *));
size_t __sanitizer_get_allocated_size(const volatile void *address);

static _Thread_local ptrdiff_t held;
static _Thread_local ptrdiff_t peak;

static void allocated(const volatile void *address, size_t size) {
    held += (ptrdiff_t)size;
    if (held > peak) peak = held;
}

static void freed(const volatile void *address) {
    if (address) held -= (ptrdiff_t)__sanitizer_get_allocated_size(address);
}

void fuzz_meter_install(void) { __sanitizer_install_malloc_and_free_hooks(allocated, freed); }

void fuzz_meter_reset(void) {
    held = 0;
    peak = 0;
}

size_t fuzz_meter_peak(void) { return (size_t)peak; }
