import { describe, expect, it, vi } from 'vitest'
import { Thread } from '../index.ts'
import { unlocksLater } from './mutex.fixture.ts'
import { lock } from './mutex.ts'

describe('lock', () => {
  it('reports once that it has waited for a long time, and for what', () => {
    const cell = new Int32Array(new SharedArrayBuffer(4))
    lock(cell, 0)
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    try {
      const thread = new Thread({ target: unlocksLater, args: [cell, 200] })
      thread.start()
      expect(lock(cell, 0, undefined, () => 'a lock, taken by thread 3', 20)).toBe(true)
      thread.join()
      expect(write.mock.calls.map(([text]) => text)).toEqual([
        'This thread has been blocked for 0 s, waiting for a lock, taken by thread 3. ' +
          'If that thread has ended, only a release() by another one can end the wait.\n',
      ])
    } finally {
      write.mockRestore()
    }
  })
})
