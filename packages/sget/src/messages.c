// The message table.
#include "messages.h"
#include <stddef.h>
#include <string.h>

static const struct message messages[] = {
  {MESSAGE_HELLO, "hello", "21s"},
  {MESSAGE_READ, "read", "fs(ss)"},
  {MESSAGE_ACK, "ack", ""},
  {0x04, "status", ""},
  {0x05, "list", "ss"},
  {0x06, "describe", "s"},
  {0x07, "lock", ""},
  {0x08, "grant", "ss(ss)"},
  {0x09, "clear", "s"},
  {MESSAGE_UNLOCK, "unlock", "f"},
  {MESSAGE_PROVE, "prove", "s"},
  {MESSAGE_PASSWD, "passwd", ""},
  {MESSAGE_PUT, "put", "sf"},
  {0x0e, "remove", "s"},
  {0x0f, "generate", "sf2s"},
  {0x10, "grants", ""},
  {0x11, "requests", ""},
  {0x12, "approve", "s"},
  {0x13, "deny", "s"},
  {0x14, "revoke", "s"},
  {0x15, "verify", ""},
  {0x16, "document", "s"},
  {0x17, "stage", "sd"},
  {MESSAGE_SUPPLY, "supply", "x"},
  {0x1b, "backup", "sf"},
  {0x1c, "restore", "sf"},
  {0x1d, "reset", "sf"},
  {MESSAGE_ATTEST, "attest", "444441ss"},
  {0x20, "install", "s"},
  {MESSAGE_RUN, "run", "fsss(s)s(s)(ss)"},
  {MESSAGE_MASK, "mask", ""},
  {0x23, "scrub", "s(s)"},
  {MESSAGE_FOUND, "found", "ss4s4"},
  {MESSAGE_LOOKED, "looked", "s444"},
  {MESSAGE_COVERED, "covered", "f(s4)"},
  {MESSAGE_STRUCK, "struck", "s4"},
  {0x28, "findings", "f"},
  {0x29, "origins", "4"},
  {0x2a, "forgetOrigin", "s"},
  {0x2b, "login", "ff"},
  {0x2c, "logout", ""},
  {0x2d, "session", ""},
  {0x2e, "mounts", ""},
  {0x2f, "testMount", "s"},
  {0x30, "rotate", "s"},

  {MESSAGE_FAILURE, "failure", "2s"},
  {MESSAGE_WELCOME, "welcome", "2s"},
  {MESSAGE_READY, "ready", "2"},
  {MESSAGE_VALUE, "value", "2ssx"},
  {MESSAGE_DONE, "done", ""},
  {MESSAGE_WAITING, "waiting", "s1s2"},
  {0x86, "state", "s4tfft4444f4(s4s)(ss4t)"},
  {0x87, "entries", "(sstt)f"},
  {0x88, "description", "stt(stt)sssss"},
  {0x89, "granted", "sst(ss)"},
  {0x8a, "grantList", "(sss4sst)"},
  {0x8b, "requestList", "(s1sst)"},
  {0x8c, "verified", "f44(ss4)"},
  {0x8d, "documentText", "s4d"},
  {MESSAGE_ROOM, "room", ""},
  {0x91, "kept", "s4"},
  {MESSAGE_TERMS, "terms", "ff"},
  {MESSAGE_LOOK, "look", "tff(s)(4)"},
  {MESSAGE_COVER, "cover", ""},
  {MESSAGE_STRIKE, "strike", "s"},
  {0x96, "cleared", "s"},
  {0x97, "traces", "(ss4)"},
  {0x98, "findingList", "f(ssst)(sss4s4)"},
  {0x9a, "originList", "(ss)f"},
  {MESSAGE_INVITATION, "invitation", "ss2"},
  {0x9c, "loggedOut", "s"},
  {0x9d, "sessionState", "sffssttfftss"},
  {0x9e, "mountList", "(sssss44)"},
  {MESSAGE_STALE, "stale", "s4"},
};

const struct message *message_of_type(uint8_t type)
{
  for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
    if (messages[i].type == type) return &messages[i];
  return NULL;
}

bool message_carries_secret(const struct message *message)
{
  return strchr(message->fields, 'x') != NULL;
}
