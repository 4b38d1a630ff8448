// Hot path: bench/depth. The frames that a Task resumes directly: see frame.ts. A Task uses frames only through this
// file, so that a page without `coroutine()` contains nothing else of them.

import type { Coroutine } from '@spindle/loop'
import { NEXT_ITERATION, type Suspension } from '@spindle/loop/internal'
import type { Frame, Step } from './frame.ts'

export const FRAME: unique symbol = Symbol('frame')

export function isFrame(value: unknown): value is Frame {
  return typeof value === 'object' && value !== null && FRAME in value
}

export function generatorOf(coroutine: Coroutine<unknown>): Coroutine<unknown> {
  return isFrame(coroutine) ? (coroutine as Frame).generator : coroutine
}

/** Yielded by a frame that would be too deep on the stack, so that the Task starts it. */
export const TRAMPOLINE = {} as unknown as Suspension // never taken: the Task recognises it

// Frames linked since the last step, innermost first, and the Suspension they wait for.
let innermost: Frame | undefined
let outermost: Frame | undefined
let awaited: Suspension | undefined
let awaitedIteration = 0 // NEXT_ITERATION.awaits, because every wait for an iteration yields the same object

export function linkFrame(frame: Frame, step: Step & { done?: false }): Step {
  if (!isAwaited(step.value) || innermost === undefined) {
    awaited = step.value
    awaitedIteration = NEXT_ITERATION.awaits
    innermost = frame
  } else {
    ;(outermost as Frame).caller = frame
  }
  outermost = frame
  return step
}

/** Whether the linked frames wait for `suspension`; false if they were driven manually and abandoned. */
function isAwaited(suspension: unknown): boolean {
  return awaited === suspension && awaitedIteration === NEXT_ITERATION.awaits
}

/** Drops the linked frames of a coroutine that was driven manually and abandoned. */
export function dropLinkedFrames(): void {
  innermost = undefined
}

export function hasLinkedFrames(): boolean {
  return innermost !== undefined
}

/** Takes the frames linked on top of `below`. Returns the innermost frame of a Task that yielded `suspension`. */
export function takeLinkedFrames(suspension: unknown, below: Frame | undefined): Frame | undefined {
  if (innermost === undefined) return below
  const top = isAwaited(suspension) ? innermost : undefined
  if (top !== undefined) (outermost as Frame).caller = below
  innermost = undefined
  outermost = undefined
  awaited = undefined
  return top ?? below
}
