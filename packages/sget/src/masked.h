// A command below sget, which masks what it prints.
#pragma once
#include "provision.h"
#include "start.h"

/**
 * Starts the command, stays until it has ended, and ends as it did. Returns only to tell why it could not be
 * started.
 */
enum failure masked_run(struct provision *provision, struct start *start);
