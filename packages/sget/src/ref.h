// The name of a secret, as people write it: db/prod or db/prod#password.
#pragma once
#include "buffer.h"

/**
 * Whether the text is PATH or PATH#FIELD: a path has 1 to 512 bytes of UTF-8 and at least one `/`, does not begin
 * with `-`, and no segment is empty, `.` or `..`; a field has 1 to 64 bytes without `/`; neither holds anything
 * unprintable.
 *
 * @param path, field where the parts lie; field.bytes is NULL where none is named
 */
bool ref_parse(struct slice text, struct slice *path, struct slice *field);

bool ref_is_valid(const char *text);

/** The field that is meant when none is named. */
extern const char ref_default_field[];
