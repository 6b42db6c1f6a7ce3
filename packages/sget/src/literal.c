// What looks like a secret that is in use.
#define _GNU_SOURCE // memmem
#include "literal.h"
#include <stdbool.h>
#include <string.h>

static const char digits[] = "0123456789";
static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
static const char word[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
static const char token[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

/** A form that an issuer gives its secrets: how they begin, and how many of which characters follow at least. */
struct form {
  const char *start;
  const char *characters;
  size_t count;
  const char *kind;
};

static const struct form forms[] = {
  {"AKIA", upper, 16, "a key of AWS"},
  {"ASIA", upper, 16, "a key of AWS"},
  {"ghp_", word, 30, "a token of GitHub"},
  {"gho_", word, 30, "a token of GitHub"},
  {"ghu_", word, 30, "a token of GitHub"},
  {"ghs_", word, 30, "a token of GitHub"},
  {"ghr_", word, 30, "a token of GitHub"},
  {"github_pat_", token, 30, "a token of GitHub"},
  {"glpat-", token, 20, "a token of GitLab"},
  {"xoxa-", token, 10, "a token of Slack"},
  {"xoxb-", token, 10, "a token of Slack"},
  {"xoxp-", token, 10, "a token of Slack"},
  {"xoxr-", token, 10, "a token of Slack"},
  {"xoxs-", token, 10, "a token of Slack"},
  {"xapp-", token, 10, "a token of Slack"},
  {"sk_live_", word, 16, "a key of Stripe"},
  {"rk_live_", word, 16, "a key of Stripe"},
  {"whsec_", word, 16, "a key of Stripe"},
  {"AIza", token, 35, "a key of Google"},
  {"sk-", token, 20, "a key of a model's provider"},
  {"npm_", word, 36, "a token of npm"},
  {"pypi-", token, 16, "a token of PyPI"},
  {"hvs.", token, 20, "a token of Vault"},
  {"eyJ", token, 10, "a JSON Web Token"},
  {"-----BEGIN ", upper, 1, "a key in PEM"},
};

/** Letters and digits without a gap, with both in it and so many different ones, are seldom a word. */
enum { RANDOM_RUN_MIN = 20, RANDOM_DIFFERENT_MIN = 8 };

static size_t run_of(struct slice text, const char *characters)
{
  size_t length = 0;
  while (length < text.length && text.bytes[length] && strchr(characters, text.bytes[length])) length++;
  return length;
}

static struct slice behind(struct slice text, size_t offset)
{
  return (struct slice){text.bytes + offset, text.length - offset};
}

static bool has_form(struct slice value, const struct form *form)
{
  size_t start = strlen(form->start);
  if (value.length < start || memcmp(value.bytes, form->start, start) != 0) return false;
  return run_of(behind(value, start), form->characters) >= form->count;
}

/** SCHEME://USER:PASSWORD@HOST */
static bool has_password(struct slice value)
{
  const uint8_t *scheme = memmem(value.bytes, value.length, "://", 3);
  if (!scheme) return false;
  struct slice rest = behind(value, (size_t)(scheme + 3 - value.bytes));
  const uint8_t *at = memchr(rest.bytes, '@', rest.length);
  const uint8_t *colon = at ? memchr(rest.bytes, ':', (size_t)(at - rest.bytes)) : NULL;
  return colon && colon + 1 < at;
}

static bool is_random(struct slice run)
{
  bool seen[256] = {false};
  unsigned different = 0, numeric = 0;
  for (size_t i = 0; i < run.length; i++) {
    different += !seen[run.bytes[i]];
    seen[run.bytes[i]] = true;
    numeric += strchr(digits, run.bytes[i]) != NULL;
  }
  return run.length >= RANDOM_RUN_MIN && different >= RANDOM_DIFFERENT_MIN && numeric > 0 && numeric < run.length;
}

static bool holds_random(struct slice value)
{
  while (value.length > 0) {
    size_t length = run_of(value, word);
    if (is_random((struct slice){value.bytes, length})) return true;
    value = behind(value, length < value.length ? length + 1 : length);
  }
  return false;
}

const char *literal_kind(struct slice value)
{
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
    if (has_form(value, &forms[i])) return forms[i].kind;
  if (has_password(value)) return "a URL with a password in it";
  return holds_random(value) ? "a random text" : NULL;
}
