// What the thread sanitizer needs to know of Swift, linked into everything that is built for it.
#define SWIFT __attribute__((swiftcall))
#define LOCK __attribute__((swift_context)) void *lock
#define HANDLE "$s15Synchronization12_MutexHandleV"

extern void __tsan_acquire(void *address);
extern void __tsan_release(void *address);

// MARK: Mutex

// On Linux the fast path of Swift's Mutex is compiled into its callers, where the sanitizer follows it. The slow path is
// in Swift's own library, which is not compiled for the sanitizer: each lock that had to wait would look like a race. The
// linker puts these functions before that library's (--wrap); they do the same, and say who waited for whom.

// Absent from programs without locks.
#define WEAK SWIFT __attribute__((weak))

WEAK void lock_slow(unsigned thread, LOCK) __asm__("__real_" HANDLE "9_lockSlowyys6UInt32VF");
WEAK void unlock_slow(LOCK) __asm__("__real_" HANDLE "11_unlockSlowyyF");
WEAK _Bool try_lock_slow(LOCK) __asm__("__real_" HANDLE "12_tryLockSlowSbyF");

SWIFT void told_lock_slow(unsigned thread, LOCK) __asm__("__wrap_" HANDLE "9_lockSlowyys6UInt32VF");
SWIFT void told_unlock_slow(LOCK) __asm__("__wrap_" HANDLE "11_unlockSlowyyF");
SWIFT _Bool told_try_lock_slow(LOCK) __asm__("__wrap_" HANDLE "12_tryLockSlowSbyF");

SWIFT void told_lock_slow(unsigned thread, LOCK) {
    lock_slow(thread, lock);
    __tsan_acquire(lock);
}

SWIFT void told_unlock_slow(LOCK) {
    __tsan_release(lock);
    unlock_slow(lock);
}

SWIFT _Bool told_try_lock_slow(LOCK) {
    _Bool is_locked = try_lock_slow(lock);
    if (is_locked) __tsan_acquire(lock);
    return is_locked;
}

// MARK: Continuations

// A continuation that is resumed before its task waits for it hands its value over inside Swift's library. The task goes
// on at once, and what it writes to its own frame looks like a race with resume(), which read where to put the value.
// Nothing but Swift's library is called by these two functions, UnsafeContinuation's resume(returning:) and
// resume(throwing:).
const char *__tsan_default_suppressions(void) {
    return "race_top:sScc6resume9returning\n"
           "race_top:sScc6resume8throwing\n";
}

// Long enough for the stack of the other access to be known still: a race without it is not reported at all.
const char *__tsan_default_options(void) { return "history_size=7"; }
