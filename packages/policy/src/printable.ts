// Text that somebody else wrote, made safe to show: it cannot move the cursor, hide, or run backwards.

// Controls but the tab, format characters (zero width, direction), lone surrogates, separators but the space.
const unprintable = /(?!\t)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** Each character that is not seen as itself, as `\u{HEX}`. */
export function printable(text: string): string {
  return text.replace(unprintable, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
}

/** In quotes, for a message; no longer than a line. */
export function quoted(text: string): string {
  const charsMax = 80
  return `"${printable(text.length > charsMax ? `${text.slice(0, charsMax - 1)}…` : text)}"`
}
