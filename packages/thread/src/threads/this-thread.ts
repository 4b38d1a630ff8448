import { inspect } from 'node:util'
import { isError } from '../transport/is-error.ts'
import { printable } from '../transport/printable.ts'
import type { Packed } from '../transport/serialize.ts'

interface ThisThread {
  /** The Thread, or its name at the start. */
  named: { readonly name: string }
  /** `[thread, mainThread]`, until the class has made them. */
  start: Packed | undefined
}

/** The Thread of this worker, before anything needs its class: that would load a third of the package. */
export const thisThread: ThisThread = {
  named: { name: '' },
  start: undefined,
}

/** Prints as Python's `threading.excepthook` does. In a thread the output is at once; see worker-output.ts. */
export function printException(error: unknown, name: string = thisThread.named.name): void {
  const text = isError(error) ? inspect(error) : `Uncaught ${inspect(error)}`
  process.stderr.write(`Exception in thread ${printable(name)}:\n${text}\n`)
}
