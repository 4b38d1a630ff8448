import type { EventLoop } from '../face/event-loop.ts'
import type { Probe } from '../face/probe.ts'
import type { Task } from '../face/task.ts'
import type { Future } from '../futures/future.ts'
import { formatLocation } from '../inspect/format-location.ts'
import { hostConsole } from '../inspect/host-globals.ts'
import { repr } from '../inspect/repr.ts'
import type { Unretrieved } from '../reports/unretrieved-exception.ts'
import type { Handle } from '../scheduling/handle.ts'
import type { Ready } from '../scheduling/ready.ts'
import { recordCreation } from './creation-probe.ts'
import { programTime } from './program-time.ts'
import { SwallowProbe } from './swallow-probe.ts'

export function beginDebugMode(loop: EventLoop): () => void {
  const probes: Probe[] = [new SwallowProbe(loop, reportSwallowed, innermostPlace), new DebugProbe(loop)]
  if (loop.explainer !== undefined) probes.push(loop.explainer.debugModeBegins(loop))
  recordCreation(loop, true)
  for (const probe of probes) loop.probes.add(probe)
  return () => {
    recordCreation(loop, false)
    for (const probe of probes) loop.probes.remove(probe)
  }
}

/** Reports slow callbacks, and exceptions that are not retrieved within one iteration. */
class DebugProbe implements Probe {
  readonly #loop: EventLoop
  #start = 0
  #unretrievedBefore: Unretrieved[] = []

  constructor(loop: EventLoop) {
    this.#loop = loop
  }

  begins(): void {
    this.#start = programTime(this.#loop)
  }

  ran(ready: Ready): void {
    const duration = programTime(this.#loop) - this.#start
    if (duration < this.#loop.slowCallbackDuration) return
    const handle = ready as Handle | Future // only Tasks and Handles take time
    hostConsole().warn(`Executing ${handle} took ${(duration / 1000).toFixed(3)} seconds`)
  }

  iterationEnded(): void {
    for (const exception of this.#unretrievedBefore) exception.report()
    this.#unretrievedBefore = [...this.#loop.unretrieved]
  }
}

function reportSwallowed(task: Task, place: string | undefined): void {
  const message =
    `Task ${repr(task.getName())} was cancelled, but swallowed the CancelledError and went on` +
    `${place === undefined ? '' : ` at ${place}`}. Let it pass: \`rethrowIfCancelled(error)\` at the head of the catch`
  task.getLoop().callExceptionHandler({ message, task })
}

function innermostPlace(task: Task): string | undefined {
  const place = task.getStack().at(-1)
  return place === undefined ? undefined : formatLocation(place)
}
