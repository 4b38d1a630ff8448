import type { Program } from './language.ts'
import type { Mode } from './mode.ts'
import { normalised } from './normalise.ts'
import { toPython, toTypeScript } from './print.ts'

/** The first place where the traces of a program differ. `undefined` if they are equal. */
export function firstDifference(
  cpython: readonly string[],
  spindle: readonly string[],
  mode: Mode,
): number | undefined {
  const left = normalised(cpython, 'inCPython', mode)
  const right = normalised(spindle, 'inSpindle', mode)
  for (let i = 0; i < Math.max(left.length, right.length); i++) if (left[i] !== right[i]) return i
  return undefined
}

/** The program in both languages, and both traces side by side. */
export function explain(program: Program, cpython: readonly string[], spindle: readonly string[], mode: Mode): string {
  const left = normalised(cpython, 'inCPython', mode)
  const right = normalised(spindle, 'inSpindle', mode)
  const width = Math.max(20, ...left.map((entry) => entry.length))
  const rows = Array.from({ length: Math.max(left.length, right.length) }, (_, i) => {
    const [python = '', ours = ''] = [left[i], right[i]]
    return `${python === ours ? ' ' : '✗'} ${python.padEnd(width)} │ ${ours}`
  })
  const how = Object.keys(mode).join(', ')
  return [
    `${program.name}${how === '' ? '' : ` (${how})`}: CPython and Spindle differ`,
    '',
    'In Python:',
    toPython(program),
    '',
    'In TypeScript:',
    toTypeScript(program),
    '',
    `  ${'CPython'.padEnd(width)} │ Spindle      (time, Task, #statement, outcome)`,
    ...rows,
  ].join('\n')
}
