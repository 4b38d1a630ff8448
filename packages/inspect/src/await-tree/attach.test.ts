import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { checkTarget } from './attach.ts'

it('a process that has ended, and that its parent has not asked about, is said to have ended', async () => {
  const parent = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const [line] = (await once(parent.stdout, 'data')) as [Buffer]
    const pid = Number(line.toString())
    await expect.poll(() => messageOf(pid), { timeout: 10_000 }).toBe(`process ${pid} has ended`)
  } finally {
    parent.kill('SIGKILL')
  }
})

function messageOf(pid: number): string {
  try {
    checkTarget(pid)
    return ''
  } catch (error) {
    return (error as Error).message
  }
}
