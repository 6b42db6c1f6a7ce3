// The first argument of a command line that is no flag.
#include "operand.h"

#include <string.h>

// Whether `words`, separated and enclosed by single spaces, holds the word.
static bool listed(const char *words, const char *word) {
  const size_t length = strlen(word);
  for (const char *at = strstr(words, word); at; at = strstr(at + 1, word))
    if (at > words && at[-1] == ' ' && at[length] == ' ') return true;
  return false;
}

const char *first_operand(const char *command, size_t length, const struct flags *flags) {
  const char *end = command + length;
  const char *word = memchr(command, '\0', length);
  bool skip = false, options = true;
  while (word && ++word < end) {
    const char *next = memchr(word, '\0', (size_t)(end - word));
    if (!next) return NULL;
    if (!skip && (!options || word[0] != '-')) return *word ? word : NULL;
    if (!skip && (strcmp(word, "-") == 0 || listed(flags->inlined, word))) return NULL;
    options = skip || strcmp(word, "--") != 0;
    skip = !skip && listed(flags->valued, word);
    word = next;
  }
  return NULL;
}

static bool take_words(napi_env env, napi_value value, char words[wordsBytesMax]) {
  size_t length;
  if (napi_get_value_string_utf8(env, value, words, wordsBytesMax, &length) == napi_ok && length + 1 < wordsBytesMax)
    return true;
  napi_throw_type_error(env, NULL, "not a short list of flags");
  return false;
}

bool take_flags(napi_env env, napi_value valued, napi_value inlined, struct flags *out) {
  return take_words(env, valued, out->valued) && take_words(env, inlined, out->inlined);
}
