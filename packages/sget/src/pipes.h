// What the caller may have left odd: missing standard descriptors, and what a broken pipe does.
#pragma once

/** Opens /dev/null in place of a standard descriptor that is closed, or a socket of ours would take its number. */
void pipes_complete(void);

/** From now on a broken pipe is an error of write(2), not a death. */
void pipes_survive(void);

/** Undoes both, for a command that we become. */
void pipes_restore(void);
