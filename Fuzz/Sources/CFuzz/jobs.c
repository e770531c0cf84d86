// Takes the jobs of Swift's default pool into a queue of its own. For one thread.
#include "jobs.h"

#include <stdint.h>
#include <stdlib.h>

// The runtime's interface for replacing its pool (swift/Runtime/Concurrency.h).
typedef __attribute__((swiftcall)) void (*enqueue_function)(void *job);
extern __attribute__((swiftcall)) void (*swift_task_enqueueGlobal_hook)(void *job, enqueue_function original);
__attribute__((swiftcall)) void swift_job_run(void *job, void *executor_identity, uintptr_t executor_implementation);

typedef struct entry {
    void *job;
    struct entry *next;
} entry;

static entry *first;
static entry **end = &first;

static __attribute__((swiftcall)) void enqueue(void *job, enqueue_function original) {
    entry *added = malloc(sizeof(entry));
    if (!added) abort();
    added->job = job;
    added->next = NULL;
    *end = added;
    end = &added->next;
}

void fuzz_jobs_install(void) { swift_task_enqueueGlobal_hook = enqueue; }

bool fuzz_jobs_run_one(void) {
    entry *taken = first;
    if (!taken) return false;
    first = taken->next;
    if (!first) end = &first;
    void *job = taken->job;
    free(taken);
    swift_job_run(job, NULL, 0);
    return true;
}
