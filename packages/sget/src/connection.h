// A connection to sgetd: opened, its server checked, frames in and out. Request ids begin at 1; hello has 0.
#pragma once
#include "failures.h"
#include "frame.h"
#include "limits.h"
#include "secret.h"

/** The largest request of ours, a `run` of 32 refs, 64 plain names, words and paths, and hello before it. */
enum { OUTBOX_BYTES_MAX = 56 * 1024 };

struct connection {
  int socket;
  bool greeted;
  uint32_t last_id;
  /** Frames that are sent together with the next `connection_send`. */
  struct writer outbox;
  /** Where a frame that ends in a secret is received; NULL while none is expected. */
  struct secret *room;
};

/** The one connection of this process. */
extern struct connection the_daemon;

/**
 * Connects, and checks that the server is of our own user before anything is sent. Hello goes with the first request,
 * welcome is awaited before the first reply.
 */
enum failure connection_open(struct connection *daemon, const char *path);

/** Takes a socket that is connected already, on which nobody says hello. */
void connection_adopt(struct connection *daemon, int socket);

/** Sends what is in the outbox, and then the bytes of `secret`, which the last frame there announces. */
enum failure connection_send(struct connection *daemon, const struct secret *secret);

/** The next frame of the daemon, checked; its body stays valid until the next call. */
enum failure connection_receive(struct connection *daemon, struct frame *frame);

/** Lets the daemon be silent for so many seconds more than usual: a human has to answer. */
void connection_be_patient(const struct connection *daemon, uint64_t seconds);

void connection_close(struct connection *daemon);
