// Where the human sits who started a program: at which terminal, and at which screen a browser would open.
#include "seat.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WORD "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-+._"

enum { SEAT_WORD_BYTES_MAX = 64, SEAT_VALUE_BYTES_MAX = 256 };

/** Like xterm-256color or wayland-0: no path, so Wayland's socket lies in the folder of the user's session. */
static bool is_word(const char *value)
{
  return strlen(value) <= SEAT_WORD_BYTES_MAX && value[strspn(value, WORD)] == '\0';
}

/** `:0`, or `localhost:10.0` as ssh -X has it: a screen elsewhere would show the human's login to others. */
static bool is_display_here(const char *value)
{
  static const char host[] = "localhost";
  if (strncmp(value, host, strlen(host)) == 0) value += strlen(host);
  return *value == ':' && value[1] != '\0' && value[1 + strspn(value + 1, "0123456789.")] == '\0';
}

static bool is_path(const char *value)
{
  return *value == '/' && value[strspn(value, WORD "/")] == '\0';
}

/** Two addresses with their ports. */
static bool is_connection(const char *value)
{
  return value[strspn(value, WORD ":% ")] == '\0';
}

static const struct {
  const char *name;
  bool (*fits)(const char *value);
  bool is_screen;
} variables[] = {
  {"TERM", is_word, false},
  {"DISPLAY", is_display_here, true},
  {"WAYLAND_DISPLAY", is_word, true},
  {"XAUTHORITY", is_path, false},
  {"SSH_CONNECTION", is_connection, false},
};
enum { VARIABLES = sizeof variables / sizeof *variables };
_Static_assert(VARIABLES + 1 == SEAT_STRINGS_MAX, "one string a variable, and the session's folder");

/** The caller's NAME=VALUE of that name, the first as getenv(3) has it; NULL where there is none. */
static char *find(char *const *callers, const char *name, size_t *length)
{
  *length = strlen(name);
  for (; *callers; callers++)
    if (strncmp(*callers, name, *length) == 0 && (*callers)[*length] == '=') return *callers;
  return NULL;
}

char **seat_environment(char *const *callers, char **into)
{
  static char session[64];
  bool has_screen = false;
  for (size_t i = 0; i < VARIABLES; i++) {
    size_t length;
    char *string = find(callers, variables[i].name, &length);
    if (!string) continue;
    const char *value = string + length + 1;
    if (*value == '\0' || strlen(value) > SEAT_VALUE_BYTES_MAX || !variables[i].fits(value)) continue;
    *into++ = string;
    has_screen = has_screen || variables[i].is_screen;
  }
  if (!has_screen) return into;
  // pam_systemd(8) and the XDG Base Directory Specification; a browser finds Wayland and the session's bus there.
  snprintf(session, sizeof session, "XDG_RUNTIME_DIR=/run/user/%ju", (uintmax_t)geteuid());
  *into++ = session;
  return into;
}
