// The commands that README gives to newcomers work in a clone, exactly as written there.

import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withCertificates } from './certificates.mjs'
import { longForm } from './long-form.ts'
import { root } from './run-example.ts'

const exec = promisify(execFile)
const SLOPPY = 'function   sloppy( ){return 1 + missing}'
const readme = readFileSync(`${root}README.md`, 'utf8')
const [, program = '', prints = ''] = /```ts\n(.*?)((?:\/\/ prints: [^\n]*\n)+)```/s.exec(readme) ?? []
const [, file = ''] = /save the program above as `([^`]+)`/i.exec(readme) ?? []
const [, shell = ''] = /save the program above.*?```sh\n(.*?)```/is.exec(readme) ?? []
const commands = shell
  .trim()
  .split('\n')
  .map((line) => line.replace(/\s+#.*/, ''))

describe('README', () => {
  it('needs two commands and one file from a clone to a program of your own', () => {
    expect({ file, commands }).toEqual({
      file: 'examples/own/first.ts',
      commands: ['npm start', 'npx tsx examples/own/first.ts'],
    })
  })

  it('has you save it where git and the linter do not look', async () => {
    const { stdout } = await exec('git', ['check-ignore', file], { cwd: root })
    expect(stdout.trim()).toBe(file)
  })
})

// This test installs everything.
describe.runIf(longForm)('a clone', { timeout: 240_000 }, () => {
  let clone: string
  beforeAll(async () => {
    clone = mkdtempSync(join(tmpdir(), 'spindle-clone-'))
    const { stdout } = await exec('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
      cwd: root,
    })
    for (const path of stdout.split('\0').filter((path) => path !== '')) {
      mkdirSync(dirname(join(clone, path)), { recursive: true })
      cpSync(`${root}${path}`, join(clone, path))
    }
    await exec('git', ['init', '--quiet'], { cwd: clone }) // the linter asks git what it ignores
    writeFileSync(join(clone, file), program)
  })
  afterAll(() => rmSync(clone, { recursive: true, force: true }))

  it('runs your program by the commands of README', async () => {
    const outputs: string[] = []
    for (const command of commands) outputs.push(await typed(command))
    expect(outputs.at(-1)).toBe(prints.replaceAll('// prints: ', ''))
  })

  it('has nothing against a program that no linter or compiler would like', async () => {
    writeFileSync(join(clone, 'examples/own/notMine.ts'), SLOPPY)
    await typed('npx biome check --error-on-warnings examples')
    const compiled = await typed('npx tsc --project . --listFilesOnly')
    expect(compiled.split('\n').filter((path) => path.includes('/examples/own/'))).toEqual([])
    expect(compiled).toContain('examples/spinner_asyncio.ts')
  })

  async function typed(command: string): Promise<string> {
    const env = { ...withCertificates(), NODE_OPTIONS: '', VITEST: undefined }
    const { stdout } = await exec('bash', ['-c', command], { cwd: clone, env, maxBuffer: 2 ** 24 })
    return stdout
  }
})
