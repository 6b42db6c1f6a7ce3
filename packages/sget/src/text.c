// What counts as text: strict UTF-8, and what may be shown to a human.
#include "text.h"

/** The shape of a code point by its first byte: how many bytes follow, its own bits, and the least it may be. */
struct shape {
  uint8_t mask, lead;
  unsigned following;
  uint32_t least;
};

static const struct shape shapes[] = {
  {0x80, 0x00, 0, 0x0},
  {0xe0, 0xc0, 1, 0x80},
  {0xf0, 0xe0, 2, 0x800},
  {0xf8, 0xf0, 3, 0x10000},
};

static const struct shape *shape_of(uint8_t first)
{
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
    if ((first & shapes[i].mask) == shapes[i].lead) return &shapes[i];
  return NULL;
}

static bool is_scalar(uint32_t point)
{
  return point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
}

bool text_next(struct reader *from, uint32_t *point)
{
  const struct shape *shape = from->left > 0 ? shape_of(from->at[0]) : NULL;
  if (!shape || from->left <= shape->following) return false;
  uint32_t bits = from->at[0] & (uint8_t)~shape->mask;
  for (size_t i = 1; i <= shape->following; i++) {
    if ((from->at[i] & 0xc0) != 0x80) return false;
    bits = bits << 6 | (from->at[i] & 0x3f);
  }
  if (bits < shape->least || !is_scalar(bits)) return false;
  *point = bits;
  from->at += shape->following + 1;
  from->left -= shape->following + 1;
  return true;
}

bool text_is_utf8(struct slice text)
{
  struct reader rest = {text.bytes, text.length};
  uint32_t point;
  while (text_next(&rest, &point)) continue;
  return rest.left == 0;
}

/** Controls, soft hyphen, marks and overrides of direction, zero-width space, separators, BOM, annotations, tags. */
static const struct range {
  uint32_t first, last;
} unprintable[] = {
  {0x0, 0x1f},       {0x7f, 0x9f},     {0xad, 0xad},     {0x61c, 0x61c},   {0x180e, 0x180e},   {0x200b, 0x200b},
  {0x200e, 0x200f},  {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb},   {0xe0000, 0xe0fff},
};

bool text_is_unprintable(uint32_t point)
{
  for (size_t i = 0; i < sizeof unprintable / sizeof *unprintable; i++)
    if (point >= unprintable[i].first && point <= unprintable[i].last) return true;
  return false;
}
