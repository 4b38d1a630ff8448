import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { LabProps } from './lab-props.ts'
import { Prose, words } from './prose.tsx'

export function Exercise({ state }: LabProps): JSX.Element | null {
  const lesson = state.lesson.value
  const verdict = state.verdict.value
  const said = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (verdict !== undefined) said.current?.scrollIntoView({ block: 'nearest' })
  }, [verdict])
  if (lesson === undefined) return null
  if (!state.exercising.value) {
    return (
      <p class="actions">
        <button
          type="button"
          class={state.outcome.value === undefined ? 'quiet' : 'primary'}
          onClick={() => state.startExercise()}
        >
          To the exercise
        </button>
      </p>
    )
  }
  const next = state.lessons.find(({ number }) => number > lesson.number)
  const isPassed = verdict?.passed === true
  return (
    <div class="exercise">
      <div class="actions">
        <button
          type="button"
          class={isPassed ? '' : 'primary'}
          disabled={state.judging.value}
          onClick={() => state.check()}
        >
          {state.judging.value ? 'Checking …' : 'Check my lines'}
        </button>
        {isPassed && next !== undefined && (
          <button type="button" class="primary" onClick={() => state.open(next.number)}>
            Next: {next.number}. {words(next.title)}
          </button>
        )}
        <button type="button" class="quiet" onClick={() => state.beginAgain()}>
          Begin again
        </button>
        {state.setAside.value !== undefined && (
          <button type="button" class="quiet" onClick={() => state.bringBack()}>
            Bring my lines back
          </button>
        )}
        <button type="button" class="quiet" onClick={() => state.showSolution()}>
          Show a solution (no tick)
        </button>
        <button type="button" class="quiet" onClick={() => state.backToProgram()}>
          Back to the program
        </button>
      </div>
      <div ref={said} role="status" class={verdict === undefined ? '' : `verdict ${isPassed ? 'passed' : 'failed'}`}>
        {verdict !== undefined && <Prose text={`${isPassed ? '✓' : '✕'} ${verdict.message}`} />}
        {verdict?.hasRun && !isPassed && <p>The picture shows that very run.</p>}
        {isPassed && state.isShownSolution.value && (
          <p>These are the lines of the solution, so there is no tick: it is for an answer of your own.</p>
        )}
      </div>
    </div>
  )
}
