import { createReadStream } from 'node:fs'
import { PassThrough } from 'node:stream'
import type { Coroutine } from '@spindle/loop'
import { closeHostLoop, resource, run, sleep } from '@spindle/task'
import { describe, expect, it } from 'vitest'
import { runMain } from './host/run-main.ts'
import { createSubprocessExec, createSubprocessShell } from './processes/create-subprocess.ts'
import { runProcess, subprocess } from './processes/subprocess.ts'
import { fetchText } from './servers/fetch.ts'
import { openConnection, openUnixConnection } from './servers/open-connection.ts'
import { startServer, startUnixServer } from './servers/start-server.ts'
import { StreamReader } from './streams/stream-reader.ts'

const NEGATIVE = new RangeError('graceTime must be >= 0, got -1')

/** A misspelled option would be ignored silently. */
const misspelt = { tiemout: 1 } as object

const starts: Record<string, (options: object) => Coroutine<unknown>> = {
  'startServer()': (options) => startServer(() => {}, '127.0.0.1', 0, options),
  'startUnixServer()': (options) => startUnixServer(() => {}, '/nowhere/socket', options),
  'openConnection()': (options) => openConnection('127.0.0.1', 1, options),
  'openUnixConnection()': (options) => openUnixConnection('/nowhere/socket', options),
  'createSubprocessExec()': (options) => createSubprocessExec('true', [], options),
  'createSubprocessShell()': (options) => createSubprocessShell('true', options),
  'runProcess()': (options) => runProcess(['true'], options),
  'subprocess()': (options) => subprocess(['true'], options, function* () {}),
}

const calls: Record<string, () => unknown> = {
  ...Object.fromEntries(Object.entries(starts).map(([name, start]) => [name, () => start(misspelt)])),
  'fetchText()': () => fetchText('http://localhost:1', misspelt),
  'StreamReader.from()': () => StreamReader.from(new PassThrough(), misspelt),
  StreamReader: () => new StreamReader(misspelt),
}

describe('An unknown option is refused at the call by', () => {
  it.each(Object.keys(calls))('%s', (name) => {
    expect(calls[name]).toThrow(`${name} has no option \`tiemout\``)
  })

  it('runMain()', async () => {
    function* main(): Coroutine<void> {}
    await expect(runMain(main(), misspelt)).rejects.toThrow('runMain() has no option `tiemout`')
  })

  it('wait() of a process, and shutdown() of a server', async () => {
    function* waits(): Coroutine<void> {
      const process = yield* createSubprocessExec('true')
      yield* process.wait()
      yield* process.wait(misspelt)
    }
    await expect(run(waits)).rejects.toThrow('wait() has no option `tiemout`')
    function* shutsDown(): Coroutine<void> {
      const server = yield* startServer(() => {}, '127.0.0.1', 0)
      try {
        yield* server.shutdown(misspelt)
      } finally {
        server.close()
      }
    }
    await expect(run(shutsDown)).rejects.toThrow('shutdown() has no option `tiemout`')
  })
})

describe('A limit that limits nothing is refused before anything starts by', () => {
  it.each(Object.keys(starts))('%s', async (name) => {
    const tried = async (options: object): Promise<string> => String(await run(starts[name]!(options)).catch((e) => e))
    expect(await tried({ limit: Number.NaN })).toBe('RangeError: Limit cannot be <= 0')
    expect(await tried({ maxBytes: Number.NaN })).toBe('RangeError: maxBytes must be > 0, got NaN')
    expect(await tried({ maxBytes: -1 })).toBe('RangeError: maxBytes must be > 0, got -1')
  })

  it('fetchText()', async () => {
    for (const maxBytes of [Number.NaN, -1, 'much' as never]) {
      const refused = expect.objectContaining({ message: expect.stringMatching(/^maxBytes must be >= 0, got /) })
      await expect(run(fetchText('data:text/plain,hello', { maxBytes }))).rejects.toEqual(refused)
    }
  })

  it('the graceTime of a process, which would never be killed', async () => {
    for (const start of [starts['createSubprocessExec()']!, starts['runProcess()']!, starts['subprocess()']!]) {
      await expect(run(start({ graceTime: Number.NaN }))).rejects.toThrow('Invalid graceTime: NaN (not a number)')
      await expect(run(start({ graceTime: '5' }))).rejects.toThrow(
        "graceTime must be a number of milliseconds, got '5'",
      )
      await expect(run(start({ graceTime: -1 }))).rejects.toThrow(NEGATIVE)
    }
  })

  it('an env, a flag or an encoding that is none', async () => {
    for (const [options, message] of [
      [{ env: 'A=1' }, "env must be an object of strings, got 'A=1'"],
      [{ env: ['A=1'] }, "env must be an object of strings, got ['A=1']"],
      [{ env: null }, 'env must be an object of strings, got null'],
      [{ env: { A: 3 } }, 'env.A must be a string, got 3'],
      [{ tree: 1 }, 'tree must be true or false, got 1'],
      [{ newSession: 'no' }, "newSession must be true or false, got 'no'"],
    ] as const) {
      for (const start of [starts['createSubprocessExec()']!, starts['runProcess()']!, starts['subprocess()']!]) {
        await expect(run(start(options))).rejects.toEqual(new TypeError(message))
      }
    }
    for (const [options, message] of [
      [{ check: 'no' }, "check must be true or false, got 'no'"],
      [{ capture: 0 }, 'capture must be true or false, got 0'],
      [{ encoding: 3 }, 'encoding must be the name of an encoding, got 3'],
    ] as const) {
      await expect(run(starts['runProcess()']!(options))).rejects.toEqual(new TypeError(message))
    }
  })

  it('a negative graceTime of a run, the host loop, a resource or a server', async () => {
    const negative = { graceTime: -1 }
    const open = (): Coroutine<void> => sleep(0)
    function* shutdown(): Coroutine<void> {
      const server = yield* startServer(() => {}, '127.0.0.1', 0)
      yield* server.shutdown(negative)
    }
    await expect(run(open, negative)).rejects.toThrow(NEGATIVE)
    await expect(run(shutdown)).rejects.toThrow(NEGATIVE)
    await expect(run(() => resource(open, open, open, negative))).rejects.toThrow(NEGATIVE)
    await expect((async () => closeHostLoop(negative))()).rejects.toThrow(NEGATIVE)
  })
})

describe('Options of a stream', () => {
  it('that Node has in addition are passed on to it', async () => {
    function* main(): Coroutine<string> {
      return String((yield* runProcess(['pwd'], { cwd: '/', capture: true, env: {} })).stdout)
    }
    expect(await run(main)).toBe('/\n')
  })

  it('maxBytes holds for a connection', async () => {
    function* main(): Coroutine<void> {
      const server = yield* startServer((_reader, writer) => writer.write('more than that'), '127.0.0.1', 0)
      try {
        const [reader, writer] = yield* openConnection('127.0.0.1', server.port, { maxBytes: 4 })
        try {
          yield* reader.read()
        } finally {
          writer.abort()
        }
      } finally {
        server.close()
      }
    }
    await expect(run(main)).rejects.toThrow('maxBytes')
  })

  it('owned: false leaves it open', () => {
    const stream = createReadStream('package.json')
    StreamReader.from(stream, { owned: false }).close()
    expect(stream.destroyed).toBe(false)
    stream.destroy()
  })
})
