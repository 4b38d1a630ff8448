// `@spindle/testing/host`, which has to come before the modules that keep functions of the host.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '../tooling/run-example.ts'

const CODE = `
const kept = { setTimeout, setImmediate, now: performance.now.bind(performance), random: Math.random }
const { explore } = await import('@spindle/testing/explore')
const start = kept.now()
await new Promise((resolve) => kept.setTimeout(resolve, 30))
console.log('real time passes outside a run:', kept.now() - start > 20)

const wait = (ms) => new Promise((resolve) => kept.setTimeout(resolve, ms))
const times = new Set()
await explore(async () => {
  await wait(1_000)
  await new Promise((resolve) => kept.setImmediate(resolve))
  times.add(kept.now() + ' ' + kept.random())
}, { times: 'written' }).then(
  () => console.log('different results:', times.size),
  (error) => console.log(error.message.split('\\n')[0]),
)
const spy = (callback, ms) => (spy.calls++, kept.setTimeout(callback, ms))
spy.calls = 0
globalThis.setTimeout = spy
await explore(async () => void (await new Promise((resolve) => setTimeout(resolve, 5))), { runs: 2 })
console.log('calls of a spy:', spy.calls, 'it stays:', setTimeout === spy)
`

function print(imports: readonly string[]): string[] {
  const folder = mkdtempSync(join(root, 'test/testing/kept-'))
  try {
    const file = join(folder, 'kept.mjs')
    writeFileSync(file, CODE)
    const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', ...imports, file], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
    })
    return (stdout + stderr).trim().split('\n')
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe('@spindle/testing/host', () => {
  it('simulates functions that a module has kept before it loaded explore()', () => {
    expect(print(['--import', '@spindle/testing/host'])).toEqual([
      'real time passes outside a run: true',
      'different results: 1',
      expect.stringMatching(/^calls of a spy: [2-9] it stays: true$/),
    ])
  })

  it('is what such a module misses', () => {
    expect(print([])[1]).toBe('the program waits for something that a schedule cannot control:')
  })
})
