#pragma once

#include <sys/epoll.h>
#include <sys/syscall.h>

/// Declared in `unistd.h` for GNU sources only.
long syscall(long number, ...);

/// Keeps the calling thread on one processor; 0, or -1 when there is no such processor.
static inline int linux_pin_to_processor(int processor) {
    unsigned long mask[16] = {0};
    const int bits = 8 * (int)sizeof(unsigned long);
    if (processor < 0 || processor >= 16 * bits) {
        return -1;
    }
    mask[processor / bits] = 1ul << (processor % bits);
    return (int)syscall(SYS_sched_setaffinity, 0, sizeof mask, mask);
}
