// The command `spindle` on real processes: one waits, one computes, one blocks.

import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { parseRecording, summary } from '@spindle/inspect'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Child, endAll } from '../tooling/child.ts'
import { COMPILED } from '../tooling/compiled-path.mjs'
import { longForm } from '../tooling/long-form.ts'
import { commandOf, type ExampleResult, root, runNode } from '../tooling/run-example.ts'

// The built package: its helper thread needs no loader.
const INSPECT = `${root}${COMPILED}/node_modules/@spindle/inspect/dist`

// Processes take their time: the short form of the tests has what needs none, in trees.test.ts.
describe.runIf(longForm)('the command spindle', { timeout: 180_000 }, () => {
  let directory: string
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'spindle-command-'))
  })
  afterEach(endAll)
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  function spindle(...args: string[]): Promise<ExampleResult> {
    return runNode([`${INSPECT}/main.js`, ...args], { env: { XDG_RUNTIME_DIR: directory } })
  }

  /** Starts a program, and waits until it has printed `ready`. */
  async function start(how: string, program = 'monitored'): Promise<Child> {
    const args = ['--import', `${INSPECT}/monitor.js`, ...commandOf(`test/inspect/${program}.fixture.ts`), how]
    const child = new Child(args, { env: { XDG_RUNTIME_DIR: directory } })
    await child.printed('ready')
    return child
  }

  it('lists, explains, records and cancels the Tasks of a process that waits', async () => {
    const child = await start('waits')
    while (readdirSync(join(directory, 'spindle')).length < 2) await new Promise((resolve) => setTimeout(resolve, 10))
    const promises = await spindle('pstree', '--promises')
    const folder = join(directory, 'spindle')
    const [socket = ''] = readdirSync(folder)
    expect([statSync(folder).mode & 0o777, statSync(join(folder, socket)).mode & 0o777]).toEqual([0o700, 0o600])
    expect([promises.stderr, promises.stdout]).toEqual(['', expect.stringMatching(/Task gatherer .*\(\)/)])
    expect(promises.stdout).toContain('Task spinner that waits spins()')
    expect(child.listening()).toEqual([]) // no port: the helper thread asks
    const [ps, tree, why, none, top] = await Promise.all([
      spindle('ps'),
      spindle('pstree'),
      spindle('why', 'worker'),
      spindle('why', 'nobody'),
      spindle('top', '--count', '2'),
    ])
    expect(ps.stdout).toMatch(new RegExp(`^${child.pid}  7 Tasks, for \\d+ s  .*monitored.fixture.js\n$`))
    const lines = tree.stdout.replaceAll(/ {2}\S*\(\) \S+$/gm, '').split('\n')
    expect(lines).toEqual([
      expect.stringMatching(/^DEADLOCK: first waits for second; second waits for first: none of them can continue\b/),
      expect.stringMatching(/^┌▶ first #\d+ {2}waits for second$/),
      expect.stringMatching(/^└─ second #\d+ {2}waits for first$/),
      '',
      expect.stringMatching(/^main #\d+ {2}waits for TaskGroup$/),
      expect.stringMatching(/^└ gatherer #\d+ {2}waits for gather of 2$/),
      expect.stringMatching(/^ {2}├ worker #\d+ {2}waits for sleep\(1000000\)$/),
      expect.stringMatching(/^ {2}└ first #\d+ {2}\(shown above\)$/),
      expect.stringMatching(/^spinner that waits #\d+ {2}(waits for sleep\(1\)|ready)$/),
      expect.stringMatching(/^locked out #\d+ {2}waits for Lock 1.acquire\(\), held by main #\d+$/),
      '',
    ])
    expect(why.stdout).toMatch(/^worker #\d+ {2}waits for sleep\(1000000\)/)
    expect(why.stdout).toMatch(
      /gatherer #\d+ waits for it\.\n\nIt stands in\n {2}worker\(\) .*monitored\.fixture\.ts:\d+/,
    )
    expect([none.code, none.stderr]).toEqual([
      1,
      expect.stringMatching(/^spindle: there is no Task nobody\. There are main #/),
    ])
    expect(top.stdout.match(/^[78] Tasks {3}[\d,]+ switches a second {3}lag [\d.]+ ms$/gm)).toHaveLength(2)
    expect(top.stdout).toMatch(/^ +\d+ {2}sleep\(\)$/m)

    const file = join(directory, 'run.jsonl')
    const recorded = await spindle('record', '0.2', '--output', file)
    expect(recorded.stdout).toMatch(/^\d+ events are in /)
    const recording = parseRecording(readFileSync(file, 'utf8'))
    expect(summary(recording)).toMatch(/^The run has 7 Tasks and takes .* ms\. Nothing is cancelled\./)
    const { stdout: svg } = await spindle('draw', file)
    expect(svg).toMatch(/^<svg .*spinner.*<\/svg>\n$/s)

    // By the number of the process.
    const [sameTree, sameWhy] = await Promise.all(['pstree', 'why'].map((one) => spindle(one, `${child.pid}`)))
    expect(sameTree!.stdout).toMatch(/^DEADLOCK: .*\n┌▶ first #/)
    expect(sameWhy!.stdout).toMatch(
      /\n\nDEADLOCK: first waits for second; second waits for first: none of them can continue\b/,
    )

    const cancelled = await spindle('cancel', 'worker')
    expect(cancelled.stdout).toMatch(/^Requested the cancellation of worker #\d+\.\n$/)
    await child.printed('worker ends')
    // Its log says who it was.
    await child.printed(`is cancelled by ${userInfo().username} with \`spindle cancel\` (process `)

    const part = join(directory, 'part.jsonl')
    const dying = spindle('record', '600', '--output', part)
    const hasRows = (): boolean => existsSync(part) && readFileSync(part, 'utf8').split('\n').length > 20
    while (!hasRows()) await new Promise((resolve) => setTimeout(resolve, 20))
    const top1000 = [`${INSPECT}/main.js`, 'top', '--count', '1000']
    const watching = new Child(top1000, { env: { XDG_RUNTIME_DIR: directory } })
    await watching.printed('switches a second')
    child.kill('SIGKILL')
    const { stdout: ended } = await dying
    expect(ended).toMatch(/^\d+ events are in .*part\.jsonl\. Process \d+ has ended before the time was over\n$/)
    expect(parseRecording(readFileSync(part, 'utf8')).rows.length).toBeGreaterThan(18)
    await watching.printed(`spindle: process ${child.pid} has ended\n`)
  })

  it.each([
    ['computes', 'hot', 'hotLoop'],
    ['blocks', 'blocker', 'blocksHere'],
  ])('says which Task blocks a process that %s, and lists it as one that does not answer', async (how, task, place) => {
    const child = await start(how)
    const ps = await spindle('ps')
    expect(ps.stdout).toBe(
      `${child.pid}  does not answer: \`spindle why --pid ${child.pid}\` says what it does instead\n`,
    )
    const [why, ...others] = await Promise.all([
      spindle('why'),
      spindle('top'),
      spindle('cancel', 'worker'),
      spindle('record', '1', '--output', join(directory, 'never.jsonl')),
    ])
    const help = `spindle: process ${child.pid} does not answer: \`spindle why --pid ${child.pid}\` says what it does instead\n`
    expect(others.map(({ code, stderr }) => [code, stderr])).toEqual(others.map(() => [1, help]))
    const text = `^The Task ${task} #\\d+ blocks the loop: [\\d.]+ s in one step, which has not ended\\.\nIt stands in\n  ${place}\\(\\) .*monitored\\.fixture\\.ts:\\d+\nThe process uses \\d+ % of a CPU\\.\n\\d other Tasks are there\\.`
    expect(why.stdout, why.stderr).toMatch(new RegExp(text))
    expect([child.code, ...child.listening()]).toEqual([null]) // no port: only the sockets of this user
  })

  it.each([
    [
      'deadlock',
      /^DEADLOCK: request-1 waits for Lock 2, held by request-2; request-2 waits for Lock 1, held by request-1/m,
    ],
    [
      'growing',
      /^GROWING: \d+ Tasks audit began in .* and none has ended\.\n {2}The first waits for Event 1\.wait\(\)/m,
    ],
    ['stuck', /^CANCELLED, NOT ENDED: flusher was cancelled by request-2 [\d.]+ s ago, .*\n.*\n +flush\(\) .*faults/m],
    ['blocked', /^The Task request-3 #\d+ blocks the loop: /m],
    [
      'lost-wake-up',
      /^LOST WAKE-UP: query-2 was woken at query\(\) .*, cancelled by request-4 before it ran, .*query-5 still/m,
    ],
    ['lost-item', /^LOST ITEM: request-2 waits for the end of Queue 1: .*; worker-0 took one, and did not return\./m],
    [
      'full',
      /^FULL QUEUE: request-4 and request-5 wait for room in Queue 1, which holds 2: consumer took the last one [\d.]+ s ago,/m,
    ],
  ])('names the fault of a server: %s', async (how, cause) => {
    const child = await start(how, 'faults')
    let said = ''
    // What takes less than 5 s may end by itself, and is not told before.
    for (const end = Date.now() + 20_000; Date.now() < end && !cause.test(said); ) {
      expect(said).toMatch(/^$|\n\nNothing is wrong that Spindle can see\./)
      said = (await spindle('why', `${child.pid}`)).stdout
    }
    expect(said).toMatch(cause)
    if (how !== 'stuck') return
    expect(said).toContain(`\`spindle pstree ${child.pid} --promises\` shows the innermost line`)
    expect((await spindle('pstree', `${child.pid}`, '--promises')).stdout).toContain(
      'flusher flush()  test/inspect/faults.fixture.ts:46  nothing',
    )
  })

  it('explores a program of promises, prints the order that fails, and runs it again', async () => {
    const folder = mkdtempSync(join(root, COMPILED, 'explored-'))
    try {
      const file = join(folder, 'race.mjs')
      const source = `const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
        const { setImmediate } = globalThis // @spindle/testing/host was there before
        export async function main() {
          let last = ''
          const say = (text, ms) => wait(ms).then(() => { last = text })
          await new Promise((resolve) => setImmediate(resolve))
          await Promise.all([say('a', 10), say('b', 20)])
          if (last !== 'b') throw new Error('a came last')
        }
        export const options = { abort: 'none' }`
      writeFileSync(file, source)
      const { code, stdout, stderr } = await spindle('explore', file)
      expect(stdout, stderr).toMatch(/^the program throws Error: a came last\n {2}when the timer of /)
      const [, replay = ''] = /explore \S+ --replay "(.*)"$/m.exec(stdout) ?? []
      const others = await Promise.all([
        spindle('explore', file, '--replay', replay),
        spindle('explore', file, '--replay', 'main#1 takes 3; x'),
      ])
      expect([code, ...others.map((one) => one.code)]).toEqual([1, 1, 1])
      expect(others[0].stdout).toBe(stdout.replace(/run \d+/, 'run 3'))
      expect(others[1].stderr).toContain("replay has an invalid item: 'x'")
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('explores a file of TypeScript if Node can load one, and says otherwise that tsx is missing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'spindle-explored-'))
    try {
      mkdirSync(join(folder, 'node_modules/@spindle'), { recursive: true })
      symlinkSync(`${root}${COMPILED}/node_modules/@spindle/testing`, join(folder, 'node_modules/@spindle/testing'))
      const [typescript, jsx] = ['race.ts', 'race.tsx'].map((name) => join(folder, name)) as [string, string]
      for (const file of [typescript, jsx]) writeFileSync(file, 'export async function main(): Promise<void> {}')
      const [one, other] = await Promise.all([spindle('explore', typescript), spindle('explore', jsx)])
      const missing = (file: string): string =>
        `spindle: Node ${process.version} cannot load ${file} without tsx: npm i -D tsx\n`
      expect(other.stderr).toBe(missing(jsx))
      if (Reflect.get(process.features, 'typescript')) expect(one.stdout).toMatch(/^no failure in \d+ runs/)
      else expect(one.stderr).toBe(missing(typescript))
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('says in every command that a process is stopped', async () => {
    const child = await start('waits')
    child.kill('SIGSTOP')
    const commands = ['why', `why ${child.pid}`, 'pstree', 'top', 'cancel main', 'record 1 --output never.jsonl']
    const said = await Promise.all(commands.map((one) => spindle(...one.split(' '))))
    const stopped = `spindle: process ${child.pid} is stopped (SIGSTOP, Ctrl-Z): it answers once it continues\n`
    expect(said.map(({ stderr }) => stderr)).toEqual(commands.map(() => stopped))
    const ps = await spindle('ps')
    expect(ps.stdout).toBe(`${child.pid}  is stopped (SIGSTOP, Ctrl-Z): it answers once it continues\n`)
  })

  it('ends Tasks that wait for each other in a circle', async () => {
    const child = await start('waits')
    expect((await spindle('cancel', 'first')).stdout).toMatch(/^Requested the cancellation of first #\d+\.\n$/)
    const { stdout } = await spindle('pstree')
    expect(stdout).toMatch(/^(?!.*(?:first|second)).*spinner/s)
    await spindle('cancel', 'worker')
    await child.printed('worker ends')
  })

  it('looks at a process without the package spindle, which npx may leave out', async () => {
    cpSync(INSPECT, join(directory, 'alone'), { recursive: true })
    const { stderr } = await runNode([join(directory, 'alone/main.js'), 'pstree', `${2 ** 22 + 1}`])
    expect(stderr).toBe(`spindle: there is no process ${2 ** 22 + 1}\n`)
  })

  it('describes errors', async () => {
    const commands = [['destroy'], ['top', '--pid', '1'], ['draw', join(directory, 'none.jsonl')]]
    const said = await Promise.all(commands.map((args) => spindle(...args)))
    expect(said.map(({ code, stderr }) => [code, stderr])).toEqual([
      [2, expect.stringMatching(/^spindle: there is no command "destroy"\n\nspindle +a prompt/)],
      [1, expect.stringMatching(/^spindle: process 1 cannot be looked at\. Start it with/)],
      [1, expect.stringContaining('ENOENT')],
    ])
  })
})
