// The signals in the arguments of a call, found by their shape, because every SDK has a different place for them.

import { createAbortController } from '../scopes/abort-signal.ts'
import type { AbortSignalLike } from '../scopes/link-to-signal.ts'

/** The object that vscode-jsonrpc and similar libraries pass instead of a signal. */
interface CancellationToken {
  readonly isCancellationRequested: boolean
  onCancellationRequested(listener: () => void): { dispose(): void }
}

/** An emitter that says when its other end has given up: a call of gRPC, a request or a response of `node:http`. */
interface GivenUp {
  readonly cancelled?: boolean
  readonly aborted?: boolean
  readonly headersSent?: boolean
  readonly destroyed?: boolean
  readonly writableEnded?: boolean
  on(name: string, listener: () => void): unknown
  off(name: string, listener: () => void): unknown
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

/** The signals that these arguments are or hold, and what stops listening to tokens. */
export function signalsOf(args: readonly unknown[]): { readonly signals: AbortSignalLike[]; release(): void } {
  const signals: AbortSignalLike[] = []
  const ends: (() => unknown)[] = []
  for (const argument of args) {
    if (typeof argument !== 'object' || argument === null) continue
    const source = isToken(argument) ? tokenSource(argument) : emitterSource(argument as Partial<GivenUp>)
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

function emitterSource(value: Partial<GivenUp>): Source | undefined {
  if (typeof value.on !== 'function' || typeof value.off !== 'function') return undefined
  const emitter = value as GivenUp
  const flag = (['cancelled', 'aborted'] as const).find((name) => typeof emitter[name] === 'boolean')
  if (flag === undefined && typeof emitter.headersSent !== 'boolean') return undefined
  const event = flag ?? 'close' // of a response: it also comes after its end
  return {
    isOver: () => (flag === undefined ? emitter.destroyed === true && !emitter.writableEnded : emitter[flag] === true),
    listen(listener) {
      emitter.on(event, listener)
      return () => emitter.off(event, listener)
    },
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
