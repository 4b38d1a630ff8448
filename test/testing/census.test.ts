import { spawn } from 'node:child_process'
import { once as emitted } from 'node:events'
import { open } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, connect, createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { type Census, census, explore, type Holdings } from '@spindle/testing'
import { type Coroutine, call, ensureFuture, forEach, moveOnAfter, once, resource, sleep, uncancellable } from 'spindle'
import { isCoroutine } from 'spindle/more'
import { subprocess } from 'spindle/node'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'

const onLinux = process.platform === 'linux'
let held: Census | undefined

afterEach(() => {
  held?.[Symbol.dispose]()
  held = undefined
})

describe('census', () => {
  it.runIf(onLinux)('counts files', async () => {
    const more = counting()
    const file = await open('package.json')
    const opened = more()
    await file.close()
    expect([opened, more()]).toEqual([{ files: 1 }, {}])
  })

  it.runIf(onLinux)('counts no file for the loop of a thread, which holds /dev/null once it listens', async () => {
    const more = counting()
    const thread = new Worker(
      'require("net").createServer().listen(0, () => require("worker_threads").parentPort.postMessage(1))',
      { eval: true },
    )
    await emitted(thread, 'message')
    const { files = 0 } = more()
    await thread.terminate()
    expect(files).toBe(0)
  })

  it('counts sockets, and timers that keep the program alive', async () => {
    const more = counting()
    const server = createServer().listen(0)
    await new Promise((resolve) => server.once('listening', resolve))
    const timer = setTimeout(() => {}, 60_000)
    const opened = more()
    clearTimeout(timer)
    await new Promise((resolve) => server.close(resolve))
    expect([opened, more()]).toEqual([{ sockets: 1, timers: 1 }, {}])
  })

  it('counts the listeners of the process', () => {
    const more = counting()
    const listener = (): void => {}
    process.on('SIGUSR2', listener)
    const added = more()['listeners']
    process.off('SIGUSR2', listener)
    expect([added, more()['listeners'] ?? 0]).toEqual([1, 0])
  })

  it('counts async generators from their first step to their end', async () => {
    const more = counting()
    const numbers = async function* (): AsyncGenerator<number> {
      yield 1
      yield 2
    }
    const [unbegun, returned, ended] = [numbers(), numbers(), numbers()]
    await returned.next()
    await ended.next()
    const begun = more()
    await returned.return(undefined)
    for await (const _ of ended);
    await returned.next() // is over
    expect([begun, more()]).toEqual([{ iterators: 2 }, {}])
    await unbegun.return(undefined)
  })

  it('does not count the generator of fetch() that reads a body', async () => {
    const server = createHttpServer((_request, response) => void response.write('a part')).listen(0, '127.0.0.1')
    await emitted(server, 'listening')
    const more = counting()
    const { body } = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    await body?.getReader().read()
    const { iterators } = more()
    server.closeAllConnections()
    server.close()
    expect(iterators).toBeUndefined()
  })

  it.runIf(onLinux)('counts a process that has left its parent and its session', async () => {
    const more = counting()
    const child = spawn('sh', ['-c', 'setsid sleep 60 >/dev/null & echo $!'], { stdio: ['ignore', 'pipe', 'ignore'] })
    const [pid] = await emitted(child.stdout, 'data')
    if (child.exitCode === null) await emitted(child, 'exit')
    let left = more()['processes']
    while (left === undefined) left = await pause(5).then(() => more()['processes']) // its session is a moment late
    process.kill(Number(pid), 'SIGKILL')
    while (more()['processes'] !== undefined) await pause(5)
    expect(left).toBe(1)
  })

  it('counts nothing more when it is disposed of', async () => {
    const one = census()
    one[Symbol.dispose]()
    const more = counting()
    expect(more()).toEqual({})
  })
})

