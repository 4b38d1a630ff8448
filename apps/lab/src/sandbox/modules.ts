// The modules for programs of the Lab: Spindle in virtual time, and @spindle/testing.

import { VirtualClock } from '@spindle/loop'
import type { EventLoop } from '@spindle/loop/internal'
import { newEventLoop } from '@spindle/task'
import * as testing from '@spindle/testing'
import * as spindle from 'spindle'
import * as more from 'spindle/more'

/** A program may move the clock itself, beyond a deadline that the loop has not reached yet. */
export class LabClock extends VirtualClock {
  override advanceTo(when: number): void {
    if (when > this.time()) super.advanceTo(when)
  }
}

const OTHERS: Record<string, Record<string, unknown>> = { 'spindle/more': more, '@spindle/testing': testing }

/** The exports of a module. @throws Error with advice, if the Lab does not have it */
export function importModule(name: string, wanted: readonly string[]): Record<string, unknown> {
  const isSpindle = name === 'spindle' || name === '@spindle/task' || name === '@spindle/loop'
  const own = isSpindle ? { ...spindle, ...inVirtualTime() } : OTHERS[name]
  if (own === undefined) throw noModule(name)
  for (const export_ of wanted) {
    if (!(export_ in own)) {
      const advice = 'Look for a slip in the name, or remove it from the import'
      throw new SyntaxError(`'${name}' has no export named '${export_}'. ${advice}`)
    }
  }
  return own
}

export function noModule(name: string): Error {
  const why =
    name.startsWith('node:') || name === 'spindle/node' || name === 'spindle/thread'
      ? 'it needs Node, and the Lab runs in a page. Run this program with npx tsx'
      : `it is not in the Lab. Programs here can import from 'spindle' and '@spindle/testing'`
  return new Error(`'${name}' cannot be imported: ${why}`)
}

export function inVirtualTime(): Record<string, unknown> {
  const makeLoop = (options: object = {}): EventLoop => newEventLoop({ clock: new LabClock(), ...options })
  const withLoop = (options: object = {}): object => ({ loopFactory: makeLoop, ...options })
  return {
    newEventLoop: makeLoop,
    run: (main: never, options?: object) => spindle.run(main, withLoop(options)),
    runSync: (main: never, options?: object) => spindle.runSync(main, withLoop(options)),
    Runner: class Runner extends spindle.Runner {
      constructor(options?: object) {
        super(withLoop(options))
      }
    },
  }
}

/** The given lines of an exercise may import a name that the learner imports, too. */
export function withoutRepeatedImports(source: string): string {
  const seen = new Set<string>()
  return source.replace(
    /^(import \{)([^}]*)(\} from ['"]spindle['"])/gm,
    (_, begin: string, names: string, end: string) => {
      const kept = names.split(',').filter((name) => {
        const local = name.trim().replace(/^.* /s, '')
        return !seen.has(local) && seen.add(local)
      })
      return `${begin}${kept.join(',')}${'\n'.repeat(names.split('\n').length - kept.join(',').split('\n').length)}${end}`
    },
  )
}
