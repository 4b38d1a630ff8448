// Assigns rejected promises that nothing handles, and errors in callbacks of the host, to the run that caused them.
// Otherwise they would end the process.

import { hostProcess } from 'spindle/internal'
import { canSimulateHost } from './simulated-host.ts'

const EVENTS = ['unhandledRejection', 'uncaughtException'] as const

type Listener = (...args: unknown[]) => void

interface Emitter {
  listeners(name: string): Listener[]
  removeAllListeners(name: string): unknown
  on(name: string, listener: Listener): unknown
  _tickCallback(): void
}

/** Collects them until `end()`. */
export function collectRejections(): { readonly lost: readonly unknown[]; end(): void } {
  const lost: unknown[] = []
  if (!canSimulateHost()) return { lost, end() {} }
  const process = hostProcess() as unknown as Emitter
  const before = EVENTS.map((name) => process.listeners(name))
  for (const name of EVENTS) {
    process.removeAllListeners(name)
    process.on(name, (error) => lost.push(error))
  }
  return {
    lost,
    end() {
      process._tickCallback()
      for (const [n, name] of EVENTS.entries()) {
        process.removeAllListeners(name)
        for (const listener of before[n] ?? []) process.on(name, listener)
      }
    },
  }
}
