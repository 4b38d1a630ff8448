import { Child } from '../tooling/child.ts'
import { commandOf } from '../tooling/run-example.ts'

/** A program of examples/ that goes on until it is told to end: a server. */
export class Program extends Child {
  /** @param path from the root of the repository */
  constructor(path: string, ...args: string[]) {
    super([...commandOf(path), ...args])
  }
}
