import { readdirSync, readFileSync } from 'node:fs'
import { Recorder } from '@spindle/inspect'
import { transformSync } from 'rolldown/utils'
import type { EventLoop } from 'spindle'
import * as spindle from 'spindle'
import * as more from 'spindle/more'
import { VirtualClock } from 'spindle/more'
import type { LoopEventMap } from 'spindle/tools'
import { expect, it } from 'vitest'
import { parseLesson } from '../../apps/lab/src/lessons/lesson.ts'
import { longForm } from '../tooling/long-form.ts'
import { root } from '../tooling/run-example.ts'

const RUNS = longForm ? 1000 : 4
const LONGEST = longForm ? 0.1 : 3

// Which of the course are no programs of one loop in virtual time: a thread, timers of Node, promises; or do not end.
const OTHERS = ['12_threads.ts', '13_promises.ts', '14-abort-signal.md', '06-deadlock.md']

const EVENTS: readonly (keyof LoopEventMap)[] = [
  'task:step',
  'task:suspended',
  'task:cancelling',
  'task:uncancelled',
  'task:deadline',
  'task:in-time',
  'task:cancel-swallowed',
  'task:done',
  'future:done',
  'resource',
  'turn',
]

type Program = (modules: object, console: object) => Promise<void>

const programs: (readonly [name: string, source: string])[] = []
for (const folder of ['examples/cancellation', 'examples/together', 'apps/lab/src/lessons']) {
  for (const name of readdirSync(`${root}${folder}`)) {
    if (OTHERS.includes(name) || !/\.md$|^\d+_.*\.ts$/.test(name)) continue
    const text = readFileSync(`${root}${folder}/${name}`, 'utf8')
    programs.push([name, name.endsWith('.md') ? parseLesson(name, text).program : text])
  }
}

/** Makes a function of a program, which gets what it imports, and its console. */
function compile(source: string): Program {
  const body = transformSync('program.ts', source).code.replace(
    /^import \{([^}]*)\} from "([^"]+)"/gm,
    (_, names: string, from: string) => `const {${names.replaceAll(' as ', ': ')}} = modules['${from}']`,
  )
  const AsyncFunction = (async () => {}).constructor as new (...code: string[]) => Program
  return new AsyncFunction('modules', 'console', body)
}

/**
 * All events of one run, each with its number and all that it says, and what is printed. A whole one also has
 * `task:created` and the rows of a recording: both ask the engine for the names of coroutines, which takes longer than
 * the run.
 */
async function record(program: Program, run: typeof spindle.run, isWhole: boolean): Promise<string> {
  const log: string[] = []
  const recorder = new Recorder({ turns: true })
  const loopFactory = (): EventLoop => {
    const loop = spindle.newEventLoop({ clock: new VirtualClock() })
    for (const name of isWhole ? ['task:created' as const, ...EVENTS] : EVENTS) {
      loop.events.on(name, ((event: object) => log.push(say(name, event))) as never)
    }
    if (isWhole) recorder.watch(loop)
    return loop
  }
  const print = (...args: unknown[]): number => log.push(args.join(' '))
  const modules = {
    spindle: { ...spindle, run: (main: never, options: object) => run(main, { ...options, loopFactory }) },
    'spindle/more': more,
    // As long as the machine likes: some steps use up the time that the host gives the loop.
    'spindle/thread': { sleep: () => spin(Math.random() * LONGEST) },
  }
  await program(modules, { log: print, error: print, warn: print })
  return `${log.join('\n')}\n${JSON.stringify(recorder.recording())}`
}

function say(name: string, event: object): string {
  const fields = Object.entries(event).map(
    ([key, value]) => `${key}=${Array.isArray(value) ? value.map(short) : short(value)}`,
  )
  return `${name} ${fields.join(' ')}`
}

function short(value: unknown): string {
  if (value instanceof spindle.Task) return value.getName()
  return typeof value === 'object' && value !== null ? (value as { label?: string }).label! : String(value)
}

function spin(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end) {}
}

it('the course has its programs', () => {
  expect(programs.length).toBe(34)
})

it.each(programs)(
  `%s has one recording in ${RUNS} runs, half of them by run(), half by runSync()`,
  async (_, source) => {
    const program = compile(source)
    const first = { whole: '', events: '' }
    for (let n = 0; n < RUNS; n++) {
      const kind = n % 20 < 2 ? 'whole' : 'events'
      const recording = await record(program, n % 2 === 0 ? spindle.run : (spindle.runSync as never), kind === 'whole')
      first[kind] ||= recording
      if (recording !== first[kind]) expect(recording).toBe(first[kind])
    }
    expect(first.events.split('\n').length).toBeGreaterThan(8)
    expect(first.events).toMatch(/^task:step .*sequence=\d/m)
    expect(first.whole).toContain('"kind":"created"')
  },
)
