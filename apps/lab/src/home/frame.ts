// One frame of the site's first page: for one moment of the cancel, two pictures and a sentence about each, computed
// from a run of the two programs in the Lab.

import { draw, type Recording, type RowOf } from '@spindle/inspect'
import { runProgram } from '../sandbox/run-program.ts'
import { type HomeProgram, onPromises, onSpindle } from './programs.ts'
import { promiseRecording } from './promise-recording.ts'

/** The ms that the pictures show: the slower program has ended by then. */
const SPAN = 112

export interface Half {
  readonly svg: string
  /** Whether everything had stopped when the caller continued. */
  readonly isRight: boolean
  readonly says: string
  readonly because: string
  /** Lines of the shown program, from 1: where the cancel arrived, and which calls ran and never heard of it. */
  readonly hit: readonly number[]
  readonly deaf: readonly number[]
}

export interface HomeFrame {
  readonly at: number
  readonly spindle: Half
  readonly promises: Half
  /** The x of 0 ms in the pictures, and the px of one ms. */
  readonly left: number
  readonly scale: number
}

/** Runs both programs, cancelled after `at` ms. @param width of each picture, in px */
export async function frameAt(at: number, width: number): Promise<HomeFrame> {
  const [spindle, promises] = [onSpindle(at), onPromises(at)]
  const [tasks, printed] = [await recordingOf(spindle), await recordingOf(promises)]
  const ofPromises = promiseRecording(printed)
  const right = aboutSpindle(at, tasks, spindle)
  const other = aboutPromises(printed, promises)
  const pictures = [
    { recording: tasks, half: right },
    { recording: ofPromises, half: other },
  ].map(({ recording, half }) =>
    draw(recording, { width, span: SPAN, theme: 'page', title: `${half.says} ${half.because}` }),
  )
  const [{ xs }] = pictures as [(typeof pictures)[0]]
  const last = tasks.rows.at(-1)!.time
  return {
    at,
    spindle: { ...right, svg: pictures[0]!.svg },
    promises: { ...other, svg: pictures[1]!.svg },
    left: xs[0]!,
    scale: (xs[tasks.rows.length - 1]! - xs[0]!) / last,
  }
}

function recordingOf({ source }: HomeProgram): Promise<Recording> {
  return new Promise((resolve, reject) =>
    runProgram({ source, schedule: [], seed: 1 }, ({ recording, failure }) =>
      failure === undefined ? resolve(recording) : reject(new Error(failure.message)),
    ),
  )
}

type WithoutPicture = Omit<Half, 'svg'>

function aboutSpindle(at: number, { rows }: Recording, { shown, source }: HomeProgram): WithoutPicture {
  const names = new Map(rows.flatMap((row) => (row.kind === 'created' ? [[row.task, row.name] as const] : [])))
  const ends = rows.filter((row): row is RowOf<'done'> => row.kind === 'done')
  const told = ends.find(({ task }) => names.get(task) === 'save')!.time
  const late = ends.filter(({ time }) => time > told)
  const stopped = ends.flatMap(({ task, outcome }) => (outcome === 'cancelled' ? [`${names.get(task)}`] : []))
  const others = stopped.filter((name) => name !== 'save')
  const hasBegun = (name: string): boolean =>
    rows.some((row) => row.kind === 'suspended' && row.positions.some((place) => place.function === name))
  const waits = rows.findLast(
    (row): row is RowOf<'suspended'> =>
      row.kind === 'suspended' && names.get(row.task) === 'save' && row.time <= at && !isAfterRequest(row, rows),
  )
  const first = source.slice(0, source.indexOf(shown)).split('\n').length
  const line = waits?.positions.find((place) => place.function.startsWith('save'))?.line ?? 0
  return {
    isRight: late.length === 0,
    says: `All of it had stopped ${told === at ? 'at once' : `${told - at} ms later`}.`,
    because: !hasBegun('remove')
      ? 'Nothing had begun, so there was nothing to clean up.'
      : others.length > 0
        ? `${sentence(others)} stopped, then the draft was removed.`
        : hasBegun('index')
          ? 'index() was left, and the draft was removed.'
          : 'Render and upload had just ended. The draft was removed.',
    hit: line > 0 ? [line - first + 1] : [],
    deaf: [],
  }
}

function isAfterRequest(row: RowOf<'suspended'>, rows: Recording['rows']): boolean {
  return rows.findIndex((each) => each.kind === 'cancelling') < rows.indexOf(row)
}

function aboutPromises(printed: Recording, { shown }: HomeProgram): WithoutPicture {
  const lines = printed.rows.flatMap((row) => (row.kind === 'print' ? [{ time: row.time, text: row.text }] : []))
  const aborted = lines.findIndex(({ text }) => text === 'main aborts')
  const timeOf = (start: string): number => lines.find(({ text }) => text.startsWith(start))?.time ?? Number.NaN
  const running = lines
    .slice(0, aborted)
    .flatMap(({ text }) => (text.endsWith(' begins') ? [text.slice(0, -' begins'.length)] : []))
    .filter((name) => lines.findIndex(({ text }) => text.startsWith(`${name} ends`)) > aborted)
  const hears = !Number.isNaN(timeOf('upload hangs up'))
  const deaf = running.filter((name) => name !== 'save' && (name !== 'upload' || !hears))
  const told = timeOf('save ends')
  const error = lines.find(({ text }) => text.startsWith('save ends'))!.text.slice('save ends with '.length)
  const after = lines.flatMap(({ time, text }) =>
    time > told && text.includes(' ends') ? [{ time, name: text.slice(0, text.indexOf(' ends')) }] : [],
  )
  const last = after.at(-1)
  const lineOf = (name: string): number => shown.split('\n').findIndex((line) => line.includes(`${name}(`)) + 1
  const [isRight, says, because] =
    last !== undefined
      ? [
          false,
          `“${error}” at ${told} ms, but it still runs.`,
          `${last.name}() works for ${last.time - told} ms more, on a draft that is gone.`,
        ]
      : error === ''
        ? [
            false,
            'Nothing stopped.',
            `${deaf[0]}() never heard of it. At ${told} ms the caller is told that it is saved.`,
          ]
        : deaf.length > 0
          ? [
              false,
              'It looks right, by luck.',
              `${deaf[0]}() never heard of the abort. It happened to end before the clean-up did.`,
            ]
          : [true, 'Here it is right, too.', 'Only what takes the signal was running.']
  return { isRight, says, because, hit: hears ? [lineOf('upload')] : [], deaf: deaf.map(lineOf) }
}

function sentence(names: readonly string[]): string {
  const text = names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)}` : names.join()
  return text.charAt(0).toUpperCase() + text.slice(1)
}
