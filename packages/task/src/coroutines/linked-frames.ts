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

// A coroutine() that waits inside others links its frame here on the way to the Task, innermost first. The Task asks
// which frame is the innermost now. The Suspension that the frames wait for says whether they are its own.
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

/** The innermost frame of a Task after a step: one that the step has linked, or the one that has taken the step. */
export function innermostFrame(step: IteratorResult<unknown, unknown>, stepped: Frame | undefined): Frame | undefined {
  return innermost === undefined ? stepped : takeLinkedFrames(step.value, stepped)
}

function takeLinkedFrames(suspension: unknown, below: Frame | undefined): Frame | undefined {
  const top = isAwaited(suspension) ? innermost : undefined
  if (top !== undefined) (outermost as Frame).caller = below
  dropLinkedFrames()
  return top ?? below
}

/** Whether the linked frames wait for `suspension`; false if they were driven manually and abandoned. */
function isAwaited(suspension: unknown): boolean {
  return awaited === suspension && awaitedIteration === NEXT_ITERATION.awaits
}

/** Drops frames that were driven manually and abandoned, or that have thrown. */
export function dropLinkedFrames(): void {
  innermost = undefined
  outermost = undefined
  awaited = undefined
}
