// The attested install: its group, by which the daemon knows this very program, and what only this program can tell.
#pragma once
#include "buffer.h"

/**
 * Gives up the group that setgid lends, but for the right to take it back: the first thing that this process does. What
 * is executed from then on, by any way, has no trace of it: the saved group becomes the effective one (execve(2)).
 */
void attestation_begin(char *const *arguments);

/** The group for the time of a connect(2), when the kernel notes it for SO_PEERCRED (unix(7)); and no longer. */
void attestation_raise(void);
void attestation_lower(void);

/** Gives it up altogether: without that, whoever stands below this process could not be told from one that hides. */
void attestation_end(void);

/** Whether there is a group to show, so that the daemon is owed a report: it cannot look into this process. */
bool attestation_is_claimed(void);

/** Appends an `attest` message: what stands behind standard output, and a fingerprint of the command line. */
void attestation_write(struct writer *outbox);
