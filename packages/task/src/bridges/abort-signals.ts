// The signals in the arguments of a call, found by their shape, because every SDK has a different place for them.

import { createAbortController } from '../scopes/abort-signal.ts'
import type { AbortSignalLike } from '../scopes/link-to-signal.ts'
import { isEmitter, listen } from '../scopes/shared-listener.ts'

/** The object that vscode-jsonrpc and similar libraries pass instead of a signal. */
interface CancellationToken {
  readonly isCancellationRequested: boolean
  onCancellationRequested(listener: () => void): { dispose(): void }
}

/** How an emitter says that its other end has left: a call of gRPC, a request or a response of `node:http`. */
interface HasLeft {
  readonly cancelled?: boolean
  readonly aborted?: boolean
  readonly headersSent?: boolean
  readonly destroyed?: boolean
  readonly writableEnded?: boolean
}

interface Source {
  /** Whether the caller has given up. */
  isOver(): boolean
  /** Calls back when that may have changed. @returns stops that */
  listen(listener: () => void): () => unknown
}

interface HasSignal {
  readonly signal?: unknown
  readonly abortSignal?: unknown
  readonly req?: { readonly raw?: { readonly signal?: unknown } }
}

/** The signals that these arguments are or hold, and what stops listening. */
export function signalsOf(args: readonly unknown[]): { readonly signals: AbortSignalLike[]; release(): void } {
  const signals: AbortSignalLike[] = []
  const ends: (() => unknown)[] = []
  for (const argument of args) {
    if (typeof argument !== 'object' || argument === null) continue
    const source = isToken(argument) ? tokenSource(argument) : emitterSource(argument)
    if (source === undefined) {
      const { signal, abortSignal, req } = argument as HasSignal
      const found = [argument, req?.raw?.signal, signal, abortSignal].find(isSignal)
      if (found !== undefined) signals.push(found)
      continue
    }
    const controller = createAbortController()
    const look = (): void => void (source.isOver() && controller.abort())
    look()
    if (!controller.signal.aborted) ends.push(source.listen(look))
    signals.push(controller.signal)
  }
  return { signals, release: () => ends.forEach((end) => void end()) }
}

function tokenSource(token: CancellationToken): Source {
  return {
    isOver: () => token.isCancellationRequested,
    listen(listener) {
      const listening: { dispose(): void } | undefined = token.onCancellationRequested(listener)
      return () => listening?.dispose()
    },
  }
}

function emitterSource(emitter: object): Source | undefined {
  if (!isEmitter(emitter)) return undefined
  const end = emitter as object as HasLeft
  const flag = (['cancelled', 'aborted'] as const).find((name) => typeof end[name] === 'boolean')
  if (flag !== undefined) return { isOver: () => end[flag] === true, listen: (look) => listen(emitter, flag, look) }
  if (typeof end.headersSent !== 'boolean') return undefined
  return {
    isOver: () => end.destroyed === true && !end.writableEnded, // it is also destroyed when it has been sent
    listen: (look) => listen(emitter, 'close', look),
  }
}

function isSignal(value: unknown): value is AbortSignalLike {
  const signal = value as Partial<AbortSignalLike> | null | undefined
  return typeof signal?.aborted === 'boolean' && typeof signal.addEventListener === 'function'
}

function isToken(value: object): value is CancellationToken {
  const token = value as Partial<CancellationToken>
  return typeof token.isCancellationRequested === 'boolean' && typeof token.onCancellationRequested === 'function'
}
