// What to do when the daemon says that a human must act.
#pragma once
#include "exchange.h"

/**
 * Where there is a terminal, asks for the passphrase right there and proves the request with it. Where there is none,
 * fails with what the human must do.
 *
 * @param frame the `waiting` message
 */
enum failure answer_waiting(struct connection *daemon, uint32_t id, struct frame *frame);
