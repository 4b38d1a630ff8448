/** A Vitest test that runs the program in virtual time and expects what it has printed here. */
export function asTest(source: string, printed: readonly string[], name: string): string {
  const imports: string[] = []
  const body = source.replace(/^import\s[^;'"]*from\s*['"][^'"]+['"];?[ \t]*$/gm, (statement) => {
    imports.push(statement)
    return ''
  })
  const spindle = imports.find((statement) => /from\s*['"]spindle['"]/.test(statement))
  const others = imports.filter((statement) => statement !== spindle)
  const specifiers = /\{([^}]*)\}/.exec(spindle ?? '')?.[1] ?? ''
  const names = new Set(
    specifiers
      .split(',')
      .map((specifier) => specifier.trim())
      .filter((specifier) => specifier !== ''),
  )
  const runs = names.delete('run')
  for (const needed of ['newEventLoop', 'VirtualClock', ...(runs ? ['run as runInRealTime'] : [])]) names.add(needed)
  const lines = body.trim().split('\n')
  return `${[
    `import { ${[...names].sort().join(', ')} } from 'spindle'`,
    ...others,
    "import { expect, it, vi } from 'vitest'",
  ].join('\n')}

it(${JSON.stringify(name)}, async () => {
  const printed: string[] = []
  vi.spyOn(console, 'log').mockImplementation((...values: unknown[]) => void printed.push(values.join(' ')))
  const loopFactory = () => newEventLoop({ clock: new VirtualClock() })
${runs ? '  const run: typeof runInRealTime = (main, options) => runInRealTime(main, { loopFactory, ...options })\n' : ''}
${lines.map((line) => (line === '' ? '' : `  ${line.replace(/^export (default )?/, '')}`)).join('\n')}

  vi.restoreAllMocks()
  expect(printed).toEqual(${JSON.stringify(printed, null, 2).replaceAll('\n', '\n  ')})
})
`
}
