import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DistributedExecutor } from '../submitting/distributed-executor.ts'
import { serverOf } from './server-of.ts'

describe('serverOf', () => {
  it.each([
    ['redis://host:6379/2', 'redis://host:6379'],
    ['redis://:secret@host:6379', 'redis://host:6379'],
    ['rediss://user:sec@ret@host', 'rediss://host'],
    ['redis://host/0?password=secret', 'redis://host'],
    ['redis://[::1]:6379?password=secret', 'redis://[::1]:6379'],
    ['redis://:sec/ret@host', '…'],
    ['redis://host?password=sec@ret', '…'],
    ['localhost:6379', 'localhost:…'],
    ['redis:user:secret@host', '…'],
    ['redis:user:secret', 'redis:…'],
    ['redis:secret//host', 'redis:…'],
  ])('of %s is %s', (url, shown) => {
    expect(serverOf(url)).toBe(shown)
  })

  it('has nothing of a password, wherever it stands and whatever it consists of', () => {
    const secret = fc.string({ minLength: 1, maxLength: 8 }).map((text) => `pass${text}word`)
    fc.assert(
      fc.property(secret, (password) => {
        for (const url of [
          `redis://u:${password}@host:1`,
          `redis://${password}@host`,
          `redis://host?password=${password}`,
          `redis:u:${password}`,
        ])
          expect(serverOf(url)).not.toMatch(/pass|word/)
      }),
    )
  })
})

describe('new DistributedExecutor()', () => {
  it.each(['http://u:secret@host', 'redis://:sec/ret@host:6379', 'redis://:sec#ret@host', 'u:secret@host'])(
    'prints no password of the URL that it refuses: %s',
    (url) => {
      let message = ''
      try {
        new DistributedExecutor({ url })
      } catch (error) {
        message = String(error)
      }
      expect(message).toMatch(/^TypeError: url /)
      expect(message).not.toMatch(/sec|ret@/)
    },
  )
})
