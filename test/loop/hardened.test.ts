import { describe, expect, it } from 'vitest'
import { longForm } from '../tooling/long-form.ts'
import { commandOf, runNode } from '../tooling/run-example.ts'

const newer = Number(process.versions.node.split('.')[0]) >= 24

const PERMISSION = [newer ? '--permission' : '--experimental-permission', '--allow-fs-read=*', '--allow-worker']
const LOCKDOWN = ['--import', new URL('./lockdown.fixture.mjs', import.meta.url).href]

// Functions are found again in a thread through the inspector, which the permission model denies: there a module is
// named.
const RUNTIMES: [name: string, flags: string[], threads: 'threads' | 'module'][] = [
  ['frozen intrinsics', ['--frozen-intrinsics'], 'threads'],
  ['no __proto__', ['--disable-proto=throw'], 'threads'],
  ['no code from strings', ['--disallow-code-generation-from-strings'], 'threads'],
  ['Hardened JavaScript (SES)', LOCKDOWN, 'threads'],
  ['permissions', PERMISSION, 'module'],
]

describe('In a hardened runtime', () => {
  it.each(longForm ? RUNTIMES : RUNTIMES.slice(-2))('a program does the same: %s', async (_name, flags, threads) => {
    const args = [...commandOf('test/loop/hardened.fixture.ts'), threads]
    const { stdout, stderr, code } = await runNode(['--no-warnings', ...flags, ...args])
    const once = [
      'CancelledError: no more of this',
      expect.stringMatching(/^TimeoutError: 1 ms passed in timeout\(\)/),
      'ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)',
      'an item gathered',
    ]
    expect({ stdout: stdout.trimEnd().split('\n'), code }, stderr).toEqual({
      stdout: [...once, ...once, 'blocking', 'on a thread: 42'],
      code: 0,
    })
    expect(stderr).toMatch(/^a report\ntask: <Task cancelled .*\nError: reported\n {2,4}at main \(/m)
  })
})
