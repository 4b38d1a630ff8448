// Programs of four layers: a source under a bridge under combinators under an owner. Each is run and stopped at each
// of its moments, once and twice. Whenever that is, what the program acquired it holds, or it was released once; who
// was told was told the truth; nothing begins after the stop; nothing is reported; and no Task is left.

import fc from 'fast-check'
import { CancelledError, type Coroutine, call, createTask, newEventLoop, run, sleep, uncancellable } from 'spindle'
import { type Ready, Ring } from 'spindle/internal'
import { VirtualClock } from 'spindle/more'
import { BRIDGES, TAKEN, takes, type Work } from './bridges.ts'
import { COMBINATORS, type Combinator, type Given } from './combinators.ts'
import { OWNERS } from './owners.ts'
import { Outside, type Plan } from './sources.ts'
import { type When, World } from './world.ts'

export interface Composition {
  readonly takes: string
  /** The sources: one for each work. */
  readonly plans: readonly Plan[]
  /** Where the program says how to close what nobody gets: at the bridge, at the combinator, or nowhere. */
  readonly release: 'nowhere' | 'bridge' | 'combinator'
  readonly inner: string
  readonly outer: string
  readonly limit: number
  readonly owner: string
  /** Whether the program awaits nothing after it got hold of what it takes. */
  readonly isTail: boolean
  readonly cleanUp: 'at once' | 'awaits' | 'makes a Task' | 'leaves a Task'
}

const FOREVER = 10_000 // in ms: longer than anything takes that ends by itself
const when = fc.constantFrom<When>('now', 'soon', 1, 2, 3, 1, 2, FOREVER)
const plan: fc.Arbitrary<Plan> = fc.record({
  when,
  kind: fc.constantFrom('handle', 'disposable', 'payment'),
  heeds: fc.boolean(),
  rejects: fc.constantFrom(false, false, false, true),
  gap: fc.constantFrom(0, 0, 2),
})

export const compositions: fc.Arbitrary<Composition> = fc.record({
  takes: fc.constantFrom(...TAKEN),
  plans: fc.array(plan, { minLength: 1, maxLength: 2 }),
  release: fc.constantFrom('nowhere', 'bridge', 'combinator'),
  inner: fc.oneof(fc.constant('nothing'), fc.constantFrom(...Object.keys(COMBINATORS))),
  outer: fc.constantFrom(...Object.keys(COMBINATORS)),
  limit: fc.constantFrom(FOREVER * 8, 1, 2), // longer than any work takes, or not
  owner: fc.oneof(fc.constant('Task'), fc.constantFrom(...Object.keys(OWNERS))),
  isTail: fc.boolean(),
  cleanUp: fc.constantFrom('at once', 'awaits', 'makes a Task', 'leaves a Task'),
})

/** Runs a composition, and stops it at each of its moments, once and twice. Returns the first fault. */
export async function faultOf(composition: Composition): Promise<string | undefined> {
  const { moments, faults } = await runStopped(composition, [])
  if (faults.length > 0) return `not stopped: ${faults.join(', ')}`
  for (let first = 0; first < moments; first++) {
    for (const stops of [[first], [first, first + (first % 4)]]) {
      const { faults } = await runStopped(composition, stops)
      if (faults.length > 0) return `stopped at ${stops.join(' and ')} of ${moments}: ${faults.join(', ')}`
    }
  }
  return undefined
}

/** Whether a fault is documented: only `queue.get()` itself, in the list of a combinator, goes back to its queue. */
export function isKnown({ takes, inner, outer }: Composition, fault: string): boolean {
  const isDirect = inner === 'nothing' && outer !== 'asyncFunction'
  return takes === 'Queue' && !isDirect && /an item/.test(fault)
}

/** The entries of a loop that are ready, between any two of which a program may be stopped. */
class SteppedQueue extends Ring<Ready> {
  world: World | undefined
  #isIdle = false

  override get length(): number {
    if (super.length === 0 && !this.#isIdle) {
      this.#isIdle = true
      this.world?.moment()
    }
    return super.length
  }

  override get(): Ready {
    this.#isIdle = false
    this.world?.moment()
    return super.get()
  }

  override clear(): void {
    this.world = undefined
    super.clear()
  }
}

export async function runStopped(
  composition: Composition,
  stops: readonly number[],
): Promise<{ moments: number; faults: string[] }> {
  const ready = new SteppedQueue()
  const loop = newEventLoop({ clock: new VirtualClock(), ready })
  const world = new World(loop, stops)
  ready.world = world
  world.watch(loop)
  try {
    await run(watched(composition, world), { loopFactory: () => loop, interrupt: false })
  } catch (error) {
    world.fault(`the run ended with ${error}`)
  }
  return { moments: world.moments, faults: world.faults }
}

/** Runs the program under its owner, and compares what it was told with what has happened. */
function* watched(composition: Composition, world: World): Coroutine<void> {
  const program = new Program(composition, world)
  const told = yield* (OWNERS[composition.owner] as (typeof OWNERS)[string])(() => program.run(), world)
  world.isOver = true
  const { ended } = program
  if (ended === 'running') world.fault('the owner was told before the program had ended')
  // Who is cancelled in the turn in which the program ends does not hear of its end, as in asyncio.
  const isTold =
    told !== 'unknown' && ended !== 'not begun' && (program.requests === world.requests || told !== 'cancelled')
  if (isTold && ended !== told) world.fault(`it ${ended}, and its owner was told that it ${told}`)
  if (world.stoppedAt === undefined && told === 'cancelled') world.fault('it was cancelled by nobody')
  if (program.hasIgnored) world.fault('it went on after the stop')
  if (program.mustStop && world.loop.time() - (world.stoppedAt ?? world.loop.time()) >= FOREVER / 2)
    world.fault('work that heeds its signal was not told to stop')
  if (!program.leaves) {
    if (world.running > 0) world.fault('the owner was told before the work had ended')
    const left = [...world.loop.tasks].length - 1
    if (left > 0) world.fault(`${left} Tasks were left`)
    program.checkThings('when the owner was told')
  }
  yield* call(afterMicrotasks)
  yield* sleep(5 * FOREVER) // a sibling in gather() may still open something, and take three items of it
  yield* call(afterMicrotasks)
  program.checkThings('for good')
  for (const ledger of world.ledgers) {
    const fault = ledger.check()
    if (fault !== undefined) world.fault(fault)
  }
  if ([...world.loop.tasks].length > 1) world.fault('a Task never ends')
}

