import type { JSX } from 'preact'
import type { Trial } from '../sandbox/trial.ts'
import type { LabProps } from './lab-props.ts'
import { Prose } from './prose.tsx'

const BUTTONS: readonly (readonly [trial: Trial, text: string])[] = [
  ['cancels', 'Try all cancels'],
  ['twice', 'Cancel twice'],
  ['late', 'Wake late'],
]

/** In the playground: runs the program under many schedules, and says what was found. */
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
      </fieldset>
      <div role="status" class={verdict === undefined ? '' : `verdict ${verdict.passed ? 'passed' : 'failed'}`}>
        {verdict !== undefined && <Prose text={`${verdict.passed ? '✓' : '✕'} ${verdict.message}`} />}
        {verdict?.passed === false && <p>The picture shows that very run. “Copy link” and “Copy as test” keep it.</p>}
      </div>
    </div>
  )
}
