// Names of functions, Tasks and threads, keys, paths and messages may come from a client. Printed as they are, they
// forge lines, or move the cursor of a terminal. So they are printed by printable(), and errors by Node's inspect().

import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { filesIn } from '../docs/blocks.ts'
import { root } from './run-example.ts'

// What else is printed, and is no text of a user, by its file.
const SAFE: Readonly<Record<string, readonly string[]>> = {
  'create-spindle/src/main.ts': [
    'USAGE',
    "files.map((file) => `  ${printable(file)}`).join('\\n')",
    'quoted(printable(folder))',
  ],
  'distributed/src/main.ts': ['text'], // of worker-log.ts, which has a test
  'distributed/src/working/lock-keeper.ts': ['text', 'ADVICE'], // by printable()
  'inspect/src/commands/run-command.ts': ['opened'], // a file
  'inspect/src/main.ts': ['text', 'message', 'usage'], // of commands, whose tests look for it
  'inspect/src/record.ts': ['made.rows'],
  'node/src/host/run-main.ts': ['error'], // by inspect()
  'testing/src/timed-out-tests.ts': ['tree'], // of inspect
  'thread/src/executors/pool-events.ts': ['name'], // one of a few
  'thread/src/executors/run-in-executor.ts': ['timeout / 1000'],
  'thread/src/futures/future.ts': ['this'], // by its toString()
  'thread/src/threads/this-thread.ts': ['text'], // by inspect()
  'thread/src/transport/uncaught.ts': ['inspect(reason)'],
}
const PRINTS = /(?:\bconsole\.(?:log|info|warn|error|debug)|\bstd(?:out|err)\.write|\bwriteSync)\(/g

/** What a source prints directly: variables, and parts of templates. */
function printedBy(source: string): string[] {
  const code = source.replaceAll(/^ *(?:\/\/|\/?\*).*$/gm, '')
  return [...code.matchAll(PRINTS)].flatMap(({ index, 0: { length } }) => {
    const text = upToEnd(code, index + length, ')')
    const [first = ''] = text.replace(/^2, /, '').split(/,\s(?=[\w.#]+$)/) // the second is printed by inspect()
    if (/^\w+$/.test(first.trim())) return [first.trim()]
    const parts = [...first.matchAll(/\$\{/g)].map((part) => upToEnd(first, part.index + 2, '}'))
    return parts.filter((part) => !part.startsWith('printable(') && !first.startsWith('printable('))
  })
}

/** The text from a place to the bracket that closes it. */
function upToEnd(code: string, from: number, end: string): string {
  let depth = 0
  for (let at = from; at < code.length; at++) {
    const character = code[at] as string
    if (depth === 0 && character === end) return code.slice(from, at)
    if ('({['.includes(character)) depth++
    else if (')}]'.includes(character)) depth--
  }
  return code.slice(from)
}

const sources = readdirSync(`${root}packages`)
  .flatMap((name) => filesIn(`packages/${name}/src`, '.ts'))
  .filter((file) => !/\.(?:test|test-d|fixture)\.ts$/.test(file))
  .map((file) => file.slice('packages/'.length))

it('every text that may be of a user is printed by printable()', () => {
  const direct = sources.flatMap((file) =>
    printedBy(readFileSync(`${root}packages/${file}`, 'utf8')).map((text) => `${file}: ${text}`),
  )
  const safe = Object.entries(SAFE).flatMap(([file, texts]) => texts.map((text) => `${file}: ${text}`))
  expect([...new Set(direct)].sort()).toEqual(safe.sort())
})

it.each([
  ['console.error(`spindle: ${task.getName()} ends`)', 'task.getName()'],
  ['process.stderr.write(`${printable(a)} and ${b.name}\\n`)', 'b.name'],
  ['writeSync(2, `${what()}:\\n${printableLines(text)}`)', 'what()'],
  ['console.warn(message)', 'message'],
])('a direct one is found: %s', (source, found) => {
  expect(printedBy(source)).toContain(found)
})
