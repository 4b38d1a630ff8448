import { TRIALS, type Trial } from '../sandbox/trial.ts'

/** A Vitest test that tries the same schedules of the program. It ends with `await run(main())`. */
export function asTrial(source: string, trial: Trial, name: string): string {
  const { head, body } = divided(source)
  const program = body.replace(/^await run\((.+)\);?$/m, 'return $1').split('\n')
  const imports = head.map((statement) => statement.replace(/\brun, |, run\b(?= \}|,)/, ''))
  const options = Object.entries(TRIALS[trial]).map(([option, value]) => `${option}: ${JSON.stringify(value)}`)
  return `${[
    "import { explore } from '@spindle/testing'",
    ...imports,
    "import { it } from 'vitest'",
    '',
    `it(${JSON.stringify(name)}, async () => {`,
    '  await explore(() => {',
    ...program,
    `  }, { ${options.join(', ').replaceAll('"', "'")} })`,
    '})',
  ].join('\n')}\n`
}

/** The import statements of a program, and what follows. */
function divided(source: string): { head: string[]; body: string } {
  const head: string[] = []
  const body = source.replace(/^import\s(?:[^;'"]*from\s*)?['"][^'"]+['"];?[ \t]*$/gm, (statement) => {
    head.push(statement)
    return ''
  })
  return { head, body: body.trim() }
}

/**
 * A Vitest test that runs the program in virtual time, and expects the output of this run and, if it failed, its error.
 *
 * @param error the message of the exception that ended it; '' for any
 */
export function asTest(source: string, printed: readonly string[], name: string, error?: string): string {
  const { head: imports, body } = divided(source)
  const spindle = imports.find((statement) => /\{[^}]*\}\s*from\s*['"]spindle['"]/.test(statement))
  const others = imports.filter((statement) => statement !== spindle)
  const specifiers = /\{([^}]*)\}/.exec(spindle ?? '')?.[1] ?? ''
  const names = new Set(
    specifiers
      .split(',')
      .map((specifier) => specifier.trim())
      .filter((specifier) => specifier !== ''),
  )
  const inVirtualTime = ['run', 'runSync'].filter((run) => names.delete(run))
  for (const run of inVirtualTime) names.add(`${run} as ${run}InRealTime`)
  for (const needed of inVirtualTime.length > 0 ? ['newEventLoop', 'VirtualClock'] : []) names.add(needed)
  const sorted = [...names].sort((a, b) => a.localeCompare(b)).join(', ')
  const heads = [...(sorted === '' ? [] : [`import { ${sorted} } from 'spindle'`]), ...others]
  const setup = [
    ...(inVirtualTime.length > 0 ? ['const loopFactory = () => newEventLoop({ clock: new VirtualClock() })'] : []),
    ...inVirtualTime.map(
      (run) =>
        `const ${run}: typeof ${run}InRealTime = (main, options) => ${run}InRealTime(main, { loopFactory, ...options })`,
    ),
  ]
  const all = (lines: readonly string[], indent = ''): string => lines.map((line) => `${indent}${line}\n`).join('')
  const fails = `expect(program()).rejects.toThrow(${error === '' ? '' : JSON.stringify(error)})`
  // The lines of the program stay as they are: a template literal may span lines.
  return `import { format } from 'node:util'
${all(heads)}import { expect, it, vi } from 'vitest'

it(${JSON.stringify(name)}, async () => {
  const printed: string[] = []
  for (const method of ['log', 'info', 'debug', 'warn', 'error'] as const) {
    vi.spyOn(console, method).mockImplementation((...values: unknown[]) => void printed.push(format(...values)))
  }
${all(setup, '  ')}  const program = async (): Promise<void> => {
${body.replace(/^export (default )?/gm, '')}
  }
  await ${error === undefined ? 'program()' : fails}
  vi.restoreAllMocks()
  expect(printed).toEqual(${JSON.stringify(printed, null, 2).replaceAll('\n', '\n  ')})
})
`
}
