import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { retell, say } from '../language/say.ts'
import { Button } from './button.tsx'
import { HintsOf } from './hints.tsx'
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
      <div ref={said} role="status" class={verdict === undefined ? '' : `verdict ${isPassed ? 'passed' : 'failed'}`}>
        {verdict !== undefined && <Prose text={`${isPassed ? '✓' : '✕'} ${retell(verdict.message)}`} />}
        {verdict?.hasRun && !isPassed && <p>{say('The picture shows that very run.')}</p>}
        {isPassed && state.isShownSolution.value && (
          <p>{say('These are the lines of the solution, so there is no tick: it is for an answer of your own.')}</p>
        )}
      </div>
      <div class="actions">
        <Button
          text={state.judging.value ? 'Checking …' : 'Check my lines'}
          kind={isPassed ? '' : 'primary'}
          isOff={state.judging.value}
          act={() => state.check()}
        />
        {isPassed && next !== undefined && (
          <Button
            text={words(say('Next: {}. {}', next.number, next.title))}
            kind="primary"
            act={() => state.open(next.name)}
          />
        )}
        <Button text="Begin again" kind="quiet" act={() => state.beginAgain()} />
        {state.setAside.value !== undefined && (
          <Button text="Bring my lines back" kind="quiet" act={() => state.bringBack()} />
        )}
        <Button text="Show a solution (no tick)" kind="quiet" act={() => state.showSolution()} />
        <Button text="Back to the program" kind="quiet" act={() => state.backToProgram()} />
      </div>
      <HintsOf key={lesson.name} lesson={lesson} />
    </div>
  )
}
