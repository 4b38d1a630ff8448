import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { downloadFlag } from '../../examples/support/flag_options.ts'
import { compiledCommand } from '../tooling/compiled-path.mjs'
import { longForm } from '../tooling/long-form.ts'
import { root, runOnBuiltPackages } from '../tooling/run-example.ts'
import { FlagFolder } from './flag-folder.ts'
import { Program } from './program.ts'

const timeout = 30_000 // the time it takes on a machine that is busy with other things

const variants = ['examples/flags2/asyncio.ts', 'examples/flags2/threadpool.ts', 'examples/flags2/sequential.ts']
describe.each(longForm ? variants : variants.slice(0, 2))('%s', (program) => {
  const few = program.includes('threadpool') ? ['-m', '2'] : []

  // In the short form, what is not about Ctrl-C is shown by the Tasks alone.
  const isShown = longForm || program.endsWith('asyncio.ts')
  it.runIf(isShown)('counts downloaded, missing and failed flags', { timeout }, async () => {
    using folder = new FlagFolder()
    const args = ['-s', 'ERROR', '-v', '-l', '6', '--into', folder.path, ...few, 'kr', 'zz', 'b']
    const { stdout, stderr, code } = await runOnBuiltPackages(program, { args })
    expect([stderr, code]).toEqual(['', 0])
    // Of the codes BA, BB … BZ, KR and ZZ the first six; the server refuses each fourth code, and breaks off at each
    // tenth.
    expect(stdout).toMatch(/^ERROR site: http:\/\/127\.0\.0\.1:\d+\/flags\nSearching for 6 flags: BA BB BC BD BE BF\n/)
    expect(stdout.match(/^(?:[A-Z]{2}|\*{3}) .*$/gm)?.sort()).toEqual([
      '*** Error for BC: 503 Service Unavailable',
      expect.stringMatching(/^\*{3} Error for BE: terminated|^\*{3} Error for BE: fetch failed/),
      'BA downloaded',
      'BB downloaded',
      'BD downloaded',
      'BF downloaded',
    ])
    expect(stdout).toMatch(/\n-{20}\n4 flags downloaded\.\n2 errors\.\nElapsed time: \d+\.\d\ds\n$/)
    expect(folder.flags).toEqual(['BA', 'BB', 'BD', 'BF'])
  })

  it.runIf(isShown)('does not count a missing flag as an error', { timeout }, async () => {
    const { stdout, code } = await runOnBuiltPackages(program, { args: ['-v', ...few, 'zz', 'KR'] })
    expect(code).toBe(0)
    expect(stdout).toMatch(/\n1 flag downloaded\.\n1 not found\.\nElapsed/)
    expect(stdout.match(/^[A-Z]{2} .*$/gm)?.sort()).toEqual(['KR downloaded', 'ZZ not found'])
  })

  it('is cancelled by Ctrl-C, and leaves only complete flags', { timeout }, async () => {
    using folder = new FlagFolder()
    await using running = new Program(program, '-a', '-s', 'DELAY', '-v', '-m', '2', '--into', folder.path)
    await running.printed(/^[A-Z]{2} downloaded$/m)
    await running.end('SIGINT')

    expect([running.code, running.signal]).toEqual([130, null])
    const said = running.output.match(/^[A-Z]{2} downloaded$/gm)?.map((line) => line.slice(0, 2)) ?? []
    expect(running.output).toMatch(
      new RegExp(`\\n${said.length} flags? downloaded\\.\\nElapsed time: .*s\\nInterrupted\\.\\n$`),
    )
    expect(said.length).toBeLessThan(257)
    expect(folder.flags).toEqual(expect.arrayContaining(said))
    // A thread may have saved one that nobody has counted any more. Half a flag, or one under another name, would
    // show as a file name.
    expect(folder.flags.filter((flag) => !/^[A-Z]{2}$/.test(flag))).toEqual([])
  })
})

describe('the options of examples/flags2', () => {
  const program = 'examples/flags2/asyncio.ts'

  it.runIf(longForm)('choose the largest countries, all flags, or every code', { timeout: 120_000 }, async () => {
    const largest = await runOnBuiltPackages(program)
    const all = await runOnBuiltPackages(program, { args: ['--all'] })
    const every = await runOnBuiltPackages(program, { args: ['--every'] })
    expect(largest.stdout).toMatch(
      /Searching for 20 flags: from BD to VN\n30 concurrent connections will be used\.\n-+\n20 flags downloaded/,
    )
    const [, count] = /Searching for (\d+) flags: from AD to ZW/.exec(all.stdout) ?? []
    expect(all.stdout).toContain(`\n${count} flags downloaded.\nElapsed`)
    expect(every.stdout).toMatch(/Searching for 676 flags: from AA to ZZ/)
    expect(every.stdout).toContain(`\n${count} flags downloaded.\n${676 - Number(count)} not found.\n`)
  })

  it('are refused with a description of the error', { timeout: 120_000 }, async () => {
    const wrong = [
      { args: ['-s', 'MOON'], said: "'MOON' is invalid. Allowed choices are LOCAL, DELAY, ERROR." },
      { args: ['kor'], said: "'kor' is invalid for argument 'CC'. It must be A to Z or AA to ZZ." },
      { args: ['-m', '0'], said: "'0' is invalid. It must be a whole number, and >= 1." },
      { args: ['-l', 'many'], said: "'many' is invalid." },
    ]
    const tried = longForm ? wrong : wrong.slice(0, 1)
    const results = await Promise.all(tried.map(({ args }) => runOnBuiltPackages(program, { args })))
    expect(results.map(({ stderr, code }) => [stderr, code])).toEqual(
      tried.map(({ said }) => [expect.stringContaining(said), 2]),
    )
  })

  it.runIf(longForm)('may be written in small letters', { timeout }, async () => {
    const { stdout, code } = await runOnBuiltPackages(program, { args: ['-s', 'delay', 'kr', 'Us', 'KR'] })
    expect([stdout, code]).toEqual([expect.stringMatching(/^DELAY site: .*\nSearching for 2 flags: KR US\n/), 0])
  })
})

describe('downloadFlag() of examples/flags2', () => {
  it('counts a server that is not there as failed, and an abort not at all', async () => {
    using folder = new FlagFolder()
    const nobody = 'http://127.0.0.1:1/flags'
    expect(await downloadFlag('KR', nobody, folder.path, new AbortController().signal)).toEqual({
      error: 'fetch failed',
    })
    await expect(downloadFlag('KR', nobody, folder.path, AbortSignal.abort())).rejects.toThrow('aborted')
    expect(folder.flags).toEqual([])
  })
})

// `script` gives a program a terminal.
describe.skipIf(!existsSync('/usr/bin/script'))('the progress bar of examples/flags2', () => {
  it('fills up on a terminal', { timeout }, () => {
    const [node, ...args] = [process.execPath, ...compiledCommand('examples/flags2/asyncio.ts', false), '-l', '5']
    const command = [`"${node}"`, ...args].join(' ')
    const { stdout } = spawnSync('script', ['-qec', command, '/dev/null'], { cwd: root, encoding: 'utf8', timeout })
    expect(stdout).toContain('0% | 0/5')
    expect(stdout).toContain('100% | 5/5')
    expect(stdout.indexOf('will be used.')).toBeLessThan(stdout.indexOf('0% | 0/5'))
    expect(stdout).toContain('5 flags downloaded.')
  })
})
