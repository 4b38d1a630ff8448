// The part of Node that a simulated run needs, where there is one.

interface Process {
  readonly versions?: { readonly bun?: string }
  _tickCallback?: () => void
  getBuiltinModule?(name: string): unknown
}

const { process } = globalThis as { process?: Process }

/** Whether this is Node, which alone can run what promises have to do while a run blocks the thread. */
export function isNode(): boolean {
  return typeof process?._tickCallback === 'function' && process.versions?.bun === undefined
}

/** A module of Node. */
export function builtin<Module>(name: string): Module {
  return process?.getBuiltinModule?.(name) as Module
}

/** Runs the ticks and microtasks that are queued. */
export function runTicks(): void {
  process?._tickCallback?.()
}
