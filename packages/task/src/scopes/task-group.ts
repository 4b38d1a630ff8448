// A group is done when its block and all its Tasks are. When one of them fails, the others are cancelled, and so is the
// block, by a cancellation of the parent Task. That request belongs to the group, which retracts it at the end.
//
//   the block runs ──▶ exiting: the block has ended, Tasks are left ──▶ finished
//          └── #abort() at any time: all Tasks are cancelled, and none can be added ──┘

import {
  type Awaitable,
  CancelledError,
  type Coroutine,
  type CoroutineSource,
  type CreateTaskOptions,
  ExceptionGroup,
  type Future,
  KeyboardInterrupt,
  RuntimeError,
  type Task,
} from '@spindle/loop'
import { type Advice, inspectSymbol, SharedDoneCallback } from '@spindle/loop/internal'
import { checkBlock, checkReturned, firstAwaited } from '../coroutines/block.ts'
import { coroutine } from '../coroutines/coroutine.ts'
import { runningTask } from '../tasks/current-task.ts'
import { LabelledFuture } from '../tasks/labelled-future.ts'
import { Task as TaskClass } from '../tasks/task.ts'
import { CancelScope } from './cancel-scope.ts'
import { startIn } from './start-in.ts'

/**
 * Runs a block that starts Tasks with `group.createTask`, waits until all of them have ended, and returns the result of
 * the block. If a Task or the block fails, the others are cancelled, and once all have ended an ExceptionGroup is
 * thrown. A Task that was cancelled on its own is not a failure. If the caller is cancelled, the block and all Tasks
 * are cancelled, and awaited. asyncio: `async with asyncio.TaskGroup()`.
 *
 * Also called: nursery, structured concurrency.
 * @param block receives the TaskGroup; a block that only starts Tasks may be a plain function
 * @throws ExceptionGroup with the errors of the Tasks and the block
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   const [first, second] = yield* taskGroup(function* (group) {
 *     return [group.createTask(sleep(20, 'both')), group.createTask(sleep(10, 'are done'))]
 *   })
 *   console.log(first.result(), second.result()) // prints: both are done
 * }
 * await run(main())
 * ```
 */
export function taskGroup<T = void, C = GroupBlock<T>>(
  block: GroupBlock<T> | Advice<C, (group: never) => ReturnType<GroupBlock<unknown>>>,
): Coroutine<T> {
  checkBlock('taskGroup', block)
  return groupBlock(block as GroupBlock<T>)
}

/**
 * The block of a group. Its return value is awaited if it is awaitable. `[]` makes the compiler infer a tuple from a
 * list that is returned.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing
export type GroupBlock<T> = (group: TaskGroup) => Awaitable<T | []> | void

/**
 * The argument of the block of `taskGroup`. asyncio: `asyncio.TaskGroup`.
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   yield* taskGroup(function* (group) {
 *     group.createTask(sleep(60_000))
 *     yield* sleep(10)
 *     group.cancel()
 *   })
 *   console.log('after 10 ms') // prints: after 10 ms
 * }
 * await run(main())
 * ```
 */
export class TaskGroup {
  #exiting = false
  #ended = false
  #aborting = false
  // Cancels the parent, and finds out whether it was cancelled by anything else as well.
  readonly #scope: CancelScope
  readonly #tasks = new Set<Future>()
  #errors: unknown[] = []
  #interrupt: KeyboardInterrupt | undefined
  // The Future that the parent awaits once the block has ended, while there are #tasks.
  #allDone: Future<void> | undefined
  // Of the Tasks that have ended: whether one was cancelled, and whether one put a cancellation off.
  #anyCancelled = false
  #anyPutOff = false
  readonly #watch: SharedDoneCallback

  private constructor(caller: typeof BLOCK) {
    if (caller !== BLOCK)
      throw new TypeError('TaskGroup is the argument of a block: write `yield* taskGroup(function* (group) { … })`')
    const parent = runningTask()
    if (parent === undefined) throw new RuntimeError('TaskGroup <TaskGroup> cannot determine the parent task')
    this.#scope = new CancelScope('TaskGroup', 'TaskGroup')
    const onTaskDone = (task: Future): void => this.#taskDone(task)
    this.#watch = new SharedDoneCallback(parent.getLoop(), onTaskDone, true)
  }

