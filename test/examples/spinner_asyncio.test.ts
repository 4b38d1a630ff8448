import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { root, runOnBuiltPackages } from '../tooling/run-example.ts'

const wiped = `${' '.repeat(11)}${'\b'.repeat(11)}`
const frame = (number: number): string => `${'|/-\\'[number % 4]} thinking!${'\b'.repeat(11)}`

describe('examples/spinner_asyncio.ts', () => {
  it('turns ten times a second while a call is awaited, is wiped, and prints the answer', async () => {
    const { stdout, stderr, code } = await runOnBuiltPackages('examples/spinner_asyncio.ts', { virtualTime: true })
    const frames = Array.from({ length: 30 }, (_, number) => frame(number)).join('')
    const line = linesOf('examples/spinner_asyncio.ts').findIndex((text) => text.includes('function* spin(')) + 1
    const task = `<Task pending name='Task-2' coro=<spin() running at examples/spinner_asyncio.ts:${line}>>`
    expect(stdout).toBe(`spinner object: ${task}\n${frames}${wiped}Answer: 42\n`)
    expect([stderr, code]).toEqual(['', 0])
  })

  it('has the same functions in the same order as its sister, and shares most of its lines', () => {
    const [asyncio, thread] = ['asyncio', 'thread'].map((name) => linesOf(`examples/spinner_${name}.ts`))
    const shared = thread?.filter((line) => asyncio?.includes(line))
    expect(functionsOf(asyncio)).toEqual(functionsOf(thread))
    expect(shared).toEqual(
      expect.arrayContaining([
        "  let status = ''",
        '  for (let i = 0; ; i++) {',
        "    stdout.write(status + '\\b'.repeat(status.length))",
        '  return 42',
        '  return result',
        '  console.log(`Answer: ${result}`)',
      ]),
    )
  })
})

function linesOf(path: string): string[] {
  return readFileSync(`${root}${path}`, 'utf8').split('\n')
}

function functionsOf(lines: string[] = []): string[] {
  return lines.flatMap((line) => /function\*? (\w+)/.exec(line)?.[1] ?? [])
}
