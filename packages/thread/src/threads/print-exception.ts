import { inspect } from 'node:util'

/** Prints as Python's `threading.excepthook` does. In a thread the output is at once; see worker-output.ts. */
export function printException(name: string, error: unknown): void {
  const text = error instanceof Error ? inspect(error) : `Uncaught ${inspect(error)}`
  process.stderr.write(`Exception in thread ${name}:\n${text}\n`)
}
