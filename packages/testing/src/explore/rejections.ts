// Assigns rejected promises that nothing handles, and errors in callbacks of the host, to the run that caused them.
// Otherwise they would end the process.

import type { ExceptionContext } from 'spindle'
import { hostProcess } from 'spindle/internal'
import { isNode } from './simulated-host.ts'

const EVENTS = {
  unhandledRejection: 'nothing handled the rejection of a promise',
  uncaughtException: 'a callback of the host has failed',
}

type Listener = (...args: unknown[]) => void

interface Emitter {
  listeners(name: string): Listener[]
  removeAllListeners(name: string): unknown
  on(name: string, listener: Listener): unknown
  _tickCallback(): void
}

/** Adds them to the reports until the returned function is called. */
export function collectRejections(reports: ExceptionContext[]): () => void {
  if (!isNode()) return () => {}
  const process = hostProcess() as unknown as Emitter
  const undo = Object.entries(EVENTS).map(([name, message]) => {
    const before = process.listeners(name)
    process.removeAllListeners(name)
    process.on(name, (exception) => reports.push({ message, exception }))
    return () => {
      process.removeAllListeners(name)
      for (const listener of before) process.on(name, listener)
    }
  })
  return () => {
    process._tickCallback()
    for (const one of undo) one()
  }
}
