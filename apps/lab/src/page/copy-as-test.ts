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
  const { head, body } = divided(source)
  const setup: string[] = []
  const imports = head.map((statement) =>
    statement.replace(/\brun(?:Sync)?\b(?=\s*[,}].*'spindle')/gs, (run) => {
      const own = `(main, options) => ${run}InRealTime(main, { loopFactory, ...options })`
      setup.push(`const ${run}: typeof ${run}InRealTime = ${own}`)
      return `${run} as ${run}InRealTime`
    }),
  )
  if (setup.length > 0) {
    imports.push("import { newEventLoop as newLoop } from 'spindle'")
    imports.push("import { VirtualClock as Clock } from 'spindle/more'")
    setup.unshift('const loopFactory = () => newLoop({ clock: new Clock() })')
  }
  const all = (lines: readonly string[], indent = ''): string => lines.map((line) => `${indent}${line}\n`).join('')
  const fails = `expect(program()).rejects.toThrow(${error === '' ? '' : JSON.stringify(error)})`
  // The lines of the program stay as they are: a template literal may span lines.
  return `import { format } from 'node:util'
${all(imports)}import { expect, it, vi } from 'vitest'

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
