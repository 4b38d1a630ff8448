import { diff, draw } from '@spindle/inspect'
import type { JSX } from 'preact'
import type { Trial } from '../sandbox/trial.ts'
import type { LabProps } from './lab-props.ts'
import { Prose } from './prose.tsx'

const BUTTONS: readonly (readonly [trial: Trial, text: string])[] = [
  ['cancels', 'Try all cancels'],
  ['twice', 'Cancel twice'],
  ['late', 'Wake late'],
]

/** In the playground: runs the program under many schedules, and shows the findings. */
export function Laboratory({ state }: LabProps): JSX.Element | null {
  if (state.lesson.value !== undefined) return null
  const verdict = state.trial.value === undefined ? undefined : state.verdict.value
  return (
    <div class="exercise laboratory">
      <fieldset class="actions" aria-label="try schedules">
        {BUTTONS.map(([trial, text]) => (
          <button
            key={trial}
            type="button"
            aria-pressed={state.trial.value === trial}
            disabled={state.judging.value}
            onClick={() => state.tryAll(trial)}
          >
            {state.judging.value && state.trial.value === trial ? 'Trying …' : text}
          </button>
        ))}
        <button
          type="button"
          aria-pressed={state.trueTime.value}
          onClick={() => (state.trueTime.value = !state.trueTime.value)}
        >
          True time
        </button>
        <button
          type="button"
          aria-pressed={state.compared.value !== undefined}
          onClick={() =>
            (state.compared.value = state.compared.value === undefined ? state.recording.value : undefined)
          }
        >
          Compare with this run
        </button>
      </fieldset>
      <div role="status" class={verdict === undefined ? '' : `verdict ${verdict.passed ? 'passed' : 'failed'}`}>
        {verdict !== undefined && <Prose text={`${verdict.passed ? '✓' : '✕'} ${verdict.message}`} />}
        {verdict?.passed === false && <p>The picture shows that very run. “Copy link” and “Copy as test” keep it.</p>}
      </div>
      <Comparison state={state} />
    </div>
  )
}

/** The run that was kept, and where the present one differs from it. */
function Comparison({ state }: LabProps): JSX.Element | null {
  const before = state.compared.value
  if (before === undefined) return null
  const { first } = diff(before, state.recording.value)
  return (
    <section class="comparison" aria-label="the run before">
      <p role="status">
        {first === undefined
          ? 'This run is the same, event for event. Change the program, or cancel somewhere: it will be compared.'
          : `The runs are equal for ${first.rows[0]} events. Then, before: ${first.a}. Now: ${first.b}.`}
      </p>
      {first !== undefined && (
        <div
          class="picture"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so it has to be reached by keyboard
          tabIndex={0}
          dangerouslySetInnerHTML={{
            __html: draw(before, { theme: 'page', title: 'the run before', cursor: first.rows[0] }).svg,
          }}
        />
      )}
    </section>
  )
}
