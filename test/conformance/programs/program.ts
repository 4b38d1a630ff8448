import type { Node, Program } from '../language.ts'

/** A hand-written program; its name is a sentence that says what it is about. */
export function program(name: string, ...main: Node[]): Program {
  return { name, main }
}
