// Where passphrases come from.
#include "passphrase.h"
#include "terminal.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

const char passphrase_question[] = "sget passphrase: ";

/** A new one is asked for twice. */
static enum failure check(const struct source *source, const struct secret *passphrase)
{
  if (passphrase->length == 0) return PASSPHRASE_EMPTY;
  if (source->twice && passphrase->length < NEW_PASSPHRASE_BYTES_MIN) return PASSPHRASE_SHORT;
  return passphrase->length <= PASSPHRASE_BYTES_MAX ? OK : PASSPHRASE_TOO_LONG;
}

static bool is_same(const struct secret *one, const struct secret *other)
{
  return one->length == other->length && memcmp(one->bytes, other->bytes, one->length) == 0;
}

static enum failure ask_again(int daemon, const struct secret *first)
{
  struct secret second = {0};
  enum failure failure = terminal_ask_secret("once more: ", daemon, false, &second);
  if (!failure && !is_same(first, &second)) failure = PASSPHRASE_DIFFERS;
  secret_release(&second);
  return failure;
}

static enum failure ask(const struct source *source, int daemon, struct secret *into)
{
  enum failure failure = terminal_ask_secret(source->question, daemon, false, into);
  if (!failure) failure = check(source, into);
  if (!failure && source->twice) failure = ask_again(daemon, into);
  return failure == VALUE_LINES ? PASSPHRASE_TOO_LONG : failure;
}

/** Byte by byte: what follows the line may be a value, or meant for the command that runs. */
static enum failure read_line(const struct source *source, int daemon, struct secret *into)
{
  (void)daemon;
  enum failure failure = secret_reserve(into, PASSPHRASE_BYTES_MAX + 1);
  while (!failure && into->length <= PASSPHRASE_BYTES_MAX) {
    ssize_t count = read(source->descriptor, into->bytes + into->length, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) failure = INPUT_FAILED;
    if (count <= 0 || into->bytes[into->length] == '\n') break;
    into->length++;
  }
  return failure ? failure : check(source, into);
}

struct source passphrase_from_terminal(const char *question)
{
  return (struct source){.obtain = ask, .question = question, .descriptor = -1, .typed = true};
}

struct source passphrase_from_descriptor(int descriptor)
{
  return (struct source){.obtain = read_line, .descriptor = descriptor};
}

struct source passphrase_from(int descriptor, const char *question)
{
  return descriptor < 0 ? passphrase_from_terminal(question) : passphrase_from_descriptor(descriptor);
}
