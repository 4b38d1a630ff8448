import { describe, expect, it } from 'vitest'
import { runExample } from '../tooling/run-example.ts'
import { Program } from './program.ts'

const program = 'examples/crawler/crawler.ts'

describe('examples/crawler/crawler.ts', { timeout: 30_000 }, () => {
  it('draws a progress bar while it works', async () => {
    await using crawler = new Program(program)
    await crawler.printed(/\r\[#+\.+\] \d+ of \d+\r/)
    await crawler.ended()
    expect(crawler.output).toContain('all is read\n300 pages')
  })

  it('tells at Ctrl-C what it has so far', async () => {
    await using crawler = new Program(program, '--workers', '2')
    await crawler.printed(/\] [2-9]\d of /)
    await crawler.end('SIGINT')
    const pages = Number(await crawler.printed(/\n(\d+) pages, \d+ requests repeated, at most 2 at once\n/))
    expect([pages >= 10, pages < 300, crawler.signal]).toEqual([true, true, 'SIGINT'])
  })

  it('ends when its time is up', async () => {
    const { stdout, code } = await runExample(program, { args: ['--timeout', '200', '--workers', '1'] })
    const [, pages] = /^time is up\n(\d+) pages, /.exec(stdout) ?? []
    expect([Number(pages) < 100, code]).toEqual([true, 0])
  })
})
