import { describe, expect, it } from 'vitest'
import { LOAD_TYPESCRIPT, runNode } from '../tooling/run-example.ts'

const newer = Number(process.versions.node.split('.')[0]) >= 24

// Functions are found again in a thread through the inspector, which the permission model denies.
const RUNTIMES: [name: string, flags: string[], threads: boolean][] = [
  ['frozen intrinsics', ['--frozen-intrinsics'], true],
  ['no __proto__', ['--disable-proto=throw'], true],
  ['no code from strings', ['--disallow-code-generation-from-strings'], true],
  ['permissions', [newer ? '--permission' : '--experimental-permission', '--allow-fs-read=*', '--allow-worker'], false],
]

describe('In a hardened runtime', () => {
  it.each(RUNTIMES)('a program does the same: %s', async (_name, flags, threads) => {
    const args = [...LOAD_TYPESCRIPT, 'test/loop/hardened.fixture.ts', ...(threads ? ['threads'] : [])]
    const { stdout, stderr, code } = await runNode(['--no-warnings', ...flags, ...args])
    const once = [
      'CancelledError: no more of this',
      expect.stringMatching(/^TimeoutError: 1 ms passed in timeout\(\)/),
      'ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)',
      'an item gathered',
    ]
    expect({ stdout: stdout.trimEnd().split('\n'), code }, stderr).toEqual({
      stdout: [...once, ...once, 'blocking', ...(threads ? ['on a thread: 42'] : [])],
      code: 0,
    })
    expect(stderr).toMatch(/^a report\ntask: <Task cancelled .*\nError: reported\n {4}at main \(/m)
  })
})