// Programs of three lines, each with the fault that its name says, and without.
const path = 'package.json'
const faults: Record<string, { wrong(): Coroutine<unknown>; right(): Coroutine<unknown>; message: RegExp }> = {
  'a file that arrives after the cancellation is dropped': {
    *wrong() {
      const file = yield* ensureFuture(open(path))
      yield* closing(sleep(1), () => call(() => file.close()))
    },
    *right() {
      const file = yield* call(() => open(path))
      yield* closing(sleep(1), () => uncancellable(() => call(() => file.close())))
    },
    message: /(?:left|held) \d of files/,
  },
  'a clean-up that waits is cut short': {
    *wrong() {
      const file = yield* call(() => open(path))
      yield* closing(undefined, function* () {
        yield* sleep(3)
        yield* call(() => file.close())
      })
    },
    *right() {
      yield* resource(
        () => open(path),
        function* (file) {
          yield* sleep(3)
          yield* call(() => file.close())
        },
        () => sleep(0),
      )
    },
    message: /(?:left|held) \d of files/,
  },
  'a source is not closed': {
    *wrong() {
      const items = readings()
      for (;;) if ((yield* ensureFuture(items.next())).done) break
    },
    right: () =>
      forEach(
        (signal) => readings(signal),
        () => sleep(1),
      ),
    message: /left 1 of iterators/,
  },
  'the caller is told while the work goes on': {
    wrong: () => call((signal) => slowToStop(signal), { abandonOnCancel: true }),
    right: () => call((signal) => slowToStop(signal)),
    message: /told early, while it held|left/, // on a busy machine, the file may not be open yet, or stay so for long
  },
  'a listener stays': {
    *wrong() {
      process.once('SIGUSR2', () => {})
      yield* sleep(1)
    },
    *right() {
      const listener = (): void => {}
      process.once('SIGUSR2', listener)
      yield* closing(sleep(1), () => process.off('SIGUSR2', listener))
    },
    message: /left 1 of listeners/,
  },
  'a timer stays': {
    *wrong() {
      setTimeout(() => {}, 5000)
      yield* sleep(1)
    },
    right: () => moveOnAfter(1, () => sleep(5000)),
    message: /left 1 of timers/,
  },
  'a grandchild stays': {
    wrong: () => subprocess(['sh', '-c', 'sleep 2 & wait'], { tree: false }, () => sleep(5)),
    right: () => subprocess(['sh', '-c', 'sleep 2 & wait'], {}, () => sleep(5)),
    message: /left 1 of processes/,
  },
  'a connection stays': {
    *wrong() {
      const socket = connect(port, '127.0.0.1')
      yield* once(socket, 'connect')
      yield* sleep(1)
      socket.destroy()
    },
    *right() {
      const socket = connect(port, '127.0.0.1')
      yield* closing(once(socket, 'connect'), () => socket.destroy())
    },
    message: /left 1 of sockets/,
  },
}

// In a process of its own: the far ends of the connections are not held by this one, which would count them.
const SERVER = `require('node:net').createServer((socket) => socket.on('error', () => {}))
  .listen(0, '127.0.0.1', function () { console.log(this.address().port) })`
let port = 0

describe.runIf(onLinux)('explore in real time', () => {
  beforeAll(async () => {
    const server = spawn(process.execPath, ['-e', SERVER], { stdio: ['ignore', 'pipe', 'inherit'] })
    port = Number(await emitted(server.stdout, 'data'))
    return () => void server.kill()
  })

  it.each(Object.entries(faults))('finds that %s', async (_name, { wrong, right, message }) => {
    await expect(explore(wrong, { check: ignoring, real: true, runs: 1000 })).rejects.toThrow(message)
    expect((await explore(right, { check: ignoring, real: true, runs: 15 })).runs).toBe(16)
  })

  it('stops an async function by its signal, and finds the timer that it leaves', async () => {
    const leaving = ({ signal }: { signal: AbortSignal }): Promise<void> =>
      new Promise((resolve, reject) => {
        setTimeout(resolve, 300)
        signal.addEventListener('abort', () => reject(signal.reason as Error))
      })
    await expect(explore(leaving, { real: true, runs: 5 })).rejects.toThrow(/told early, while it held 1 of timers/)
    const careful = ({ signal }: { signal: AbortSignal }): Promise<void> => pause(20, undefined, { signal })
    expect((await explore(careful, { real: true, runs: 15 })).runs).toBe(16)
  })
})

/** Runs a block and then a clean-up, which nothing protects. */
function* closing(block: Coroutine<unknown> | undefined, cleanUp: () => unknown): Coroutine<void> {
  try {
    if (block !== undefined) yield* block
  } finally {
    const closed = cleanUp()
    if (isCoroutine(closed)) yield* closed
  }
}

async function* readings(signal?: AbortSignal): AsyncGenerator<number> {
  for (let n = 0; n < 3; n++) {
    await pause(2, undefined, { signal })
    yield n
  }
}

/** Holds a file for 50 ms after it was told to stop. */
async function slowToStop(signal: AbortSignal): Promise<void> {
  const file = await open(path)
  await pause(5, undefined, { signal }).catch(() => pause(100))
  await file.close()
}

/** Leaves it at what is counted: the program may throw. */
const ignoring = ({ task }: { task: { cancelled(): boolean; exception(): unknown } }): void => {
  if (!task.cancelled()) task.exception()
}

/** What is held more than when this was called. */
function counting(): () => Partial<Record<keyof Holdings, number>> {
  const one = census()
  held = one
  const before = one.count()
  return () => {
    const now = one.count()
    const kinds = Object.keys(before) as (keyof Holdings)[]
    return Object.fromEntries(kinds.map((kind) => [kind, now[kind] - before[kind]]).filter(([, more]) => more !== 0))
  }
}
