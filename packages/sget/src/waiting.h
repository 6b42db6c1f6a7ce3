// What to do when the daemon says that a human must act.
#pragma once
#include "exchange.h"

/**
 * Where there is a terminal, asks for the passphrase right there and proves the request with it. Where there is none, or
 * an agent's, says what lets the request pass and goes on waiting if a click does, else fails with that.
 *
 * @param frame the `waiting` message
 */
enum failure answer_waiting(struct connection *daemon, uint32_t id, struct frame *frame);

/** Says where the human signs in, and lets the connection wait for as long as the daemon does. `frame`: the `invitation`. */
void tell_invitation(struct connection *daemon, struct frame *frame);

/** Says how old a value is that will come. `frame`: the `stale` message. */
void tell_stale(struct frame *frame);
