// Everything that may take its time to stop, each with a long grace time. Prints how each of them ends.

import { existsSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CancelledError, type Coroutine, call, forEach, resource, run, sleep, taskGroup } from 'spindle'
import { runProcess } from 'spindle/node'
import { isMain, ThreadPoolExecutor, threading } from 'spindle/thread'

const say = (text: string): void => void writeSync(1, `${text}\n`)
const alive = setInterval(() => {}, 60_000)

export function spin(begun: threading.Event): never {
  begun.set()
  for (;;);
}

const deaf = (_signal: AbortSignal): Promise<never> => new Promise(() => {})

async function* source(signal: AbortSignal): AsyncGenerator<number> {
  yield await deaf(signal)
}

/** Ignores SIGTERM, as does its child, once there is a file of that name. */
const DEAF_TREE = 'trap "" TERM; : > "$0"; sleep 60 & wait; wait'
const isDeaf = join(tmpdir(), `spindle-deaf-${process.pid}`)
const spins = new threading.Event()

const works: Record<string, () => Coroutine<unknown>> = {
  call: () => call((signal) => deaf(signal)),
  'a call without a signal': () => call(() => deaf(new AbortController().signal)),
  forEach: () => forEach(source, function* () {}),
  process: () => runProcess(['sh', '-c', DEAF_TREE, isDeaf], { graceTime: 50_000 }),
  release: () => resource(() => sleep(0), () => sleep(60_000), () => sleep(60_000), { graceTime: 50_000 }), // biome-ignore format: one work a line
  *pool() {
    yield* new ThreadPoolExecutor(1).with({ graceTime: 50_000 }).submit(spin, spins)
  },
}

function* told(name: string): Coroutine<void> {
  try {
    yield* (works[name] as () => Coroutine<unknown>)()
  } catch (error) {
    const { cause } = error as Error
    say(`${name}: ${error instanceof CancelledError ? 'cancelled' : `${error}, ${cause}`}`)
    throw error
  }
}

function* main(): Coroutine<void> {
  yield* taskGroup(function* (group) {
    for (const name of Object.keys(works)) group.createTask(told(name))
    while (!existsSync(isDeaf) || !spins.isSet()) yield* sleep(10)
    rmSync(isDeaf)
    say('ready')
  })
}

if (isMain(import.meta)) {
  console.error = say
  await run(main()).catch((error) => say(String(error)))
  clearInterval(alive)
}
