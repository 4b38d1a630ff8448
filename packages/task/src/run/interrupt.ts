// Handles Ctrl-C while host-driven runs are pending, and only if nothing else listens for SIGINT: the first one cancels
// their main Tasks, the second abandons what is being stopped, the third ends the process at once. A process that ends
// with the KeyboardInterrupt has the exit code of an interrupted process.

import { KeyboardInterrupt } from '@spindle/loop'
import { hostProcess, reportStopping } from '@spindle/loop/internal'
import type { Task } from '../tasks/task.ts'
import { abandon } from './abandon.ts'

const EXIT_CODE = 130 // 128 + SIGINT: what shells expect

/** A run that is pending. */
interface Interrupt {
  readonly task: Task
  happened: boolean
  isAbandoned: boolean
  error(): KeyboardInterrupt
  stop(): void
}

const pending = new Set<Interrupt>()

/** Cancels the main Task of a run at the first Ctrl-C. After it the run is pending until its loop has closed. */
export function onInterrupt(task: Task): Interrupt | undefined {
  const run: Interrupt = {
    task,
    happened: false,
    isAbandoned: false,
    error: interrupted,
    stop() {
      if (run.happened) task.getLoop().closeCallbacks.add(() => unwatch(run))
      else unwatch(run)
    },
  }
  return watch(run) ? run : undefined
}

function watch(run: Interrupt): boolean {
  const process = hostProcess()
  if (process === undefined) return false
  if (pending.size === 0) {
    if (process.listenerCount('SIGINT') > 0) return false // another listener decides
    process.on('SIGINT', onSigint)
  }
  pending.add(run)
  return true
}

function unwatch(run: Interrupt): void {
  pending.delete(run)
  if (pending.size === 0) hostProcess()?.off('SIGINT', onSigint)
}

function onSigint(): void {
  const process = hostProcess()
  if ((process?.listenerCount('SIGINT') ?? 0) > 1) return stepAside()
  const first = [...pending].filter((run) => !run.happened)
  for (const run of first) {
    run.happened = true
    run.task.requestCancel({ by: 'Ctrl-C' })
    reportStopping(run.task.getLoop())
  }
  if (first.length > 0) return
  const second = [...pending].filter((run) => !run.isAbandoned)
  for (const run of second) {
    run.isAbandoned = true
    abandon({ loop: run.task.getLoop() })
  }
  if (second.length === 0) {
    process?.off('SIGINT', onSigint)
    // Without a listener the signal ends the process, and the shell sees why. Before that, the listeners of 'exit' end
    // the child processes: those in sessions of their own receive no Ctrl-C. Process 1 of a container ignores it.
    process?.once('exit', () => process.kill(process.pid, 'SIGINT'))
    process?.exit(EXIT_CODE)
  }
}

/**
 * Leaves the decision to listeners that were added later. Removed first: some listeners exit only if they are alone.
 */
function stepAside(): void {
  const process = hostProcess()
  process?.off('SIGINT', onSigint)
  process?.nextTick(() => {
    if (pending.size > 0) process?.on('SIGINT', onSigint)
  })
}

/** The error. If nothing catches it, the process ends with its exit code and prints nothing about it. */
function interrupted(): KeyboardInterrupt {
  const error = new KeyboardInterrupt()
  error.stack = String(error) // the place of the loop does not help: one line is enough
  if (!monitoring) hostProcess()?.on('uncaughtExceptionMonitor', onUncaught)
  monitoring = true
  interrupts.add(error)
  return error
}

// One listener, however often a program is interrupted and continues.
let monitoring = false
const interrupts = new WeakSet<object>()

function onUncaught(uncaught: unknown): void {
  if (!interrupts.has(uncaught as object)) return // all of them are objects
  const process = hostProcess()
  if (process?.listenerCount('uncaughtException') === 0) process.exit(EXIT_CODE)
}