  /** @throws RuntimeError outside of a Task @internal */
  static enter(): TaskGroup {
    return new TaskGroup(BLOCK)
  }

  /**
   * Makes a Task of a coroutine, or of a coroutine function without parameters. The Task belongs to the group. asyncio:
   * `TaskGroup.create_task`.
   * @throws RuntimeError if the block is not running, or if the group is being cancelled; the coroutine is closed then
   */
  createTask<T, C = CoroutineSource<T>>(
    source: CoroutineSource<T> | Advice<C, CoroutineSource<unknown>>,
    options: CreateTaskOptions = {},
  ): Task<T> {
    const coroutine = source as CoroutineSource<T>
    const refused = this.#refusal()
    if (refused !== undefined) {
      if (typeof coroutine !== 'function') coroutine?.return?.(undefined as T) // it will not run, which needs no warning
      throw new RuntimeError(`TaskGroup ${this} ${refused}`)
    }
    const task = this.#scope.task.getLoop().createTask(coroutine, options)
    // Called through the loop even if the Task has ended already: otherwise its failure would cancel the parent in the
    // middle of this call.
    this.#tasks.add(task)
    this.#watch.add(task)
    // Its first step may have cancelled the group before it was a member.
    if (this.#aborting && !task.done()) cancelMember(task)
    return task
  }

  /**
   * Starts a Task and waits until it is ready: until it calls `started`, whose argument is returned. An error before
   * that is thrown here, and does not affect the group; a later error counts for the group. If the caller is cancelled
   * while waiting, the Task is cancelled and awaited. An addition to asyncio: Trio's `nursery.start`.
   * @param body receives `started`, and returns the coroutine to run
   * @throws the error of the Task before it calls `started`; RuntimeError if it ends without that; as `createTask`
   *
   * @example
   * ```ts
   * function* server(started: (port: number) => void): Coroutine<void> {
   *   yield* sleep(10)
   *   started(8080)
   *   yield* sleep(60_000)
   * }
   * function* main(): Coroutine<void> {
   *   yield* taskGroup(function* (group) {
   *     console.log(yield* group.start(server)) // prints: 8080
   *     group.cancel()
   *   })
   * }
   * await run(main())
   * ```
   */
  start<T = void>(
    body: (started: (value: T) => void) => Coroutine<unknown>,
    options: CreateTaskOptions = {},
  ): Coroutine<T> {
    checkBlock('group.start', body)
    return startIn(this, body, options)
  }

  /**
   * Cancels the block and all Tasks. The group awaits them, and `taskGroup` returns without a CancelledError; if the
   * block was still running, its result is undefined. No-op once the group has ended. asyncio: `TaskGroup.cancel` of
   * 3.15.
   */
  cancel(): void {
    if (!(this.#exiting && this.#tasks.size === 0) && !this.#aborting) this.#abortWithParent()
  }

  /**
   * Waits for all Tasks, and throws their errors.
   * @param failure the error of the block, if it threw
   * @internal
   */
  *exit(failure: { readonly error: unknown } | undefined): Coroutine<void> {
    const { task: parent } = this.#scope
    this.#exiting = true
    const blockCancelled = failure?.error instanceof CancelledError
    let cancellation: unknown = blockCancelled ? failure.error : undefined
    if (failure?.error instanceof KeyboardInterrupt) this.#interrupt ??= failure.error
    if (failure !== undefined && !this.#aborting) this.#abort()

    let last: unknown // the latest cancellation during the wait: it may arrive during that of the group
    while (this.#tasks.size > 0) {
      this.#allDone = new LabelledFuture(parent.getLoop(), () => `TaskGroup(${this.#tasks.size})`, this.#tasks)
      try {
        yield* this.#allDone
      } catch (error) {
        if (!(error instanceof CancelledError)) throw error
        last = error
        if (!this.#aborting) {
          cancellation = error
          this.#abort()
        }
      }
      this.#allDone = undefined
    }

    if (this.#interrupt !== undefined) this.#interrupted(this.#interrupt)
    if (this.#scope.requested) {
      if (this.#scope.end()) cancellation = undefined
      // The parent has another cancellation request as well. An error of the block has precedence: it would be lost.
      else if (failure === undefined || blockCancelled) cancellation ??= last
    }
    if (cancellation !== undefined && this.#errors.length === 0) {
      if (failure !== undefined || this.#anyCancelled || !this.#anyPutOff) throw cancellation
      return parent.putOffCancel((cancellation as CancelledError).message) // as all Tasks have returned
    }
    if (failure !== undefined && !blockCancelled) this.#errors.push(failure.error)
    if (this.#errors.length === 0) return
    // The errors replace a cancellation from outside: it is delivered again at the next await, and still counts as one.
    if (parent.visibleRequests > 0) parent.redeliverCancel()
    const error = new ExceptionGroup('unhandled errors in a TaskGroup', this.#errors)
    parent.getLoop().explainer?.findPlace(error, (_place, frame) => {
      if (error.stack?.includes(frame) !== true) error.stack = `${error}\n${frame}`
    })
    throw error
  }

  /** Releases everything. @internal */
  end(): void {
    this.#exiting = true
    this.#ended = true
    this.#errors = []
    this.#interrupt = undefined
  }

  toString(): string {
    const info = ['TaskGroup']
    if (this.#tasks.size > 0) info.push(`tasks=${this.#tasks.size}`)
    if (this.#errors.length > 0) info.push(`errors=${this.#errors.length}`)
    info.push(this.#aborting ? 'cancelling' : 'entered')
    return `<${info.join(' ')}>`
  }

  /** @internal */
  [inspectSymbol](): string {
    return this.toString()
  }

  #refusal(): string | undefined {
    if (this.#exiting && this.#tasks.size === 0) return 'is finished'
    return this.#aborting ? 'is shutting down' : undefined
  }

  #abort(): void {
    this.#aborting = true
    for (const task of this.#tasks) if (!task.done()) cancelMember(task)
  }

  /** Cancels the Tasks and the parent, whose wait in the block must end. */
  #abortWithParent(): void {
    this.#abort()
    if (!this.#ended && !this.#scope.requested) this.#scope.cancel({ recount: true })
  }

  #taskDone(task: Future): void {
    this.#tasks.delete(task)
    if (this.#tasks.size === 0 && this.#allDone?.done() === false) this.#allDone.setResult()
    this.#anyCancelled ||= task.cancelled()
    this.#anyPutOff ||= task.isCancelPutOff
    if (task.isFromOutside) this.#scope.task.noteCalled()
    if (task.cancelled() || !task.hasException()) return
    const error = task.exception()
    this.#errors.push(error)
    if (error instanceof KeyboardInterrupt) this.#interrupt ??= error
    const { task: parent } = this.#scope
    if (this.#ended || parent.done()) {
      // The coroutine of the parent was closed: there is no caller left to throw to.
      const message = `Task ${task} has errored out but its parent task ${parent} is already completed`
      return task.getLoop().callExceptionHandler({ message, exception: error, task })
    }
    if (!this.#aborting) this.#abortWithParent()
  }

  /** Throws the KeyboardInterrupt, and reports the other errors. */
  #interrupted(interrupt: KeyboardInterrupt): never {
    for (const exception of this.#errors) {
      if (exception === interrupt) continue
      const message = 'TaskGroup task exception was not propagated because of a KeyboardInterrupt'
      this.#scope.task.getLoop().callExceptionHandler({ message, exception, taskGroup: this })
    }
    throw interrupt
  }
}

/** A task factory may have made an object other than a Task. */
function cancelMember(task: Future): void {
  if (task instanceof TaskClass) task.requestCancel({ by: 'TaskGroup' })
  else task.cancel()
}

// Users of asyncio call the constructor, which could not end the Tasks of the group.
const BLOCK = Symbol('taskGroup')

const groupBlock = coroutine(function* taskGroup<T>(block: GroupBlock<T>): Coroutine<T> {
  const group = TaskGroup.enter()
  try {
    let failure: { readonly error: unknown } | undefined
    let result: T | undefined
    try {
      const returned = block(group)
      if (returned !== undefined) result = (yield* firstAwaited(checkReturned('taskGroup', returned))) as T
    } catch (error) {
      failure = { error }
    }
    yield* group.exit(failure)
    // There is no result only after cancel(). Callers of cancel() have to expect that; `T | undefined` would be a
    // burden to all others.
    return result as T
  } finally {
    group.end()
  }
})
