import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { retell, say } from '../language/say.ts'
import { Account, Sentence } from './account.tsx'
import { Button } from './button.tsx'
import { Controls } from './controls.tsx'
import { Exercise } from './exercise.tsx'
import type { LabProps } from './lab-props.ts'
import { Laboratory } from './laboratory.tsx'
import { Picture } from './picture.tsx'
import { Outcome } from './predict.tsx'

export function Run({ state }: LabProps): JSX.Element {
  const stage = useRef<HTMLDivElement>(null)
  // The text of an exercise comes into view. On a phone, the picture of a run comes to the top.
  useEffect(() => {
    const question = stage.current?.closest('main')?.firstElementChild
    const isBelow = !state.exercising.value && matchMedia('(max-width: 900px)').matches
    if (question && isBelow) scrollBy(0, question.getBoundingClientRect().bottom)
    else scrollTo(0, 0)
  }, [state.exercising.value])
  if (state.pictureHidden.value) {
    return (
      <div class="predict">
        <Button text="show the picture" kind="primary" act={() => (state.pictureHidden.value = false)} />
      </div>
    )
  }
  return (
    <>
      <div class="stage" ref={stage}>
        <Picture state={state} />
        <Controls state={state} />
      </div>
      <div class="tell">
        <Sentence state={state} />
        <Output state={state} />
      </div>
      <Outcome state={state} />
      <Exercise state={state} />
      <Laboratory state={state} />
      <div class="below">
        <Account state={state} />
        <TaskTable state={state} />
        <Beside state={state} />
      </div>
    </>
  )
}

function Output({ state }: LabProps): JSX.Element {
  const rows = state.output.value
  return (
    <section class="output">
      <h3>{say('It prints')}</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so it has to be reached by keyboard */}
      <pre tabIndex={0}>{rows.length === 0 ? ' ' : rows.map(({ text }) => text).join('\n')}</pre>
    </section>
  )
}

function TaskTable({ state }: LabProps): JSX.Element {
  return (
    <section class="tasks">
      <h3>{say('The Tasks at this step. Choose one to see only its causes')}</h3>
      <table>
        <thead>
          <tr>
            <th scope="col">Task</th>
            <th scope="col">{say('state')}</th>
            <th scope="col">{say('line')}</th>
          </tr>
        </thead>
        <tbody>
          {state.tasks.value.slice(0, 50).map(({ task, name, says, line }) => (
            <tr key={task}>
              <th scope="row">
                <Button
                  text={<span>{name}</span>}
                  isPressed={state.focused.value === task}
                  act={() => state.focus(task)}
                />
              </th>
              <td>{retell(says)}</td>
              <td>{line > 0 ? line : '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Beside({ state }: LabProps): JSX.Element | null {
  const lesson = state.lesson.value
  if (lesson === undefined) return null
  return (
    <details class="python">
      <summary>{say('The same in Python’s asyncio')}</summary>
      <pre>{lesson.python}</pre>
    </details>
  )
}
