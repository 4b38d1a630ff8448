// The programs in examples/ say how to run them, and a test runs each of them: this one, if the output is always the
// same and stands beside the program in a file of the same name with the extension .out.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fits, root, runOnBuiltPackages } from './run-example.ts'

const programs = filesIn('examples').filter((file) => file.endsWith('.ts') && isProgram(file))
const withOutput = programs.filter((file) => existsSync(`${root}${outputOf(file)}`))
const tests = existsSync(`${root}test/examples`)
  ? filesIn('test/examples').filter((file) => file.endsWith('.test.ts'))
  : []

describe('examples/', () => {
  it('holds no program that no test runs', () => {
    const text = tests.map((file) => readFileSync(`${root}${file}`, 'utf8')).join()
    const untested = programs.filter(
      (file) => !withOutput.includes(file) && !text.includes(file.replace('examples/', '')),
    )
    expect(untested).toEqual([])
  })

  it('holds no output without its program', () => {
    const outputs = filesIn('examples').filter((file) => file.endsWith('.out'))
    expect(outputs.filter((file) => !withOutput.some((program) => outputOf(program) === file))).toEqual([])
  })
})

for (const program of withOutput) {
  it.concurrent(`${program} prints ${outputOf(program)}`, { timeout: 120_000 }, async () => {
    const { stdout, stderr, code } = await runOnBuiltPackages(program)
    const expected = readFileSync(`${root}${outputOf(program)}`, 'utf8')
    expect(code, stderr).toBe(0)
    if (!fits(stdout, expected)) expect(stdout).toBe(expected) // shows the difference
  })
}

it('an output fits if … replaces the varying parts of a line', () => {
  expect(fits('at 0x7f12: done in 12 ms\n(yes)\n', 'at 0x…: done in … ms\n(yes)')).toBe(true)
  expect(fits('one  \ntwo', 'one\ntwo\n')).toBe(true)
  expect(fits('one\ntwo', 'one…')).toBe(false)
  expect(fits('one\ntwo\n', 'one\n')).toBe(false)
  expect(fits('a.b', 'axb')).toBe(false)
})

// Programs say how to run them. Other files are parts of programs.
function isProgram(file: string): boolean {
  return /^\/\/ .*\bRun: /m.test(readFileSync(`${root}${file}`, 'utf8'))
}

function outputOf(program: string): string {
  return program.replace(/\.ts$/, '.out')
}

function filesIn(directory: string): string[] {
  return readdirSync(`${root}${directory}`, { withFileTypes: true }).flatMap((entry) => {
    const path = `${directory}/${entry.name}`
    if (entry.isDirectory()) return entry.name === 'node_modules' || path === 'examples/own' ? [] : filesIn(path)
    return [path]
  })
}
