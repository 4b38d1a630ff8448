import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseRecording, summary, toAccount, toSVG, toText } from '@spindle/inspect'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { endAll } from '../tooling/child.ts'
import { linesEnvironment, runNode } from '../tooling/run-example.ts'
import { CONTROL, fuzzOptions, HOSTILE, Lines, major, PERMISSION } from './on-built.ts'

const onLinux = process.platform === 'linux'
const asRoot = onLinux && process.getuid?.() === 0
const NOBODY = 65534
const ALLOW_NET = major >= 25 ? ['--allow-net'] : []

// Each blocks in the Task hot.
const BLOCKED = {
  'after a wait': `createTask((function* () { yield* sleep(10); spin() })(), { name: 'hot' })`,
  'in the step of another': `createTask((function* () { spin() })(), { name: 'hot', eagerStart: true })`,
  'after one that began in its step': `createTask((function* () {
    createTask(sleep(1e6), { eagerStart: true })
    spin()
  })(), { name: 'hot' })`,
}
const NAMED =
  /^The Task hot #2 blocks the loop: [\d.]+ s in one step, which has not ended\.\nIt stands in\n {2}spin\(\) /
const FORBIDDEN = /^No answer: .*, or its permission model forbids to look\.\n/
const WAITING = `import { run, sleep } from 'spindle'; await run(function* () { console.log('ready'); yield* sleep(1e6) })`

let parent: string
let folder: string
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'spindle-tools-'))
  chmodSync(parent, 0o755) // what Spindle makes in it has to guard itself
  folder = join(parent, 'spindle')
})
afterEach(() => {
  endAll()
  rmSync(parent, { recursive: true, force: true })
})

function monitored(source: string, args: string[] = []): Lines {
  const env = { XDG_RUNTIME_DIR: parent }
  return new Lines(source, { args: [...args, '--import', '@spindle/inspect/monitor'], env })
}

function spindle(...args: string[]): ReturnType<typeof runNode> {
  const command = 'node_modules/@spindle/inspect/dist/main.js'
  return runNode([command, ...args], { cwd: linesEnvironment().cwd, env: { XDG_RUNTIME_DIR: parent } })
}

/** What a program of a few lines prints that another user runs. */
function asNobody(source: string): string {
  const options = { uid: NOBODY, gid: NOBODY, cwd: '/', encoding: 'utf8', env: { PATH: '/usr/bin' } } as const
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', source], options)
  expect(status, stderr).toBe(0)
  return stdout.trim()
}

/** Sends what `bytes` says to a socket, and waits until the other side or nobody has more to say. */
function send(path: string, bytes: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(path, () => socket.end(bytes))
    socket.on('error', () => {}).on('close', () => resolve())
    socket.resume()
  })
}

describe.runIf(onLinux)('The monitor and `spindle why` open no port', () => {
  it.runIf(asRoot)('to another user, who can neither list nor connect, not even if the folder were open', async () => {
    await monitored(WAITING).printed('ready')
    while (readdirSync(folder).length < 2) await new Promise((resolve) => setTimeout(resolve, 10))
    const sockets = readdirSync(folder).map((name) => join(folder, name))
    const tries = `import { connect } from 'node:net'
      import { readdirSync } from 'node:fs'
      const found = []
      try { found.push(...readdirSync(${JSON.stringify(folder)})) } catch (error) { found.push(error.code) }
      for (const path of ${JSON.stringify(sockets)}) {
        found.push(await new Promise((resolve) => connect(path, () => resolve('connected')).on('error', (error) => resolve(error.code))))
      }
      console.log(found.join(' '))
      process.exit()`
    expect(asNobody(tries)).toBe('EACCES EACCES EACCES')
    chmodSync(folder, 0o755)
    expect(asNobody(tries)).toBe(`${readdirSync(folder).join(' ')} EACCES EACCES`)
  })

  it.runIf(asRoot)('and what another user has put in the place of the folder is not used', async () => {
    for (const plant of [
      () => mkdirSync(folder, { mode: 0o700 }),
      () => symlinkSync(mkdtempSync(join(parent, 'theirs-')), folder),
      () => writeFileSync(folder, ''),
    ]) {
      plant()
      if (!statSync(folder).isFile()) chownSync(folder, NOBODY, NOBODY)
      const program = monitored(`console.log('goes on')`)
      expect([await program.ended(), program.output]).toEqual([
        0,
        expect.stringMatching(/^spindle cannot look at .*\ngoes on\n$/),
      ])
      rmSync(folder, { recursive: true })
    }
  })

  const blocked = [
    ...Object.entries(BLOCKED).map(([when, starts]) => ({ when, starts, said: NAMED, under: 'nothing' })),
    { when: 'at last', starts: BLOCKED['after a wait'], said: FORBIDDEN, under: 'the permission model' },
  ]
  it.each(blocked)('while it is blocked $when, under $under', async ({ starts, said, under }) => {
    const allowed = [...PERMISSION, `--allow-fs-write=${parent}/*`, '--allow-worker', ...ALLOW_NET]
    const source = `import { createTask, run, sleep } from 'spindle'
      const spin = () => { console.log('ready'); for (;;); }
      await run(function* () { ${starts}; yield* sleep(1e6) })`
    const program = monitored(source, under === 'nothing' ? [] : allowed)
    await program.printed('ready')
    const { stdout, stderr } = await spindle('why', '--pid', `${program.pid}`)
    expect(stdout, stderr).toMatch(said)
    await spindle('pstree', '--promises', `${program.pid}`) // refuses, and the process lives on
    expect([program.code, ...program.listening()]).toEqual([null])
  })

  it('and where the permission model forbids its sockets, the program goes on without it', async () => {
    const forbidden = [['--allow-worker'], ...(major >= 25 ? [['--allow-worker', `--allow-fs-write=${parent}/*`]] : [])]
    for (const args of forbidden) {
      const program = monitored(`console.log('goes on')`, [...PERMISSION, ...args])
      expect([await program.ended(), program.output]).toEqual([
        0,
        expect.stringMatching(/^spindle cannot look at .*\ngoes on\n$/),
      ])
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('and nothing that is written to the sockets ends the process', async () => {
    const program = monitored(WAITING)
    await program.printed('ready')
    while (readdirSync(folder).length < 2) await new Promise((resolve) => setTimeout(resolve, 10))
    const sockets = readdirSync(folder).map((name) => join(folder, name))
    const request = fc.record(
      {
        do: fc.constantFrom('tasks', 'cancel', 'record', 'top', 'other', '__proto__'),
        places: fc.anything(),
        id: fc.anything(),
        by: fc.oneof(fc.constantFrom(...HOSTILE), fc.anything()),
        ms: fc.oneof(fc.constantFrom(1, -1, 1e99, null, '5'), fc.anything()),
      },
      { requiredKeys: [] },
    )
    const asLine = (value: unknown): string => {
      try {
        return `${JSON.stringify(value)}\n`
      } catch {
        return 'null\n' // JSON has no BigInt
      }
    }
    const bytes = fc.oneof(
      request.map(asLine),
      fc.json().map((text) => `${text}\n`),
      fc.uint8Array({ maxLength: 20_000 }),
    )
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...sockets), bytes, async (path, text) => {
        await send(path, text)
        expect(program.code).toBe(null)
      }),
      fuzzOptions(50),
    )
    expect((await spindle('why')).stdout).toMatch(/^Nothing is wrong that Spindle can see/m)
    expect(program.output.replaceAll('\n', '')).not.toMatch(CONTROL)
  })
})

