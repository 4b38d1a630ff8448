// The bridges of compositions: how a program takes something from a source.

import { type Coroutine, call, events, exitStack, forEach, once, resource, sleep, taskGroup } from 'spindle'
import { callBack, iterate, withAbortSignal } from 'spindle/more'
import { asyncFunction } from 'spindle/node'
import { OURS, Outside, type Plan } from './sources.ts'
import { Thing, type World } from './world.ts'

/** What a program does to take something: each call is one attempt. */
export type Work = () => Coroutine<unknown>

export interface Bridge {
  /** Whether a cancelled wait ends with what it waited for, so that nothing is lost without a `release` either. */
  readonly keeps?: boolean
  /** Whether a cancelled Task goes on while the source has not ended. */
  readonly abandons?: boolean
  /** Whether a request to stop does not reach what it calls. */
  readonly shelters?: boolean
  /** Whether a request waits for what it calls. */
  readonly putsOff?: boolean
  /** Whether a source hears of a request by a signal. */
  readonly signals?: boolean
  /** Whether what was opened is closed before anything else gets hold of it. */
  readonly closes?: boolean
  work(outside: Outside, release: ((value: unknown) => void) | undefined): Coroutine<unknown>
}

const pass = (release: ((value: unknown) => void) | undefined): { release?: (value: unknown) => void } =>
  release === undefined ? {} : { release }

const BLOCK = function* (outside: Outside): Coroutine<void> {
  outside.world.checkMayBegin('a block')
  yield* sleep(1)
}

export const BRIDGES: Record<string, Bridge> = {
  call: { keeps: true, putsOff: true, work: (outside, release) => call(() => outside.open(), pass(release)) },
  'call with a signal': {
    signals: true,
    work: (outside, release) => call((signal) => outside.open(signal), pass(release)),
  },
  'call, abandoned': {
    abandons: true,
    work: (outside, release) => call((signal) => outside.open(signal), { ...pass(release), abandonOnCancel: true }),
  },
  callBack: {
    keeps: true,
    putsOff: true,
    work: (outside, release) =>
      callBack<unknown>((done) => void outside.open().then((thing) => done(null, thing), done), pass(release)),
  },
  'withAbortSignal and call': {
    signals: true,
    work: (outside, release) => withAbortSignal((signal) => call(() => outside.open(signal), pass(release))),
  },
  asyncFunction: {
    keeps: true,
    shelters: true,
    work: (outside, release) =>
      taskGroup(function* (group) {
        const open = asyncFunction(group, () => call(() => outside.open()))
        return yield* call(() => open(), pass(release))
      }),
  },
  resource: {
    closes: true,
    keeps: true,
    putsOff: true,
    work: (outside) => {
      const paid = new Thing(outside.world, 'payment', false)
      const query = new Outside(outside.world, { ...outside.plan, kind: 'handle', rejects: false })
      return resource(
        () => outside.open(),
        (connection, { status }) => {
          paid.happened = status === 'returned'
          connection.close()
        },
        function* () {
          const row = yield* call(() => query.open())
          row.close()
          return paid
        },
      )
    },
  },
  'resource, interrupted': {
    signals: true,
    closes: true,
    work: (outside) =>
      resource(
        (signal) => outside.open(signal),
        (thing) => thing.close(),
        () => sleep(1),
        { interruptAcquire: true },
      ),
  },
  'stack.enter': {
    closes: true,
    putsOff: true,
    work: (outside) =>
      exitStack(function* (stack) {
        for (let n = 0; n < 2; n++)
          yield* stack.enter(
            () => outside.open(),
            (thing) => thing.close(),
          )
      }),
  },
  'stack.enter, two at once': {
    closes: true,
    putsOff: true,
    work: (outside) =>
      exitStack(function* (stack) {
        const enter = (): Coroutine<Thing> =>
          stack.enter(
            () => outside.open(),
            (thing) => thing.close(),
          )
        yield* taskGroup((group) => {
          group.createTask(enter())
          group.createTask(enter())
        })
      }),
  },
  'forEach, generator': {
    closes: true,
    abandons: true,
    work: (outside) => forEach(outside.generator(), () => BLOCK(outside)),
  },
  'forEach, iterator': { closes: true, work: (outside) => forEach(outside.iterator(), () => BLOCK(outside)) },
  'forEach, opened': {
    closes: true,
    work: (outside) =>
      forEach(
        () => outside.generator(),
        () => BLOCK(outside),
      ),
  },
  'forEach, opened iterator': {
    closes: true,
    work: (outside) =>
      forEach(
        () => outside.iterator(),
        () => BLOCK(outside),
      ),
  },
  'forEach with a signal': {
    closes: true,
    work: (outside) =>
      forEach(
        (signal) => outside.generator(signal),
        () => BLOCK(outside),
      ),
  },
  'forEach, left': {
    closes: true,
    work: (outside) =>
      forEach(
        () => outside.iterator(),
        function* () {
          yield* BLOCK(outside)
          return false
        },
      ),
  },
  iterate: {
    closes: true,
    abandons: true,
    *work(outside) {
      using items = iterate(outside.iterator())
      while (yield* items.next()) yield* sleep(1)
    },
  },
  once: {
    closes: true,
    *work(outside) {
      outside.emitAfter()
      yield* once(outside.emitter, 'data')
    },
  },
  events: {
    closes: true,
    *work(outside) {
      outside.emitAfter()
      yield* forEach(events(outside.emitter, 'data'), function* () {
        yield* BLOCK(outside)
        return false
      })
    },
  },
}

/** What a composition takes, and how: a bridge to something outside, or something of Spindle. */
export const TAKEN: readonly string[] = [...Object.keys(BRIDGES), ...Object.keys(OURS)]

/** A work that takes it, and the source that it takes it from, if that is outside. */
export function takes(
  name: string,
  world: World,
  plan: Plan,
  release: ((value: unknown) => void) | undefined,
): { work: Work; outside: Outside | undefined } {
  const ours = OURS[name]
  if (ours !== undefined) return { work: ours(world, plan.when), outside: undefined }
  const bridge = BRIDGES[name] as Bridge // it is the name of one or the other
  const outside = new Outside(world, {
    ...plan,
    rejects: plan.rejects && !bridge.abandons,
    kind: bridge.closes ? 'handle' : plan.kind,
  })
  return { outside, work: () => bridge.work(outside, release) }
}
