import { createServer } from 'node:http'
import { describe, expect, it } from 'vitest'
import { longForm } from '../tooling/long-form.ts'
import { runOnBuiltPackages } from '../tooling/run-example.ts'
import { Program } from './program.ts'

const program = 'examples/crawler/crawler.ts'

describe('examples/crawler/crawler.ts', { timeout: 120_000 }, () => {
  it('draws a progress bar while it works', async () => {
    await using crawler = new Program(program)
    await crawler.printed(/\r\[#+\.+\] \d+ of \d+\r/)
    await crawler.ended()
    expect(crawler.output).toContain('all is read\n300 pages')
  })

  it('prints its results so far at Ctrl-C', async () => {
    // Page n leads to the next two. After twenty pages it answers no more, so that there is something to interrupt.
    const server = createServer(({ url = '' }, response) => {
      const n = Number(url.slice(1))
      if (n < 20) response.end(`<title>${n}</title><a href="/${n + 1}">1</a><a href="/${n + 2}">2</a>`)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    await using crawler = new Program(program, '--workers', '2', '--url', `http://127.0.0.1:${port}/0`)
    await crawler.printed(/\[#+\.+\] 20 of 22\r?$/)
    await crawler.end('SIGINT')
    server.closeAllConnections()
    server.close()
    expect(crawler.output).toMatch(/\n20 pages, \d+ requests repeated, at most 2 at once\n$/)
    expect(crawler.signal).toBe('SIGINT')
  })

  it('ends when it times out', async () => {
    const { stdout, code } = await runOnBuiltPackages(program, { args: ['--timeout', '200', '--workers', '1'] })
    const [, pages] = /^time is up\n(\d+) pages, /.exec(stdout) ?? []
    expect({ isPart: Number(pages) < 100, code }).toEqual({ isPart: true, code: 0 })
  })

  it.runIf(longForm)('needs a worker', async () => {
    const { stderr, code } = await runOnBuiltPackages(program, { args: ['--workers', 'x'] })
    expect(stderr).toContain('RangeError: --workers must be at least 1, got NaN')
    expect(code).toBe(1)
  })
})
