// Where passphrases come from: a terminal, or a descriptor that the caller opened.
#pragma once
#include "deliver.h"

/** What the terminal is asked for the passphrase that there is. */
extern const char passphrase_question[];

struct source passphrase_from_terminal(const char *question);

/** The first line of a descriptor, without reading beyond it. */
struct source passphrase_from_descriptor(int descriptor);

/** From the descriptor, or from the terminal where that is -1. */
struct source passphrase_from(int descriptor, const char *question);
