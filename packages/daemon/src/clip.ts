// Texts that people read, cut to what a message has room for.

/** Names and questions in lists, so that a whole list fits a frame. */
export const listedBytesMax = 512

/** The argument of a failure. */
export const argumentBytesMax = 1024

/** The beginning of a text, in at most so many bytes of UTF-8, with a mark where something was cut off. */
export function clip(text: string, bytesMax: number): string {
  if (Buffer.byteLength(text) <= bytesMax) return text
  const room = bytesMax - Buffer.byteLength('…')
  let kept = ''
  let bytes = 0
  for (const character of text) {
    bytes += Buffer.byteLength(character)
    if (bytes > room) break
    kept += character
  }
  return `${kept}…`
}
