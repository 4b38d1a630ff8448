// What the compiler says of typical mistakes: its first two lines name the remedy.

import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { root } from '../tooling/run-example.ts'

const STAR = 'write `yield*`'
const GENERATOR = 'write `function*`'
const CALL = 'call((signal) => …)'

// A program each, and the remedy; undefined where the compiler has no place to say it.
const MISTAKES: readonly (readonly [program: string, remedy: string | undefined])[] = [
  ['function* main() { yield sleep(1) }\nrun(main)', STAR],
  ['function* main() { yield sleep(1) }\nrun(main())', STAR],
  ['function* main() { const task = createTask(sleep(1)); yield task }\nrunSync(main)', STAR],
  ['function* main(): Coroutine<void> { yield sleep(1) }', 'write yield*'],
  ['run(function* () { yield sleep(1) })', STAR],
  ['run(async () => { await sleep(1) })', GENERATOR],
  ["run(fetch('/'))", CALL],
  ["function* main() { const response = yield fetch('/') }\nrun(main)", CALL],
  ['function work() { sleep(1) }\ncreateTask(work)', GENERATOR],
  ["createTask(fetch('/'))", CALL],
  ["createTask(() => fetch('/'))", CALL],
  ['createTask(createTask(sleep(1)))', STAR],
  ['function* work() { yield sleep(1) }\ngather([sleep(1), work()])', STAR],
  ['gather([sleep(1), async () => {}])', GENERATOR],
  ['taskGroup(async (group) => { group.createTask(sleep(1)) })', GENERATOR],
  ['taskGroup(function* (group) { yield group.createTask(sleep(1)) })', STAR],
  ["timeout(500, () => fetch('/'))", CALL],
  ['timeout(500, function* () { yield sleep(1) })', STAR],
  ["function* main(): Coroutine<Response> { return yield* fetch('/') }", undefined],
  ['function* main(): Coroutine<number> { return sleep(1, 42) }', undefined],
  // More than the twenty.
  ['getHostLoop().createTask(async () => {})', GENERATOR],
  ["ensureFuture(function* () { yield fetch('/') })", CALL],
  ['race([sleep(1), async () => {}])', GENERATOR],
  ['retry(async () => {})', GENERATOR],
  ['timeout(500, sleep(1))', 'write `() => …`'],
  ['createTask((ms: number) => sleep(ms))', 'call it'],
]

const IMPORTS =
  'Coroutine, createTask, ensureFuture, gather, getHostLoop, race, retry, run, runSync, sleep, taskGroup, timeout'

let directory: string
let output: string

beforeAll(async () => {
  mkdirSync(`${root}test/docs/.blocks`, { recursive: true })
  directory = mkdtempSync(`${root}test/docs/.blocks/`)
  for (const [index, [program]] of MISTAKES.entries()) {
    writeFileSync(
      `${directory}/mistake-${index}.ts`,
      `import { type ${IMPORTS} } from 'spindle'\n${program}\nexport {}\n`,
    )
  }
  const compilerOptions = { noUnusedLocals: false, noUnusedParameters: false }
  const config = { extends: '../../../../tsconfig.json', include: ['*.ts'], exclude: [], compilerOptions }
  writeFileSync(`${directory}/tsconfig.json`, JSON.stringify(config))
  const tsc = [`${root}node_modules/typescript/bin/tsc`, '--project', directory, '--pretty', 'false']
  output = await new Promise<string>((resolve) => {
    execFile(process.execPath, tsc, { maxBuffer: 2 ** 26 }, (_, stdout) => resolve(stdout))
  })
}, 120_000)
afterAll(() => rmSync(directory, { recursive: true }))

it.each(MISTAKES.map(([program, remedy], index) => [program, remedy, index] as const))('%s', (_, remedy, index) => {
  const said = firstLines(index)
  expect(said).toMatch(/error TS/)
  if (remedy !== undefined) expect(said).toContain(remedy)
  else expect([STAR, GENERATOR, CALL].filter((text) => said.includes(text))).toEqual([]) // then it could be listed above
})

/** The first two lines that the compiler prints about a program. */
function firstLines(index: number): string {
  const lines = output.split('\n')
  const first = lines.findIndex((line) => line.includes(`mistake-${index}.ts(`))
  const isAboutIt = (line: string): boolean => line.startsWith(' ') || line.includes(`mistake-${index}.ts(`)
  return lines
    .slice(first, first + 2)
    .filter(isAboutIt)
    .join('\n')
}
