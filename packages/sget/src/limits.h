// Every bound of the protocol and of this program. The first group repeats packages/wire/src/limits.ts.
#pragma once

enum {
  PROTOCOL_VERSION = 1,

  VALUE_BYTES_MAX = 1024 * 1024,
  FRAME_BYTES_MAX = VALUE_BYTES_MAX + 4096,
  DOCUMENT_BYTES_MAX = 64 * 1024,
  PLAIN_FRAME_BYTES_MAX = DOCUMENT_BYTES_MAX + 4096,
  TEXT_BYTES_MAX = 4096,
  ROWS_MAX = 256,
  REF_BYTES_MAX = 512,
  FIELD_BYTES_MAX = 64,
  VARIABLE_BYTES_MAX = 128,
  REFS_PER_REQUEST_MAX = 32,
  SOCKET_PATH_BYTES_MAX = 107,
};

enum {
  /** PATH#FIELD. */
  FULL_REF_BYTES_MAX = REF_BYTES_MAX + 1 + FIELD_BYTES_MAX,
  /** A path of the system with its NUL, as in PATH_MAX of <linux/limits.h>. */
  PATH_BYTES_MAX = 4096,
  /** A home directory; longer ones leave no room for a socket anyway. */
  HOME_BYTES_MAX = 1024,
  /** The password database: a line, and lines of the file. */
  PASSWD_LINE_BYTES_MAX = 4096,
  PASSWD_LINES_MAX = 100 * 1000,
  /** How long getent may take to ask a directory service. */
  GETENT_WAIT_MS = 10 * 1000,

  PASSPHRASE_BYTES_MAX = 1024,
  /** A new one has at least so many. */
  NEW_PASSPHRASE_BYTES_MIN = 8,
  /** A line with its newline that a terminal hands over; N_TTY drops what is beyond (termios(3), canonical mode). */
  TERMINAL_LINE_BYTES_MAX = 4096,
  /** How often a terminal is asked again after a wrong passphrase. */
  PASSPHRASE_TRIES_MAX = 3,
  /** The daemon gives up on a prompt after five minutes, so the prompt does too. */
  PROMPT_WAIT_MS = 5 * 60 * 1000,

  /** The words of a command line that the daemon is told, whole or not at all, and how many. */
  TOLD_WORDS_BYTES_MAX = 8 * 1024,
  TOLD_WORDS_MAX = ROWS_MAX,
  /** One string of an environment with its name and NUL: MAX_ARG_STRLEN of execve(2). */
  VARIABLE_STRING_BYTES_MAX = 128 * 1024,
  /** A .env file, and the entries that one may hold. */
  DOTENV_BYTES_MAX = 1024 * 1024,
  DOTENV_ENTRIES_MAX = 256,
  /** The env files of one run, and the plain values that they may set. */
  ENV_FILES_MAX = 8,
  PLAIN_PER_RUN_MAX = 64,

  /** How long the daemon may be silent: without a human in between, and beyond the time given to a human. */
  REPLY_WAIT_SECONDS = 60,
  /** How long a daemon that was started may take until it listens, and what it may say about it. */
  DAEMON_START_MS = 60 * 1000,
  DAEMON_REPORT_BYTES_MAX = 4096,

  /** A worker of sgetd: how long it may live, and how long a search takes before it says that it did not end. */
  WORKER_SECONDS_MAX = 8,
  LOOK_MS_MAX = 5000,
  /** What one search looks at: entries of folders, bytes of one file and of all, and folders below a folder. */
  LOOK_ENTRIES_MAX = 400 * 1000,
  LOOK_FILE_BYTES_MAX = 128 * 1024 * 1024,
  SCAN_BYTES_MAX = 1024 * 1024 * 1024,
  LOOK_DEPTH_MAX = 32,
  /** Places that it tells; and how often values are counted in one, behind which nobody needs to look. */
  LOOK_PLACES_MAX = 64,
  SCAN_FOUND_MAX = 1000,
  /** Of each file so much is read at a time; of the environment or arguments of a process at most so much. */
  SCAN_ROOM_BYTES = 256 * 1024,
  PROCESS_BYTES_MAX = 8 * 1024 * 1024,
  /** A .gitignore, and a line of one. */
  IGNORE_BYTES_MAX = 64 * 1024,
  IGNORE_LINE_BYTES_MAX = 256,
  /** A history file that is scrubbed. */
  HISTORY_BYTES_MAX = 64 * 1024 * 1024,
};
