import type { Node, Program } from '../language.ts'

/** A hand-written program. Its name is a sentence that says what it tests. */
export function program(name: string, ...main: Node[]): Program {
  return { name, main }
}
