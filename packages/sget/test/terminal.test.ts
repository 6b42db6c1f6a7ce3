// sget run on a terminal: its command has one of its own, and whoever sits at the real one notices nothing.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { onTerminal, type Dialogue } from '../../../test/rig/terminal.ts'
import type { Script } from './broker.ts'
import { both, stage } from './scene.ts'

// Processes wait more than they work.
t.jobs = 4
t.setTimeout(120_000)

const secret = 'hunter2-is-long-enough-x'
const label = '[sget:a/b#password]'
const python = '/usr/bin/python3'

const giving: Script = async (peer) => {
  const run = await peer.greet('run')
  peer.send('ready', run.id, { values: 1 })
  await peer.expect('ack')
  peer.send('terms', run.id, { human: true, cleaned: false })
  peer.value(run.id, 0, 'X', secret)
  peer.send('done', run.id, {})
  await peer.gone()
}

/** Types at an interactive bash in which S is the beginning of a run; returns all that the terminal showed. */
async function session(t: Test, bin: string, lines: Dialogue): Promise<string> {
  const { sget, home } = await stage(t, bin, giving)
  const rc = join(home, 'rc')
  const setup = [
    'PS1="at> "',
    'bind "set enable-bracketed-paste off"',
    `S="${sget} --home ${home} run -e X=a/b --"`,
  ]
  writeFileSync(
    rc,
    `${setup.join('\n')}\nexport TERM=xterm HOME='${home}'; cd "$HOME"; stty rows 24 cols 80\n`,
  )
  const { code, stdout } = await onTerminal(
    [...lines, ['at> ', 'exit\n']],
    ['/bin/bash', '--noprofile', '--rcfile', rc, '-i'],
  )
  t.equal(code, 0, 'the dialogue came to its end')
  t.notMatch(stdout, secret, 'whatever happens')
  return stdout.replaceAll('\r', '')
}

both('the command sees a terminal like the real one, and masks go with it', async (t, bin) => {
  const look = `$S bash -c 'test -t 0 && test -t 1 && test -t 2 && echo all; stty size; stty -g >own; tty; ls --color=auto -d /'`
  const shown = await session(t, bin, [
    ['at> ', 'stty -g >real; tty >here\n'],
    ['at> ', `${look}\n`],
    ['at> ', 'cmp real own && echo "same settings"; stty -g | cmp - real && echo re""stored\n'],
    ['at> ', `$S bash -c 'echo "one $X"; echo "two $X" >&2; echo "three $X" >/dev/tty'\n`],
  ])
  t.match(shown, /\nall\n24 80\n\/dev\/pts\/\d+\n/)
  t.match(shown, '\u001b[0m\u001b[01;34m/', 'colours')
  t.match(shown, '\nsame settings\nrestored\n')
  t.match(shown, `\none ${label}\ntwo ${label}\nthree ${label}\n`)
})

both('what is typed reaches the command, and a value that is typed shows masked', async (t, bin) => {
  const ask = `read -p "ask $X: " a; echo "got <$a>"; read -s -p "hid $X: " b; echo; echo "len \${#b}"`
  const shown = await session(t, bin, [
    ['at> ', `$S bash -c '${ask}'\n`],
    [`ask ${label}: `, 'hello\n'],
    [`hid ${label}: `, 'sesame\n'],
    ['at> ', `$S bash -c 'IFS= read -r -n 1 -p "key $X: " key; echo "<$key>"; cat'\n`],
    [`key ${label}: `, 'k'],
    ['<k>', `${secret}\n`],
    [label, '\u0004'],
  ])
  t.match(shown, '\ngot <hello>\n')
  t.match(shown, '\nlen 6\n')
  t.notMatch(shown, 'sesame')
})

both('jobs are stopped, continued and ended as without sget', async (t, bin) => {
  const stopped = 'until jobs | grep -q Stopped; do sleep 0.02; done\n'
  const shown = await session(t, bin, [
    ['at> ', `$S sh -c 'echo "on $X"; exec cat'\n`],
    [`on ${label}`, 'one\n'],
    ['one\r\none', '\u001a'],
    ['at> ', 'fg\n'],
    ["cat'", 'two\n'],
    ['two\r\ntwo', '\u001a'],
    ['at> ', 'bg\n'],
    ['at> ', stopped],
    ['at> ', 'fg\n'],
    ["cat'", 'three\n'],
    ['three\r\nthree', '\u0003'],
    ['at> ', 'echo "r=$?"\n'],
    [
      'at> ',
      `$S sh -c 'echo up >up; exec sleep 60' & until [ -s up ]; do sleep 0.02; done; kill %1; wait %1\n`,
    ],
    ['at> ', 'echo "r=$?"\n'],
    ['at> ', '$S cat &\n'],
    ['at> ', stopped],
    ['at> ', 'fg\n'],
    ['cat', 'four\n'],
    ['four\r\nfour', '\u001c'],
    ['at> ', 'echo "r=$?"\n'],
    ['at> ', "$S sh -c 'kill -STOP $$; exit 7'\n"],
    ['at> ', 'fg\n'],
    ['at> ', 'echo "r=$?"\n'],
    ['at> ', 'stty -a | grep -o " icanon.* echo "\n'],
  ])
  t.equal(shown.match(/\n\[1\]\+\s+Stopped/g)?.length, 5)
  t.same(shown.match(/\nr=\d+/g), ['\nr=130', '\nr=143', '\nr=131', '\nr=7'])
  t.match(shown, /\n icanon iexten echo \n/)
})

