// What the human's browser shows after the provider has sent it to us: two still pages, with nothing of the request in them.

/** No script, no style, no picture, no frame around it, nothing kept, and no word to anybody of where it came from. */
export const pageHeaders = {
  'cache-control': 'no-store',
  connection: 'close',
  'content-security-policy':
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'content-type': 'text/html; charset=utf-8',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const

/** The answer is there. Whether it holds is told where the login began, not here. */
export const arrivedPage = page(
  'You can close this tab',
  'sget goes on where you came from, and tells there what came of it.',
)

/** Whoever asked is not the browser that we wait for, or asks again. */
export const refusedPage = page('Not here', 'This is no answer that sget waits for. Nothing was done.')

function page(title: string, text: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1><p>${text}</p></html>\n`
}
