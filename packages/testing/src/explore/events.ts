import type { EventLoop } from 'spindle'
import { callerPlaces } from '../own-frames.ts'
import type { SimulatedHost } from './simulated-host.ts'

/** One event of one Task, or of the host. */
export interface Happening {
  readonly time: number
  /** The Task, or the host. */
  readonly task: object
  readonly text: string
}

/**
 * Records what Tasks do while `isOn()`.
 * @param main the name of the first Task's function: to ask the engine for that of a coroutine takes long
 */
export function noteEvents(
  loop: EventLoop,
  host: SimulatedHost,
  happenings: Happening[],
  isOn: () => boolean,
  main: string,
): void {
  const note = ({ time, task }: { readonly time: number; readonly task: object }, text: string): void => {
    if (isOn()) happenings.push({ time, task, text })
  }
  loop.events.on('task:created', (event) => {
    const name = happenings.length === 0 ? main : event.coroutine
    note(event, name === '' ? 'is made' : `is made: ${name}()`)
  })
  loop.events.on('task:step', (event) => note(event, RESUMED[event.resumedBy]))
  loop.events.on('task:suspended', (event) => note(event, `waits for ${event.label}`))
  loop.events.on('task:cancelling', (event) => note(event, 'cancel requested'))
  loop.events.on('task:done', (event) => note(event, ENDED[event.outcome]))
  host.onEvent = ({ setAt, delay }) => {
    const place = setAt === undefined ? '' : callerPlaces(setAt)
    if (place !== '') note({ time: loop.time(), task: host }, `${delay === 0 ? 'immediate' : 'timer'} of ${place}`)
  }
}

const RESUMED = {
  start: 'starts',
  value: 'goes on',
  error: 'goes on with an error',
  cancel: 'goes on with CancelledError',
} as const

const ENDED = { returned: 'returns', threw: 'throws', cancelled: 'ends cancelled' } as const
