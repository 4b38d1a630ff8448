import { describe, expect, it } from 'vitest'
import { ExceptionGroup } from './exception-group.ts'
import { formatError } from './format-error.ts'

function plain(message: string, cause?: unknown): Error {
  const error = new Error(message, cause === undefined ? undefined : { cause })
  error.stack = `Error: ${message}`
  return error
}

function group(...members: unknown[]): ExceptionGroup {
  const error = new ExceptionGroup('several', members)
  error.stack = 'ExceptionGroup: several'
  return error
}

describe('formatError', () => {
  it('shows fifteen members of a group, as Python does, and says how many more there are', () => {
    const lines = formatError(group(...Array.from({ length: 1000 }, (_, n) => plain(`no. ${n}`)))).split('\n')
    expect(lines.slice(0, 3)).toEqual([
      'ExceptionGroup: several (1000 sub-exceptions)',
      '  +-+---------------- 1 ----------------',
      '    | Error: no. 0',
    ])
    expect(lines.slice(-5)).toEqual([
      '    +---------------- 15 ----------------',
      '    | Error: no. 14',
      '    +---------------- ... ----------------',
      '    | and 985 more exceptions',
      '    +------------------------------------',
    ])
  })

  it('shows ten nested groups, however deep they are', () => {
    let deep: unknown = plain('innermost')
    for (let level = 0; level < 5000; level++) deep = group(deep)
    const text = formatError(deep)
    expect(text.match(/ExceptionGroup: several/g)).toHaveLength(11)
    expect(text).toContain('… (groups deeper than 10 are not shown)')
  })

  it('shows ten causes, and that there are more', () => {
    let error = plain('root')
    for (let n = 1; n < 20_000; n++) error = plain(`level ${n}`, error)
    const lines = formatError(error).split('\n')
    expect(lines).toHaveLength(12)
    expect(lines.slice(-2)).toEqual(['Caused by: Error: level 19989', '… and more causes'])
  })

  it('shows an error once, however often it is referred to: 2 ** 60 paths lead to the innermost', () => {
    let shared: Error = plain('innermost')
    for (let level = 0; level < 60; level++) shared = plain(`level ${level}`, group(shared, shared))
    expect(formatError(shared)).toMatch('(shown above)')
    let members: unknown = plain('innermost')
    for (let level = 0; level < 60; level++) members = group(members, members)
    expect(formatError(members).match(/ExceptionGroup: several/g)).toHaveLength(11)
  })

  it('is limited in length, however long the messages are', () => {
    const wide = (depth: number): unknown =>
      depth === 0 ? plain('x'.repeat(1_000_000)) : group(...Array.from({ length: 15 }, () => wide(depth - 1)))
    expect(formatError(wide(3)).length).toBeLessThan(100_000)
  })

  it.each([1, 2, 3, 4])('is at most 32,000 characters long, for groups of fifteen members nested %i deep', (depth) => {
    const nested = (level: number): Error =>
      level === 0 ? plain('x'.repeat(40)) : group(...Array.from({ length: 15 }, () => nested(level - 1)))
    const text = formatError(nested(depth))
    expect({ isWithin: text.length <= 32_000, isUseful: text.length > 500 }).toEqual({ isWithin: true, isUseful: true })
  })

  it('is at most 32,000 characters long, whatever it consists of', () => {
    const parts = [plain('y\n'.repeat(5000)), plain('z'.repeat(7999)), group(plain('\u202e'.repeat(9000)))]
    const nested = (level: number): Error =>
      level === 0 ? group(...parts) : group(parts[0], nested(level - 1), ...parts.map((part) => plain(part.message)))
    for (let depth = 0; depth < 12; depth++) expect(formatError(nested(depth)).length).toBeLessThanOrEqual(32_000)
  })

  it('escapes the name of an error, and what would move the cursor of a terminal', () => {
    class Forged extends Error {
      override name = 'Forged\nINFO all is well'
    }
    const error = new Forged('red \x1b[31m')
    error.stack = `${error.name}: ${error.message}\n    at work`
    expect(formatError(error)).toBe('Forged\\nINFO all is well: red \\x1b[31m\n    at work')
  })

  it('prints as much as possible of an error that cannot be formatted', () => {
    const revoked = Proxy.revocable(new Error('gone'), {})
    revoked.revoke()
    class Refuses extends Error {
      override get message(): string {
        throw new Error('no')
      }
    }
    const badCause = plain('its cause is a getter')
    Object.defineProperty(badCause, 'cause', {
      get() {
        throw new Error('no')
      },
    })
    expect([revoked.proxy, new Refuses(), badCause, undefined].map((error) => formatError(error))).toEqual([
      'thrown: <object that cannot be printed>',
      '<Error that cannot be printed>',
      'Error: its cause is a getter',
      'thrown: undefined',
    ])
  })
})
