import type { JSX } from 'preact'
import { settingsOf } from '../instrument/settings.ts'
import { TaskThread } from '../instrument/task-thread.tsx'
import { say } from '../language/say.ts'
import { Course } from './course.tsx'
import type { LabProps } from './lab-props.ts'

/** The instrument comes first, until a lesson is passed. */
export function Welcome({ state }: LabProps): JSX.Element {
  const isNew = state.done.value.size === 0
  return (
    <section class="welcome" aria-label={say('beginning')}>
      {isNew && <TaskThread {...settingsOf('')} />}
      <Course state={state} />
      {!isNew && <TaskThread {...settingsOf('')} />}
      <h3>{say('Famous bugs')}</h3>
      <p>{say('Each is a short program that goes wrong. The Lab says how, and draws it.')}</p>
      <ul>
        {state.programs
          .filter(({ bug }) => bug !== undefined)
          .map(({ name, bug }) => (
            <li key={bug}>
              <a href={`#${bug}`}>{name}</a>
            </li>
          ))}
      </ul>
    </section>
  )
}
