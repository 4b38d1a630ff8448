import type { JSX } from 'preact'
import { settingsOf } from '../instrument/settings.ts'
import { TaskThread } from '../instrument/task-thread.tsx'
import { Button } from './button.tsx'
import type { LabProps } from './lab-props.ts'
import { words } from './prose.tsx'

export function Welcome({ state }: LabProps): JSX.Element {
  const next = state.lessons.find(({ number }) => !state.done.value.has(number)) ?? state.lessons[0]!
  const minutes = state.lessons.length * 10
  return (
    <section class="welcome" aria-label="beginning">
      <TaskThread {...settingsOf('')} />
      <h2>Watch a cancellation travel.</h2>
      <p>
        {state.lessons.length} short lessons on coroutines, Tasks and what happens when one of them has to stop. You
        predict what a program does, watch it run step by step, and then mend one yourself. A judge tries your lines,
        with a cancel at every point.
      </p>
      <p>
        About ten minutes a lesson, {minutes / 60} hours in all. For people who write JavaScript and know{' '}
        <code>await</code>; nothing else is needed. What you write stays in this browser.
      </p>
      <p>
        <Button
          text={words(`${state.done.value.size === 0 ? 'Begin' : 'Go on'}: ${next.number}. ${next.title}`)}
          kind="primary"
          act={() => state.open(next.number)}
        />
      </p>
      <ol>
        {state.lessons.map(({ number, title }) => (
          <li key={number}>
            <Button text={words(title)} kind="link" act={() => state.open(number)} />
            {state.done.value.has(number) && <span class="tick"> ✓ passed</span>}
          </li>
        ))}
      </ol>
      <h3>Famous bugs</h3>
      <p>Each is a short program that goes wrong. The Lab says how, and draws it.</p>
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
