// What a loop tells of its Tasks, as one log: the order is specified in loop-events.ts.

import { type Coroutine, type Future, getRunningLoop, type LoopEventMap, VirtualClock } from '@spindle/loop'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { asCompleted } from '../combinators/as-completed.ts'
import { gather } from '../combinators/gather.ts'
import { shield } from '../combinators/shield.ts'
import { wait } from '../combinators/wait.ts'
import { coroutine } from '../coroutines/coroutine.ts'
import { sleep } from '../coroutines/sleep.ts'
import { cancelOnAbort } from '../scopes/abort-signal.ts'
import { taskGroup } from '../scopes/task-group.ts'
import { timeout, timeoutAt } from '../scopes/timeout.ts'
import { currentTask } from './current-task.ts'
import { createTask } from './ensure-future.ts'
import { newEventLoop } from './new-event-loop.ts'
import { Task } from './task-class.ts'

type Name = Exclude<keyof LoopEventMap, 'turn' | 'resource' | 'handle:slow'>

function label(future: Future | undefined): string {
  if (future === undefined) return '-'
  return future instanceof Task ? future.getName() : 'future'
}

/** Writes all events into a log, each field of theirs; what is returned ends that. */
function listen(log: string[]): () => void {
  const loop = getRunningLoop()
  const start = loop.time()
  let last = 0
  const line = (name: string, event: { sequence: number; time: number }, text: string): void => {
    expect(event.sequence).toBeGreaterThan(last)
    last = event.sequence
    log.push(`${event.time - start} ${name} ${text}`)
  }
  const listeners: { [N in Name]: (event: LoopEventMap[N]) => void } = {
    'task:created': (e) =>
      line('created', e, `${label(e.task)} (${e.name}) by ${label(e.parent)}${e.eager ? ' eager' : ''}`),
    'task:step': (e) => line('step', e, `${label(e.task)} by ${e.resumedBy} from ${label(e.from)}`),
    'task:suspended': (e) => line('suspended', e, `${label(e.task)} on ${e.kind} ${e.label} ${label(e.future)}`),
    'task:cancelling': (e) =>
      line('cancelling', e, `${label(e.task)} by ${label(e.by)} via ${label(e.via)} '${e.message}' ${e.count}`),
    'task:uncancelled': (e) => line('uncancelled', e, `${label(e.task)} by ${label(e.by)} ${e.count}`),
    'task:deadline': (e) => line('deadline', e, `${label(e.task)} ${(e.deadline ?? Number.NaN) - start}`),
    'task:in-time': (e) => line('in time', e, `${label(e.task)} ${e.deadline - start}`),
    'task:cancel-swallowed': (e) => line('swallowed', e, label(e.task)),
    'task:done': (e) => line('done', e, `${label(e.task)} ${e.outcome}`),
    'future:done': (e) => line('future done', e, `${label(e.future)} wakes ${e.wakes.map(label).join() || '-'}`),
    deadlock: (e) => line('deadlock', e, e.error.message),
    exception: (e) => line('exception', e, e.context.message),
  }
  for (const [name, listener] of Object.entries(listeners)) loop.events.on(name as Name, listener as never)
  return () => {
    for (const [name, listener] of Object.entries(listeners)) loop.events.off(name as Name, listener as never)
  }
}

