import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { Button } from './button.tsx'
import type { LabProps } from './lab-props.ts'
import { Prose, words } from './prose.tsx'

const HINTS = ['Where to look', 'What to write']
const DOCS = 'https://github.com/spindle-js/spindle/blob/main/docs/'

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
        <Button
          text="To the exercise"
          kind={state.outcome.value === undefined ? 'quiet' : 'primary'}
          act={() => state.startExercise()}
        />
      </p>
    )
  }
  const next = state.lessons.find(({ number }) => number > lesson.number)
  const isPassed = verdict?.passed === true
  return (
    <div class="exercise">
      <div class="actions">
        <Button
          text={state.judging.value ? 'Checking …' : 'Check my lines'}
          kind={isPassed ? '' : 'primary'}
          isOff={state.judging.value}
          act={() => state.check()}
        />
        {isPassed && next !== undefined && (
          <Button
            text={words(`Next: ${next.number}. ${next.title}`)}
            kind="primary"
            act={() => state.open(next.number)}
          />
        )}
        {state.hints.value < 2 && (
          <Button text={HINTS[state.hints.value]} kind="quiet" act={() => state.hints.value++} />
        )}
        <Button text="Begin again" kind="quiet" act={() => state.beginAgain()} />
        {state.setAside.value !== undefined && (
          <Button text="Bring my lines back" kind="quiet" act={() => state.bringBack()} />
        )}
        <Button text="Show a solution (no tick)" kind="quiet" act={() => state.showSolution()} />
        <Button text="Back to the program" kind="quiet" act={() => state.backToProgram()} />
      </div>
      <Hints state={state} />
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

/** The second hint comes only after the first. */
function Hints({ state }: LabProps): JSX.Element {
  const { hints, page } = state.lesson.value!
  const shown = state.hints.value
  return (
    <div class="hints" aria-live="polite">
      {hints.slice(0, shown).map((hint) => (
        <Prose key={hint} text={hint} />
      ))}
      {shown > 0 && <a href={DOCS + page.path}>{page.title}</a>}
    </div>
  )
}
