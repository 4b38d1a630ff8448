// The recording of a program with promises, from the output of its functions. Functions that run beside `save` have
// separate lanes; `save` waits for all others. There are no Tasks: only functions that hear of the signal receive it.

import type { Recording, Row } from '@spindle/inspect'

const MAIN = 1
const SAVE = 2
const BESIDE: Readonly<Record<string, number>> = { save: SAVE, upload: 3, render: 4 }

type WithoutTime<R> = R extends unknown ? Omit<R, 'time'> : never

/** Turns lines such as `render begins` and `upload ends with AbortError` into lanes. */
export function promiseRecording({ rows }: Recording): Recording {
  const made: Row[] = []
  let time = 0
  const add = (row: WithoutTime<Row>): void => void made.push({ time, ...row } as Row)
  const create = (task: number, parent: number, name: string): void => {
    add({ kind: 'created', task, parent, name, line: 0 })
    add({ kind: 'step', task, by: 'start', from: 0 })
  }
  const wait = (task: number, label: string, on = 0): void => add({ kind: 'suspended', task, label, on, positions: [] })
  const end = (task: number, error: string): void => {
    if (task !== MAIN && error === '') add({ kind: 'step', task, by: 'value', from: 0 })
    add({ kind: 'done', task, outcome: error === '' ? 'returned' : 'threw', error, from: error === '' ? 0 : task })
  }
  create(MAIN, 0, 'main')
  for (const row of rows) {
    if (row.kind !== 'print') continue
    time = row.time
    const [, name = '', verb, error = ''] = /^(\w+) (\w+)(?: up| with (\w+))?$/.exec(row.text) ?? []
    const task = BESIDE[name]
    if (verb === 'begins') {
      if (task === undefined) wait(SAVE, `${name}()`)
      else create(task, task === SAVE ? MAIN : SAVE, name)
      if (task === SAVE) wait(MAIN, 'save()', SAVE)
      else if (task !== undefined) wait(task, `${name}()`)
      if (name === 'render') wait(SAVE, 'Promise.all()')
    } else if (verb === 'hangs' && task !== undefined) {
      const request = { by: MAIN, source: 'task', via: 0, message: '', count: 1, line: 0, canceller: '', deadline: 0 }
      add({ kind: 'cancelling', task, ...request } as WithoutTime<Row>)
      add({ kind: 'step', task, by: 'error', from: 0 })
      wait(task, 'hangs up')
    } else if (verb === 'ends') {
      if (task !== undefined) end(task, error)
      // The call that `save` awaits has ended: an error reaches it, and it continues.
      if (task === undefined || error !== '')
        continueWith(task === SAVE ? MAIN : SAVE, error === '' || task === undefined ? 0 : task)
      if (task === SAVE) end(MAIN, error)
    }
  }
  return { version: 1, rows: made }

  function continueWith(task: number, from: number): void {
    add({ kind: 'step', task, by: from > 0 ? 'error' : 'value', from })
  }
}
