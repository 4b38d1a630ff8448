// A failed assertion must explain itself: `[true, false, true]` beside `[true, true, true]` says nothing.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { root } from './run-example.ts'

const BARE = /toEqual\(\s*\[\s*(?:true|false)(?:,\s*(?:true|false)){2,}/g

// The packages that a reader begins with name every boolean.
const KERNEL = /^packages\/(?:loop|task|node|thread)\//
const ANY = /toEqual\(\s*\[(?:[^[\]{}()]*,)?\s*(?:true|false)\s*[,\]][^;]{0,40}/g

describe('assertions', () => {
  it('never compare bare booleans, three or more outside loop, task, node and thread: label them in an object', () => {
    const tests = execFileSync('git', ['ls-files', '*.test.ts'], { cwd: root, encoding: 'utf8' }).trim().split('\n')
    const found = tests.flatMap((file) =>
      [...textOf(file).matchAll(KERNEL.test(file) ? ANY : BARE)].map(([what]) => `${file}: ${what}`),
    )
    expect(found).toEqual([])
  })

  it('that do are found', () => {
    const planted = `expect(log).${'toEqual'}([true,\n false, true])`
    expect([...planted.matchAll(BARE)]).toHaveLength(1)
    const mixed = `expect([log, a.done()]).${'toEqual'}(['one', true]); expect(a).${'toEqual'}(['true', '2'])`
    expect([...mixed.matchAll(ANY)]).toHaveLength(1)
  })
})

/** Empty for a test that was deleted but is still in Git's index. */
function textOf(file: string): string {
  try {
    return readFileSync(`${root}${file}`, 'utf8')
  } catch {
    return ''
  }
}
