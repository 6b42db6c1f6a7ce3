// What servers demand in WWW-Authenticate headers.
import t from 'tap'
import { demandOf } from '../../src/oidc/challenge.ts'

const error = 'error="insufficient_user_authentication"'

for (const [header, demand] of [
  [`Bearer ${error}, acr_values="a b", max_age="5"`, { acr: ['a', 'b'], maxAgeSeconds: 5 }],
  [
    `Bearer ${error}, error_description="A different, \\"stronger\\" level", acr_values="myACR"`,
    { acr: ['myACR'] },
  ],
  ['Bearer error=insufficient_user_authentication,max_age=0', { maxAgeSeconds: 0 }],
  [`DPoP algs="ES256", ${error}, max_age=60`, { maxAgeSeconds: 60 }],
  [`bearer ${error.toUpperCase().replace(/"(.*)"/, (text) => text.toLowerCase())}`, {}],
  [`Basic realm="x", Bearer ${error} , acr_values="a"`, { acr: ['a'] }],
  [`Negotiate, Bearer ${error}`, {}],
  [`Negotiate abc==, Bearer ${error}`, {}],
  [`, ,Bearer ${error},`, {}],
  [`Bearer ${error}, acr_values="  "`, {}],
  [`Bearer realm="x", Bearer ${error}, max_age=1`, { maxAgeSeconds: 1 }],
] as const)
  t.test(`a demand: ${header}`, (t) => {
    t.strictSame(demandOf(header), demand)
    t.end()
  })

for (const header of [
  '',
  'Bearer',
  'Bearer abc',
  'Bearer error="invalid_token"',
  `Basic ${error}`,
  `Bearer realm="${error.replaceAll('"', '\\"')}"`,
  'Basic realm="Bearer error=insufficient_user_authentication"',
  error,
  `Bearer ${error}, max_age="-1"`,
  `Bearer ${error}, max_age="1e3"`,
  `Bearer ${error}, max_age="99999999999"`,
  `Bearer ${error}, max_age=1, max_age=2`,
  `Bearer ${error}, acr_values="a`,
  `Bearer ${error}, acr_values=a b`,
  `Bearer ${error} max_age=1`,
  `Bearer ${error}, "x"`,
  `Bearer ${error}, acr_values="a"b`,
  `(Bearer) ${error}`,
  `Bearer ${error}, x="${'y'.repeat(8 * 1024)}"`,
])
  t.test(`no demand: ${header.slice(0, 80)}`, (t) => {
    t.equal(demandOf(header), undefined)
    t.end()
  })

t.test('a header that is made to be hard takes no long time', (t) => {
  for (const part of ['a ', 'a,', 'a=', 'a="', '\\"', '=', ' ,', 'a=b ', 'Bearer '])
    t.doesNotThrow(() => demandOf(`Bearer ${part.repeat((8 * 1024 - 7) / part.length)}`))
  t.end()
})
