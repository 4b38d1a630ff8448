// The spinner of the instrument "Task | Thread": variants of examples/spinner_asyncio.ts and spinner_thread.ts, with
// their lines side by side. The page shows the recorded lines.

export const KINDS = ['task', 'thread', 'promise'] as const
export type Kind = (typeof KINDS)[number]

/** The work of the thread between two frames. In `computes`, the Task and the promise compute, too. */
export const MODES = ['looks', 'event', 'never', 'computes'] as const
export type Mode = (typeof MODES)[number]

/** The moments of the stop that one can choose, in ms. */
export const STOPS: readonly number[] = Array.from({ length: 79 }, (_, n) => 60 + 10 * n)

/** Names a line, for the marks of the page. */
export type Place =
  | 'open'
  | 'pause'
  | 'look'
  | 'clean'
  | 'supervisor'
  | 'event'
  | 'make'
  | 'start'
  | 'slow'
  | 'stop'
  | 'join'

export interface ProgramRow {
  readonly place: Place | ''
  /** One line of each program; '': it has no counterpart of the others. */
  readonly lines: Readonly<Record<Kind, string>>
}

export function programRows(stop: number, mode: Mode): readonly ProgramRow[] {
  const computes = mode === 'computes'
  const pause = mode === 'event' ? 'if (done.wait({ timeout: 100 })) break' : computes ? 'compute(250)' : 'sleep(100)'
  const look = {
    looks: 'if (done.isSet()) break',
    computes: 'if (done.isSet()) break',
    never: '// it does not look',
    event: '',
  }
  const rows: readonly (readonly [place: Place | '', task: string, thread: string, promise: string])[] = [
    ['open', 'function* spin() {', 'function spin(done) {', 'async function spin() {'],
    ['', '  try {', '', ''],
    [
      '',
      '    for (const frame of frames()) {',
      '  for (const frame of frames()) {',
      '  for (const frame of frames()) {',
    ],
    ['', '      show(frame)', '    show(frame)', '    show(frame)'],
    [
      'pause',
      computes ? '      compute(250); yield* sleep(1)' : '      yield* sleep(100)',
      `    ${pause}`,
      computes ? '    compute(250); await delay(1)' : '    await delay(100)',
    ],
    ['look', '', look[mode] && `    ${look[mode]}`, ''],
    ['', '    }', '  }', '  }'],
    ['clean', '  } finally { yield* wipe() }', '  wipe()', '  wipe() // never reached'],
    ['', '}', '}', '}'],
    ['supervisor', 'function* supervisor() {', 'function supervisor() {', 'async function supervisor() {'],
    ['event', '', '  const done = new Event()', ''],
    [
      'make',
      '  const t = createTask(spin())',
      '  const t = new Thread({ target: spin, args: [done] })',
      '  const t = spin()',
    ],
    ['start', '', '  t.start()', ''],
    ['slow', `  yield* sleep(${stop})`, `  sleep(${stop})`, `  await Promise.race([t, delay(${stop})])`],
    ['stop', '  t.cancel()', '  done.set()', '  // t has no cancel()'],
    ['join', '  yield* wait([t])', '  t.join()', ''],
    ['', '}', '}', '}'],
  ]
  return rows.map(([place, task, thread, promise]) => ({ place, lines: { task, thread, promise } }))
}

const FRAMES = `function* frames() { for (let n = 0; !isWarmUp; n++) yield '|/-\\\\'[n % 4] }`

// The code around the lines that the page shows. It has no influence on any time, except that wipe() takes 50 ms. The
// Lab runs the programs of the Task and of the promise, in virtual time.
const IN_THE_LAB = `import { call, createTask, getRunningLoop, run, sleep, wait } from 'spindle'
const isWarmUp = false
${FRAMES}
let loop
const compute = (ms) => loop.advanceTo(loop.time() + ms)
const delay = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const show = (frame) => console.log(frame)
const stopIsSaid = () => console.log('stop')
`

// Node runs the program of the thread, in real time. Each note is written at once, in the order of the run. The first
// start() of a function waits until the thread has found it, later ones do not: so it is started once before.
const ON_NODE = `import { writeSync } from 'node:fs'
import { isMain, Thread, threading } from 'spindle/thread'
const note = (what) => writeSync(1, what + ' ' + (performance.timeOrigin + performance.now()) + '\\n')
const { Event, sleep } = threading
for (const [name, said] of [['isSet', 'look'], ['wait', 'look'], ['set', 'stop']]) {
  const method = Event.prototype[name]
  Event.prototype[name] = function (...args) {
    if (said === 'stop') note(said)
    const result = method.apply(this, args)
    if (said === 'look') note(result ? 'look-set' : 'look')
    return result
  }
}
const isWarmUp = process.env.WARM_UP === 'yes'
${FRAMES}
const show = (frame) => note('frame')
const wipe = () => { note('told'); sleep(50); note('over') }
const compute = (ms) => { for (const end = performance.now() + ms; performance.now() < end; ); }
`

const WARMED_UP = `if (isMain(import.meta)) {
  process.env.WARM_UP = 'yes' // which the new thread has, too
  const first = new Thread({ target: spin, args: [new Event()] })
  first.start()
  first.join()
  delete process.env.WARM_UP
  note('begin')
  supervisor()
  note('end')
}
`

/** The whole program. */
export function programText(kind: Kind, stop: number, mode: Mode): string {
  const shown = programRows(stop, mode)
    .flatMap(({ lines }) => lines[kind] || [])
    .join('\n')
  if (kind === 'thread') return `${ON_NODE}export ${shown}\n${WARMED_UP}`
  const main =
    kind === 'task'
      ? 'function* wipe() { yield* sleep(50) }\nfunction* main() { loop = getRunningLoop(); yield* supervisor() }'
      : 'function* main() { loop = getRunningLoop(); yield* call(() => Promise.all([supervisor().then(stopIsSaid), delay(1200)])) }'
  return `${IN_THE_LAB}${shown}\n${main}\nawait run(main())\n`
}
