// What the .gitignore of a folder names.
#define _GNU_SOURCE // strchrnul
#include "ignore.h"
#include "limits.h"
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool read_all(int file, struct ignored *ignored)
{
  struct stat seen;
  if (fstat(file, &seen) < 0 || !S_ISREG(seen.st_mode) || seen.st_size > IGNORE_BYTES_MAX) return false;
  ignored->text = malloc((size_t)seen.st_size + 1);
  if (!ignored->text) return false;
  ssize_t count = read(file, ignored->text, (size_t)seen.st_size);
  ignored->length = count > 0 ? (size_t)count : 0;
  ignored->text[ignored->length] = '\0';
  // A line with ! takes back what others say, from any of them: then none of them counts.
  return strlen(ignored->text) == ignored->length && !strstr(ignored->text, "\n!") && ignored->text[0] != '!';
}

void ignored_read(struct ignored *ignored, int folder)
{
  int file = openat(folder, ".gitignore", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return;
  if (!read_all(file, ignored)) ignored_release(ignored);
  close(file);
}

/** Only what is no path: a slash within the pattern says where below the folder it counts. */
static bool line_names(char *pattern, const char *name, bool is_folder)
{
  size_t length = strlen(pattern);
  if (length == 0 || pattern[0] == '#') return false;
  if (pattern[length - 1] == '/' && !is_folder) return false;
  if (pattern[length - 1] == '/') pattern[--length] = '\0';
  if (pattern[0] == '/') pattern++;
  return *pattern && !strchr(pattern, '/') && !strstr(pattern, "**") && fnmatch(pattern, name, 0) == 0;
}

bool ignored_names(const struct ignored *ignored, const char *name, bool is_folder)
{
  char pattern[IGNORE_LINE_BYTES_MAX];
  for (const char *line = ignored->text; line && *line;) {
    const char *end = strchrnul(line, '\n');
    size_t length = (size_t)(end - line);
    while (length > 0 && (line[length - 1] == ' ' || line[length - 1] == '\r')) length--;
    if (length < sizeof pattern) {
      memcpy(pattern, line, length);
      pattern[length] = '\0';
      if (line_names(pattern, name, is_folder)) return true;
    }
    line = *end ? end + 1 : end;
  }
  return false;
}

void ignored_release(struct ignored *ignored)
{
  free(ignored->text);
  *ignored = (struct ignored){0};
}
