import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomCases, seed } from '../../../../test/tooling/long-form.ts'
import { ExceptionGroup } from '../errors/exception-group.ts'
import { repr } from '../inspect/repr.ts'
import { type ExceptionContext, formatExceptionContext } from './exception-context.ts'

const numRuns = randomCases(1000)

/** What one line of a report must not hold: controls that break the line or drive the terminal. */
const FORGED = /(?!\t)\p{Cc}/u

const text = fc.string({ unit: 'binary', maxLength: 40 })

function refusing(): object {
  const { proxy, revoke } = Proxy.revocable(new Error('gone'), {})
  revoke()
  return proxy
}

// Made when it is used: fast-check looks into what it makes, which a revoked Proxy refuses.
type Maker = () => unknown
const value: fc.Arbitrary<{ make: Maker }> = fc.oneof(
  fc
    .anything({ key: text, withBigInt: true, withMap: true, withNullPrototype: true, withObjectString: true })
    .map((made) => ({ make: () => made })),
  fc.constant({ make: refusing }),
  text.map((name) => ({ make: () => Object.defineProperty(() => {}, 'name', { value: name }) })),
  text.map((name) => ({ make: () => ({ [name]: Symbol(name) }) })),
)

/** Errors that refer to each other in any way: the n-th of a list may name any of them as its cause or member. */
const errors = fc.array(
  fc.record({
    message: text,
    name: fc.option(text),
    cause: fc.option(fc.nat(30)),
    members: fc.array(fc.nat(30), { maxLength: 20 }),
    other: value,
  }),
  { minLength: 1, maxLength: 30 },
)

function link(specs: typeof errors extends fc.Arbitrary<infer T> ? T : never): unknown[] {
  const made = specs.map(({ message, members }) =>
    members.length > 0 ? new ExceptionGroup(message, ['placeholder']) : new Error(message),
  )
  for (const [index, { name, cause, members, other }] of specs.entries()) {
    const error = made[index] as Error
    if (name !== null) error.name = name
    if (cause !== null) error.cause = made[cause] ?? other.make()
    if (error instanceof ExceptionGroup) error.errors.splice(0, 1, ...members.map((at) => made[at] ?? other.make()))
  }
  return made
}

describe('repr', () => {
  it('prints any value in one short line, without a control character', () => {
    const property = fc.property(value, ({ make }) => {
      const shown = repr(make())
      expect({ isShort: shown.length <= 60, isForged: FORGED.test(shown) }, shown).toEqual({
        isShort: true,
        isForged: false,
      })
    })
    fc.assert(property, { numRuns, seed })
  })
})

describe('A report', () => {
  it('is printed, is limited, and names its Task, whatever the errors are and however they are linked', () => {
    const property = fc.property(errors, value, text, (specs, extra, key) => {
      const [exception] = link(specs)
      const context = {
        message: 'it failed',
        exception,
        [key]: extra.make(),
        task: { toString: () => "<Task name='worker'>" },
      }
      const report = formatExceptionContext(context as ExceptionContext)
      expect(report).toContain("\ntask: <Task name='worker'>")
      expect({ isLimited: report.length < 200_000, isForged: FORGED.test(report.replaceAll('\n', '')) }).toEqual({
        isLimited: true,
        isForged: false,
      })
    })
    fc.assert(property, { numRuns, seed })
  })
})
