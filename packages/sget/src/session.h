// A connection on which a command can begin.
#pragma once
#include "exchange.h"
#include "options.h"

/** Connects to the daemon of the instance; where a passphrase is given by descriptor, proves the connection first. */
enum failure session_open(const struct options *options, struct connection *daemon);

/** Connects only. */
enum failure session_connect(const struct options *options, struct connection *daemon);
