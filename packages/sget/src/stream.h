// Whole pieces over a socket, whatever pieces the system makes of them.
#pragma once
#include "buffer.h"
#include "failures.h"

/**
 * Sends both, one after the other. That the daemon has hung up is no failure here: it may have said why, and the
 * next receive finds out.
 */
enum failure stream_send(int socket, struct slice first, struct slice second);

/** Exactly so many bytes. */
enum failure stream_receive(int socket, uint8_t *bytes, size_t length);
