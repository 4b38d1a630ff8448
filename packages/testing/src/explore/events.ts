import type { EventLoop } from 'spindle'

/** One event of one Task. */
export interface Happening {
  readonly time: number
  readonly task: object
  readonly text: string
}

/**
 * Records what Tasks do while `isOn()`.
 * @param main the name of the first Task's function: to ask the engine for that of a coroutine takes long
 */
export function noteEvents(loop: EventLoop, happenings: Happening[], isOn: () => boolean, main: string): void {
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
}

const RESUMED = {
  start: 'starts',
  value: 'goes on',
  error: 'goes on with an error',
  cancel: 'goes on with CancelledError',
} as const

const ENDED = { returned: 'returns', threw: 'throws', cancelled: 'ends cancelled' } as const
