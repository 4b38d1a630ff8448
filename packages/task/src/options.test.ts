import { ContextVar, type Coroutine } from '@spindle/loop'
import { describe, expect, it } from 'vitest'
import {
  allTasks,
  asCompleted,
  call,
  callBack,
  captureCallGraph,
  closeHostLoop,
  createTask,
  currentTask,
  ensureFuture,
  events,
  formatCallGraph,
  gather,
  gatherMap,
  newEventLoop,
  PriorityQueue,
  printCallGraph,
  Queue,
  Runner,
  retry,
  run,
  runSync,
  sleep,
  taskGroup,
  uncancellable,
  wait,
} from './index.ts'

/** What was meant by one of them would be ignored silently. */
const misspelt = { tiemout: 1 } as object

const outside: Record<string, () => unknown> = {
  'run()': () => run(sleep(0), misspelt),
  'runSync()': () => runSync(sleep(0), misspelt),
  Runner: () => new Runner(misspelt),
  'Runner.run()': () => new Runner().run(() => sleep(0), misspelt),
  'Runner.runSync()': () => new Runner().runSync(() => sleep(0), misspelt),
  'closeHostLoop()': () => closeHostLoop(misspelt),
  'newEventLoop()': () => newEventLoop(misspelt),
  ContextVar: () => new ContextVar('v', misspelt),
  PriorityQueue: () => new PriorityQueue(0, misspelt),
  'shutdown()': () => new Queue().shutdown(misspelt),
  'events()': () => events(new EventTarget(), 'e', misspelt),
}

const inside: Record<string, () => unknown> = {
  'createTask()': () => createTask(() => sleep(0), misspelt),
  'ensureFuture()': () => ensureFuture(Promise.resolve(), misspelt),
  'gather()': () => gather([sleep(0)], misspelt),
  'gatherMap()': () => gatherMap([1], () => sleep(0), misspelt),
  'wait()': () => wait([createTask(sleep(0))], misspelt),
  'asCompleted()': () => asCompleted([sleep(0)], misspelt),
  'retry()': () => retry(() => sleep(0), misspelt),
  'uncancellable()': () => uncancellable(() => sleep(0), misspelt),
  'call()': () => call(() => Promise.resolve(), misspelt),
  'callBack()': () => callBack((done) => done(null), misspelt),
  'currentTask()': () => currentTask(misspelt),
  'allTasks()': () => allTasks(misspelt),
  'getStack()': () => currentTask()?.getStack(misspelt),
  'printStack()': () => currentTask()?.printStack(misspelt),
  'addDoneCallback()': () => currentTask()?.addDoneCallback(() => {}, misspelt),
  'captureCallGraph()': () => captureCallGraph(undefined, misspelt),
  'formatCallGraph()': () => formatCallGraph(undefined, misspelt),
  'printCallGraph()': () => printCallGraph(undefined, misspelt),
}

describe('An unknown option is refused by', () => {
  it.each(Object.keys(outside))('%s', async (name) => {
    await expect((async () => (outside[name] as () => unknown)())()).rejects.toThrow(
      `${name} has no option \`tiemout\``,
    )
  })

  it.each(Object.keys(inside))('%s in a Task', async (name) => {
    function* main(): Coroutine<void> {
      yield* sleep(0)
      ;(inside[name] as () => unknown)()
    }
    await expect(run(main())).rejects.toThrow(`${name} has no option \`tiemout\``)
  })

  it('a message that lists the options', () => {
    const options = '`name`, `context`, `eagerStart`'
    expect(() => newEventLoop().createTask(sleep(0), misspelt)).toThrow(
      new TypeError(`createTask() has no option \`tiemout\`. It has ${options}`),
    )
    expect(() => new Queue().shutdown(null as never)).toThrow(
      new TypeError('the options of shutdown() must be an object, got null. It has `immediate`'),
    )
  })

  it('createTask() of a group', async () => {
    const main = (): Coroutine<void> => taskGroup((group) => void group.createTask(sleep(0), misspelt))
    await expect(run(main)).rejects.toMatchObject({
      errors: [expect.objectContaining({ message: expect.stringContaining('has no option `tiemout`') })],
    })
  })

  it('nothing, if a library has added it to Object.prototype', async () => {
    Object.defineProperty(Object.prototype, 'added', { value: 1, enumerable: true, configurable: true, writable: true })
    try {
      function* main(): Coroutine<unknown> {
        return yield* gather([createTask(sleep(1, 'slept'), { name: 'sleeper' })], { returnExceptions: true })
      }
      expect(await run(main(), { graceTime: 10 })).toEqual(['slept'])
    } finally {
      Reflect.deleteProperty(Object.prototype, 'added')
    }
  })
})
