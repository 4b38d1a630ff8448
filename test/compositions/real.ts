// Compositions in real time: files, sockets, processes and calls of pools under each combinator, stopped at random.

import { closeSync, open } from 'node:fs'
import * as net from 'node:net'
import { promisify } from 'node:util'
import { explore } from '@spindle/testing'
import { type Coroutine, call, getHostLoop, getRunningLoop, once, run, sleep } from 'spindle'
import { runProcess } from 'spindle/node'
import type { ThreadPoolExecutor } from 'spindle/thread'
import { later } from '../../packages/thread/src/futures/plain-calls.fixture.ts'
import type { Combinator } from './combinators.ts'
import { World } from './world.ts'

interface Closing {
  close(): unknown
}

/** Where the sources of this file take from. */
export interface Outside {
  readonly port: number
  readonly pool: ThreadPoolExecutor
}

/** Opens something real, which is closed by what it returns, or is over by then. */
export type RealSource = (outside: Outside) => Coroutine<Closing | undefined>

export const REAL: Record<string, RealSource> = {
  'a file': () => call(openFile, { release: closeAll }),
  'a file, told to stop': () => call((_signal) => openFile(), { release: closeAll }),
  *'a socket'({ port }) {
    const socket = net.connect(port, '127.0.0.1')
    try {
      yield* once(socket, 'connect')
    } catch (error) {
      socket.destroy()
      throw error
    }
    return { close: () => socket.destroy() }
  },
  *'a process'() {
    yield* runProcess(['node', '-e', 'setTimeout(() => {}, 20)'])
    return undefined
  },
  *'a call of a pool'({ pool }) {
    yield* pool.submit(later, 5, 1)
    return undefined
  },
}

/** The loops on which a program may run. */
export const PLACES: Record<string, (program: () => Coroutine<void>) => Coroutine<void>> = {
  'the same loop': (program) => program(),
  *'the host loop'(program) {
    yield* getHostLoop().createTask(program)
  },
  'a run in a run': (program) => call((signal) => run(program, { signal })),
}

/** Runs a source under a combinator, on a loop, and stops it at random moments, once or twice. Throws what is wrong. */
export async function exploreInRealTime(
  source: RealSource,
  combinator: Combinator,
  place: keyof typeof PLACES,
  outside: Outside,
  options: { readonly runs: number; readonly seed: number },
): Promise<void> {
  function* program(): Coroutine<void> {
    const world = new RealWorld(getRunningLoop(), [])
    const work = (): Coroutine<unknown> => source(outside)
    const taken = yield* combinator.run({ world, works: [work, work], limit: 10_000, options: { release: closeAll } })
    try {
      yield* sleep(1)
    } finally {
      closeAll(taken)
    }
  }
  const onLoop = PLACES[place] as (typeof PLACES)[string]
  await explore(() => onLoop(program), { real: true, cancel: 'main twice', ...options })
}

/** Closing takes no time here, so that a release of any kind has ended when the caller continues. */
async function openFile(): Promise<Closing> {
  const file = await promisify(open)('package.json', 'r')
  return { close: () => closeSync(file) }
}

class RealWorld extends World {
  override close(taken: unknown): void {
    closeAll(taken)
  }
}

function closeAll(taken: unknown): void {
  for (const one of [taken].flat(9)) (one as Partial<Closing> | undefined)?.close?.()
}
