// What a run gets of the values.
#include "provision.h"
#include "inherited.h"
#include "report.h"
#include "variable.h"
#include <string.h>
#include <unistd.h>

/** PATH#FIELD of each value that is not masked. */
static char unmasked[REFS_PER_REQUEST_MAX][FULL_REF_BYTES_MAX + 1];
static unsigned unmasked_count;

static enum failure cover(struct provision *provision, const struct value *value)
{
  char ref[FULL_REF_BYTES_MAX + 1] = {0};
  bool is_covered;
  if (value->ref.length > FULL_REF_BYTES_MAX) return BAD_MESSAGE;
  memcpy(ref, value->ref.bytes, value->ref.length);
  enum failure failure = patterns_add(&provision->patterns, value->secret, ref, &is_covered);
  if (!failure && !is_covered) memcpy(unmasked[unmasked_count++], ref, sizeof ref);
  return failure;
}

static enum failure put_into_file(struct provision *provision, const struct wanted *wanted, struct slice value)
{
  char path[FILE_PATH_BYTES_MAX];
  // What loaders and interpreters obey names a file of theirs, and a command that a rule names gets no such thing.
  bool is_obeyed = !variable_is_safe(slice_of(wanted->variable));
  if (provision->terms.cleaned && is_obeyed) return refuse(BAD_VARIABLE, wanted->variable);
  enum failure failure = wanted->as == WANTED_PIPE ? files_pipe(&provision->files, value, path)
                                                   : files_seal(&provision->files, value, provision->is_masked, path);
  return failure ? failure : environment_add_path(&provision->environment, wanted->variable, path);
}

/** Where names were asked for, they must come back as asked; a handle alone brings variables with it. */
static enum failure put(struct provision *provision, const struct wanted *wanted, const struct value *value)
{
  bool is_file = wanted && wanted->as != WANTED_VALUE;
  if (wanted && !slice_equals(value->variable, is_file ? "" : wanted->variable)) return BAD_MESSAGE;
  enum failure failure = provision->is_masked ? cover(provision, value) : OK;
  if (failure) return failure;
  return is_file ? put_into_file(provision, wanted, value->secret) : environment_add(&provision->environment, value);
}

enum failure provision_collect(struct provision *provision, struct connection *daemon, const struct wish *wish)
{
  struct secret room = {0};
  struct value value;
  uint32_t id;
  uint64_t values;
  provision->is_masked = wish->errand->masked;
  enum failure failure = values_begin(daemon, wish, &id, &values);
  if (!failure) failure = values_terms(daemon, id, &provision->terms);
  if (!failure && provision->terms.cleaned)
    failure = environment_clean(&provision->environment, inherited_environment());
  daemon->room = &room;
  for (uint64_t i = 0; !failure && i < values; i++) {
    failure = values_next(daemon, id, i, &value);
    if (!failure) failure = put(provision, wish->wanted_count > 0 ? &wish->wanted[i] : NULL, &value);
  }
  if (!failure) failure = values_end(daemon, id);
  daemon->room = NULL;
  secret_release(&room);
  return failure;
}

void provision_warn(void)
{
  const char *parts[2 * REFS_PER_REQUEST_MAX + 2] = {"sget: not masked, since shorter than 6 bytes: "};
  if (unmasked_count == 0) return;
  for (unsigned i = 0; i < unmasked_count; i++) {
    parts[2 * i + 1] = unmasked[i];
    parts[2 * i + 2] = i + 1 < unmasked_count ? ", " : NULL;
  }
  print_parts(STDERR_FILENO, "\n", parts);
}

void provision_hand_over(struct provision *provision)
{
  environment_release(&provision->environment);
  for (unsigned i = 0; i < provision->files.inherited_count; i++) close(provision->files.inherited[i]);
}
