// Text that came from elsewhere, made fit for a terminal: nothing in it can move the cursor or turn the line around.

// Controls but the tab, format characters (zero width, direction), lone surrogates, separators but the space.
const unprintable = /(?!\t)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** One line of text with what is unprintable spelt out: `\u{1b}`. */
export function printable(text: string): string {
  return text.replace(unprintable, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
}

/** One JSON document, which prints as it reads: what is unprintable is escaped as JSON has it. */
export function printableJson(document: unknown): string {
  const lines = JSON.stringify(document, undefined, 2).split('\n')
  return lines.map((line) => line.replace(unprintable, inJson)).join('\n')
}

/** One record as one line of JSON, escaped alike. */
export function printableRecord(record: object): string {
  return JSON.stringify(record).replace(unprintable, inJson)
}

/** A character as its one or two UTF-16 units: RFC 8259, section 7. */
function inJson(character: string): string {
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at))
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}

/** Rows of cells under their heads, in columns. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const lines = [heads, ...rows].map((cells) => cells.map(printable))
  const widths = heads.map((_, column) => Math.max(...lines.map((cells) => widthOf(cells[column]))))
  return lines.map((cells) =>
    cells
      .map((cell, column) => padded(cell, widths[column]))
      .join('  ')
      .trimEnd(),
  )
}

function padded(cell: string, width = 0): string {
  return cell + ' '.repeat(Math.max(0, width - widthOf(cell)))
}

function widthOf(cell = ''): number {
  return Array.from(cell).length
}
