// What the address sanitizer need not report, linked into everything that is built for it.

// Before it starts a process, Foundation copies entries of a directory whole, beyond the end of their names.
const char *__asan_default_suppressions(void) { return "interceptor_via_fun:findMaximumOpenFromProcSelfFD\n"; }
