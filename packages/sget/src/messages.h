// The message table: type, name and fields of every message, as in packages/wire/src/messages.ts.
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum {
  MESSAGE_HELLO = 0x01,
  MESSAGE_READ = 0x02,
  MESSAGE_ACK = 0x03,
  MESSAGE_UNLOCK = 0x0a,
  MESSAGE_PROVE = 0x0b,
  MESSAGE_PASSWD = 0x0c,
  MESSAGE_PUT = 0x0d,
  MESSAGE_SUPPLY = 0x18,
  MESSAGE_ATTEST = 0x1f,
  MESSAGE_RUN = 0x21,
  MESSAGE_MASK = 0x22,
  MESSAGE_FOUND = 0x24,
  MESSAGE_LOOKED = 0x25,
  MESSAGE_COVERED = 0x26,
  MESSAGE_STRUCK = 0x27,

  MESSAGE_FAILURE = 0x80,
  MESSAGE_WELCOME = 0x81,
  MESSAGE_READY = 0x82,
  MESSAGE_VALUE = 0x83,
  MESSAGE_DONE = 0x84,
  MESSAGE_WAITING = 0x85,
  MESSAGE_INVITATION = 0x9b,
  MESSAGE_STALE = 0x9f,
  MESSAGE_ROOM = 0x8e,
  MESSAGE_TERMS = 0x92,
  MESSAGE_LOOK = 0x93,
  MESSAGE_COVER = 0x94,
  MESSAGE_STRIKE = 0x95,
};

enum { ROLE_PLAIN = 0 };
enum { LEVEL_ACK = 0, LEVEL_PROOF = 1 };

/**
 * One row. `fields` has a letter a field, in order: 1, 2, 4 a number of so many bytes, t a time, f a flag, s a text,
 * d a document, x a secret, and (…) a list of rows with the fields between the parentheses.
 */
struct message {
  uint8_t type;
  const char *name;
  const char *fields;
};

/** NULL when there is no message of that type. */
const struct message *message_of_type(uint8_t type);

/** Whether a frame of this message ends in bytes that must stay in locked memory. */
bool message_carries_secret(const struct message *message);
