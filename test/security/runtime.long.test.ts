import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { linesEnvironment, runNode } from '../tooling/run-example.ts'
import { LONG, PERMISSION } from './on-built.ts'

const FOLDER = mkdtempSync(join(tmpdir(), 'spindle-runtime-'))
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }))

// Something of everything: a cancel, a time limit, a lock, a group, a report, and a call on a thread.
const PROGRAM = `import { createTask, Lock, run, runSync, sleep, taskGroup, timeout } from 'spindle'
  import { ThreadPoolExecutor, workerModule } from 'spindle/thread'
  function* main() {
    const log = []
    const lock = new Lock()
    const held = yield* lock.acquire()
    const task = createTask(lock.acquire())
    yield* sleep(0)
    task.cancel('enough')
    try { yield* task } catch (error) { log.push(error.name) }
    held[Symbol.dispose]()
    try { yield* timeout(1, () => sleep(1e6)) } catch (error) { log.push(error.name) }
    try { yield* taskGroup(function* (group) { group.createTask((function* () { throw new Error('no') })()) }) } catch (error) { log.push(error.name) }
    return log.join(' ')
  }
  console.log(await run(main()))
  console.log(runSync(main()))
  const pool = new ThreadPoolExecutor(1)
  console.log(await pool.submit(workerModule(new URL(process.env.WORK)).square, 6))
  pool.shutdown()`
const WORK = join(FOLDER, 'work.mjs')
writeFileSync(WORK, 'export const square = (n) => n * n')
const EXPECTED = ['CancelledError TimeoutError ExceptionGroup', 'CancelledError TimeoutError ExceptionGroup', '36']

describe('Spindle works on hardened runtimes', LONG, () => {
  const runtimes: Record<string, string[]> = {
    'frozen intrinsics, no __proto__ and no code from strings at once': [
      '--frozen-intrinsics',
      '--disable-proto=throw',
      '--disallow-code-generation-from-strings',
    ],
    'the permission model': [...PERMISSION, '--allow-worker'],
    SES: ['--import', new URL('../loop/lockdown.fixture.mjs', import.meta.url).href],
  }
  it.each(Object.entries(runtimes))('%s', async (_name, flags) => {
    const { cwd } = linesEnvironment()
    const program = join(cwd, `hardened-${process.pid}.mjs`)
    writeFileSync(program, PROGRAM)
    const env = { WORK: `file://${WORK}` }
    const { stdout, stderr } = await runNode(['--no-warnings', ...flags, program], { cwd, env })
    rmSync(program)
    expect(stdout.trim().split('\n'), stderr).toEqual(EXPECTED)
  })
})

describe('No code is loaded from the working directory', LONG, () => {
  it('whatever stands there under whatever name', async () => {
    const trap = "import { writeSync } from 'node:fs'; writeSync(2, 'TRAPPED'); export default {}"
    const names = `tsx typescript spindle ws bullmq ioredis devalue eventemitter3 @spindle/inspect @spindle/loop
      @spindle/task @spindle/thread @spindle/node @opentelemetry/api vitest source-map-support`
    for (const name of names.split(/\s+/)) {
      const folder = join(FOLDER, 'node_modules', name)
      mkdirSync(folder, { recursive: true })
      const exports = { '.': './index.mjs', './*': './index.mjs', './package.json': './package.json' }
      writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version: '1.0.0', type: 'module', exports }))
      writeFileSync(join(folder, 'index.mjs'), trap)
    }
    for (const file of ['index.js', 'tsx.mjs', 'vitest.config.mjs', '.pnp.cjs', 'spindle.config.mjs', 'package.json'])
      writeFileSync(
        join(FOLDER, file),
        file === 'package.json'
          ? '{"type":"module","imports":{"#*":"./index.js"}}'
          : file.endsWith('cjs')
            ? "require('fs').writeSync(2, 'TRAPPED')"
            : trap,
      )
    const { cwd } = linesEnvironment()
    const program = join(cwd, `elsewhere-${process.pid}.mjs`)
    const more = `
      import { ProcessPoolExecutor } from 'spindle/thread'
      const processes = new ProcessPoolExecutor(1)
      console.log(await processes.submit(workerModule(new URL(process.env.WORK)).square, 7))
      processes.shutdown()
      console.log(await run(sleep(1, 'recorded')))`
    writeFileSync(program, PROGRAM + more)
    const recorder = `file://${cwd}/node_modules/@spindle/inspect/dist/record.js`
    for (const env of [{ VITEST: '' }, { VITEST: 'true', TSX: '1', NODE_ENV: 'test' }] as NodeJS.ProcessEnv[]) {
      const all = { ...env, WORK: `file://${WORK}`, SPINDLE_RECORD: join(FOLDER, 'run.jsonl') }
      const { stdout, stderr } = await runNode(['--import', recorder, program], { cwd: FOLDER, env: all })
      expect(stderr).not.toContain('TRAPPED')
      expect(stdout.trim().split('\n'), stderr).toEqual([...EXPECTED, '49', 'recorded'])
    }
    // A loader of TypeScript is looked for, and may not be found.
    const typed = join(mkdtempSync(join(tmpdir(), 'spindle-typed-')), 'work.ts')
    writeFileSync(typed, 'export const square = (n: number): number => n * n')
    const untrusting = await runNode([program], { cwd: FOLDER, env: { VITEST: 'true', WORK: `file://${typed}` } })
    expect(untrusting.stderr).not.toContain('TRAPPED')
    rmSync(dirname(typed), { recursive: true })
    for (const [bin, ...args] of [
      ['inspect', 'ps'],
      ['distributed', '--help'],
    ] as const) {
      const { stderr } = await runNode([`${cwd}/node_modules/@spindle/${bin}/dist/main.js`, ...args], {
        cwd: FOLDER,
        env: { XDG_RUNTIME_DIR: FOLDER },
      })
      expect(stderr).not.toContain('TRAPPED')
    }
    rmSync(program)
  })
})
