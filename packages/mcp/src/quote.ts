// Words that a POSIX shell takes literally.

/** What no POSIX shell, zsh with all its options included, gives a meaning anywhere in a word. */
const inert = /^[A-Za-z0-9_/.:@,+-]+$/

/** The text as one word: bare where that is safe, else in single quotes (POSIX.1-2024, Shell Command Language 2.2.2). */
export function posixWord(text: string): string {
  return inert.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
