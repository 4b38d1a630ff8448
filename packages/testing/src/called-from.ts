import { Script } from 'node:vm'
import { parseFrame } from 'spindle/internal'
import { callerFrame } from './own-frames.ts'

/**
 * The function, as if the user's line called it that is being executed: test runners report a test at the line that has
 * defined it.
 */
export function calledFrom<F extends (...args: never[]) => unknown>(define: F): F {
  const frame = parseFrame(callerFrame())
  if (frame === undefined) return define
  const code = `(define) => (...args) =>\n${' '.repeat(frame.column - 1)}define(...args)`
  const script = new Script(code, { filename: frame.url, lineOffset: frame.line - 2 })
  return (script.runInThisContext() as (define: F) => F)(define)
}
