import { diff, draw } from '@spindle/inspect'
import type { JSX } from 'preact'
import type { Trial } from '../sandbox/trial.ts'
import { Button } from './button.tsx'
import type { LabProps } from './lab-props.ts'
import { Prose } from './prose.tsx'

const BUTTONS: readonly (readonly [trial: Trial, text: string])[] = [
  ['cancels', 'Try all cancels'],
  ['twice', 'Cancel twice'],
  ['late', 'Wake late'],
]

export function Laboratory({ state }: LabProps): JSX.Element | null {
  if (state.lesson.value !== undefined) return null
  const verdict = state.trial.value === undefined ? undefined : state.verdict.value
  return (
    <div class="exercise laboratory">
      <fieldset class="actions" aria-label="try schedules">
        {BUTTONS.map(([trial, text]) => (
          <Button
            key={trial}
            text={<span>{state.judging.value && state.trial.value === trial ? 'Trying …' : text}</span>}
            isPressed={state.trial.value === trial}
            isOff={state.judging.value}
            act={() => state.tryAll(trial)}
          />
        ))}
        <Button
          text={<span>True time</span>}
          isPressed={state.trueTime.value}
          act={() => (state.trueTime.value = !state.trueTime.value)}
        />
        <Button
          text={<span>Compare with this run</span>}
          isPressed={state.compared.value !== undefined}
          act={() => (state.compared.value = state.compared.value === undefined ? state.recording.value : undefined)}
        />
      </fieldset>
      <div role="status" class={verdict === undefined ? '' : `verdict ${verdict.passed ? 'passed' : 'failed'}`}>
        {verdict !== undefined && <Prose text={`${verdict.passed ? '✓' : '✕'} ${verdict.message}`} />}
        {verdict?.passed === false && <p>The picture shows that very run. “Copy link” and “Copy as test” keep it.</p>}
      </div>
      <Comparison state={state} />
    </div>
  )
}

function Comparison({ state }: LabProps): JSX.Element | null {
  const before = state.compared.value
  if (before === undefined) return null
  const first = diff(before, state.recording.value)
  return (
    <section class="comparison" aria-label="the run before">
      <p role="status">
        {first === undefined
          ? 'This run is the same, event for event. Change the program, or cancel somewhere: it will be compared.'
          : `The runs are equal for ${first.row} events. Then, before: ${first.a}. Now: ${first.b}.`}
      </p>
      {first !== undefined && (
        <div
          class="picture"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so it has to be reached by keyboard
          tabIndex={0}
          dangerouslySetInnerHTML={{
            __html: draw(before, { theme: 'page', title: 'the run before', cursor: first.row }).svg,
          }}
        />
      )}
    </section>
  )
}
