// Everything that is said to a human.
#include "report.h"
#include "buffer.h"
#include "limits.h"
#include "text.h"
#include <string.h>
#include <unistd.h>

static const char *program = "sget";
static const char *verb;
static const char *object;
static const char *instance;

void report_as(const char *name)
{
  program = name;
}

void report_trying(const char *what, const char *whereto)
{
  verb = what;
  object = whereto;
}

void report_instance(const char *folder)
{
  instance = folder;
}

/** Adds text with `?` in place of what could steer a terminal or is no text at all. */
static void add(struct writer *line, const char *text)
{
  struct reader rest = {(const uint8_t *)text, strlen(text)};
  while (rest.left > 0) {
    const uint8_t *start = rest.at;
    uint32_t point;
    bool sound = text_next(&rest, &point);
    if (!sound) rest = (struct reader){rest.at + 1, rest.left - 1};
    if (sound && !text_is_unprintable(point)) writer_bytes(line, start, (size_t)(rest.at - start));
    else writer_bytes(line, "?", 1);
  }
}

static void add_filled(struct writer *line, const char *text)
{
  const char *hole = strstr(text, "{}");
  for (const char *at = text; hole && at < hole; at++) writer_bytes(line, at, 1);
  if (hole) add(line, refused_argument());
  add(line, hole ? hole + 2 : text);
}

static bool print(int descriptor, const struct writer *lines)
{
  size_t done = 0;
  while (done < lines->length) {
    ssize_t count = write(descriptor, lines->bytes + done, lines->length - done);
    if (count <= 0) return false;
    done += (size_t)count;
  }
  return true;
}

static void add_trial(struct writer *lines)
{
  add(lines, program);
  add(lines, ": ");
  if (!verb) return;
  add(lines, "cannot ");
  add(lines, verb);
  add(lines, object ? " " : "");
  add(lines, object ? object : "");
  add(lines, ": ");
}

int report(enum failure failure)
{
  static uint8_t bytes[4 * TEXT_BYTES_MAX];
  struct writer lines = {bytes, sizeof bytes, 0, false};
  const struct failure_row *row = failure_row(failure);
  add_trial(&lines);
  add_filled(&lines, row->text);
  writer_bytes(&lines, "\n    ", 5);
  add_filled(&lines, row->hint);
  if (instance && strstr(row->hint, "sget")) {
    add(&lines, " (with --home ");
    add(&lines, instance);
    add(&lines, ")");
  }
  writer_bytes(&lines, "\n", 1);
  print(STDERR_FILENO, &lines);
  return row->exit;
}

bool print_parts(int descriptor, const char *end, const char *const parts[])
{
  static uint8_t bytes[4 * TEXT_BYTES_MAX];
  struct writer line = {bytes, sizeof bytes, 0, false};
  for (size_t i = 0; parts[i]; i++) add(&line, parts[i]);
  writer_bytes(&line, end, strlen(end));
  return print(descriptor, &line) && !line.full;
}

const char *decimal(char into[static 24], uint64_t number)
{
  char *at = into + 23;
  *at = '\0';
  do *--at = (char)('0' + number % 10);
  while (number /= 10);
  return at;
}