describe('A recording can be read by its owner alone', () => {
  const RECORDED = `import { createTask, run, sleep } from 'spindle'
    await run(function* () { yield* createTask(sleep(1), { name: 'secret' }) })`
  const options = (path: string): ConstructorParameters<typeof Lines>[1] => ({
    args: ['--import', '@spindle/inspect/record'],
    env: { SPINDLE_RECORD: path },
  })

  it.runIf(onLinux)('also if somebody has made the file before, and has it open', async () => {
    const path = join(parent, 'run.jsonl')
    writeFileSync(path, '', { mode: 0o666 })
    if (asRoot) chownSync(path, NOBODY, NOBODY)
    const theirs = openSync(path, 'r')
    const program = new Lines(RECORDED, options(path))
    expect([await program.ended(), program.output]).toEqual([0, expect.stringMatching(/^\d+ events are in .*\n$/)])
    expect(readSync(theirs, Buffer.alloc(10))).toBe(0)
    closeSync(theirs)
    const { mode, uid } = statSync(path)
    expect([(mode & 0o777).toString(8), uid]).toEqual(['600', process.getuid?.()])
    expect(readFileSync(path, 'utf8')).toContain('secret')
    if (asRoot)
      expect(
        asNobody(
          `import { readFileSync } from 'node:fs'; try { console.log(readFileSync(${JSON.stringify(path)}, 'utf8')) } catch (error) { console.log(error.code) }`,
        ),
      ).toBe('EACCES')
  })

  it('and what is made of it moves no cursor and turns no text, whatever stands in it', async () => {
    const path = join(parent, 'run.jsonl')
    await new Lines(RECORDED, options(path)).ended()
    const text = readFileSync(path, 'utf8')
    const strings = [...new Set(text.match(/"(?:[^"\\]|\\.)*"/g))]
    const hostile = fc.array(fc.oneof(fc.constantFrom(...HOSTILE, '</text><script>', '&#x1b;'), fc.string()), {
      minLength: 1,
    })
    let drawn = 0
    fc.assert(
      fc.property(fc.constantFrom(...strings), hostile, fc.boolean(), (string, parts, inside) => {
        const put = parts.join('')
        const changed = inside ? JSON.stringify(`${JSON.parse(string)}${put}`) : JSON.stringify(put)
        let recording: ReturnType<typeof parseRecording>
        try {
          recording = parseRecording(text.replaceAll(string, () => changed))
        } catch (error) {
          expect(String(error)).not.toMatch(CONTROL)
          return
        }
        const account = toAccount(recording)
          .map((item) => JSON.stringify(item))
          .join('\n')
        const pictures = [toSVG(recording), toText(recording), summary(recording), account]
        for (const picture of pictures) expect(picture).not.toMatch(CONTROL)
        expect(pictures[0]).not.toContain('<script')
        drawn++
      }),
      fuzzOptions(50),
    )
    expect(drawn).toBeGreaterThan(20)
  })
})
