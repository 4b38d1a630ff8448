import { type CancelRequest, type Future, RuntimeError } from '@spindle/loop'
import { repr } from '@spindle/loop/internal'
import { describeCoroutine } from '../coroutines/coroutine-stack.ts'
import type { Task } from './task.ts'

export function describeTask(task: Task, [state = '', ...rest]: string[]): string[] {
  const shown = task.cancelling() > 0 && !task.done() ? 'cancelling' : state
  const info = [shown, `name=${repr(task.getName())}`, `coro=<${describeCoroutine(task.getCoro(), task.done())}>`]
  if (task.waitedFor !== undefined) info.push(`wait_for=${task.waitedFor}`)
  const request = task.cancelling() > 0 || task.cancelled() ? task.cancelledBy() : undefined
  return [...info, ...rest, ...(request === undefined ? [] : describeRequest(request))]
}

/** `cancelled_by='supervisor' message='too late'`, for a printed Task. */
function describeRequest(request: CancelRequest): string[] {
  const info: string[] = []
  if (request.by !== undefined) info.push(`cancelled_by=${repr(request.by)}`)
  if (request.via !== undefined) info.push(`via=${repr(request.via)}`)
  if (request.message !== undefined) info.push(`message=${repr(request.message)}`)
  return info
}

export function cannotAwaitError(task: Task, future: Future): RuntimeError {
  const owner = future.getLoop()
  const loop = task.getLoop()
  if (owner !== loop) {
    const why =
      loop.canMeet(owner) && owner.isClosed()
        ? 'of a loop that is closed: it will never be done'
        : 'attached to a different loop'
    return new RuntimeError(`Task ${task} got Future ${future} ${why}`)
  }
  if ((future as unknown) === task) return new RuntimeError(`Task cannot await on itself: ${task}`)
  return loop.driversOf('blocking run').blockedPromiseError()
}
