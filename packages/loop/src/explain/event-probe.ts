import type { DeadlockError } from '../errors/errors.ts'
import type { EventLoop } from '../face/event-loop.ts'
import type { CancelNotice, Probe, ResourceAction, ResumedBy, TaskOutcome } from '../face/probe.ts'
import type { Task } from '../face/task.ts'
import { Future } from '../futures/future.ts'
import { type Wakeable, WakeList } from '../futures/wake-list.ts'
import { className } from '../inspect/class-name.ts'
import { nameOf } from '../inspect/repr.ts'
import type { ExceptionContext } from '../reports/exception-context.ts'
import { Handle } from '../scheduling/handle.ts'
import type { Ready } from '../scheduling/ready.ts'
import { LoopEvents } from './loop-events.ts'
import { programTime } from './program-time.ts'
import { SwallowProbe } from './swallow-probe.ts'

/** Makes the events of `loop.events`. Events without a listener are neither made nor counted. */
export class EventProbe implements Probe {
  readonly events: LoopEvents
  readonly #loop: EventLoop
  readonly #swallowing: SwallowProbe
  #running: Ready | undefined
  #start = 0
  // How long the driver has slept since the last `turn` event.
  #idle = 0

  constructor(loop: EventLoop) {
    const events = new LoopEvents(loop)
    this.#loop = loop
    this.events = events
    events.onListeners = () => this.#listenersChanged()
    this.#swallowing = new SwallowProbe(loop, (task) => events.emitEvent('task:cancel-swallowed', { task }))
  }

  #listenersChanged(): void {
    const { probes } = this.#loop
    const { heard } = this.events
    if (heard['task:cancel-swallowed']) probes.add(this.#swallowing, true)
    else probes.remove(this.#swallowing)
    if (Object.keys(heard).length > 0) probes.add(this, true)
    else probes.remove(this)
  }

  get wantsSteps(): boolean {
    const { heard } = this.events
    return heard['task:step'] === true || heard['task:suspended'] === true
  }

  settled(future: Future, waiting: Wakeable | undefined): void {
    if (!this.events.heard['future:done']) return
    const all = waiting instanceof WakeList ? waiting.all() : waiting === undefined ? [] : [waiting]
    const wakes = all.filter((one): one is Task & Wakeable => one instanceof Future) // Tasks alone wait as themselves
    this.events.emitEvent('future:done', { future, wakes, callbacksFor: this.#loop.explainer?.tasksBehind(all) ?? [] })
  }

  taskMade(task: Task, eager: boolean): void {
    if (!this.events.heard['task:created']) return
    const { explainer } = this.#loop
    this.events.emitEvent('task:created', {
      task,
      parent: this.#loop.currentTask,
      name: task.getName(),
      get coroutine() {
        return explainer?.coroutineName(task) ?? '' // a getter: this may have to query the engine
      },
      eager,
    })
  }

  resumes(task: Task, resumedBy: ResumedBy, from: Future | undefined): void {
    if (this.events.heard['task:step']) this.events.emitEvent('task:step', { task, resumedBy, from })
  }

  waits(task: Task, future: Future | undefined): void {
    if (!this.events.heard['task:suspended']) return
    const kind = future === undefined ? 'turn' : 'getCoro' in future ? 'task' : 'future'
    this.events.emitEvent('task:suspended', { task, kind, label: future?.label ?? 'sleep(0)', future })
  }

  taskDone(task: Task, outcome: TaskOutcome): void {
    if (this.events.heard['task:done']) this.events.emitEvent('task:done', { task, outcome })
  }

  cancelRequested(task: Task, { by, via, message, deadline }: CancelNotice): void {
    if (!this.events.heard['task:cancelling']) return
    const canceller = by ?? (this.#running instanceof Handle ? callbackName(this.#running) : undefined)
    const count = task.cancelling()
    this.events.emitEvent('task:cancelling', {
      task,
      by: this.#loop.currentTask,
      via,
      canceller,
      deadline,
      message,
      count,
    })
  }

  cancelRetracted(task: Task): void {
    if (!this.events.heard['task:uncancelled']) return
    this.events.emitEvent('task:uncancelled', { task, by: this.#loop.currentTask, count: task.cancelling() })
  }

  limitSet(task: Task, deadline: number | undefined, before: number | undefined): void {
    if (this.events.heard['task:deadline']) this.events.emitEvent('task:deadline', { task, deadline, before })
  }

  limitKept(task: Task, deadline: number): void {
    if (this.events.heard['task:in-time']) this.events.emitEvent('task:in-time', { task, deadline })
  }

  resource(resource: object, action: ResourceAction, value: number, to: Task | undefined): void {
    if (!this.events.heard.resource) return
    const label = className(resource)
    this.events.emitEvent('resource', { resource, label, action, task: this.#loop.currentTask, to, value })
  }

  begins(ready: Ready): void {
    this.#running = ready
    if (this.events.heard['handle:slow']) this.#start = programTime(this.#loop)
  }

  ran(ready: Ready): void {
    this.#running = undefined
    if (!this.events.heard['handle:slow']) return
    const duration = programTime(this.#loop) - this.#start
    if (duration < this.#loop.slowCallbackDuration) return
    this.events.emitEvent('handle:slow', { handle: ready as Handle | Future, duration }) // only Tasks and Handles take time
  }

  slept(duration: number): void {
    this.#idle += duration
  }

  iterationEnded(handles: number, lag: number): void {
    // The host driver may end its slice before anything runs. That depends on the machine, so it does not count as a
    // turn.
    if (handles === 0) return
    if (this.events.heard.turn) this.events.emitEvent('turn', { handles, idle: this.#idle, lag })
    this.#idle = 0
  }

  deadlocked(error: DeadlockError): void {
    if (this.events.heard.deadlock) this.events.emitEvent('deadlock', { error })
  }

  reported(context: ExceptionContext): void {
    if (this.events.heard.exception) this.events.emitEvent('exception', { context })
  }
}

/** The name without the place, which would need a query to the engine. */
function callbackName(handle: Handle): string {
  const callback = handle.getCallback()
  return `${(callback && nameOf(callback)) || '<anonymous>'}()`
}
