// An endless loop in a program blocks the thread, so that no test runner can stop it. Node can: it runs a script with a
// time limit. The functions on the stack then end without their `finally` blocks, even in Node itself, which ends the
// process if its stack of asynchronous contexts is not empty at the end of a callback, unless the callback throws.

import { formatLocation, hostProcess, inspectInEngine, isOurs } from 'spindle/internal'
import { builtin } from '../host/node.ts'
import type { Hooks } from '../host/open-waits.ts'

/** The time limit expired. */
export class Stopped extends Error {
  override name = 'Stopped'
}

// As they were when this module was loaded, before a test put fake ones in their place.
const { setTimeout, setImmediate } = globalThis as unknown as Record<
  'setTimeout' | 'setImmediate',
  (callback: () => void) => unknown
>
const afterHostTurn = setImmediate ?? setTimeout

/**
 * Continues the work in turns of the host, each as a separate callback, because only there can microtasks run.
 * @param call calls each turn
 */
export function inHostTurns<R>(work: Generator<void, R>, call = <T>(turn: () => T): T => turn()): Promise<R> {
  return new Promise((resolve, reject) => {
    const turn = (): void => {
      try {
        const step = call(() => work.next())
        if (step.done === true) resolve(step.value)
        else afterHostTurn(turn)
      } catch (error) {
        reject(error)
        if ((error as { cause?: unknown } | null)?.cause instanceof Stopped) endStoppedCallback()
      }
    }
    afterHostTurn(turn) // a running loop must end its iteration before explore() may block the thread
  })
}

interface Capturing {
  setUncaughtExceptionCaptureCallback(callback: ((error: unknown) => void) | null): void
}

/** Ends a callback of the host that contains a stopped call. */
function endStoppedCallback(): never {
  const process = hostProcess() as unknown as Capturing
  process.setUncaughtExceptionCaptureCallback(() => process.setUncaughtExceptionCaptureCallback(null))
  throw new Stopped('empties the stack of asynchronous contexts')
}

interface Script {
  runInThisContext(options: { readonly timeout: number; readonly displayErrors?: boolean }): unknown
}

interface Machines {
  readonly Script: new (code: string) => Script
}

const CALL = Symbol.for('spindle.stoppable')
// The program has to come to its endless loop again. The sampling needs some ms only.
const SAMPLING_MS = 1_000
let script: Script | undefined

/** Calls a function. @throws Stopped if it takes longer than `ms`. Only Node can do that */
export function callWithin<R>(ms: number, call: () => R): R {
  const { Script } = builtin<Machines>('node:vm')
  script ??= new Script(`globalThis[Symbol.for('${CALL.description}')]()`)
  Reflect.set(new Script('globalThis').runInThisContext({ timeout: ms }) as object, CALL, call)
  try {
    return script.runInThisContext({ timeout: ms, displayErrors: false }) as R
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
    throw new Stopped(`it has not returned after ${ms} ms`)
  }
}

/**
 * Whether async hooks still work in this process after a stop. On Node 20, each new promise runs a hook as soon as the
 * program uses an AsyncLocalStorage.
 */
export function haveHooksSurvived(): boolean {
  const { createHook, AsyncResource } = builtin<Hooks>('node:async_hooks')
  let calls = 0
  const hook = createHook({ init: () => void calls++ })
  hook.enable()
  new AsyncResource('spindle')
  hook.disable()
  return calls > 0
}

interface Sampled {
  readonly id: number
  readonly callFrame: {
    readonly scriptId: string
    readonly url: string
    readonly lineNumber: number
    readonly columnNumber: number
  }
  readonly hitCount?: number
  readonly children?: readonly number[]
  readonly positionTicks?: readonly { readonly line: number; readonly ticks: number }[]
}

/** The line where a function that never returns is busy: `pool.ts:12`; undefined if the engine cannot tell. */
export function lineOfSpin(call: () => unknown): string | undefined {
  return inspectInEngine({}, (engine) => {
    engine.ask('Profiler.enable')
    // Drops optimized code: the profiler does not know code that was optimized before it started.
    engine.ask('Profiler.startPreciseCoverage', { callCount: true })
    engine.ask('Profiler.start')
    const isSpinning = isStopped(call)
    const { profile } = engine.ask<{ profile: { nodes: readonly Sampled[] } }>('Profiler.stop')
    const frame = isSpinning ? hottest(profile.nodes) : undefined
    if (frame === undefined) return undefined
    const { callFrame, positionTicks = [] } = frame
    const [tick] = [...positionTicks].sort((a, b) => b.ticks - a.ticks)
    // The end of the line, where its last expression begins; a script may consist of one line.
    const isElsewhere = tick !== undefined && tick.line - 1 !== callFrame.lineNumber
    const raw = isElsewhere ? { ...callFrame, lineNumber: tick.line - 1, columnNumber: 1_000 } : callFrame
    const place = engine.script(callFrame.scriptId)?.resolve(raw)
    return place && formatLocation(place)
  })
}

function isStopped(call: () => unknown): boolean {
  try {
    callWithin(SAMPLING_MS, call)
    return false
  } catch (error) {
    return error instanceof Stopped
  }
}

/** The user's function that ran most often, itself or in functions that it had called. */
function hottest(nodes: readonly Sampled[]): Sampled | undefined {
  const parents = new Map(nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node] as const)))
  for (const leaf of [...nodes].sort((a, b) => (b.hitCount ?? 0) - (a.hitCount ?? 0))) {
    for (let node: Sampled | undefined = leaf; node !== undefined; node = parents.get(node.id)) {
      const { url } = node.callFrame
      if (/^(file:|\/)/.test(url) && !isOurs(url)) return node
    }
  }
  return undefined
}
