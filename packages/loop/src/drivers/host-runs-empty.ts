// Node tells by `beforeExit` that its own loop has run empty: no socket, timer, child, thread or file operation is left
// that could ever call back. A run that is parked then waits for ever. Other listeners of `beforeExit` may start work, so
// we look again after them. Where there is no such event (browsers), a deadlock cannot be told from waiting.

interface Process {
  prependListener(event: 'beforeExit', listener: () => void): void
  off(event: 'beforeExit', listener: () => void): void
  nextTick(callback: () => void): void
  getActiveResourcesInfo?(): string[]
}

declare const process: Process | undefined
declare function queueMicrotask(callback: () => void): void
declare function setImmediate(callback: () => void): void

interface Waiting {
  hostRanEmpty(): void
}

const runs = new Set<Waiting>()

/**
 * Has `run.hostRanEmpty()` called when the host has run empty. What is returned ends that.
 */
export function watchForDeadlock(run: Waiting): () => void {
  if (typeof process === 'undefined' || typeof process.prependListener !== 'function') return () => {}
  // Before all others, so that what they start is seen to be more than there was.
  if (runs.size === 0) process.prependListener('beforeExit', onBeforeExit)
  runs.add(run)
  setImmediate(() => {}) // if beforeExit is being emitted right now, it has to come once more
  return () => {
    runs.delete(run)
    if (runs.size === 0) process?.off('beforeExit', onBeforeExit)
  }
}

function onBeforeExit(): void {
  const before = countResources()
  process?.nextTick(() =>
    queueMicrotask(() =>
      process?.nextTick(() => {
        if (countResources() > before) return // another listener has started something: this was not the end
        for (const run of [...runs]) run.hostRanEmpty()
      }),
    ),
  )
}

function countResources(): number {
  return process?.getActiveResourcesInfo?.().length ?? 0
}
