import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { type Coroutine, type Future, getRunningLoop } from '@spindle/loop'
import { inVirtualTime } from '@spindle/testing'
import { describe, expect, it as vitestIt } from 'vitest'
import { gather } from '../combinators/gather.ts'
import { coroutine } from '../coroutines/coroutine.ts'
import { sleep } from '../coroutines/sleep.ts'
import { currentTask } from './current-task.ts'
import { createTask, ensureFuture } from './ensure-future.ts'
import { Task } from './task-class.ts'

const source = readFileSync(fileURLToPath(import.meta.url), 'utf8').split('\n')

/** The place of the line that is marked by a comment. */
function at(mark: string): string {
  const line = source.findIndex((text) => text.endsWith(`// ${mark}`)) + 1
  expect(line, mark).toBeGreaterThan(0)
  return `packages/task/src/tasks/task.repr.apart.test.ts:${line}`
}

/** Without the leak watch, by which what is printed would have the place of its creation. */
function it(name: string, test: () => Coroutine<void>): void {
  vitestIt(name, inVirtualTime(test))
}

// biome-ignore format: a mark stands at the end of its line
function* spin(): Coroutine<string> { // defined
  yield* sleep(10) // first wait
  const future = getRunningLoop().createFuture<string>()
  getRunningLoop().callLater(10, () => future.setResult('spun'))
  const spun = yield* future // second wait
  return spun
}

