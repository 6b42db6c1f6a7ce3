// Requests that bring a secret in: request, ready, obtain it, ack, room, supply, done. All refusals come before it.
#pragma once
#include "exchange.h"

/** Where a secret comes from, once the daemon is ready for it. */
struct source {
  /** @param daemon a socket: when something arrives on it, whoever asks a human stops and returns SUPERSEDED */
  enum failure (*obtain)(const struct source *source, int daemon, struct secret *into);
  /** What a terminal asks. */
  const char *question;
  /** Where to read it, or -1. */
  int descriptor;
  /** Whether a human types it, who may err and try again; and whether it is asked for twice. */
  bool typed, twice;
};

/** One such request: its message, and the fields that this has (in order of kind: a text, a flag). */
struct delivery {
  uint8_t type;
  const char *text;
  bool flag;
  const struct source *source;
};

/** Makes the request and supplies the secret; a human gets several tries at a passphrase. */
enum failure deliver(struct connection *daemon, const struct delivery *delivery);

/** Supplies a secret to a request that is ready: ack, room, supply. */
enum failure hand_over(struct connection *daemon, uint32_t id, const struct secret *secret);
