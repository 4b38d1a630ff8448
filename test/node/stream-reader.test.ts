import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

describe('StreamReader.from(process.stdin)', () => {
  it('does not keep the process alive once the program has read what it wants', async () => {
    const program = fileURLToPath(new URL('./programs/one-line.fixture.ts', import.meta.url))
    const child = spawn(process.execPath, [...process.execArgv, program])
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    child.stdin.write('hello\n') // stdin stays open
    const code = await new Promise((resolve) => child.on('close', resolve))
    expect({ output, code }).toEqual({ output: 'read hello\n', code: 0 })
  })
})