describe('a Task', () => {
  it('is in JSON what it is printed as: a logger does not fail at its references', function* () {
    const task = createTask(spin(), { name: 'spinner' })
    yield* sleep(1)
    expect(JSON.parse(JSON.stringify({ message: 'started', task }))).toEqual({ message: 'started', task: String(task) })
    yield* task
  })

  it('is printed with its state, its name, its line and the awaited object, at each moment of its life', function* () {
    const task = createTask(spin(), { name: 'spinner' })
    const log = [String(task)]
    yield* sleep(0)
    log.push(String(task))
    yield* sleep(15)
    log.push(String(task))
    yield* task
    log.push(String(task))
    expect(log).toEqual([
      `<Task pending name='spinner' coro=<spin() running at ${at('defined')}>>`,
      `<Task pending name='spinner' coro=<spin() running at ${at('first wait')}> wait_for=<Future pending cb=[Task.task_wakeup()]>>`,
      `<Task pending name='spinner' coro=<spin() running at ${at('second wait')}> wait_for=<Future pending cb=[Task.task_wakeup()]>>`,
      `<Task finished name='spinner' coro=<spin() done, defined at ${at('defined')}> result='spun'>`,
    ])
  })

  it('is printed in short at the end of a long chain of Tasks that wait for each other', function* () {
    function* relay(next: Future): Coroutine<void> {
      yield* next
    }
    let last: Future = getRunningLoop().createFuture()
    for (let i = 0; i < 1000; i++) last = createTask(relay(last), { name: `${i}` })
    yield* sleep(0)
    const text = String(last)
    expect(text.match(/<Task pending/g)).toHaveLength(20)
    expect(text).toContain("<Task pending name='980' coro=<relay() running at")
    expect(text).toContain('wait_for=... cb=[Task.task_wakeup()]>')
  })

  it('is printed as cancelling, cancelled, or with its exception', function* () {
    // biome-ignore format: a mark stands at the end of its line
    function* failing(): Coroutine<void> { // failing
      yield* sleep(1)
      throw new TypeError('it failed')
    }
    currentTask()?.setName('main')
    const cancelled = createTask(spin(), { name: 'cancelled' })
    const failed = createTask(failing(), { name: 'failed' })
    yield* sleep(0)
    cancelled.cancel()
    const log = [String(cancelled)]
    yield* gather([cancelled, failed], { returnExceptions: true })
    log.push(String(cancelled), String(failed))
    expect(log).toEqual([
      `<Task cancelling name='cancelled' coro=<spin() running at ${at('first wait')}> wait_for=<Future cancelled> cancelled_by='main'>`,
      `<Task cancelled name='cancelled' coro=<spin() done, defined at ${at('defined')}> cancelled_by='main'>`,
      `<Task finished name='failed' coro=<failing() done, defined at ${at('failing')}> exception=TypeError('it failed')>`,
    ])
  })

  it('is printed the same by String(), a template literal and util.inspect', function* () {
    const task = createTask(spin(), { name: 'spinner' })
    const expected = `<Task pending name='spinner' coro=<spin() running at ${at('defined')}>>`
    expect([String(task), `${task}`, inspect(task), inspect({ task })]).toEqual([
      ...[expected, expected, expected],
      `{\n  task: ${expected}\n}`,
    ])
    yield* task
  })

  it('is printed with a default name, or with any given name', function* () {
    const task = createTask(spin())
    expect(String(task)).toMatch(/^<Task pending name='Task-\d+' coro=/)
    task.setName("it's")
    expect(String(task)).toContain(`name="it's" coro=`)
    task.setName({ toString: () => 'an object' } as never)
    expect(String(task)).toContain("name='an object' coro=")
    yield* task
  })

  it('shows its waiters, and the chain of Tasks that it waits for', function* () {
    const inner = createTask(spin(), { name: 'inner' })
    // biome-ignore format: a mark stands at the end of its line
    function* outer(): Coroutine<string> {
      return yield* inner // outer
    }
    const task = createTask(outer(), { name: 'outer' })
    inner.addDoneCallback(function told() {}) // told
    yield* sleep(0)
    const waiting = `<Task pending name='inner' coro=<spin() running at ${at('first wait')}> wait_for=<Future pending cb=[Task.task_wakeup()]>`
    const callbacks = `cb=[told() at ${at('told')}, Task.task_wakeup()]`
    expect(String(task)).toBe(
      `<Task pending name='outer' coro=<outer() running at ${at('outer')}> wait_for=${waiting} ${callbacks}>>`,
    )
    yield* task
  })

  it('of a wrapped coroutine tells where the outermost stands, and its stack where each does', function* () {
    const inner = coroutine(function* inner(): Coroutine<void> {
      yield* sleep(10) // inner
    })
    const middle = coroutine(function* middle(): Coroutine<void> {
      yield* inner() // middle
    })
    const main = coroutine(function* main(): Coroutine<void> {
      yield* middle() // main
    })
    const task = createTask(main(), { name: 'chain' })
    yield* sleep(0)
    expect(String(task)).toContain(`coro=<main() running at ${at('main')}> wait_for=`)
    const stack = task.getStack()
    expect(stack.map((frame) => `${frame.name} ${frame.line}`)).toEqual(
      ['main', 'middle', 'inner'].map((name) => `${name} ${at(name).split(':')[1]}`),
    )
    expect(task.getStack({ limit: 2 }).map((frame) => frame.name)).toEqual(['middle', 'inner'])
    expect(task.getStack({ limit: 0 })).toEqual([])
    yield* task
    expect(task.getStack()).toEqual([])
  })

  it('prints a value that contains the Task itself', function* () {
    const box: unknown[] = []
    function* boxed(): Coroutine<unknown[]> {
      return box
    }
    const task = createTask(boxed(), { name: 'box' })
    box.push(task)
    yield* task
    expect(String(task)).toMatch(/^<Task finished name='box' coro=<boxed\(\) done, defined at .*> result=\[\.\.\.\]>$/)
  })

  it('of a sleep() has a name that a reader knows', function* () {
    const task = ensureFuture(sleep(10)) as Task<void>
    yield* sleep(0)
    expect(String(task)).toMatch(
      / coro=<sleep\(\) running at .*> wait_for=<Future pending cb=\[Task\.task_wakeup\(\)\]>>$/,
    )
    yield* task
  })

  it('of a subclass is printed with the name of the class', function* () {
    class Job<T> extends Task<T> {}
    const job: Future = new Job(spin(), { name: 'job' })
    expect(String(job)).toMatch(/^<Job pending name='job' coro=<spin\(\)/)
    yield* job
  })

  it('in debug mode tells where it was created', function* () {
    getRunningLoop().setDebug(true)
    const task = createTask(spin(), { name: 'spinner' }) // created
    expect(String(task)).toContain(` created at ${at('created')}>`)
    yield* task
  })
})

describe('Task.printStack()', () => {
  it('prints where the Task stands, or how it failed, or that there is nothing to print', function* () {
    const texts: string[] = []
    const print = (text: string): void => void texts.push(text)
    const task = createTask(spin(), { name: 'spinner' })
    yield* sleep(0)
    task.printStack({ print })
    yield* task
    task.printStack({ print })
    function* failing(): Coroutine<void> {
      throw new TypeError('it failed')
    }
    const failed = createTask(failing(), { name: 'failed' })
    yield* gather([failed], { returnExceptions: true })
    failed.printStack({ print })
    expect(texts).toEqual([
      expect.stringMatching(
        /^Stack for <Task pending name='spinner' .*> \(most recent call last\):\n {2}at spin \(.*:\d+:\d+\)$/,
      ),
      expect.stringMatching(/^No stack for <Task finished name='spinner' .* result='spun'>$/),
      expect.stringMatching(/^Traceback for <Task finished name='failed' .*\nTypeError: it failed\n {4}at failing \(/),
    ])
  })
})
