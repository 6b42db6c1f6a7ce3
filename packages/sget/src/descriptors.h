// Descriptors of a process that stays: it must hold open nothing whose end somebody waits for.
#pragma once

/** Closes all from 3 on but these. The list is put into order. */
void descriptors_keep(int *kept, unsigned count);

/** Puts /dev/null in the place of a standard descriptor. */
void descriptors_let_go(int standard);

/**
 * Another description of the pipe or terminal behind a descriptor, which does not block (open(2)): to make the caller's own
 * such would concern everybody who shares it. -1 where it cannot be had.
 */
int descriptors_own(int descriptor, int access);
