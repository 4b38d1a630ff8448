import { type Inserted, insert, ProgramSyntaxError } from './insert.ts'
import { strip } from './strip.ts'

export { type AwaitPoint, type GeneratorFunction, type Inserted, insert, ProgramSyntaxError } from './insert.ts'
export { strip } from './strip.ts'

/** Prepares a TypeScript program to run in the Lab. @throws ProgramSyntaxError with the line */
export function compile(source: string): Inserted {
  try {
    return insert(strip(source))
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    const { loc, message } = error as SyntaxError & { loc?: { line: number } }
    const text = message.replace(/^Error transforming[^:]*: /, '').replace(/ \(\d+:\d+\)$/, '')
    throw new ProgramSyntaxError(text, loc?.line ?? (Number(/\((\d+):\d+\)/.exec(message)?.[1]) || 1))
  }
}