/** Time would jump over what no loop knows of: a promise that nobody awaits any more. */
async function afterMicrotasks(): Promise<void> {
  for (let n = 0; n < 30; n++) await undefined
}

class Program {
  ended: 'not begun' | 'running' | 'returned' | 'cancelled' | 'threw' = 'not begun'
  /** How many requests to stop it had accepted when it ended. */
  requests = 0
  /** Whether it passed an await although its cancellation had been accepted before. */
  hasIgnored = false
  readonly #composition: Composition
  readonly #world: World
  readonly #combinators: readonly Combinator[]

  constructor(composition: Composition, world: World) {
    this.#composition = composition
    this.#world = world
    this.#combinators = [composition.inner, composition.outer].map((name) => COMBINATORS[name] as Combinator)
    const layers = [BRIDGES[composition.takes], ...this.#combinators]
    world.shelters = layers.some((layer) => layer?.shelters === true)
    // Siblings of a child that fails in gather() go on, as in asyncio.
    world.putsOff = this.leaves || layers.some((layer) => layer?.putsOff === true)
    world.mayRefuse = composition.plans.some(({ rejects }) => rejects)
  }

  *run(): Coroutine<void> {
    this.ended = 'running'
    try {
      yield* this.#takeAndClose()
      this.ended = 'returned'
    } catch (error) {
      this.ended = error instanceof CancelledError ? 'cancelled' : 'threw'
      throw error
    } finally {
      this.requests = this.#world.requests
    }
  }

  *#takeAndClose(): Coroutine<void> {
    const { isTail, cleanUp, owner } = this.#composition
    const world = this.#world
    const taken = yield* this.#combined()
    world.receive(taken)
    const wasStopped = world.stoppedAt !== undefined
    let isClosed = false
    const close = function* (): Coroutine<void> {
      if (cleanUp === 'awaits') yield* sleep(1)
      world.close(taken)
      isClosed = true
    }
    try {
      if (!isTail) yield* sleep(1)
      this.hasIgnored = !isTail && wasStopped
    } finally {
      if (cleanUp === 'leaves a Task' && owner.startsWith('run')) {
        // The end of the run cancels it.
        const left = function* (): Coroutine<void> {
          try {
            yield* sleep(FOREVER)
          } finally {
            world.close(taken)
          }
        }
        createTask(left(), { eagerStart: true })
      } else if (cleanUp === 'at once' || cleanUp === 'leaves a Task') world.close(taken)
      else if (cleanUp === 'awaits') yield* uncancellable(close)
      else {
        try {
          yield* uncancellable(() => createTask(close()))
        } finally {
          if (!isClosed) world.close(taken) // the end of a run has cancelled the Task before it began
        }
      }
    }
  }

  #combined(): Coroutine<unknown> {
    const { plans, release, limit } = this.#composition
    const world = this.#world
    const closing = (value: unknown): void => world.close(value)
    const options: Given['options'] = release === 'combinator' ? { release: closing } : {}
    const [inner, outer] = this.#combinators as [Combinator, Combinator]
    const works = plans.map((plan): Work => {
      const { work } = takes(this.#composition.takes, world, plan, release === 'bridge' ? closing : undefined)
      return () => inner.run({ world, works: [work], limit, options })
    })
    return outer.run({ world, works: works as [Work, ...Work[]], limit, options })
  }

  /** Whether a request ends its work at once. */
  get mustStop(): boolean {
    const { takes, plans } = this.#composition
    const { shelters, putsOff } = this.#world
    return BRIDGES[takes]?.signals === true && !shelters && !putsOff && plans.every(({ heeds }) => heeds)
  }

  get leaves(): boolean {
    const { outer, plans } = this.#composition
    const bridge = BRIDGES[this.#composition.takes]
    return bridge?.abandons === true || (/^gather\b/.test(outer) && plans.length > 1)
  }

  checkThings(since: string): void {
    const { release, takes, plans, limit } = this.#composition
    const bridge = BRIDGES[takes]
    const works = [1, plans.length] // of each combinator
    const delivers =
      bridge?.keeps === true &&
      limit > FOREVER &&
      this.#combinators.every(
        ({ delivers }, layer) => delivers === true || (delivers === 'one' && works[layer] === 1),
      ) &&
      !plans.some(({ rejects }) => rejects) &&
      this.#world.ledgers.every((ledger) => !(ledger instanceof Outside) || ledger.hasAnswered)
    for (const thing of this.#world.things) {
      if (thing.kind === 'payment') {
        if (thing.happened && !thing.isReceived && thing.closes === 0 && delivers)
          this.#world.fault('a payment has happened, and nobody was told')
      } else if (thing.closes === 0 && (bridge?.closes === true || release === 'bridge' || delivers)) {
        this.#world.fault(`something stays open ${since}`)
      }
    }
  }
}
