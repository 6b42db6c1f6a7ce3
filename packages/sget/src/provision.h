// What a run gets of the values: its environment, its files, and what the mask looks for.
#pragma once
#include "environment.h"
#include "files.h"
#include "patterns.h"

struct provision {
  bool is_masked;
  struct environment environment;
  struct files files;
  struct patterns patterns;
  struct terms terms;
};

/** Asks for the values, and puts each where it is wanted. Others cannot look into this process from then on. */
enum failure provision_collect(struct provision *provision, struct connection *daemon, const struct wish *wish);

/** Says which values are too short to be masked. */
void provision_warn(void);

/** Wipes all that only the command needed. */
void provision_hand_over(struct provision *provision);
