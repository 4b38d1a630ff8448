import { describe, expect, it } from 'vitest'
import {
  CancelledError,
  cancelledErrorWithoutStack,
  DeadlockError,
  InvalidStateError,
  KeyboardInterrupt,
  RuntimeError,
  TimeoutError,
} from './errors.ts'

const classes = [CancelledError, InvalidStateError, TimeoutError, RuntimeError, DeadlockError, KeyboardInterrupt]

describe('Errors', () => {
  it('have the names people search for, and are errors', () => {
    const shown = classes.map((Class) => {
      const error = new Class('what happened', { cause: 'a cause' })
      return [error.name, String(error), error instanceof Error, error.cause, error.stack?.split('\n')[0]]
    })
    const names = [
      'CancelledError',
      'InvalidStateError',
      'TimeoutError',
      'RuntimeError',
      'DeadlockError',
      'KeyboardInterrupt',
    ]
    // V8 takes the first line of a stack from the name the class has in its prototype.
    expect(shown).toEqual(
      names.map((name) => [name, `${name}: what happened`, true, 'a cause', `${name}: what happened`]),
    )
  })

  it('are distinguished by instanceof', () => {
    const table = classes.map((Made) => classes.map((Asked) => new Made() instanceof Asked))
    expect(table).toEqual(
      classes.map((Made) =>
        classes.map((Asked) => Made === Asked || (Made === DeadlockError && Asked === RuntimeError)),
      ),
    )
  })

  it('are not recognised by name: an error of another class with the same name does not count', () => {
    const error = new Error('x')
    error.name = 'CancelledError'
    expect({
      errorIsCancelledError: error instanceof CancelledError,
      objectIsCancelledError: ({} as object) instanceof CancelledError,
    }).toEqual({ errorIsCancelledError: false, objectIsCancelledError: false })
  })

  it('can be extended, and the class made so is not the whole family', () => {
    class Own extends RuntimeError {}
    expect({
      'Own is Own': new Own() instanceof Own,
      'Own is RuntimeError': new Own() instanceof RuntimeError,
      'RuntimeError is Own': new RuntimeError() instanceof Own,
      'DeadlockError is Own': new DeadlockError() instanceof Own,
      name: new Own('x').name,
    }).toEqual({
      'Own is Own': true,
      'Own is RuntimeError': true,
      'RuntimeError is Own': false,
      'DeadlockError is Own': false,
      name: 'RuntimeError',
    })
  })

  it('accept any value as a message, in plain JavaScript', () => {
    const limit = Error.stackTraceLimit
    const given = [Symbol('no'), Object.create(null), new Error('why'), 5, undefined] as never[]
    expect(given.map((message) => cancelledErrorWithoutStack(message).message)).toEqual([
      ...['Symbol(no)', '{}', "Error('why')", '5', ''],
    ])
    expect(Error.stackTraceLimit).toBe(limit)
  })

  it('do not affect other stack traces when an error is created without one', () => {
    const limit = Error.stackTraceLimit
    const error = cancelledErrorWithoutStack('enough')
    expect([error.message, String(error.stack)]).toEqual(['enough', 'CancelledError: enough'])
    expect(Error.stackTraceLimit).toBe(limit)
  })
})
