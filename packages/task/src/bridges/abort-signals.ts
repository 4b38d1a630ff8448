// The signals in the arguments of a call, found by their shape, because every SDK has a different place for them.

import { createAbortController } from '../scopes/abort-signal.ts'
import type { AbortSignalLike } from '../scopes/link-to-signal.ts'

/** The object that vscode-jsonrpc and similar libraries pass instead of a signal. */
interface CancellationToken {
  readonly isCancellationRequested: boolean
  onCancellationRequested(listener: () => void): { dispose(): void }
}

/** The call of gRPC, and what is like it: an emitter that says whether its caller has given up. */
interface CancellableCall {
  readonly cancelled: boolean
  on(name: 'cancelled', listener: () => void): unknown
  off(name: 'cancelled', listener: () => void): unknown
}

interface HasSignal {
  readonly signal?: unknown
  readonly abortSignal?: unknown
  readonly req?: { readonly raw?: { readonly signal?: unknown } }
}

/** The signals that these arguments are or hold, and what stops listening to tokens. */
export function signalsOf(args: readonly unknown[]): { readonly signals: AbortSignalLike[]; release(): void } {
  const signals: AbortSignalLike[] = []
  const listening: { dispose(): void }[] = []
  for (const argument of args) {
    if (typeof argument !== 'object' || argument === null) continue
    if (isToken(argument)) {
      const controller = createAbortController()
      if (argument.isCancellationRequested) controller.abort()
      else listening.push(argument.onCancellationRequested(() => controller.abort()))
      signals.push(controller.signal)
      continue
    }
    if (isCancellableCall(argument)) {
      const controller = createAbortController()
      const abort = (): void => controller.abort()
      if (argument.cancelled) abort()
      else listening.push({ dispose: () => argument.off('cancelled', abort) })
      argument.on('cancelled', abort)
      signals.push(controller.signal)
      continue
    }
    const { signal, abortSignal, req } = argument as HasSignal
    const found = [argument, req?.raw?.signal, signal, abortSignal].find(isSignal)
    if (found !== undefined) signals.push(found)
  }
  return { signals, release: () => listening.forEach((listener) => void listener?.dispose()) }
}

function isSignal(value: unknown): value is AbortSignalLike {
  const signal = value as Partial<AbortSignalLike> | null | undefined
  return typeof signal?.aborted === 'boolean' && typeof signal.addEventListener === 'function'
}

function isCancellableCall(value: object): value is CancellableCall {
  const call = value as Partial<CancellableCall>
  return typeof call.cancelled === 'boolean' && typeof call.on === 'function' && typeof call.off === 'function'
}

function isToken(value: object): value is CancellationToken {
  const token = value as Partial<CancellationToken>
  return typeof token.isCancellationRequested === 'boolean' && typeof token.onCancellationRequested === 'function'
}
