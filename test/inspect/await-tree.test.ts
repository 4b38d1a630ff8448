// The await tree of processes that know nothing of Spindle, and of random programs whose edges are known.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import type { PlacedWaiter } from '../../packages/inspect/src/await-tree/await-tree.ts'
import { Child, endAll } from '../tooling/child.ts'
import { longForm, randomCases, seed } from '../tooling/long-form.ts'
import { type ExampleResult, LOAD_TYPESCRIPT, root, runNode } from '../tooling/run-example.ts'
import { awaitPrograms } from './await-programs.ts'

const IMPORTS = "import { call, createTask, gather, getHostLoop } from 'spindle'"
const PSTREE = [...LOAD_TYPESCRIPT, 'packages/inspect/src/main.ts', 'pstree']
const LEAVES = ['a timer', 'Mutex.waiting', 'Jobs.list.resolve in Office.jobs', 'an event of', 'kept']

function bare(name: string): string {
  return name.replace(/^Task (?:Task-\d+ )?/, '').replace(/\(\)$/, '')
}

/** `f1:12 > leaf3`, of the functions that a module of programs has. */
function edgesOf(waiters: readonly PlacedWaiter[], names: ReadonlySet<string>): string[] {
  const edges = waiters.flatMap(({ name, place, causes }) => {
    if (!names.has(bare(name))) return []
    return causes.map((cause) => {
      const text = 'text' in cause ? cause.text : bare(waiters[cause.waiter]!.name)
      return `${bare(name)}:${place.line} > ${/'\w+' of EventEmitter/.exec(text)?.[0] ?? LEAVES.find((leaf) => text.includes(leaf)) ?? text}`
    })
  })
  return [...new Set(edges)].sort()
}

describe('the await tree', { timeout: 180_000 }, () => {
  afterEach(endAll)

  it.each([
    ['of async functions, generators and combinators', false],
    ['with coroutines and Tasks in between', true],
  ])('has the edges and the lines of random programs %s', async (_kinds, withTasks) => {
    const { text, waits } = awaitPrograms(randomCases(8, 2), seed, withTasks)
    const file = `${root}test/node_modules/programs-${process.pid}.tmp.mts`
    writeFileSync(file, withTasks ? `${IMPORTS}${text}` : text)
    try {
      const args = [...LOAD_TYPESCRIPT, 'test/inspect/await-programs.fixture.ts', file, '120000']
      const { stdout, stderr } = await runNode(args)
      expect(stderr).toBe('')
      const { waiters } = JSON.parse(stdout) as { waiters: PlacedWaiter[] }
      const known = waits.flatMap(({ name, line, on }) => on.map((one) => `${name}:${line} > ${one}`))
      expect(edgesOf(waiters, new Set(waits.map(({ name }) => name)))).toEqual([...new Set(known)].sort())
    } finally {
      rmSync(file, { force: true })
    }
  })

  function pstree(...args: readonly string[]): Promise<ExampleResult> {
    const flag = 'WebSocket' in globalThis ? [] : ['--experimental-websocket'] // of Node 20
    return runNode([...flag, ...PSTREE, ...args])
  }

  describe.runIf(longForm && process.platform === 'linux')('of a process without the monitor', () => {
    it('asks before it opens the inspector, names the held lock, and lets the process go on', async () => {
      const child = new Child(['test/inspect/stuck.fixture.mjs'])
      await child.printed('ready')
      const refused = await pstree(`${child.pid}`)
      expect([refused.code, refused.stdout]).toEqual([1, ''])
      expect(refused.stderr).toMatch(/gets SIGUSR1.*\n.*every user of this machine could connect[\s\S]*Say --yes/)
      const old = await runNode(['--no-experimental-websocket', ...PSTREE, `${child.pid}`, '--yes'])
      expect(old.stderr).toContain('needs Node 22')
      expect(child.output).not.toContain('Debugger')

      const { stdout, stderr } = await pstree(`${child.pid}`, '--yes')
      const evaluated = 'evaluated()  [eval]:3  its resolve() is held by Mutex.waiting\n' // anywhere among the roots
      expect(stdout).toContain(evaluated)
      expect(stdout.replace(evaluated, '').split('\n').slice(1), stderr).toEqual([
        '',
        'A closed loop: none of them can continue.',
        '┌▶ waitsForItself()  test/inspect/stuck.fixture.mjs:42',
        '└──┘',
        '',
        'handler()  test/inspect/stuck.fixture.mjs:37',
        '└ importAll()  test/inspect/stuck.fixture.mjs:33  waits for Promise.all of 3',
        '  └ saveUser() × 3  test/inspect/stuck.fixture.mjs:26  its resolve() is held by Mutex.waiting',
        '',
      ])
      expect(child.listening()).toEqual([])
      const before = child.output.length
      await child.printed(new RegExp(`^[\\s\\S]{${before}}[\\s\\S]*tick`))
    })

    it.each(['computes', 'has a worker'])('tells where a thread is that does not come back: %s', async (how) => {
      const child = new Child(['test/inspect/stuck.fixture.mjs', how])
      await child.printed(how === 'computes' ? 'ready' : /ready[\s\S]*ready/)
      const { stdout, stderr } = await pstree(`${child.pid}`, '--yes')
      const head = how === 'computes' ? 'Mutex' : '[worker 1] crawler  test/inspect/stuck.fixture.mjs\n\nIt has'
      expect(stdout, stderr).toContain(head)
      expect(stdout).toMatch(/^It has not come back.*for 1 s\. It is in\n {2}.*\n?.*stuck\.fixture\.mjs:50\n/m)
      expect(child.listening()).toEqual([])
    })

    it('finds an inspector at a port that the system chose, and says that SIGUSR1 opens none', async () => {
      const open = new Child(['--inspect=0', 'test/inspect/stuck.fixture.mjs'])
      const handles = new Child(['test/inspect/stuck.fixture.mjs', 'handles SIGUSR1'])
      await Promise.all([open.printed('ready'), handles.printed('ready')])
      const [found, none] = [await pstree(`${open.pid}`), await pstree(`${handles.pid}`, '--yes')]
      expect(found.stdout, found.stderr).toContain('Mutex.waiting')
      expect(none.stderr).toMatch(
        /has not opened its inspector within 10 s of SIGUSR1: it handles the signal itself, or/,
      )
    })

    it('names the processes that a launcher has started', async () => {
      const launcher = new Child(['test/inspect/stuck.fixture.mjs', 'starts another'])
      const pid = await launcher.printed(/started (\d+)/)
      const { stdout, stderr } = await pstree(`${launcher.pid}`, '--yes')
      expect(stdout, stderr).toMatch(new RegExp(`It started other processes of Node.js:\n  ${pid}  .*stuck\\.fixture`))
    })

    it('sends no signal to what is not Node.js, or is not there', async () => {
      const [other, none] = await Promise.all([pstree('1', '--yes'), pstree('4194303', '--yes')])
      expect([other.code, none.code]).toEqual([1, 1])
      expect(other.stderr).toMatch(/process 1 (is not Node|belongs to another)/)
      expect(none.stderr).toContain('there is no process 4194303')
    })

    it('says that a process has ended which its parent has not asked about yet', async () => {
      const parent = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 60'])
      const [pid] = (await once(parent.stdout, 'data')) as [Buffer]
      await pause(500)
      expect((await pstree(`${Number(pid)}`)).stderr).toBe(`spindle: process ${Number(pid)} has ended\n`)
      parent.kill()
    })
  })
})
