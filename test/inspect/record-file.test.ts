import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseRecording, replay, summary, validate } from '@spindle/inspect'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LOAD_TYPESCRIPT, root, runNode } from '../tooling/run-example.ts'

const PROGRAM = `${root}test/inspect/waits.fixture.ts`
const PRELOAD = `${root}packages/inspect/src/record.ts`

describe('a program that is recorded to a file', () => {
  let directory: string
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'spindle-record-'))
  })
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  /** Runs the program with the module that records it. */
  const recorded = (how: string, path: string, env: NodeJS.ProcessEnv = {}): ReturnType<typeof runNode> =>
    runNode([...LOAD_TYPESCRIPT, '--import', PRELOAD, PROGRAM, how], { env: { ...env, SPINDLE_RECORD: path } })

  it('runs as ever, and says where its recording is', async () => {
    const path = join(directory, 'run.jsonl')
    const { stdout, stderr, code } = await recorded('end', path)
    const text = readFileSync(path, 'utf8')
    const { rows } = parseRecording(text)
    expect([stdout, stderr, code]).toEqual(['done\n', `${rows.length} events are in ${path}\n`, 0])
    expect(validate(text)).toEqual([])
    expect(summary(parseRecording(text))).toMatch(/^main cancels worker\./)
    expect(text).toMatch(/\{"rows":\d+,"dropped":0\}\n$/)
    expect(rows.filter(({ kind }) => kind === 'done')).toHaveLength(2)
  })

  it('has the iterations of the loop if asked for', async () => {
    const path = join(directory, 'turns.jsonl')
    await recorded('end', path, { SPINDLE_RECORD_TURNS: '1' })
    const run = replay(parseRecording(readFileSync(path, 'utf8')))
    expect(run.recording.rows[run.forward('turn').at]).toMatchObject({ kind: 'turn', handles: 1 })
  })

  it('can be read by its owner alone, also if the file has existed', async () => {
    const path = join(directory, 'private.jsonl')
    writeFileSync(path, '', { mode: 0o644 })
    for (let run = 0; run < 2; run++) {
      await recorded('end', path)
      expect((statSync(path).mode & 0o777).toString(8)).toBe('600')
      rmSync(path)
    }
  })

  it('leaves a recording up to the crash', async () => {
    const path = join(directory, 'crash.jsonl')
    const { stderr, code } = await recorded('crash', path)
    expect({ crashed: stderr.includes('a crash'), code }).toEqual({ crashed: true, code: 1 })
    const { rows } = parseRecording(readFileSync(path, 'utf8'))
    expect(rows.at(-1)).toMatchObject({ kind: 'suspended', label: 'sleep(60000)' })
  })

  it('runs without a recording that cannot be written, and says which', async () => {
    const path = join(directory, 'no', 'run.jsonl')
    const { stdout, stderr, code } = await recorded('twice', path)
    expect({ stdout, code }).toEqual({ stdout: 'done\n', code: 0 })
    expect(stderr).toMatch(/^The recording .*no\/run\.jsonl ends here: Error: ENOENT.*no\/run\.jsonl'\n0 events .*\n$/)
  })

  it('leaves no file if it makes no loop', async () => {
    const path = join(directory, 'none.jsonl')
    const { stderr } = await runNode([...LOAD_TYPESCRIPT, '--import', PRELOAD, '-e', '1'], {
      env: { SPINDLE_RECORD: path },
    })
    expect({ stderr, exists: existsSync(path) }).toEqual({ stderr: '', exists: false })
    expect(readdirSync(directory)).not.toContain('none.jsonl')
  })
})
