// What each operating system has to bring: the same functions, each once. The files for macOS can only be read here.
import { readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'

const folder = resolve(import.meta.dirname, '..')
const source = (name: string): string => readFileSync(join(folder, 'src', name), 'utf8')
const makefile = readFileSync(join(folder, 'Makefile'), 'utf8')

const only = (system: string): string[] =>
  new RegExp(`^ONLY_${system} := (.*)$`, 'm').exec(makefile)?.[1]?.split(' ') ?? []
const all = readdirSync(join(folder, 'src'))
  .filter((name) => name.endsWith('.c'))
  .map((name) => name.slice(0, -2))

const declared = [...source('native.h').matchAll(/^napi_value (native_\w+)\(/gm)]
  .map(([, name]) => name)
  .sort()

for (const [system, other] of [
  ['Linux', 'Darwin'],
  ['Darwin', 'Linux'],
] as const)
  t.test(`the files of ${system} define each function of native.h once`, (t) => {
    const left = all.filter((name) => !only(other).includes(name))
    t.ok(only(system).every((name) => left.includes(name)))
    const defined = left.flatMap((name) =>
      [...source(`${name}.c`).matchAll(/^napi_value (native_\w+)\(/gm)].map(([, found]) => found),
    )
    t.same(defined.sort(), declared)
    t.ok(declared.length > 20)
    t.end()
  })

t.test('no file is of both', (t) => {
  t.same(
    only('Linux').filter((name) => only('Darwin').includes(name)),
    [],
  )
  t.end()
})
