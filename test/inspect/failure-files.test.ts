import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseRecording, summary } from '@spindle/inspect'
import { type ExplorationError, explore } from '@spindle/testing'
import { type Coroutine, createTask, sleep } from 'spindle'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { root } from '../tooling/run-example.ts'

function* main(): Coroutine<void> {
  const worker = createTask(sleep(10), { name: 'worker' })
  yield* worker
}

function refuse({ cancelled }: { cancelled: unknown }): void {
  if (String(cancelled ?? '').includes('worker')) throw new Error('the worker was cancelled')
}

describe('A failure', () => {
  let project: string
  beforeEach(() => {
    project = mkdtempSync(join(realpathSync(tmpdir()), 'spindle-failure-'))
    vi.spyOn(process, 'cwd').mockReturnValue(project)
  })
  afterEach(() => {
    vi.restoreAllMocks()
    rmSync(project, { recursive: true })
  })

  it('is recorded and drawn where @spindle/inspect is installed', async () => {
    symlinkSync(`${root}test/node_modules`, join(project, 'node_modules'))
    const error = (await explore(main, { check: refuse }).catch((thrown: unknown) => thrown)) as ExplorationError
    const [, recording = '', picture = ''] = /\nrecording: (.*)\npicture: (.*)$/.exec(error.message) ?? []
    try {
      const parsed = parseRecording(readFileSync(recording, 'utf8'))
      expect(parsed.rows.map(({ kind }) => kind)).toContain('cancelling')
      expect(summary(parsed)).toMatch(/^The judge cancels worker\./)
      expect(readFileSync(picture, 'utf8')).toMatch(/^<svg[\s\S]*worker[\s\S]*<\/svg>\s*$/)
      expect(error.files).toEqual({ recording, picture })
    } finally {
      for (const file of [recording, picture]) rmSync(file, { force: true })
    }
  })

  it('leaves no file where it is not', async () => {
    const error = (await explore(main, { check: refuse }).catch((thrown: unknown) => thrown)) as ExplorationError
    const made = existsSync(join(project, 'node_modules'))
    expect({ files: error.files, made }).toEqual({ files: undefined, made: false })
    expect(error.message).not.toContain('recording:')
  })
})
