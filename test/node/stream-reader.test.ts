import { spawn } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { commandOf, root } from '../tooling/run-example.ts'

describe('StreamReader.from(process.stdin)', () => {
  it('does not keep the process alive once the program has read enough', async () => {
    const child = spawn(process.execPath, commandOf('test/node/programs/one-line.fixture.ts'), { cwd: root })
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    child.stdin.write('hello\n') // stdin stays open
    const code = await new Promise((resolve) => child.on('close', resolve))
    expect({ output, code }).toEqual({ output: 'read hello\n', code: 0 })
  })
})
