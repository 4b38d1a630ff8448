import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '../tooling/run-example.ts'

const PARTS = [
  'examples/crawler/site.ts',
  'examples/with-packages/agent_loop.ts',
  'examples/with-packages/mcp_server.ts',
] // which are no programs
const programs = [
  'examples',
  'examples/cancellation',
  'examples/together',
  'examples/executor',
  'examples/save_flags',
  'examples/flags',
  'examples/flags2',
  'examples/fetch100',
  'examples/cpu_bound',
  'examples/echo',
  'examples/chat',
  'examples/happy_eyeballs',
  'examples/crawler',
  'examples/proxy',
  'examples/supervisor',
  'examples/distributed',
  'examples/with-packages',
]
  .flatMap((directory) => readdirSync(join(root, directory)).map((name) => join(directory, name)))
  .filter((path) => path.endsWith('.ts') && !PARTS.includes(path))

describe.each(programs)('the header of %s', (program) => {
  const header = readFileSync(join(root, program), 'utf8').split(/^(?!\/\/)/m)[0] ?? ''

  it('describes what to look at, how to run it, its output and the next example', () => {
    expect(header).toMatch(/Look at: .*Run: .*Prints: .*Next: /s)
  })

  it('names a command that runs this very program', () => {
    const [, command = ''] = /Run: (.*?)(?: {2,}|$)/m.exec(header) ?? []
    const scripts: Record<string, string> = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts
    const script = command.replace(/^pnpm /, '')
    expect((scripts[script] ?? command).replace(/^(npx )?tsx /, '')).toBe(program)
  })

  it('leads to a file that is there', () => {
    const [, next = ''] = /Next: (\S+)/.exec(header) ?? []
    expect([join(dirname(program), next), next].filter((path) => existsSync(join(root, path)))).not.toEqual([])
  })
})

describe('examples/README.md', () => {
  it('assigns each program a place in the reading order', () => {
    const text = readFileSync(join(root, 'examples/README.md'), 'utf8')
    expect(programs.filter((program) => !text.includes(`](${program.replace('examples/', '')})`))).toEqual([])
  })
})
