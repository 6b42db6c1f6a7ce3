// Any bytes as a command line, its words parted by NUL: refused, or all that it says is what it may be.
#include "../src/options.h"
#include "../src/ref.h"
#include "../src/variable.h"
#include "fuzz.h"
#include <string.h>

enum { WORDS_MAX = 64 };

static bool is_ours(const char *word)
{
  static const char *const words[] = {"run", "put", "import", "unlock", "prove", "passwd"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strcmp(words[i], word) == 0) return true;
  return false;
}

/** Each word lies in memory of its own, so that reading beyond it is an error. Returns how many there are. */
static size_t split(const uint8_t *bytes, size_t length, char *words[static WORDS_MAX + 1])
{
  size_t count = 0;
  for (size_t start = 0; start < length && count < WORDS_MAX; count++) {
    const uint8_t *nul = memchr(bytes + start, 0, length - start);
    size_t end = nul ? (size_t)(nul - bytes) : length;
    words[count] = calloc(end - start + 1, 1);
    must(words[count]);
    memcpy(words[count], bytes + start, end - start);
    start = end + 1;
  }
  words[count] = NULL;
  return count;
}

static void check_wanted(const struct options *options)
{
  must(options->wanted_count <= REFS_PER_REQUEST_MAX);
  for (unsigned i = 0; i < options->wanted_count; i++) {
    const struct wanted *wanted = &options->wanted[i];
    struct slice name = slice_of(wanted->variable);
    must(wanted->as == WANTED_VALUE ? variable_is_safe(name) : variable_may_name_file(name));
    must(ref_is_valid(wanted->ref));
    for (unsigned j = 0; j < i; j++) must(strcmp(options->wanted[j].variable, wanted->variable) != 0);
  }
}

/** What the line gives is told, and nothing else is. */
static void check_given(const struct options *options)
{
  unsigned given = options->given;
  must(!(given & OPTION_HOME) == !options->instance && (!options->instance || *options->instance == '/'));
  must(!(given & OPTION_GRANT) == !options->grant && !(given & OPTION_PREFIX) == !options->prefix);
  must(!(given & (OPTION_VARIABLE | OPTION_FILE)) == (options->wanted_count == 0));
  must(!(given & OPTION_ENV_FILE) == (options->env_files_count == 0));
  for (unsigned i = 0; i < options->env_files_count; i++) must(*options->env_files[i] != '\0');
  must(!(given & OPTION_PASSPHRASE) == (options->passphrase == -1));
  must(!(given & OPTION_NEW_PASSPHRASE) == (options->new_passphrase == -1));
  must(!(given & OPTION_COMMAND) == !options->command);
  must(options->word || !options->operand);
}

/** A first word that is neither ours nor a ref, and all behind it, is for sgetctl. */
static void check_words(const struct options *options)
{
  if (options->foreign) must(!options->word && !strchr(*options->foreign, '/') && !is_ours(*options->foreign));
  else if (options->word) must(strchr(options->word, '/') || is_ours(options->word));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
  static struct options options;
  char *words[WORDS_MAX + 1];
  size_t count = split(bytes, length, words);
  enum failure failure = options_read(words, is_ours, &options);
  check_wanted(&options);
  if (!failure) check_given(&options);
  if (!failure) check_words(&options);
  must(strlen(refused_argument()) <= TEXT_BYTES_MAX);
  while (count > 0) free(words[--count]);
  return 0;
}
