import { describe, expect, it as vitestIt } from 'vitest'
import { RuntimeError } from '../errors/errors.ts'
import { newLoop } from '../new-loop.fixture.ts'
import type { Handle } from '../scheduling/handle.ts'
import { thrownBy } from '../thrown-by.fixture.ts'
import { Context, copyContext } from './context.ts'
import { ContextVar, Token } from './context-var.ts'

/** A test in a context of its own, so that what it sets is gone afterwards. */
function it(name: string, test: () => void): void {
  vitestIt(name, () => new Context().run(test))
}

describe('ContextVar', () => {
  it('has the name it was given, which is a string', () => {
    expect([new ContextVar('aaa').name, thrownBy(() => new ContextVar(1 as never))]).toEqual([
      'aaa',
      'TypeError: context variable name must be a str',
    ])
  })

  it('is printed with its name', () => {
    expect(`${new ContextVar('a')}`).toBe("<ContextVar name='a'>")
  })

  it('returns the value that was set, and each token restores the value before', () => {
    const variable = new ContextVar<number | string>('c')
    const log: unknown[] = [thrownBy(() => variable.get()), variable.get('fallback'), variable.get(undefined)]
    const first = variable.set(42)
    log.push(variable.get(), variable.get('fallback'))
    expect(first.oldValue).toBe(Token.MISSING)
    expect(first.variable).toBe(variable)
    const second = variable.set('spam')
    log.push(variable.get(), second.oldValue)
    variable.reset(second)
    log.push(
      variable.get(),
      thrownBy(() => variable.reset(second)),
    )
    variable.set('spam2')
    variable.reset(first)
    log.push(
      thrownBy(() => variable.get()),
      thrownBy(() => variable.reset(first)),
    )
    expect(log).toEqual([
      "RangeError: <ContextVar name='c'> is not set here and has no default. Give one to get() or to new ContextVar()",
      'fallback',
      undefined,
      42,
      42,
      'spam',
      42,
      42,
      "RuntimeError: <Token used var=<ContextVar name='c'>> has already been used once",
      "RangeError: <ContextVar name='c'> is not set here and has no default. Give one to get() or to new ContextVar()",
      "RuntimeError: <Token used var=<ContextVar name='c'>> has already been used once",
    ])
  })

  it('gives its default where it is not set, and is not set by being asked', () => {
    const variable = new ContextVar<number | string>('c', { defaultValue: 42 })
    const context = new Context()
    const log: unknown[] = []
    context.run(() => {
      log.push({ value: variable.get(), other: variable.get('zzz'), isSet: context.has(variable) })
      const token = variable.set(1)
      log.push({ value: variable.get(), inContext: context.get(variable) })
      variable.reset(token)
      log.push({ value: variable.get(), isSet: context.has(variable), size: context.size })
    })
    expect(log).toEqual([
      { value: 42, other: 'zzz', isSet: false },
      { value: 1, inContext: 1 },
      { value: 42, isSet: false, size: 0 },
    ])
  })

  it('passes an object on as it is', () => {
    const list: number[] = []
    const variable = new ContextVar<number[]>('c', { defaultValue: list })
    new Context().run(() => variable.get().push(42))
    expect(variable.get()).toEqual([42])
  })

  it('can be set to undefined, which is a value like others', () => {
    const variable = new ContextVar<number | undefined>('c', { defaultValue: 42 })
    const token = variable.set(undefined)
    const second = variable.set(1)
    const log: unknown[] = [second.oldValue]
    variable.reset(second)
    log.push(variable.get(), variable.get(7))
    variable.reset(token)
    log.push(variable.get(), new ContextVar<undefined>('d', { defaultValue: undefined }).get())
    expect(log).toEqual([undefined, undefined, undefined, 42, undefined])
  })
})

