// `npm test` reports its result in its last line and its exit code. Tested on a small workspace with the same scripts.

import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { longForm } from './long-form.ts'
import { root, runNode } from './run-example.ts'

describe('npm test', { timeout: 120_000 }, () => {
  let workspace: string
  beforeAll(() => {
    workspace = mkdtempSync(join(realpathSync(tmpdir()), 'spindle-workspace-'))
    for (const path of [
      'scripts',
      'test/platforms/platforms.js',
      'test/tooling/import-built.mjs',
      'test/tooling/built-packages.mjs',
      'test/tooling/certificates.mjs',
      'test/tooling/packed-packages.mjs',
      'test/tooling/settings.mjs',
      '.gitignore',
      'biome.json',
      'package.json',
      'tsconfig.base.json',
      'tsconfig.json',
    ]) {
      cpSync(`${root}${path}`, join(workspace, path), { recursive: true })
    }
    for (const path of ['package.json', 'tsconfig.json']) {
      mkdirSync(join(workspace, 'packages/loop'), { recursive: true })
      cpSync(`${root}packages/loop/${path}`, join(workspace, 'packages/loop', path))
    }
    symlinkSync(`${root}packages/loop/node_modules`, join(workspace, 'packages/loop/node_modules'), 'junction')
    symlinkSync(`${root}node_modules`, join(workspace, 'node_modules'), 'junction')
    // The installed packages match the lockfile, so nothing is installed through that link.
    cpSync(`${root}node_modules/.pnpm/lock.yaml`, join(workspace, 'pnpm-lock.yaml'))
    write('vitest.config.ts', 'export default {}\n')
    cpSync(`${root}test/tooling/progress-reporter.ts`, join(workspace, 'test/tooling/progress-reporter.ts'))
    write('packages/loop/src/index.ts', 'export const answer: number = 42\n')
    write('test/passes.test.ts', testNamed('passes', ''))
  })
  afterAll(() => rmSync(workspace, { recursive: true }))

  // In the short form, whoever runs this test sees that.
  it.runIf(longForm)('ends with the sum of all, and with 0, when all is well', async () => {
    const { code, last } = await npmTest({})
    expect({ code, last }).toEqual({ code: 0, last: '3 passed, 0 failed' }) // format and lint, types, one test
  })

  it('counts and names what failed, with its error and the command that runs it alone, and ends with 1', async () => {
    const files = {
      'test/x.test.ts': testNamed('fails', "throw new Error('x')"),
      'test/y.test.ts': "throw new Error('y')\n",
    }
    const { code, last, stdout } = await npmTest(files)
    expect({ code, last }).toEqual({ code: 1, last: '3 passed, 2 failed' })
    expect(stdout).toContain('✗ test/x.test.ts > fails\n  Error: x\n  alone: npm test test/x.test.ts -- -t "fails"\n')
    expect(stdout).toContain('✗ test/y.test.ts > \n')
  })

  it('runs the files of a name, rather than all whose path contains it', async () => {
    const files = { 'test/x.test.ts': testNamed('x', ''), 'test/xy.test.ts': testNamed('xy', '') }
    expect(await npmTest(files, 'x')).toMatchObject({ code: 0, last: '1 passed, 0 failed' })
  })

  it('fails if no test is run', async () => {
    const { code, last, stdout } = await npmTest({}, 'passes', '-t', 'fair')
    expect({ code, last }).toEqual({ code: 1, last: '0 passed, 1 failed' })
    expect(stdout).toContain('✗ no test was run: none has this name\n')
  })

  const mistakes: [what: string, files: Record<string, string>, last: string][] = [
    [
      'a rejection is handled by nobody',
      { 'test/x.test.ts': testNamed('x', "Promise.reject(new Error('x'))") },
      '4 passed, 1 failed',
    ],
    [
      'a type is wrong, and the format is',
      { 'packages/loop/src/x.ts': "export const answer: number=''\n" },
      '1 passed, 2 failed',
    ],
    [
      'a test that failed passes alone, beside a rejection that nobody handles',
      { 'test/x.test.ts': testNamed('x', FAILS_THEN_REJECTS) },
      '3 passed, 1 failed',
    ],
  ]
  it.runIf(longForm).each(mistakes)('counts it, and ends with 1, when %s', async (_what, files, last) => {
    expect(await npmTest(files)).toMatchObject({ code: 1, last })
  })

  // Half a minute of waiting, so only in the long form.
  it.runIf(longForm)('names a file whose test blocks its thread, and ends it', async () => {
    const blocks = testNamed('blocks', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)')
    const { code, last, stdout } = await npmTest({ 'test/x.test.ts': blocks })
    expect({ code, last }).toEqual({ code: 1, last: '3 passed, 1 failed' })
    expect(stdout).toContain('✗ test/x.test.ts > \n  its process ended, or was ended because it hung\n')
  })

  async function npmTest(
    files: Record<string, string>,
    ...args: string[]
  ): Promise<{ code: number | null; last: string | undefined; stdout: string }> {
    for (const [path, text] of Object.entries(files)) write(path, text)
    try {
      const { code, stdout } = await runNode(['scripts/test.mjs', ...args], { cwd: workspace, timeout: 120_000 })
      return { code, last: stdout.trimEnd().split('\n').at(-1), stdout }
    } finally {
      for (const path of Object.keys(files)) rmSync(join(workspace, path))
    }
  }

  function write(path: string, text: string): void {
    mkdirSync(dirname(join(workspace, path)), { recursive: true })
    writeFileSync(join(workspace, path), text)
  }
})

function testNamed(name: string, body: string): string {
  return `import { it } from 'vitest'\n\nit('${name}', () => {\n  ${body}\n})\n`.replace('\n  \n', '')
}

const FAILS_THEN_REJECTS = `const { existsSync, writeFileSync } = process.getBuiltinModule('node:fs')
  if (existsSync('failed-once')) Promise.reject(new Error('outside'))
  else {
    writeFileSync('failed-once', '')
    throw new Error('once')
  }`