both('a pipe on either side leaves the rest of the job alone', async (t, bin) => {
  const shown = await session(t, bin, [
    ['at> ', `$S sh -c 'test -t 0 && ! test -t 1 && test -t 2 && echo "first $X"; cat' | cat\n`],
    [`first ${label}`, 'typed\n'],
    ['typed\r\ntyped', '\u001a'],
    ['at> ', 'fg\n'],
    ['cat', '\u0004'],
    [
      'at> ',
      `echo in | $S sh -c '! test -t 0 && test -t 1 && stty size <&1; cat; echo "second $X"; sleep 60'\n`,
    ],
    [`second ${label}`, '\u001a'],
    ['at> ', 'fg\n'],
    ["sleep 60'", '\u0003'],
    ['at> ', 'echo "r=$?"\n'],
    ['at> ', `$S sh -c 'echo "third $X" >&2; sleep 60' | cat\n`],
    [`third ${label}`, '\u0003'],
    ['at> ', 'echo "r=${PIPESTATUS[*]}"\n'],
    ['at> ', `$S sh -c 'echo "fourth $X"; test -t 2 || echo "apart $X" >&2' 2>apart; cat apart\n`],
  ])
  t.equal(shown.match(/\n\[1\]\+\s+Stopped/g)?.length, 2)
  t.match(shown, `\nfirst ${label}\n`)
  t.match(shown, `\n24 80\nin\nsecond ${label}`)
  t.match(shown, `\nfourth ${label}\napart ${label}\n`)
})

const needs = (program: string) => !existsSync(program) && `there is no ${program}`

both('full-screen programs work, and follow the size of the terminal', async (t, bin) => {
  const screen = join(import.meta.dirname, 'screen.py')
  const shown = await session(t, bin, [
    ['at> ', 'export HERE=$(tty)\n'],
    ['at> ', `$S ${python} ${screen}\n`],
    ['size=24x80', 'r'],
    ['size=30x70', 'q'],
    ['at> ', 'stty size; stty -a | grep -o " icanon"\n'],
  ])
  t.match(shown, `\u001b[31m`)
  t.match(shown, label)
  t.match(shown, '\n30 70\n icanon\n')
})

for (const [program, line, dialogue] of [
  [
    'less',
    `$S sh -c '{ seq 500; echo "end $X"; } | less'`,
    [
      ['\n:', 'G'],
      [label, 'q'],
    ],
  ],
  ['top', '$S top -d 60', [['COMMAND', 'q']]],
] as [string, string, Dialogue][])
  both(
    `${program} works`,
    async (t, bin) => {
      const shown = await session(t, bin, [
        ['at> ', `${line}\n`],
        ...dialogue,
        ['at> ', 'echo "r=$?"; stty -a | grep -o " icanon"\n'],
      ])
      t.match(shown, /r=0/)
    },
    needs(`/usr/bin/${program}`),
  )

both('the terminal is as it was, whatever ends sget', async (t, bin) => {
  const kill = (signal: string) => [
    ['at> ', `$S sh -c 'echo ready; kill -${signal} $(ps -o ppid= -p $PPID); exec sleep 60'\n`] as const,
    ['at> ', 'echo "r=$?"; stty -g | cmp - real && echo "sound"\n'] as const,
  ]
  const shown = await session(t, bin, [
    ['at> ', 'stty -g >real\n'],
    ...kill('TERM'),
    ...kill('SEGV'),
    ...kill('ABRT'),
    ...kill('HUP'),
  ])
  t.match(shown, /r=143\n.*sound/s)
  t.match(shown, bin.includes('sanitized') ? /r=1/ : /r=139\n.*sound.*r=134\n.*sound/s)
  t.match(shown, /r=129\n.*sound/s)
})

both('a terminal that goes away takes the command with it', async (t, bin) => {
  const { sget, home } = await stage(t, bin, giving)
  const log = join(home, 'log')
  const line = `trap 'echo hup >${log}; exit' HUP; echo ready; while :; do sleep 0.05; done`
  const words = [sget, '--home', home, 'run', '-e', 'X=a/b', '--', 'bash', '-c', line]
  const close = `import os,pty,sys
pid, terminal = pty.fork()
if pid == 0: os.execv(sys.argv[1], sys.argv[1:])
while b"ready" not in os.read(terminal, 65536): pass
os.close(terminal)
os.waitpid(pid, 0)`
  await onTerminal([], [python, '-c', close, ...words])
  t.equal(readFileSync(log, 'utf8'), 'hup\n')
})

both(
  'what was typed ahead is not lost where the system allows that',
  async (t, bin) => {
    const shown = await session(t, bin, [
      ['at> ', `$S sh -c 'echo "ready $X"; sleep 0.5'\n`],
      [`ready ${label}`, "echo 'a''head'\n"],
    ])
    t.match(shown, '\nahead\n')
  },
  legacyTypingIsOff() && 'this system lets nobody type for others (dev.tty.legacy_tiocsti)',
)

function legacyTypingIsOff(): boolean {
  const file = '/proc/sys/dev/tty/legacy_tiocsti'
  return existsSync(file) && readFileSync(file, 'utf8').trim() === '0'
}

both(
  'script records a run, and a run records a script',
  async (t, bin) => {
    const shown = await session(t, bin, [
      [
        'at> ',
        'script -qec "$S sh -c \'tty; echo first \\$X; exit 3\'" typescript; echo "r=$?"; cat typescript\n',
      ],
      ['at> ', `$S script -qec 'echo "second $X"; exit 4' /dev/null; echo "r=$?"\n`],
    ])
    t.match(shown, `first ${label}`)
    t.match(shown, `second ${label}`)
  },
  needs('/usr/bin/script'),
)
