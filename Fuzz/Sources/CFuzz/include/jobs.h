/// Runs all of Swift's tasks on the calling thread, when it is told to: so that a run is the same each time.
#pragma once

#include <stdbool.h>

/// Takes over whatever would run on the default pool, from now on and for good.
void fuzz_jobs_install(void);

/// Runs one step of the task that has waited longest; says whether there was one.
bool fuzz_jobs_run_one(void);
