/* crash_plugin: a plugin that kills whoever loads it. */
__attribute__((constructor)) static void crash(void) { __builtin_trap(); }
