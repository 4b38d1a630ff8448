// Spindle's own examples, guide and tests are right, so nothing there is reported, except mistakes made on purpose.

import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { longForm } from '../../../test/tooling/long-form.ts'
import { lint, root, writePrograms } from './typed-eslint.fixture.ts'

// `file rule`, and why.
const ON_PURPOSE = new Map([
  ['README.md no-unprotected-cleanup', 'shows that clean-up may wait, with three names'],
  ['06_twice.ts no-unprotected-cleanup', 'shows how a clean-up is cut short'],
  ['fetch_gather.ts no-unbounded-gather', 'shows a hundred at once'],
  ['asyncio.ts no-unbounded-gather', 'each waits for a Semaphore'],
  ['agent_loop.ts no-unbounded-gather', 'a model asks for few tools at once'],
  ['10_swallowed.ts no-swallowed-cancellation', 'shows what a broad catch does'],
  ['11_blocked_loop.ts no-blocking-in-coroutine', 'shows what a blocked loop does'],
  ['13_promises.ts prefer-call', 'shows what a cancel does to a promise'],
  ['queue.test.ts no-stale-assignment', 'adds up in any order'],
  ['03_lock.ts prefer-using', 'shows release() in a finally'],
  ['condition.test.ts prefer-using', 'tests release() alone'],
  ['semaphore.test.ts prefer-using', 'prints what has no permits'],
  ['lock.test.ts prefer-using', 'tests release() in a finally'],
  ['start-server.test.ts no-blocking-in-coroutine', 'one small file, in a test'],
  ['wait.test.ts yield-star', 'an ordinary generator that makes Tasks'],
])

const TESTS = ['packages/{task,testing,node}/src/**/*.test.ts']

const SHOWS_A_MISTAKE = /\/\/ forgotten|\/\/ wrong|TypeError: (?:<coroutine|did you)|prints: RuntimeError/

describe('nothing is reported', () => {
  it.runIf(longForm)('in the examples', async () => {
    expect(await alarms(['examples/**/*.{ts,tsx}'], 'strict')).toEqual([])
  })

  it.runIf(longForm)('in tests, except for deliberate mistakes', async () => {
    const found = await alarms(TESTS, 'tests')
    // The compiler reports a mistake made on purpose, too, or the name of the test mentions it.
    expect(found.filter((each) => !isOnPurpose(each))).toEqual([])
  })

  it.runIf(longForm)('in the blocks of the guide', async () => {
    const blocks = markdownFiles('docs')
      .concat('README.md')
      .flatMap(blocksOf)
      .filter(({ code }) => !SHOWS_A_MISTAKE.test(code))
    const { folder, files } = writePrograms(
      'guide',
      blocks.map(({ code }) => code),
    )
    try {
      const reported = await lint(folder, ['*.ts'], 'strict')
      const found = [...reported].flatMap(([file, each]) =>
        each
          .map(({ rule }) => `${blocks[files.indexOf(file)]?.place} ${rule}`)
          .filter((found) => !ON_PURPOSE.has(found.replace(/:\d+/, ''))),
      )
      expect(found).toEqual([])
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

async function alarms(patterns: readonly string[], configuration: 'strict' | 'tests'): Promise<string[]> {
  const reported = await lint(root, patterns, configuration)
  return [...reported].flatMap(([file, each]) =>
    each
      .filter(({ rule }) => !ON_PURPOSE.has(`${file.split('/').at(-1)} ${rule}`))
      .map(({ line, rule }) => `${file.slice(root.length)}:${line} ${rule}`),
  )
}

const PURPOSE =
  /@ts-expect-error|as never|as unknown|forgotten|never awaited|not awaited|same coroutine|'result', undefined|without `?yield|did you forget|refuse|swallow|waste|void |collected|notice/i

/** Whether the lines around say that this is a mistake. */
function isOnPurpose(alarm: string): boolean {
  const [, file = '', line = ''] = /^(.*):(\d+) /.exec(alarm) ?? []
  const lines = readFileSync(`${root}${file}`, 'utf8').split('\n')
  return PURPOSE.test(lines.slice(Number(line) - 14, Number(line) + 4).join('\n'))
}

function markdownFiles(folder: string): string[] {
  return readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `${folder}/${file}`)
}

/** The blocks that run, each with the imports that a reader would write. */
function blocksOf(file: string): { place: string; code: string }[] {
  const text = readFileSync(`${root}${file}`, 'utf8')
  return [...text.matchAll(/^```ts\n(.*?)^```/gms)].map(({ 1: code = '', index }) => {
    const imports = /^import /m.test(code) ? '' : `import { ${namesOfSpindle(code).join(', ')} } from 'spindle'\n`
    const place = `${file}:${text.slice(0, index).split('\n').length}`
    return { place, code: `${imports}${code}\nexport {}\n` }
  })
}

const NAMES = `sleep timeout moveOnAfter wait waitFor taskGroup gatherMap gather forEach createTask ensureFuture
  shield run runSync Lock Queue Semaphore Condition Future CancelledError TimeoutError ExceptionGroup coroutine rethrowIfCancelled
  getRunningLoop currentTask uncancellable resource exitStack`.split(/\s+/)

function namesOfSpindle(code: string): string[] {
  return ['type Coroutine', ...NAMES.filter((name) => new RegExp(`\\b${name}\\b`).test(code))]
}
