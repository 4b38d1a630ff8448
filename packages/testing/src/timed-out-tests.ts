// Where the promises of a test that timed out hang, if `@spindle/inspect` is installed. A project may depend on it;
// this package does not.

import { hostProcess, printable } from 'spindle/internal'
import { findInspect } from './failure-files.ts'

interface Inspect {
  awaitTree(options: { readonly ownOnly: boolean }): Promise<string>
}

/** The part of a test's context that is used. */
export interface FailedTest {
  readonly task: { readonly name: string; readonly result?: { readonly errors?: readonly { message?: string }[] } }
}

/** Prints the await tree if the test timed out. Does nothing without `@spindle/inspect`. */
export async function printAwaitTreeOfTimeout({ task }: FailedTest): Promise<void> {
  if (task.result?.errors?.some(({ message = '' }) => /timed out (?:in|after)/.test(message)) !== true) return
  const process = hostProcess()
  if (process?.getBuiltinModule === undefined) return
  try {
    const found = findInspect(process.cwd(), process.getBuiltinModule, '@spindle/inspect/node')
    if (found === undefined) return
    const { awaitTree } = (await import(/* @vite-ignore */ found)) as Inspect
    const tree = await awaitTree({ ownOnly: true })
    console.error(`${printable(task.name)} timed out. What waits now:\n\n${tree}`)
  } catch {} // the failure itself is reported
}
