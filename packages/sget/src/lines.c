// Lines of a file or pipe, read in bounded pieces.
#include "lines.h"
#include <errno.h>
#include <unistd.h>

void lines_begin(struct lines *lines, int descriptor)
{
  lines->descriptor = descriptor;
  lines->at = lines->end = 0;
}

static bool fill(struct lines *lines)
{
  ssize_t count;
  do count = read(lines->descriptor, lines->chunk, sizeof lines->chunk);
  while (count < 0 && errno == EINTR);
  lines->at = 0;
  lines->end = count > 0 ? (size_t)count : 0;
  return count > 0;
}

bool lines_next(struct lines *lines, char *line, size_t capacity)
{
  size_t length = 0;
  bool any = false;
  while (lines->at < lines->end || fill(lines)) {
    char byte = lines->chunk[lines->at++];
    any = true;
    if (byte == '\n') break;
    if (length < capacity) line[length++] = byte;
  }
  line[length < capacity ? length : 0] = '\0';
  return any;
}
