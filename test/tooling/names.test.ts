// Names that mislead: a constant with another value elsewhere, a question that is a command, a word with two meanings.

import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { root } from './run-example.ts'

const KERNEL = ['loop', 'task']
const PACKAGES = [...KERNEL, 'thread', 'node', 'inspect', 'distributed', 'testing', 'spindle']

describe('names', () => {
  it('of numbers have one value in the kernel', () => {
    const values: Record<string, string[]> = {}
    for (const [, text] of sourcesOf(KERNEL)) {
      for (const [, name = '', value = ''] of text.matchAll(
        /^(?:export )?const ([A-Z]\w+)(?:: number)? = ([\d._e]+)\b/gm,
      ))
        values[name] = [...(values[name] ?? []), value]
    }
    expect(Object.entries(values).filter(([, all]) => new Set(all).size > 1)).toEqual([])
  })

  // place: a file and line. turn: the time for which the host gives a loop the thread. hold: to have a lock. take: to
  // remove something and return it.
  it('of one word have one meaning', () => {
    const others = [/\bplaces?: (?:number|Int32Array)/, /\bTURN\b/, /\b(?:holder|held|isHeld)\b\s*[:=]/, /\b\w+Taken\b/]
    const found = sourcesOf([...KERNEL, 'node']).flatMap(([file, text]) =>
      others.flatMap((other) => (other.test(text) ? [`${file}: ${other.exec(text)}`] : [])),
    )
    expect(found).toEqual([])
  })

  it('that ask a question belong to methods that answer it', () => {
    expect(sourcesOf(PACKAGES).flatMap(([file, text]) => commands(text).map((name) => `${file}: ${name}`))).toEqual([])
  })

  it('of commands in the form of a question are found', () => {
    const text = [
      '  #isReady(): void {',
      '  isOpen(): boolean {',
      'function hasEnded(a: A): void {',
      '  settle(): void {',
    ]
    expect(commands(text.join('\n'))).toEqual(['#isReady', 'hasEnded'])
  })
})

/** The names of methods and functions that ask a question and return nothing. */
function commands(text: string): string[] {
  return [...text.matchAll(/(#?\b(?:is|has|can|must)[A-Z]\w*)\([^()]*\): void\b/g)].map(([, name = '']) => name)
}

function sourcesOf(packages: readonly string[]): [file: string, text: string][] {
  return packages.flatMap((name) => {
    const folder = `packages/${name}/src/`
    return readdirSync(root + folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !/\.(?:test|test-d|fixture)\.ts$/.test(file))
      .map((file): [string, string] => [folder + file, readFileSync(root + folder + file, 'utf8')])
  })
}
