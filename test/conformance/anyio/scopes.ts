// Random programs of the scopes that asyncio does not have, run on AnyIO and on Spindle: `moveOnAfter`, `uncancellable`
// (a shielded scope), `group.start()`, `race` and a limiter. interpreter.py is the counterpart of `Scopes`.

import {
  type Coroutine,
  DeadlockError,
  ExceptionGroup,
  moveOnAfter,
  newEventLoop,
  race,
  Semaphore,
  sleep,
  type TaskGroup,
  taskGroup,
  uncancellable,
} from 'spindle'
import { VirtualClock } from 'spindle/more'
import { Boom } from '../environment.ts'
import { Random } from '../random/random.ts'

type Block = readonly Step[]

/** A statement. In the trace it has the number `id`. */
interface Step {
  readonly op: string
  readonly id: number
  readonly ms: number
  readonly body: Block
  readonly bodies: readonly Block[]
}

/** What a block may use of those around it. */
interface Within {
  readonly depth: number
  readonly group: boolean
  readonly limit: boolean
}

/** The random program for a seed. */
export function randomScopes(seed: number): Block {
  const random = new Random(seed)
  let last = 0
  return block({ depth: 0, group: false, limit: false })

  function block(within: Within): Step[] {
    return Array.from({ length: 1 + random.integer(3) }, () => step(within)).flatMap((one) =>
      /^(?:cancel|cleanUp|uncancellable)$/.test(one.op) ? [one, pause()] : one,
    )
  }

  // No two sums of these are equal, so that no order depends on what happens at the same time.
  function ms(): number {
    return 1 + random.integer(60) + 2 ** -(1 + (last % 20))
  }

  function child(within: Within): Step[] {
    return [pause(), ...block(within)]
  }

  function pause(): Step {
    return { op: 'sleep', id: ++last, ms: ms(), body: [], bodies: [] }
  }

  function step(within: Within): Step {
    const id = ++last
    const { group } = within
    const deeper = { ...within, depth: within.depth + 1 }
    const make = (op: string, body: Block = [], bodies: readonly Block[] = []): Step => ({
      op,
      id,
      ms: ms(),
      body,
      bodies,
    })
    if (within.depth > 3 || last > 25 || random.chance(0.35)) return make(random.chance(0.1) ? 'fail' : 'sleep')
    switch (random.integer(group ? 12 : 8)) {
      case 0:
      case 1:
        return make('moveOnAfter', block(deeper))
      case 2:
        return make('uncancellable', block({ ...deeper, group: false }))
      case 3:
        return make('cleanUp', block(deeper))
      case 4:
        return within.limit ? make('sleep') : make('limit', block({ ...deeper, limit: true }))
      case 5: {
        const count = 1 + random.integer(3)
        return make(
          'race',
          [],
          Array.from({ length: count }, () => child({ ...deeper, group: false })),
        )
      }
      case 8:
        return make('cancel')
      case 9: {
        const started = random.chance(0.9) ? [{ ...make('started'), id: ++last }, pause()] : []
        return make('start', [...child(deeper), ...started, ...block(deeper)])
      }
      case 10:
      case 11:
        return make('spawn', child(deeper))
      default:
        return make('group', block({ ...deeper, group: true }))
    }
  }
}

/**
 * The trace as it is compared: Task by Task, without those that were cancelled as they began. In AnyIO, each begins.
 */
export function byTask(trace: readonly string[]): string[] {
  const tasks = new Map<string, string[]>()
  for (const entry of trace) {
    const [who = ''] = entry.split(' ')
    tasks.set(who, [...(tasks.get(who) ?? []), entry])
  }
  const isCancelledAtOnce = (entries: readonly string[]): boolean =>
    entries.at(-1) === entries[0]?.replace('begins', 'ends ! CancelledError')
  return [...tasks.keys()].sort().flatMap((who) => {
    const entries = tasks.get(who) ?? []
    return isCancelledAtOnce(entries) ? [] : entries
  })
}

/** Runs a program on Spindle. */
export function scopesOnSpindle(program: Block): string[] {
  const loop = newEventLoop({ clock: new VirtualClock() })
  loop.setExceptionHandler(() => {})
  const scopes = new Scopes(() => Math.floor(loop.time()))
  try {
    loop.runUntilCompleteSync(scopes.task('main', program))
  } catch (error) {
    if (error instanceof DeadlockError) scopes.trace.push('main hangs')
  }
  return scopes.trace
}

class Scopes {
  readonly trace: string[] = []
  readonly #limiter = new Semaphore(2)
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  *task(who: string, block: Block, group?: TaskGroup, started?: (id: number) => void): Coroutine<void> {
    this.#log(who, 'begins')
    try {
      yield* this.#block(who, block, group, started)
      this.#log(who, 'ends')
    } catch (error) {
      this.#log(who, `ends ! ${nameOf(error)}`)
      throw error
    }
  }

  #log(who: string, text: string): void {
    this.trace.push(`${who} ${this.#now()} ${text}`)
  }

  *#block(who: string, block: Block, group?: TaskGroup, started?: (id: number) => void): Coroutine<void> {
    for (const step of block) {
      try {
        const value = yield* this.#step(who, step, group, started)
        this.#log(who, `#${step.id} ${step.op} ${value}`)
      } catch (error) {
        this.#log(who, `#${step.id} ${step.op} ! ${nameOf(error)}`)
        throw error
      }
    }
  }

  *#step(
    who: string,
    { op, id, ms, body, bodies }: Step,
    group: TaskGroup | undefined,
    started: ((id: number) => void) | undefined,
  ): Coroutine<unknown> {
    const child = `${who}.${id}`
    const inner = (): Coroutine<void> => this.#block(who, body, group, started)
    switch (op) {
      case 'sleep':
        yield* sleep(ms)
        break
      case 'fail':
        throw new Boom()
      case 'moveOnAfter': {
        let isLate = false
        yield* moveOnAfter(ms, function* (scope) {
          try {
            yield* inner()
          } finally {
            isLate = scope.expired()
          }
        })
        return isLate ? 'late' : 'in time'
      }
      case 'uncancellable':
        yield* uncancellable(inner)
        break
      case 'cleanUp':
        try {
          yield* inner()
        } finally {
          yield* uncancellable(() => sleep(ms))
          this.#log(who, 'cleaned up')
        }
        break
      case 'group':
        yield* taskGroup((own) => this.#block(who, body, own, started))
        break
      case 'spawn':
        group?.createTask(this.task(child, body, group))
        break
      case 'start':
        return yield* (group as TaskGroup).start<number>((begun) => this.task(child, body, group, begun))
      case 'started':
        started?.(id)
        break
      case 'cancel':
        group?.cancel()
        break
      case 'limit': {
        using _ = yield* this.#limiter.acquire()
        yield* inner()
        break
      }
      case 'race':
        return yield* race(bodies.map((each, index) => this.#contestant(`${child}.${index}`, each, index)))
    }
    return 'done'
  }

  *#contestant(who: string, block: Block, index: number): Coroutine<number> {
    yield* this.task(who, block)
    return index
  }
}

function nameOf(error: unknown): string {
  if (error instanceof ExceptionGroup) return `Group(${error.errors.map(nameOf).sort().join(', ')})`
  return error instanceof Error ? error.name : String(error)
}
