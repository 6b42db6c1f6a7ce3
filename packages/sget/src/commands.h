// The commands of sget. Each returns what stopped it.
#pragma once
#include "installation.h"
#include "options.h"

/** The exit status of `run` when it is not that of the command: as env(1), nohup(1) and their like have it. */
enum { RUN_FAILED_STATUS = 125 };

enum failure command_read(const struct installation *here, struct options *options);
enum failure command_run(const struct installation *here, struct options *options);
enum failure command_put(const struct installation *here, struct options *options);
enum failure command_import(const struct installation *here, struct options *options);
enum failure command_unlock(const struct installation *here, struct options *options);
enum failure command_prove(const struct installation *here, struct options *options);
enum failure command_passwd(const struct installation *here, struct options *options);
enum failure command_mask(const struct installation *here, struct options *options);

/** Not for people: sgetd starts it. */
enum failure command_sweep(const struct installation *here, struct options *options);
