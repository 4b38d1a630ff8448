import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { runOnBuiltPackages } from '../tooling/run-example.ts'

const program = 'examples/happy_eyeballs/happy_eyeballs.ts'

describe('examples/happy_eyeballs/happy_eyeballs.ts', () => {
  it('continues with the next address when the first does not answer, and leaves nothing open', async () => {
    const { stdout, stderr, code } = await runOnBuiltPackages(program)
    expect(stderr).toBe('')
    // Where there is no way to the first address, it is told at once.
    expect(stdout).toMatch(
      /^trying 192\.0\.2\.1\n(192\.0\.2\.1 does not .*\n)?trying 127\.0\.0\.1\nconnected to 127\.0\.0\.1\n$/,
    )
    expect(code).toBe(0)
  })

  it('tries the addresses of a host', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const { stdout, code } = await runOnBuiltPackages(program, { args: ['localhost', String(port)] })
    server.close()
    expect(stdout).toMatch(/trying 127\.0\.0\.1\nconnected to 127\.0\.0\.1\n$/)
    expect(code).toBe(0)
  })

  it('reports that no address answers', async () => {
    const { stdout, stderr, code } = await runOnBuiltPackages(program, { args: ['127.0.0.1', '1'] })
    expect(stdout).toBe('trying 127.0.0.1\n127.0.0.1 does not answer: ECONNREFUSED\n')
    expect(stderr).toMatch('AggregateError: all 1 of any() failed')
    expect(code).toBe(1)
  })
})
