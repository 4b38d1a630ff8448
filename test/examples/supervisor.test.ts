import { describe, expect, it } from 'vitest'
import { isAlive } from '../tooling/processes.ts'
import { Program } from './program.ts'

describe('examples/supervisor/supervisor.ts', { timeout: 120_000 }, () => {
  it.each<NodeJS.Signals>(['SIGTERM', 'SIGINT'])(
    'starts services in order, and again when they die, and shuts them down in reverse order at %s',
    async (signal) => {
      await using supervisor = new Program('examples/supervisor/supervisor.ts')
      await supervisor.printed(/worker: ended with 1\n(.*\n)*worker: started(.*\n)*worker: ended with 1\n/)
      await supervisor.printed(/web \| serving\n/)
      await supervisor.end(signal)
      const lines = supervisor.output.split('\n')
      const first = ['db', 'worker', 'web'].map((name) =>
        lines.findIndex((line) => line.startsWith(`${name}: started`)),
      )
      expect(first).toEqual(first.toSorted((a, b) => a - b))
      // Between them, the shells may say that what they had started was terminated, and runMain what it waits for.
      expect(supervisor.output).toMatch(/web: ended with -15\n(.*\n)*db \| writing to disk\n(.*\n)*db: ended with 0\n/)
      expect(lines.indexOf('all are down')).toBeGreaterThan(lines.indexOf('db: ended with 0'))
      const pids = [...supervisor.output.matchAll(/started as (\d+)/g)].map(([, pid]) => Number(pid))
      expect(pids.length).toBeGreaterThanOrEqual(4)
      expect([pids.filter(isAlive), supervisor.signal]).toEqual([[], signal])
    },
  )
})