describe('Token', () => {
  it('is printed with its variable, and whether it was used', () => {
    const variable = new ContextVar<number>('a')
    const token = variable.set(10)
    const before = `${token}`
    variable.reset(token)
    expect([before, `${token}`]).toEqual([
      "<Token var=<ContextVar name='a'>>",
      "<Token used var=<ContextVar name='a'>>",
    ])
  })

  it('puts the old value back at the end of a block', () => {
    const withDefault = new ContextVar<number>('c', { defaultValue: 42 })
    const without = new ContextVar<number>('d')
    const log: number[] = []
    {
      using _one = withDefault.set(36)
      using _other = without.set(37)
      log.push(withDefault.get(), without.get())
    }
    log.push(withDefault.get(), without.get(0))
    expect(log).toEqual([36, 37, 42, 0])
  })

  it('puts it back when the block throws', () => {
    const variable = new ContextVar<number>('c', { defaultValue: 42 })
    const thrown = thrownBy(() => {
      using _ = variable.set(36)
      throw new Error(`in the block: ${variable.get()}`)
    })
    expect([thrown, variable.get()]).toEqual(['Error: in the block: 36', 42])
  })

  it('cannot be used for a second block', () => {
    const variable = new ContextVar<number>('c', { defaultValue: 42 })
    const log: unknown[] = []
    log.push(
      thrownBy(() => {
        using outer = variable.set(36)
        {
          using _inner = outer
          log.push(variable.get())
        }
        log.push(variable.get())
      }),
    )
    log.push(variable.get())
    expect(log).toEqual([36, 42, "RuntimeError: <Token used var=<ContextVar name='c'>> has already been used once", 42])
  })

  it('restores the value from before the block, however often the block set it', () => {
    const variable = new ContextVar<number>('c', { defaultValue: 42 })
    {
      using _ = variable.set(36)
      variable.set(24)
      variable.set(12)
    }
    expect(variable.get()).toBe(42)
  })

  it('throws at the end of the block when it was used in it', () => {
    const variable = new ContextVar<number>('c', { defaultValue: 42 })
    const thrown = thrownBy(() => {
      using token = variable.set(36)
      variable.reset(token)
    })
    expect([thrown, variable.get()]).toEqual([
      "RuntimeError: <Token used var=<ContextVar name='c'>> has already been used once",
      42,
    ])
  })

  it('lets another token be used in the block', () => {
    const variable = new ContextVar<number>('c', { defaultValue: 42 })
    const log: number[] = []
    {
      using _ = variable.set(36)
      const token = variable.set(24)
      variable.reset(token)
      log.push(variable.get())
    }
    log.push(variable.get())
    expect(log).toEqual([36, 42])
  })
})

