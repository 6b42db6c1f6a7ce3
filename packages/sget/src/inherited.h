// The environment as the caller gave it, for the command that is run.
#pragma once

/** Notes where the kernel laid it down: the first thing that is done with the arguments. */
void inherited_begin(int count, char *const *arguments);

/** All of it. In a setgid program the C library takes TMPDIR, LD_LIBRARY_PATH and others out of `environ` (ld.so(8)). */
char **inherited_environment(void);
