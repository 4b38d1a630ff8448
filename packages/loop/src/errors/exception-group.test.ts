import { describe, expect, it } from 'vitest'
import { inspectSymbol } from '../inspect/repr.ts'
import { formatExceptionContext } from '../reports/exception-context.ts'
import { CancelledError, TimeoutError } from './errors.ts'
import { ExceptionGroup } from './exception-group.ts'

describe('ExceptionGroup', () => {
  it('holds exceptions, a message and a cause', () => {
    const cause = new Error('why')
    const inner = new TypeError('one')
    const group = new ExceptionGroup('both failed', [inner, 'two'], { cause })
    expect(group.exceptions).toEqual([inner, 'two'])
    expect(group.errors).toBe(group.exceptions)
    expect([group.message, group.name, group.cause]).toEqual(['both failed', 'ExceptionGroup', cause])
    expect(group instanceof AggregateError).toBe(true)
  })

  it('says how many it holds', () => {
    expect(String(new ExceptionGroup('m', [1]))).toBe('ExceptionGroup: m (1 sub-exception)')
    expect(String(new ExceptionGroup('m', [1, 2]))).toBe('ExceptionGroup: m (2 sub-exceptions)')
  })

  it('takes a copy of the list it is given', () => {
    const list = [new Error('one')]
    const group = new ExceptionGroup('m', list)
    list.push(new Error('two'))
    expect(group.exceptions).toHaveLength(1)
  })

  it('refuses a value that is not a list, an empty list, and a message that is not a string', () => {
    expect(() => new ExceptionGroup('m', [])).toThrow(
      new RangeError('second argument (exceptions) must be a non-empty sequence'),
    )
    expect(() => new ExceptionGroup('m', 3 as never)).toThrow(
      new TypeError('second argument (exceptions) must be a sequence'),
    )
    expect(() => new ExceptionGroup(3 as never, [1])).toThrow(new TypeError('argument 1 must be str, not 3'))
  })

  describe('split', () => {
    const type = new TypeError('type')
    const range = new RangeError('range')
    const tree = new ExceptionGroup('outer', [type, new ExceptionGroup('inner', [new TypeError('deep'), range])])

    it('keeps the shape of the tree on both sides', () => {
      const [types, rest] = tree.split(TypeError)
      expect(outline(types)).toEqual(['outer', 'TypeError: type', ['inner', 'TypeError: deep']])
      expect(outline(rest)).toEqual(['outer', ['inner', 'RangeError: range']])
    })

    it('returns undefined for an empty side', () => {
      expect(tree.split(Error)).toEqual([tree, undefined]) // the group is an Error itself, and goes as a whole
      expect(tree.split(SyntaxError)).toEqual([undefined, expect.any(ExceptionGroup)])
      expect(tree.subgroup(SyntaxError)).toBe(undefined)
    })

    it('takes several classes, or a predicate, which is also called with groups', () => {
      expect(outline(tree.subgroup([RangeError, SyntaxError]))).toEqual(['outer', ['inner', 'RangeError: range']])
      const asked: unknown[] = []
      tree.split((exception) => asked.push(exception) < 0)
      expect(asked).toEqual([tree, type, tree.exceptions[1], expect.any(TypeError), range])
      const inner = tree.split((exception) => exception instanceof ExceptionGroup && exception.message === 'inner')[0]
      expect(inner?.exceptions[0]).toBe(tree.exceptions[1])
    })

    it('refuses anything else as a condition', () => {
      expect(() => tree.split('TypeError' as never)).toThrow(
        "expected a function, an exception class or an array of exception classes, got 'TypeError'",
      )
      expect(() => tree.split([String] as never)).toThrow(TypeError)
    })

    it('copies the stack and the cause to the parts', () => {
      const cause = new Error('why')
      const whole = new ExceptionGroup('m', [type, range], { cause })
      const [part] = whole.split(TypeError)
      expect([part?.stack, part?.cause]).toEqual([whole.stack, cause])
    })

    it('makes the parts of a subclass by its derive()', () => {
      class Failures extends ExceptionGroup {
        readonly code: number
        constructor(message: string, exceptions: readonly unknown[], code: number) {
          super(message, exceptions)
          this.code = code
        }
        override derive(exceptions: readonly unknown[]): Failures {
          return new Failures(this.message, exceptions, this.code)
        }
      }
      const [types, rest] = new Failures('m', [type, range], 7).split(TypeError)
      expect([types, rest].map((part) => part instanceof Failures && part.code)).toEqual([7, 7])
    })
  })

  it('is recognised when it comes from another copy of the package', () => {
    const Other = Object.assign(class extends AggregateError {}, {})
    for (const key of Reflect.ownKeys(ExceptionGroup.prototype)) {
      if (key === 'constructor') continue
      Object.defineProperty(Other.prototype, key, Object.getOwnPropertyDescriptor(ExceptionGroup.prototype, key)!)
    }
    expect(new Other([1], 'm') instanceof ExceptionGroup).toBe(true)
    expect(new AggregateError([1], 'm') instanceof ExceptionGroup).toBe(false)
    expect(new Other([1], 'm') instanceof TimeoutError).toBe(false)
    expect(new ExceptionGroup('m', [1]) instanceof CancelledError).toBe(false)
  })

  it('prints the whole tree', () => {
    const inner = new ExceptionGroup('inner', [withoutStack(new RangeError('deep'))])
    const failed = withoutStack(new TypeError('one', { cause: withoutStack(new Error('why')) }))
    const group = withoutStack(new ExceptionGroup('outer', [failed, withoutStack(inner), 3]))
    const text = `ExceptionGroup: outer (3 sub-exceptions)
  +-+---------------- 1 ----------------
    | TypeError: one
    | Caused by: Error: why
    +---------------- 2 ----------------
    | ExceptionGroup: inner (1 sub-exception)
    |   +-+---------------- 1 ----------------
    |     | RangeError: deep
    |     +------------------------------------
    +---------------- 3 ----------------
    | thrown: 3
    +------------------------------------`
    expect(Reflect.get(group, inspectSymbol).call(group)).toBe(text)
    expect(formatExceptionContext({ message: 'report', exception: group })).toBe(`report\n${text}`)
  })

  it('prints a chain of causes that closes', () => {
    const one = withoutStack(new Error('one'))
    one.cause = withoutStack(new Error('two', { cause: one }))
    expect(formatExceptionContext({ message: 'report', exception: one })).toBe(
      'report\nError: one\nCaused by: Error: two\nCaused by: Error: … (shown above)',
    )
  })

  it('keeps its own stack when it prints', () => {
    const group = new ExceptionGroup('outer', [withoutStack(new Error('one'))])
    const [head, place] = String(Reflect.get(group, inspectSymbol).call(group)).split('\n')
    expect(head).toBe('ExceptionGroup: outer (1 sub-exception)')
    expect(place).toMatch(/^ {4}at .*exception-group\.test\.ts/)
  })
})

function withoutStack<E extends Error>(error: E): E {
  error.stack = `${error.name}: ${error.message}`
  return error
}

function outline(exception: unknown): unknown {
  return exception instanceof ExceptionGroup
    ? [exception.message, ...exception.exceptions.map(outline)]
    : String(exception)
}