describe('Context', () => {
  it('is empty when it is new', () => {
    const context = new Context()
    expect([context.size, [...context]]).toEqual([0, []])
  })

  it('is returned by copyContext(), another one each time', () => {
    // In a Context of this copy of Spindle: another may have made the one outside.
    const [one, other] = new Context().run(() => [copyContext(), copyContext()] as const)
    expect({ isContext: one instanceof Context, isSameOne: one === other }).toEqual({
      isContext: true,
      isSameOne: false,
    })
  })

  it('runs a function with arguments, and returns its result', () => {
    const context = new Context()
    expect(context.run((a: number, ...more: string[]) => [a, ...more], 1, 'two', 'three')).toEqual([1, 'two', 'three'])
  })

  it('propagates any exception of the function', () => {
    const context = new Context()
    const failing = (): never => {
      throw new Error('no')
    }
    expect([
      thrownBy(() => context.run(failing)),
      thrownBy(() => context.run(failing)),
      thrownBy(() => context.run(undefined as never)),
      context.run(() => 'and can be run in again'),
    ]).toEqual([
      'Error: no',
      'Error: no',
      'TypeError: Context.run() takes a function, got undefined',
      'and can be run in again',
    ])
  })

  it('is left when the function throws', () => {
    const variable = new ContextVar<string>('c')
    const context = new Context()
    const thrown = thrownBy(() =>
      context.run(() => {
        variable.set('spam')
        throw new Error('no')
      }),
    )
    expect([thrown, variable.get('outside'), context.get(variable)]).toEqual(['Error: no', 'outside', 'spam'])
  })

  it('cannot be entered by the callback that runs in it', () => {
    const loop = newLoop()
    const log: string[] = []
    const handle: Handle = loop.callSoon(() => log.push(thrownBy(() => handle.getContext().run(() => 'inside'))))
    loop.stop()
    loop.runForeverSync()
    log.push(handle.getContext().run(() => 'afterwards'))
    expect(log).toEqual(['RuntimeError: cannot enter context: it is already entered', 'afterwards'])
  })

  it('of a callback can be written to from outside, and the callback sees it', () => {
    const loop = newLoop()
    const name = new ContextVar('name', { defaultValue: 'default' })
    const log: string[] = []
    const [one, other] = [loop.callSoon(() => log.push(name.get())), loop.callSoon(() => log.push(name.get()))]
    one.getContext().run(() => name.set('set from outside'))
    loop.stop()
    loop.runForeverSync()
    log.push(name.get(), String(one.getContext().get(name)), String(other.getContext().has(name)))
    expect(log).toEqual(['set from outside', 'default', 'default', 'set from outside', 'false'])
  })

  it('of a callback is the same object before, while and after it runs', () => {
    const loop = newLoop()
    const name = new ContextVar('name', { defaultValue: 'default' })
    const handle: Handle = loop.callSoon(() => {
      seen.push(handle.getContext())
      name.set('set')
      seen.push(handle.getContext())
    })
    const before = handle.getContext()
    const seen: Context[] = []
    loop.stop()
    loop.runForeverSync()
    for (const context of [...seen, handle.getContext()]) expect(context).toBe(before)
    expect({ seen: seen.length, name: before.get(name) }).toEqual({ seen: 2, name: 'set' })
  })

  it('shares nothing with its copy but the values at the time', () => {
    const [a, b] = [new ContextVar<number>('a', { defaultValue: 0 }), new ContextVar<number>('b')]
    const one = new Context()
    one.run(() => a.set(10))
    const other = one.copy()
    one.run(() => a.set(11))
    other.run(() => b.set(1))
    const third = other.copy()
    other.run(() => b.set(2))
    expect([one, other, third].map((context) => [context.get(a), context.get(b), context.size])).toEqual([
      [11, undefined, 1],
      [10, 2, 2],
      [10, 1, 2],
    ])
  })

  it('can be iterated over, in the order of setting', () => {
    const variables = ['a', 'b', 'c'].map((name) => new ContextVar<string>(name))
    for (const variable of variables) variable.set(variable.name.toUpperCase())
    const context = copyContext()
    const entries = variables.map((variable) => [variable, variable.name.toUpperCase()])
    expect([[...context], [...context.entries()], [...context.keys()], [...context.values()]]).toEqual([
      entries,
      entries,
      variables,
      ['A', 'B', 'C'],
    ])
    expect(variables.filter((variable) => context.has(variable))).toEqual(variables)
  })

  it('restores the old values when a variable that was not set is reset in a copy', () => {
    const variable = new ContextVar<number>('c')
    const token = variable.set(1)
    const copy = copyContext()
    variable.reset(token)
    expect([variable.get(0), copy.get(variable)]).toEqual([0, 1])
  })

  it('holds ten thousand variables, and copies without copying them', () => {
    const variables = Array.from({ length: 10_000 }, (_, n) => new ContextVar<number>(`${n}`))
    const context = new Context()
    context.run(() => {
      for (const [n, variable] of variables.entries()) variable.set(n)
    })
    const copies = Array.from({ length: 10_000 }, () => context.copy()) // 10 ** 8 entries if they were
    expect(copies.every((copy, n) => copy.get(variables[n] as ContextVar<number>) === n)).toBe(true)
  })

  it('says RuntimeError, which both copies of a package know', () => {
    const context = new Context()
    let error: unknown
    context.run(() => {
      try {
        context.run(() => {})
      } catch (thrown) {
        error = thrown
      }
    })
    expect(error instanceof RuntimeError).toBe(true)
  })
})