describe('the events of a loop', () => {
  it('tell the life of Tasks that wait for each other, with all their fields', function* () {
    const log: string[] = []
    currentTask()?.setName('main')
    const stop = listen(log)
    function* child(): Coroutine<string> {
      yield* sleep(0)
      return yield* sleep(10, 'slept')
    }
    function* parent(): Coroutine<string> {
      return yield* createTask(child(), { name: 'child' })
    }
    yield* createTask(parent(), { name: 'parent' })
    stop()
    expect(log).toEqual([
      '0 created parent (parent) by main',
      '0 suspended main on task parent parent',
      '0 step parent by start from -',
      '0 created child (child) by parent',
      '0 suspended parent on task child child',
      '0 step child by start from -',
      '0 suspended child on turn sleep(0) -',
      '0 step child by value from -',
      '0 suspended child on future sleep(10) future',
      '10 future done future wakes child',
      '10 step child by value from future',
      '10 future done child wakes parent',
      '10 done child returned',
      '10 step parent by value from child',
      '10 future done parent wakes main',
      '10 done parent returned',
      '10 step main by value from parent',
    ])
  })

  it('show the way of a cancellation: its source, each Task that passed it on, and the order of its return', function* () {
    const log: string[] = []
    currentTask()?.setName('main')
    function* inner(): Coroutine<void> {
      yield* sleep(100)
    }
    function* outer(): Coroutine<void> {
      yield* createTask(inner(), { name: 'inner' })
    }
    const task = createTask(outer(), { name: 'outer' })
    yield* sleep(1)
    const stop = listen(log)
    task.cancel('why')
    yield* gather([task], { returnExceptions: true })
    stop()
    expect(log).toEqual([
      "0 cancelling outer by main via - 'why' 1",
      "0 cancelling inner by main via outer 'why' 1",
      '0 future done future wakes inner',
      '0 suspended main on future gather of 1 future',
      '0 step inner by cancel from future',
      '0 future done inner wakes outer',
      '0 done inner cancelled',
      '0 step outer by cancel from inner',
      '0 future done outer wakes -',
      '0 done outer cancelled',
      '0 future done future wakes main',
      '0 step main by value from future',
    ])
  })

  it('tell of cancelling before the first step, while ready, and from a callback; of a swallowed one, and of exceptions', function* () {
    const log: string[] = []
    const loop = getRunningLoop()
    currentTask()?.setName('main')
    function* swallowing(): Coroutine<void> {
      try {
        yield* sleep(0)
      } catch {
        yield* sleep(0)
      }
    }
    function* failing(): Coroutine<void> {
      yield* sleep(0)
      throw new TypeError('no')
    }
    const stop = listen(log)
    const fresh = createTask(sleep(0), { name: 'fresh' })
    fresh.cancel()
    const swallower = createTask(swallowing(), { name: 'swallower' })
    const failed = createTask(failing(), { name: 'failed' })
    loop.callSoon(() => swallower.cancel('from a callback'))
    yield* gather([fresh, swallower, failed], { returnExceptions: true })
    stop()
    expect(log).toEqual([
      '0 created fresh (fresh) by main',
      "0 cancelling fresh by main via - 'undefined' 1",
      '0 created swallower (swallower) by main',
      '0 created failed (failed) by main',
      '0 suspended main on future gather of 3 future',
      '0 step fresh by cancel from -',
      '0 future done fresh wakes -',
      '0 done fresh cancelled',
      '0 step swallower by start from -',
      '0 suspended swallower on turn sleep(0) -',
      '0 step failed by start from -',
      '0 suspended failed on turn sleep(0) -',
      "0 cancelling swallower by - via - 'from a callback' 1",
      '0 step swallower by cancel from -',
      '0 suspended swallower on turn sleep(0) -',
      '0 step failed by value from -',
      '0 future done failed wakes -',
      '0 done failed threw',
      '0 step swallower by value from -',
      '0 swallowed swallower',
      '0 future done swallower wakes -',
      '0 done swallower returned',
      '0 future done future wakes main',
      '0 step main by value from future',
    ])
  })

  it('nest the first step of an eager Task in the step of its parent', function* () {
    const log: string[] = []
    currentTask()?.setName('main')
    function* quick(): Coroutine<void> {}
    const stop = listen(log)
    createTask(quick(), { name: 'quick', eagerStart: true })
    const slow = createTask(sleep(1), { name: 'slow', eagerStart: true })
    stop()
    yield* slow
    expect(log).toEqual([
      '0 created quick (quick) by main eager',
      '0 step quick by start from -',
      '0 future done quick wakes -',
      '0 done quick returned',
      '0 created slow (slow) by main eager',
      '0 step slow by start from -',
      '0 suspended slow on future sleep(1) future',
    ])
  })

  it(
    'end each step in exactly one of suspended and done, also when something wrong was yielded or awaited',
    function* () {
      const log: string[] = []
      const other = newEventLoop()
      const foreign = other.createFuture<void>()
      const wrong: (() => Coroutine<unknown>)[] = [
        function* badYield() {
          yield 42 as never
        },
        function* noStar() {
          yield sleep(1) as never
        },
        function* stranger() {
          yield* foreign
        },
        function* loner() {
          yield* itself as Task
        },
      ]
      let itself: Task | undefined
      for (const work of wrong) {
        const stop = listen(log)
        itself = createTask(work(), { name: 'wrong' })
        yield* gather([itself], { returnExceptions: true })
        stop()
        const own = log.splice(0).filter((text) => /^\d+ (step|suspended|done) wrong /.test(text))
        expect(own.map((text) => text.split(' ')[1])).toEqual(['step', 'suspended', 'step', 'done'])
        expect(own[2]).toBe('0 step wrong by error from -')
      }
      other.close()
    },
    { allow: { coroutines: 'they are refused' } },
  )

  it('name the canceller, the deadline, and the retracted request', function* () {
    const loop = getRunningLoop()
    const log: string[] = []
    const cancelling = (event: LoopEventMap['task:cancelling']): void => {
      const { task, by, via, canceller, deadline } = event
      log.push(`${label(task)} by ${label(by)} via ${label(via)}: ${canceller} ${deadline}`)
    }
    const uncancelled = ({ task, by, count }: LoopEventMap['task:uncancelled']): void => {
      log.push(`${label(task)} uncancelled by ${label(by)}: ${count}`)
    }
    currentTask()?.setName('main')
    loop.events.on('task:cancelling', cancelling).on('task:uncancelled', uncancelled)
    const start = loop.time()
    yield* gather([timeout(20, () => createTask(sleep(99), { name: 'inner' }))], { returnExceptions: true })
    expect(log.splice(0).map((text) => text.replace(/Task-\d+/g, 'Task'))).toEqual([
      `Task by - via -: timeout() ${start + 20}`,
      'inner by - via Task: timeout() undefined',
      'Task uncancelled by Task: 0',
    ])
    function* failing(): Coroutine<void> {
      yield* sleep(1)
      throw new TypeError('no')
    }
    function* family(): Coroutine<void> {
      yield* taskGroup(function* (group) {
        group.createTask(sleep(99), { name: 'sibling' })
        group.createTask(failing())
        yield* sleep(99)
      })
    }
    yield* gather([createTask(family(), { name: 'family' })], { returnExceptions: true })
    expect(log.splice(0)).toEqual([
      'sibling by - via -: TaskGroup undefined',
      'family by - via -: TaskGroup undefined',
      'family uncancelled by family: 0',
    ])
    const controller = new AbortController()
    const linked = createTask(sleep(99), { name: 'linked' })
    cancelOnAbort(linked, controller.signal)
    controller.abort()
    const late = createTask(sleep(99), { name: 'late' })
    loop.callLater(1, function tooLate() {
      late.cancel()
    })
    yield* gather([linked, late], { returnExceptions: true })
    expect(log.splice(0)).toEqual([
      'linked by main via -: AbortSignal undefined',
      'late by - via -: tooLate() undefined',
    ])
    loop.events.off('task:cancelling', cancelling).off('task:uncancelled', uncancelled)
  })

  it('say that a block with a time limit ended in time, once, however it ended', function* () {
    const loop = getRunningLoop()
    const log: number[] = []
    const inTime = ({ task, deadline, time }: LoopEventMap['task:in-time']): void => {
      expect(task).toBe(currentTask())
      log.push(time, deadline)
    }
    function* failing(): Coroutine<void> {
      throw new Error('no')
    }
    loop.events.on('task:in-time', inTime)
    const start = loop.time()
    yield* timeout(20, () => sleep(5))
    yield* gather([timeout(20, () => sleep(30))], { returnExceptions: true }) // not in time
    yield* timeout(undefined, () => sleep(5)) // no limit
    yield* timeout(20, function* (scope) {
      scope.reschedule(start + 99)
      yield* sleep(5)
    })
    yield* gather([timeoutAt(start + 50, failing)], { returnExceptions: true })
    expect(log.map((time) => time - start)).toEqual([5, 20, 35, 99, 35, 50])
    loop.events.off('task:in-time', inTime)
  })

  it('say which limit a block with a time limit has, and that it has another', function* () {
    const loop = getRunningLoop()
    const start = loop.time()
    const log: unknown[] = []
    const onDeadline = ({ task, deadline, before }: LoopEventMap['task:deadline']): void => {
      expect(task).toBe(currentTask())
      log.push([before, deadline].map((time) => (time === undefined ? 'none' : time - start)).join(' → '))
    }
    loop.events.on('task:deadline', onDeadline)
    yield* timeout(20, function* (scope) {
      scope.reschedule(start + 30)
      scope.reschedule(undefined)
      scope.reschedule(start + 40)
      yield* sleep(5)
    })
    yield* timeout(undefined, () => sleep(0))
    yield* timeoutAt(start + 50, () => sleep(0))
    expect(log).toEqual(['none → 20', '20 → 30', '30 → none', 'none → 40', 'none → 50'])
    loop.events.off('task:deadline', onDeadline)
  })

  it('name the Tasks for whom callbacks wait', function* () {
    const log: string[] = []
    const onDone = ({ future, wakes, callbacksFor }: LoopEventMap['future:done']): void => {
      if (future instanceof Task) {
        log.push(`${label(future)}: ${wakes.map(label).join()} / ${callbacksFor.map(label).join()}`)
      }
    }
    const { events } = getRunningLoop()
    events.on('future:done', onDone)
    const named = (name: string): Task => createTask(sleep(1), { name })
    const [a, b, c, d] = [named('a'), named('b'), named('c'), named('d')]
    const waiting: (() => Coroutine<unknown>)[] = [
      function* gathers() {
        yield* gather([a, b])
      },
      function* waits() {
        yield* wait([a, c])
      },
      function* shields() {
        yield* shield(c)
      },
      function* groups() {
        yield* taskGroup(function* (group) {
          group.createTask(sleep(1), { name: 'member' })
        })
      },
      function* iterates() {
        for (const next of asCompleted([b])) yield* next
      },
      function* awaits() {
        yield* d
      },
    ]
    const tasks = waiting.map((work) => createTask(work(), { name: work.name }))
    for (const task of tasks) yield* task
    events.off('future:done', onDone)
    expect(log.slice(0, 5)).toEqual([
      'a:  / gathers,waits',
      'b:  / gathers,iterates',
      'c:  / waits,shields',
      'd: awaits / ',
      'member:  / groups',
    ])
  })

  it('tell the name of the function that a new Task runs', function* () {
    const log: string[] = []
    const { events } = getRunningLoop()
    const onCreated = ({ coroutine: name }: LoopEventMap['task:created']): void => void log.push(name)
    const load = coroutine(function* load(): Coroutine<void> {})
    events.on('task:created', onCreated)
    createTask(load(), { name: 'a name of its own' })
    events.off('task:created', onCreated)
    yield* sleep(0)
    expect(log).toEqual(['load'])
  })

  it('are neither made nor counted without a listener', function* () {
    const { events } = getRunningLoop()
    const sequences: number[] = []
    const onDone = ({ sequence }: LoopEventMap['task:done']): void => void sequences.push(sequence)
    events.on('task:done', onDone)
    for (let n = 0; n < 3; n++) yield* createTask(sleep(n))
    events.off('task:done', onDone)
    expect(sequences).toEqual([1, 2, 3])
  })

  it('name the first Task of a loop in virtual time Task-1', () => {
    for (let round = 0; round < 2; round++) {
      const loop = newEventLoop({ clock: new VirtualClock() })
      const names: string[] = []
      loop.events.on('task:created', ({ name }) => names.push(name))
      loop.runUntilCompleteSync(
        coroutine(function* () {
          yield* gather([sleep(1), sleep(2)])
        })(),
      )
      loop.close()
      expect(names).toEqual(['Task-1', 'Task-2', 'Task-3'])
    }
  })

  it('do not change the order of Tasks', function* () {
    function* program(): Coroutine<string[]> {
      const log: string[] = []
      function* worker(name: string, delays: readonly number[]): Coroutine<void> {
        for (const delay of delays) {
          try {
            yield* sleep(delay)
            log.push(`${name} ${delay}`)
          } catch (error) {
            log.push(`${name} ${(error as Error).message}`)
          }
        }
      }
      const a = createTask(worker('a', [0, 1, 0, 2]))
      const b = createTask(worker('b', [1, 0, 0]))
      yield* sleep(1)
      a.cancel('now')
      yield* gather([a, b])
      return log
    }
    const unseen = yield* program()
    const stop = listen([])
    const seen = yield* program()
    stop()
    expect(seen).toEqual(unseen)
    expect(unseen).toHaveLength(7)
  })
})
